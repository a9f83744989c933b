"""Is the person whose PIN it is held here, and held at all?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    person = case.person
    if person is None:
        return Deny("person_unknown")
    if person.status == "released":
        return Deny("person_released")
    if person.status != "active":
        raise ValueError("a person of unknown status")
    here = case.facility is not None and person.facility_id == case.facility.facility_id
    return Pass() if here else Deny("person_elsewhere")


CHECK = Check(
    name="person",
    refuses_with=Reason.PIN_NOT_ACCEPTED,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="A PIN is good only for a person active at this facility (contract 2; RULES F01, F05, F55)",
)
