"""Does the person's own list let this number be called?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.phone_list import RESTRICTIVE_KINDS
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def rests_on_one_time_call(case: Case, policy: Policy) -> bool:
    """Is it a one-time call alone that lets a social call to this number past the list?

    It is used up by such a call, and by none that the list would have let through.

    Clause: RULES F33.
    """
    return _has_one_time_call(case) and isinstance(_judge_list(case, policy), Deny)


def _judge(case: Case, policy: Policy) -> Verdict:
    verdict = _judge_list(case, policy)
    return Pass() if isinstance(verdict, Deny) and _has_one_time_call(case) else verdict


def _has_one_time_call(case: Case) -> bool:
    return case.one_time is not None and case.decided_at < case.one_time.expires_at


def _judge_list(case: Case, policy: Policy) -> Verdict:
    if case.entry is None:
        return _judge_unlisted(policy)
    match case.entry.state:
        case "active":
            return Deny("approval_suspended") if _is_suspended(case, case.entry.kind, policy) else Pass()
        case "pending_warden":
            # Where unlisted numbers are open this one still waits: somebody put it before the warden for a reason.
            return Deny("pending_warden")
        case _:
            raise ValueError("a list entry of unknown state")


def _is_suspended(case: Case, kind: str, policy: Policy) -> bool:
    """Does a restrictive status keep this kind of entry from being called, between its dates alone (RULES F12)?"""
    return kind in policy.list_kinds_suspended and any(
        it.kind in RESTRICTIVE_KINDS and it.starts_at <= case.decided_at < it.ends_at for it in case.restrictions
    )


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
