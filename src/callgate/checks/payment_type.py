"""May a call here be paid for in this way?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    return Pass() if case.payment_type in policy.payment_types else Deny("payment_type_not_open")


CHECK = Check(
    name="payment_type",
    refuses_with=Reason.RATE_UNAVAILABLE,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="Only the payment types that the profile opens (contract 2, `rate_unavailable`)",
)
