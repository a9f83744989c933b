"""What is the strictest answer of all checks?

Order cannot change it, one more check can only tighten it, and a check that raises denies with its own class. Nothing
here knows a rule: rules are the files beside this one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
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
)

# Named once: `Limit | Deny` inside a call builds a new union each time.
_TIGHTENING = (Limit, Deny)
# Before these have passed, a telephone hears no PIN.
_GATES = (station.CHECK, shutoff.CHECK, calling_hours.CHECK)
_CLASS_CHECK = "call_class"
_NO_LIMIT_CHECK = "no_limit"
_FACTORS_IN_ORDER: tuple[Factor, ...] = tuple(Factor)


class _Answer(NamedTuple):
    """A check has something against the call."""

    check: str
    told: Reason
    verdict: Limit | Deny
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
        refusal = _ask_station(case)
        return _denied([refusal], (_finding(refusal),), quote=None)
    failed = []
    try:
        call_class = call_class_of(case)
    except Exception:  # noqa: BLE001 - whatever a corrupt fact raises, the caller must hear a refusal
        call_class = CallClass.SOCIAL
        failed.append(_Answer(_CLASS_CHECK, Reason.NUMBER_NOT_AVAILABLE, Deny(ERROR_DETAIL), failed=True))
    answers = tuple([_ask(check, case, policy, call_class) for check in checks])
    told = [answer for answer in answers if answer is not None] + failed
    if not told:
        failed = told = [_Answer(_NO_LIMIT_CHECK, Reason.NOT_IN_SERVICE, Deny("nothing_limits_this_call"), failed=True)]
    names = tuple([check.name for check in checks])
    refusals = [answer for answer in told if isinstance(answer.verdict, Deny)]
    if refusals:
        findings = (*_findings(names, answers), *map(_finding, failed))
        return _denied(refusals, findings, quote=_quote(case, policy, call_class, None))
    return _allowed(names, answers, case, policy, call_class)


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
    for gate in _GATES:
        answer = _ask(gate, case, policy, CallClass.SOCIAL)
        if answer is not None and isinstance(answer.verdict, Deny):
            return False
    return True


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


def _ask(check: Check, case: Case, policy: Policy, call_class: CallClass) -> _Answer | None:
    """What has it against the call? None: nothing."""
    if call_class not in check.binds:
        return None
    try:
        verdict = check.judge(case, policy)
    except Exception:  # noqa: BLE001 - law: an error denies, with the class that the check declares
        return _Answer(check.name, check.refuses_with, Deny(ERROR_DETAIL), failed=True)
    if isinstance(verdict, Pass):
        return None
    if not isinstance(verdict, _TIGHTENING):
        return _Answer(check.name, check.refuses_with, Deny(ERROR_DETAIL), failed=True)
    return _Answer(check.name, check.refuses_with, verdict)


def _ask_station(case: Case) -> _Answer:
    if case.station is None or case.facility is None:
        detail = "station_unknown"
    else:
        detail = "profile_unknown" if case.covered else "station_not_covered"
    # A facility whose law is gone is a fault of ours and an alarm; the other two are somebody else's mistake.
    failed = detail == "profile_unknown"
    return _Answer(station.CHECK.name, station.CHECK.refuses_with, Deny(detail), failed=failed)


def _denied(refusals: Sequence[_Answer], findings: tuple[Finding, ...], *, quote: Quote | None) -> Decision:
    reason = min((answer.told for answer in refusals), key=REASONS_IN_ORDER.index)
    return Decision(
        allowed=False,
        reason=reason,
        findings=findings,
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
    names: tuple[str, ...], answers: tuple[_Answer | None, ...], case: Case, policy: Policy, call_class: CallClass
) -> Decision:
    shortest = min(_limits(answers), key=lambda limit: (limit.seconds, _FACTORS_IN_ORDER.index(limit.factor)))
    return _granted(
        names,
        answers,
        shortest,
        decided_at=case.decided_at,
        answer_within_seconds=policy.answer_within_seconds,
        warn_at_remaining_seconds=policy.warn_at_remaining_seconds,
        call_class=call_class,
        recorded=policy.recorded[call_class],
        announcements=policy.announcements[call_class],
        quote=_quote(case, policy, call_class, shortest.seconds),
    )


# Calls that are allowed alike in one batch have one decision in common. Refusals are put together one by one, so that
# none takes less time than another.
@lru_cache(maxsize=256)
def _granted(  # noqa: PLR0913 - everything that an allow is made of
    names: tuple[str, ...],
    answers: tuple[_Answer | None, ...],
    shortest: Limit,
    *,
    decided_at: datetime,
    answer_within_seconds: int,
    warn_at_remaining_seconds: tuple[int, ...],
    call_class: CallClass,
    recorded: bool,
    announcements: tuple[str, ...],
    quote: Quote | None,
) -> Decision:
    expires_at = decided_at + timedelta(seconds=answer_within_seconds)
    talked_out_at = expires_at + timedelta(seconds=shortest.seconds)
    return Decision(
        allowed=True,
        reason=None,
        findings=_findings(names, answers),
        max_duration_seconds=shortest.seconds,
        limiting_factor=shortest.factor,
        end_by=min([talked_out_at, *(limit.ends_at for limit in _limits(answers) if limit.ends_at is not None)]),
        authorization_expires_at=expires_at,
        warn_at_remaining_seconds=warn_at_remaining_seconds,
        call_class=call_class,
        record=recorded,
        monitor=recorded,
        announcements=announcements,
        quote=quote,
        retry_at=None,
    )


def _limits(answers: Iterable[_Answer | None]) -> list[Limit]:
    return [answer.verdict for answer in answers if answer is not None and isinstance(answer.verdict, Limit)]


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


def _findings(names: Iterable[str], answers: Iterable[_Answer | None]) -> tuple[Finding, ...]:
    return tuple([_passed(name) if it is None else _finding(it) for name, it in zip(names, answers, strict=True)])


def _finding(answer: _Answer) -> Finding:
    verdict = answer.verdict
    if isinstance(verdict, Limit):
        return Finding(answer.check, "limit", seconds=verdict.seconds)
    return Finding(answer.check, "deny", reason=verdict.detail, failed=answer.failed)


@cache  # most checks have nothing against most calls, and there are only as many of these as there are checks
def _passed(check: str) -> Finding:
    return Finding(check, "pass")
