"""What is the strictest answer of all checks?

Order cannot change it, one more check can only tighten it, and a check that raises denies with its own class. Nothing
here knows a rule: rules are the files beside this one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from callgate.checks import CHECKS, calling_hours, shutoff, station
from callgate.checks.call_class import call_class_of
from callgate.checks.tariff import quote_of
from callgate.domain.case import CallClass, Case, PinState, Usage
from callgate.domain.policy import Policy
from callgate.domain.rates import Quote
from callgate.domain.verdict import (
    ERROR_DETAIL,
    REASONS_IN_ORDER,
    Check,
    Decision,
    Deny,
    Factor,
    Finding,
    Limit,
    Pass,
    Reason,
    Verdict,
)

# Named once: `Limit | Deny` inside a call builds a new union each time.
_TIGHTENING = (Limit, Deny)
_CLASS_CHECK = "call_class"
_NO_LIMIT_CHECK = "no_limit"
_FACTORS_IN_ORDER: tuple[Factor, ...] = tuple(Factor)


class _Answer(NamedTuple):
    check: str
    told: Reason
    verdict: Verdict
    failed: bool = False


def decide(case: Case, policy: Policy | None, *, checks: Sequence[Check] = CHECKS) -> Decision:
    """Answer whether this call may go through, for how long and at what price.

    Args:
        case: every fact of the attempt.
        policy: the facility's law; None where the station is unknown to this switch, which denies.
        checks: the rules; all of them outside tests.

    Clause: contract section 2; the strictest verdict wins.
    """
    if policy is None:
        return _denied([_ask_station(case)], quote=None)
    try:
        call_class = call_class_of(case)
        answers = [_ask(check, case, policy, call_class) for check in checks]
    except Exception:  # noqa: BLE001 - whatever a corrupt fact raises, the caller must hear a refusal
        call_class = CallClass.SOCIAL
        failed = _Answer(_CLASS_CHECK, Reason.NUMBER_NOT_AVAILABLE, Deny(ERROR_DETAIL), failed=True)
        answers = [*(_ask(check, case, policy, call_class) for check in checks), failed]
    limits = [answer.verdict for answer in answers if isinstance(answer.verdict, Limit)]
    is_refused = any(isinstance(answer.verdict, Deny) for answer in answers)
    if not limits and not is_refused:
        answers.append(_Answer(_NO_LIMIT_CHECK, Reason.NOT_IN_SERVICE, Deny("nothing_limits_this_call"), failed=True))
        is_refused = True
    if is_refused:
        return _denied(answers, quote=_quote(case, policy, call_class, None))
    return _allowed(answers, limits, case, policy, call_class)


def with_pin_heard(case: Case, policy: Policy | None, *, is_locked: bool) -> Case:
    """The case as far as the PIN counts in it.

    On a hotline the PIN is ignored and nobody is identified. At a telephone that is closed or out of service it is
    not heard, at a locked one not tried. In each of these, and where the PIN is nobody's, no fact about a person
    stays in the case.

    Args:
        case: with the person whose PIN it would be.
        policy: as for `decide`.
        is_locked: whether the telephone takes no PIN just now.

    Clause: contract section 2, the order of the reason classes and "What binds whom".
    """
    if _is_hotline(case):
        return _without_person(case, PinState.NOT_NEEDED)
    if not _is_open(case, policy):
        return _without_person(case, PinState.NOT_HEARD)
    if is_locked:
        return _without_person(case, PinState.LOCKED)
    return case if case.pin is PinState.MATCHED else _without_person(case, case.pin)


def _is_hotline(case: Case) -> bool:
    try:
        return call_class_of(case) is CallClass.HOTLINE
    except Exception:  # noqa: BLE001 - `decide` meets the same fact, denies and raises the alarm
        return False


def _is_open(case: Case, policy: Policy | None) -> bool:
    if policy is None:
        return False
    gates = (station.CHECK, shutoff.CHECK, calling_hours.CHECK)
    return not any(isinstance(_ask(gate, case, policy, CallClass.SOCIAL).verdict, Deny) for gate in gates)


def _without_person(case: Case, pin: PinState) -> Case:
    """The same case with nobody identified and `pin` as the reason: no fact about a person may stay behind."""
    blocks = tuple(block for block in case.blocks if block.scope != "inmate" or block.subject_here)
    anonymous = tuple(replace(block, excepted=False, excepted_until=None) for block in blocks)
    return replace(
        case, pin=pin, person=None, restrictions=(), entry=None, usage=Usage(), blocks=anonymous, one_time=None
    )


def failed_checks(decision: Decision) -> tuple[str, ...]:
    """Which checks raised instead of answering? Each is an alarm."""
    return tuple(finding.check for finding in decision.findings if finding.failed)


def _ask(check: Check, case: Case, policy: Policy, call_class: CallClass) -> _Answer:
    if call_class not in check.binds:
        return _passing(check.name, check.refuses_with)
    try:
        verdict = check.judge(case, policy)
    except Exception:  # noqa: BLE001 - law: an error denies, with the class that the check declares
        return _Answer(check.name, check.refuses_with, Deny(ERROR_DETAIL), failed=True)
    if isinstance(verdict, Pass):
        return _passing(check.name, check.refuses_with)
    if not isinstance(verdict, _TIGHTENING):
        return _Answer(check.name, check.refuses_with, Deny(ERROR_DETAIL), failed=True)
    return _Answer(check.name, check.refuses_with, verdict)


@cache  # most answers to every attempt are these, and there are only as many as there are checks
def _passing(check: str, told: Reason) -> _Answer:
    return _Answer(check, told, Pass())


def _ask_station(case: Case) -> _Answer:
    if case.station is None or case.facility is None:
        detail = "station_unknown"
    else:
        detail = "profile_unknown" if case.covered else "station_not_covered"
    # A facility whose law is gone is a fault of ours and an alarm; the other two are somebody else's mistake.
    failed = detail == "profile_unknown"
    return _Answer(station.CHECK.name, station.CHECK.refuses_with, Deny(detail), failed=failed)


def _denied(answers: Sequence[_Answer], *, quote: Quote | None) -> Decision:
    refusals = [answer for answer in answers if isinstance(answer.verdict, Deny)]
    reason = min((answer.told for answer in refusals), key=REASONS_IN_ORDER.index)
    return Decision(
        allowed=False,
        reason=reason,
        findings=_findings(answers),
        max_duration_seconds=0,
        limiting_factor=None,
        end_by=None,
        authorization_expires_at=None,
        warn_at_remaining_seconds=(),
        call_class=None,
        record=False,
        monitor=False,
        announcements=(),
        quote=quote,
        retry_at=_retry_at(refusals, reason),
    )


def _allowed(
    answers: Sequence[_Answer], limits: Sequence[Limit], case: Case, policy: Policy, call_class: CallClass
) -> Decision:
    shortest = min(limits, key=lambda limit: (limit.seconds, _FACTORS_IN_ORDER.index(limit.factor)))
    expires_at = case.decided_at + timedelta(seconds=policy.answer_within_seconds)
    talked_out_at = expires_at + timedelta(seconds=shortest.seconds)
    recorded = policy.recorded[call_class]
    return Decision(
        allowed=True,
        reason=None,
        findings=_findings(answers),
        max_duration_seconds=shortest.seconds,
        limiting_factor=shortest.factor,
        end_by=min([talked_out_at, *(limit.ends_at for limit in limits if limit.ends_at is not None)]),
        authorization_expires_at=expires_at,
        warn_at_remaining_seconds=policy.warn_at_remaining_seconds,
        call_class=call_class,
        record=recorded,
        monitor=recorded,
        announcements=policy.announcements[call_class],
        quote=_quote(case, policy, call_class, shortest.seconds),
        retry_at=None,
    )


def _quote(case: Case, policy: Policy, call_class: CallClass, seconds: int | None) -> Quote | None:
    try:
        return quote_of(case, policy, call_class=call_class, max_duration_seconds=seconds)
    except Exception:  # noqa: BLE001 - the tariff check met the same fact and denied; a refusal needs no price
        return None


def _retry_at(refusals: Iterable[_Answer], reason: Reason) -> datetime | None:
    if reason not in (Reason.OUTSIDE_CALLING_HOURS, Reason.LIMIT_REACHED):
        return None
    instants = [
        answer.verdict.retry_at for answer in refusals if answer.told is reason and isinstance(answer.verdict, Deny)
    ]
    known = [instant for instant in instants if instant is not None]
    return max(known) if len(known) == len(instants) else None


def _findings(answers: Iterable[_Answer]) -> tuple[Finding, ...]:
    return tuple(map(_finding, answers))


def _finding(answer: _Answer) -> Finding:
    verdict = answer.verdict
    if isinstance(verdict, Limit):
        return Finding(answer.check, "limit", seconds=verdict.seconds)
    if isinstance(verdict, Deny):
        return Finding(answer.check, "deny", reason=verdict.detail, failed=answer.failed)
    return _passed(answer.check)


@cache  # as above
def _passed(check: str) -> Finding:
    return Finding(check, "pass")
