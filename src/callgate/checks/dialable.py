"""Is what was dialled a number at all?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    return Pass() if case.number.problem is None else Deny(str(case.number.problem))


CHECK = Check(
    name="dialable",
    refuses_with=Reason.NUMBER_NOT_VALID,
    binds=frozenset(CallClass),
    judge=_judge,
    clause="No letters, feature codes, dial-around prefixes or digits behind the number (contract 2; RULES F41)",
)
