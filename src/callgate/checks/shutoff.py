"""Is an emergency shut-off in force for this telephone?"""

from callgate.domain.case import CallClass, Case, Shutoff
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _stops(shutoff: Shutoff, case: Case) -> bool:
    if case.decided_at >= shutoff.ends_at:
        return False
    match shutoff.scope:
        case "system" | "facility":
            return True
        case "unit":
            # Of a unit's telephones only: an unknown station has no unit and is refused by its own check.
            return case.station is not None and shutoff.unit == case.station.unit
        case _:
            raise ValueError("a shut-off of unknown scope")


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    # Each one is looked at, so that a corrupt one is noticed whatever stands before it.
    stopping = [shutoff for shutoff in case.shutoffs if _stops(shutoff, case)]
    return Deny(f"{stopping[0].scope}_shutoff") if stopping else Pass()


CHECK = Check(
    name="shutoff",
    refuses_with=Reason.NOT_IN_SERVICE,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="A shut-off stops all calls but hotlines, and ends by itself (contract 5; RULES F32)",
)
