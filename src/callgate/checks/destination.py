"""Is this a kind of number, and a place, that may be called at all?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    number = case.number
    if number.kind in policy.forbidden_kinds:
        return Deny(f"{number.kind}_number")
    # Satellite and international toll-free numbers belong to no region, so no profile can have opened theirs.
    return Pass() if number.region in policy.open_regions else Deny("region_not_open")


CHECK = Check(
    name="destination",
    refuses_with=Reason.NUMBER_NOT_VALID,
    binds=frozenset({CallClass.SOCIAL}),
    judge=_judge,
    clause="Kinds of numbers that the profile forbids, and regions that it does not open (contract 2; RULES F41)",
)
