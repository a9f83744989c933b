"""Was a PIN entered that identifies somebody, at a station where one may be tried?"""

from callgate.domain.case import CallClass, Case, PinState
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict

_DETAILS = {
    PinState.MISSING: "pin_missing",
    PinState.UNKNOWN: "pin_unknown",
    PinState.LOCKED: "pin_locked",
    PinState.NOT_HEARD: "pin_not_heard",
    # Only a hotline needs none, and a hotline is never asked here.
    PinState.NOT_NEEDED: "pin_not_asked_for",
}


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    return Pass() if case.pin == PinState.MATCHED else Deny(_DETAILS[case.pin])


CHECK = Check(
    name="pin",
    refuses_with=Reason.PIN_NOT_ACCEPTED,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="Every call but a hotline's needs a PIN in use, at a station not locked (contract 2; RULES F01, F02)",
)
