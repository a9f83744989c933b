"""Has enough time passed since this person's last call?"""

from datetime import datetime, timedelta

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _counted_from(case: Case, policy: Policy) -> datetime | None:
    match policy.gap_from:
        case "start":
            return case.usage.last_started_at
        case "end":
            return case.usage.last_ended_at
        case _:
            raise ValueError("a gap is counted from the start or from the end of the last call")


def _judge(case: Case, policy: Policy) -> Verdict:
    if policy.gap_seconds == 0:
        return Pass()
    last = _counted_from(case, policy)
    if last is None:
        return Pass()
    free_at = last + timedelta(seconds=policy.gap_seconds)
    return Deny("gap", retry_at=free_at) if case.decided_at < free_at else Pass()


CHECK = Check(
    name="gap",
    refuses_with=Reason.LIMIT_REACHED,
    binds=frozenset({CallClass.SOCIAL}),
    judge=_judge,
    clause="The profile's least time between social calls; a privileged one waits for nothing (contract 2; RULES F29)",
)
