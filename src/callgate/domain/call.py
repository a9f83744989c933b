"""In which state is an allowed call, and what do the switch's events make of it?

Events come late, twice and out of order. Whatever the order, the same events end in the same state and the same charge:
the `ended` with the highest sequence number is the one that counts, a duplicate changes nothing, and the start of the
talk is the earliest one told. A call that nothing more is heard of expires by the clock alone; no job has to run.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

EXPIRY_GRACE = timedelta(seconds=120)
"""How long an answered call holds its PIN past `end_by` when no `ended` comes (contract section 2)."""


class CallState(StrEnum):
    """Where a call stands. `ORPHAN`: events of a call that was never asked about."""

    AUTHORIZED = "authorized"
    ANSWERED = "answered"
    ENDED = "ended"
    EXPIRED = "expired"
    ORPHAN = "orphan"


class EventType(StrEnum):
    """What a switch can report."""

    ANSWERED = "answered"
    PROGRESS = "progress"
    ENDED = "ended"
    CALLED_PARTY_BLOCK = "called_party_block"
    THREE_WAY_SUSPECTED = "three_way_suspected"
    DIVERTED = "diverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One report about one call. `duration_seconds`, `cause`, `answered_at`, `recorded`: on `ended`."""

    call_id: str
    type: EventType
    sequence_number: int
    occurred_at: datetime
    duration_seconds: int = 0
    cause: str | None = None
    answered_at: datetime | None = None
    recorded: bool | None = None
    sip_status: int | None = None
    q850_cause: int | None = None
    diverted_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An allowed call as it is kept.

    `state`: what was last told, never `expired`; ask `state_at`. `frees_at`: when it stops holding its PIN if
    nothing more is heard. `counted_seconds`: what it costs a ceiling. `terminal_sequence_number`: of the `ended`
    that counts.
    """

    state: CallState
    authorized_at: datetime
    end_by: datetime
    frees_at: datetime
    max_duration_seconds: int
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: int | None = None
    counted_seconds: int = 0
    cause: str | None = None
    recorded: bool | None = None
    terminal_sequence_number: int | None = None
    revoked: bool = False


def state_at(call: Call, now: datetime) -> CallState:
    """The call's state at an instant, expiry included.

    Clause: contract section 2: authorized expires at `authorization_expires_at`, answered at `end_by` + 120 s.
    """
    if call.state in (CallState.AUTHORIZED, CallState.ANSWERED) and now >= call.frees_at:
        return CallState.EXPIRED
    return call.state


def after_event(call: Call, event: CallEvent, *, now: datetime) -> Call:
    """The call after one event that was not heard before."""
    match event.type:
        case EventType.ENDED:
            return _after_ended(call, event, now)
        case EventType.ANSWERED | EventType.PROGRESS:
            return _after_talk(call, event, now)
        case _:
            return call


def remaining_seconds(call: Call, now: datetime) -> int:
    """How much longer may it last? Whole seconds, 0 when it must end now.

    Before the answer the whole grant, afterwards what is left of it; in both cases nothing past `end_by`.
    """
    if call.revoked or state_at(call, now) not in (CallState.AUTHORIZED, CallState.ANSWERED):
        return 0
    left = timedelta(seconds=call.max_duration_seconds)
    if call.answered_at is not None:
        left = call.answered_at + left - now
    return max(0, int(min(left, call.end_by - now).total_seconds()))


def _after_ended(call: Call, event: CallEvent, now: datetime) -> Call:
    heard = _begun_at(call, event.answered_at, now)
    if call.terminal_sequence_number is not None and event.sequence_number < call.terminal_sequence_number:
        return heard
    ended_at = _within(event.occurred_at, call.authorized_at, now)
    return replace(
        heard,
        state=CallState.ENDED,
        ended_at=ended_at,
        frees_at=ended_at,
        talk_seconds=event.duration_seconds,
        counted_seconds=min(event.duration_seconds, call.max_duration_seconds),
        cause=event.cause,
        recorded=event.recorded,
        terminal_sequence_number=event.sequence_number,
    )


def _after_talk(call: Call, event: CallEvent, now: datetime) -> Call:
    heard = _begun_at(call, event.occurred_at, now)
    if state_at(call, now) not in (CallState.AUTHORIZED, CallState.ANSWERED):
        # Too late to go on, and it changes no charge; but when the talk began is kept all the same.
        return heard
    return replace(
        heard,
        state=CallState.ANSWERED,
        frees_at=call.end_by + EXPIRY_GRACE,
        counted_seconds=call.max_duration_seconds,
    )


def _begun_at(call: Call, told: datetime | None, now: datetime) -> Call:
    if told is None:
        return call
    begun = _within(told, call.authorized_at, now)
    return replace(call, answered_at=begun if call.answered_at is None else min(call.answered_at, begun))


def _within(instant: datetime, earliest: datetime, latest: datetime) -> datetime:
    # The switch's clock is only believed as far as ours allows: no talk before the allow, none in the future.
    return max(earliest, min(instant, latest))
