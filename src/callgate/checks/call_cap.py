"""How long may any one call last?"""

from functools import cache

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Factor, Limit, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    # Text takes longer to say the same, so a medium has a multiple of the cap; a medium without one has no cap to
    # fall back on, and raises.
    return _cap(policy.call_cap_seconds * policy.call_cap_factor[case.media])


@cache  # as few as profiles and media
def _cap(seconds: int) -> Limit:
    return Limit(seconds, Factor.CALL_CAP)


CHECK = Check(
    name="call_cap",
    refuses_with=Reason.LIMIT_REACHED,
    binds=frozenset(CallClass),
    judge=_judge,
    clause="The profile's longest call, multiplied for TTY and relay (contract 2; RULES F26, F47)",
)
