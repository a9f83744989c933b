"""Does the carrier itself want the call shorter?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Factor, Limit, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    requested = case.requested_duration_seconds
    if requested is None:
        return Pass()
    return Limit(requested, Factor.CARRIER_LIMIT) if requested >= 1 else Deny("no_time_requested")


CHECK = Check(
    name="carrier_limit",
    refuses_with=Reason.LIMIT_REACHED,
    binds=frozenset(CallClass),
    judge=_judge,
    clause="The carrier's own limit can only lower the grant (contract 2, `requested_duration_seconds`)",
)
