"""Is a call of this person already running?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    live_until = case.usage.live_until
    return Deny("live_call") if live_until is not None and case.decided_at < live_until else Pass()


CHECK = Check(
    name="one_live_call",
    refuses_with=Reason.CALL_IN_PROGRESS,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="One live call per PIN; a call that nobody reports as ended frees it by itself (contract 2; RULES F06)",
)
