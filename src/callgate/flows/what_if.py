"""Who would newly be allowed or denied if another policy were the law?

Every recorded case holds the facts of its moment, so it can be decided under a policy that did not exist then. Each is
judged by itself: a call that would have been cut shorter frees its PIN earlier and uses less of a ceiling, and what
that does to the next call is not in the next call's case.

Some cases cannot tell, and are counted apart instead of guessed: what the policy of the day never asked for was not
recorded.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from callgate.checks import calling_hours, shutoff, station
from callgate.checks.decide import decide, with_pin_heard
from callgate.domain.answer import answer_of, written_answer
from callgate.domain.case import Case, PinState
from callgate.domain.policy import Policy, Quotas
from callgate.domain.verdict import Decision
from callgate.flows.replay_decisions import PolicyVersions, UnusablePolicy
from callgate.store.case_text import read_case
from callgate.store.replay import Recorded

_GATES: Final = frozenset({station.CHECK.name, shutoff.CHECK.name, calling_hours.CHECK.name})


class Effect(StrEnum):
    """What would come of one recorded attempt?

    `NOT_CONCERNED`: the policy is not that of its facility. `DIFFERENT`: the same decision and length, but something
    else of the answer changes. `CANNOT_TELL`: a fact that the policy needs was not recorded. `UNREADABLE`: the record
    does not come out as it was recorded even under its own policy.
    """

    SAME = "same"
    NEWLY_ALLOWED = "newly_allowed"
    NEWLY_DENIED = "newly_denied"
    SHORTENED = "shortened"
    LENGTHENED = "lengthened"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot_tell"
    UNREADABLE = "unreadable"
    NOT_CONCERNED = "not_concerned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One attempt that would come out otherwise.

    Args:
        why: the reason class where it is denied now; which members change, or what is not known.
        checks: which rules make the difference: those that deny now, or denied then, or set the length.
        recorded_seconds: the grant that was given; 0 where it was denied.
        again_seconds: the grant under the other policy.
    """

    effect: Effect
    decision_id: str
    decided_at: datetime
    facility_id: str
    inmate_id: str | None
    why: str
    checks: tuple[str, ...] = ()
    recorded_seconds: int = 0
    again_seconds: int = 0


class WhatIf:
    """One policy, held against recorded cases.

    Args:
        draft: the policy that is tried.
        versions: the policies of the recorded days.
        facilities: only these, whatever their profile is; None: those whose profile has the draft's name.
    """

    def __init__(self, draft: Policy, versions: PolicyVersions, facilities: Collection[str] | None = None) -> None:
        self._draft = draft
        self._versions = versions
        self._facilities = facilities

    def judge(self, recorded: Recorded) -> Effect | Change:
        """What would come of this attempt? A `Change` where it is not the same."""
        try:
            case = read_case(recorded.facts)
            of_the_day = self._versions.load(recorded.policy_hash)
        except ValueError:  # pydantic's own message would quote the facts
            return _unreadable(recorded, "the facts cannot be read")
        except UnusablePolicy as error:
            return _unreadable(recorded, f"its own policy: {error}")
        return self._compare(recorded, case, of_the_day) if self._concerns(case) else Effect.NOT_CONCERNED

    def _compare(self, recorded: Recorded, case: Case, of_the_day: Policy | None) -> Effect | Change:
        again = self._decide(case)
        if unknown := self._unknown(case, of_the_day, again):
            return _change(recorded, case, effect=Effect.CANNOT_TELL, why=unknown)
        if _answer(again, recorded, case) == recorded.answer:
            return Effect.SAME
        then = decide(case, of_the_day)
        if _answer(then, recorded, case) != recorded.answer:
            return _unreadable(recorded, "`callgate replay` tells what differs")
        return _difference(recorded, case, then, again)

    def _concerns(self, case: Case) -> bool:
        if case.facility is None or case.station is None or not case.covered:
            return False  # refused before any law was asked
        if self._facilities is not None:
            return case.facility.facility_id in self._facilities
        return case.facility.profile == self._draft.profile

    def _decide(self, case: Case) -> Decision:
        return decide(with_pin_heard(case, self._draft, is_locked=case.pin is PinState.LOCKED), self._draft)

    def _unknown(self, case: Case, of_the_day: Policy | None, again: Decision) -> str | None:
        """Which fact is missing, without which the other policy cannot be followed?"""
        if case.pin is PinState.NOT_HEARD and not _is_closed(again) and _is_closed(decide(case, of_the_day)):
            return "the telephone was closed, so no PIN was heard"
        if case.pin is PinState.LOCKED and of_the_day is not None and of_the_day.throttle != self._draft.throttle:
            return "PIN entry was locked by other rules"
        if again.allowed and case.person is not None and self._needs_unsummed_use(case, of_the_day):
            return "use of this week or month was not summed, since nothing limited it"
        return None

    def _needs_unsummed_use(self, case: Case, of_the_day: Policy | None) -> bool:
        was_summed = (case.facility is not None and case.facility.limits is not None) or (
            of_the_day is not None and of_the_day.quotas.has_any
        )
        return not was_summed and _looks_beyond_today(self._draft.quotas)


