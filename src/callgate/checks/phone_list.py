"""Does the person's own list let this number be called?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    if case.entry is None:
        return _judge_unlisted(policy)
    match case.entry.state:
        case "active":
            return Pass()
        case "pending_warden":
            # Where unlisted numbers are open this one still waits: somebody put it before the warden for a reason.
            return Deny("pending_warden")
        case _:
            raise ValueError("a list entry of unknown state")


def _judge_unlisted(policy: Policy) -> Verdict:
    match policy.list_mode:
        case "allow_list":
            return Deny("not_listed")
        case "open_minus_blocks":
            return Pass()
        case _:
            raise ValueError("an unknown list mode")


CHECK = Check(
    name="phone_list",
    refuses_with=Reason.NUMBER_NOT_AVAILABLE,
    binds=frozenset({CallClass.SOCIAL}),
    judge=_judge,
    clause="Where the profile keeps allow lists, only a number on the person's own is called (contract 2; RULES F14)",
)