def _looks_beyond_today(quotas: Quotas) -> bool:
    ceilings = (quotas.calls_per_week, quotas.calls_per_month, quotas.minutes_per_month)
    return bool(quotas.minutes_per_month_in) or any(ceiling is not None for ceiling in ceilings)


def _difference(recorded: Recorded, case: Case, then: Decision, again: Decision) -> Change:
    effect = _effect(then, again)
    return replace(
        _change(recorded, case, effect=effect, why=_why(effect, recorded, again, case)),
        checks=_checks(effect, then, again),
        recorded_seconds=then.max_duration_seconds,
        again_seconds=again.max_duration_seconds,
    )


def _change(recorded: Recorded, case: Case, *, effect: Effect, why: str) -> Change:
    return Change(
        effect=effect,
        decision_id=recorded.decision_id,
        decided_at=case.decided_at,
        facility_id="" if case.facility is None else case.facility.facility_id,
        inmate_id=None if case.person is None else case.person.inmate_id,
        why=why,
    )


def _answer(decision: Decision, recorded: Recorded, case: Case) -> str:
    """The answer as it would have been written, under the label of the day: only what callers notice may differ."""
    return written_answer(
        answer_of(
            decision,
            decision_id=recorded.decision_id,
            call_id=recorded.call_id,
            decided_at=case.decided_at,
            policy=recorded.policy,
        )
    )


def _effect(then: Decision, again: Decision) -> Effect:
    if then.allowed != again.allowed:
        return Effect.NEWLY_ALLOWED if again.allowed else Effect.NEWLY_DENIED
    if again.max_duration_seconds == then.max_duration_seconds:
        return Effect.DIFFERENT
    return Effect.SHORTENED if again.max_duration_seconds < then.max_duration_seconds else Effect.LENGTHENED


def _checks(effect: Effect, then: Decision, again: Decision) -> tuple[str, ...]:
    match effect:
        case Effect.NEWLY_DENIED:
            return _that_deny(again)
        case Effect.NEWLY_ALLOWED:
            return _that_deny(then)
        case Effect.SHORTENED:
            return _that_limit(again)
        case Effect.LENGTHENED:
            return _that_limit(then)
        case _:
            return ()


def _is_closed(decision: Decision) -> bool:
    return not _GATES.isdisjoint(_that_deny(decision))


def _that_deny(decision: Decision) -> tuple[str, ...]:
    """The checks that deny; a closed telephone alone, since no PIN was heard there and who called is not known."""
    denying = tuple(finding.check for finding in decision.findings if finding.verdict == "deny")
    return tuple(check for check in denying if check in _GATES) or denying


def _that_limit(decision: Decision) -> tuple[str, ...]:
    """The checks that set this length: one as a rule, several where they come to the same second."""
    return tuple(
        finding.check
        for finding in decision.findings
        if finding.verdict == "limit" and finding.seconds == decision.max_duration_seconds
    )


def _why(effect: Effect, recorded: Recorded, again: Decision, case: Case) -> str:
    if effect is Effect.NEWLY_DENIED:
        return str(again.reason)
    if effect is not Effect.DIFFERENT:
        return ""
    was: dict[str, Any] = json.loads(recorded.answer)
    now: dict[str, Any] = json.loads(_answer(again, recorded, case))
    return ", ".join(name for name in now if now[name] != was[name])


def _unreadable(recorded: Recorded, why: str) -> Change:
    return Change(
        effect=Effect.UNREADABLE,
        decision_id=recorded.decision_id,
        decided_at=recorded.decided_at,
        facility_id=str(recorded.subject.get("facility_id") or ""),
        inmate_id=recorded.subject.get("inmate_id"),
        why=why,
    )
