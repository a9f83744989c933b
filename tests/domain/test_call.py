"""Events in any order, with any of them twice, end in the same state and the same charge."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.call import Call, CallEvent, CallState, EventType, after_event, remaining_seconds, state_at

ALLOWED_AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def call(**changes: object) -> Call:
    values: dict[str, object] = {
        "state": CallState.AUTHORIZED,
        "authorized_at": ALLOWED_AT,
        "end_by": ALLOWED_AT + timedelta(seconds=1020),
        "frees_at": ALLOWED_AT + timedelta(seconds=120),
        "max_duration_seconds": 900,
    }
    return Call(**(values | changes))  # type: ignore[arg-type]  # a builder for tests; the constructor checks nothing else


def event(kind: EventType, number: int, *, after: float = 0, **changes: object) -> CallEvent:
    values: dict[str, object] = {
        "call_id": "c",
        "type": kind,
        "sequence_number": number,
        "occurred_at": ALLOWED_AT + timedelta(seconds=after),
    }
    return CallEvent(**(values | changes))  # type: ignore[arg-type]  # as above


def play(events: Sequence[CallEvent], *, now: datetime) -> Call:
    heard: set[int] = set()
    played = call()
    for one in events:
        if one.sequence_number not in heard:
            heard.add(one.sequence_number)
            played = after_event(played, one, now=now)
    return played


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[CallEvent], list[CallEvent]]:
    kinds = draw(st.lists(st.sampled_from(list(EventType)), min_size=1, max_size=7))
    events = [
        event(
            kind,
            number,
            after=draw(st.floats(0, 60)),
            duration_seconds=draw(st.integers(0, 2000)) if kind is EventType.ENDED else 0,
            answered_at=draw(st.none() | st.just(ALLOWED_AT + timedelta(seconds=7)))
            if kind is EventType.ENDED
            else None,
        )
        for number, kind in enumerate(kinds)
    ]
    twice = draw(st.lists(st.sampled_from(events), max_size=5))
    return events, draw(st.permutations(events + twice))


@settings(max_examples=800, deadline=None)
@given(_histories(), st.sampled_from([60, 119.999, 120, 1139.999, 1140, 5000]))
def test_any_order_with_duplicates_ends_in_the_same_call(
    history: tuple[list[CallEvent], list[CallEvent]], seconds: float
) -> None:
    now = ALLOWED_AT + timedelta(seconds=seconds)
    events, shuffled = history

    assert play(shuffled, now=now) == play(events, now=now)


def test_an_authorized_call_expires_at_its_instant_and_not_a_millisecond_before() -> None:
    expires = ALLOWED_AT + timedelta(seconds=120)

    assert state_at(call(), expires - timedelta(milliseconds=1)) is CallState.AUTHORIZED
    assert state_at(call(), expires) is CallState.EXPIRED


def test_an_answered_call_expires_two_minutes_past_end_by() -> None:
    answered = after_event(call(), event(EventType.ANSWERED, 1, after=5), now=ALLOWED_AT + timedelta(seconds=5))
    last = ALLOWED_AT + timedelta(seconds=1020 + 120)

    assert state_at(answered, last - timedelta(milliseconds=1)) is CallState.ANSWERED
    assert state_at(answered, last) is CallState.EXPIRED
    assert answered.counted_seconds == 900


def test_answered_after_expiry_changes_nothing_and_a_late_ended_amends_it() -> None:
    late = ALLOWED_AT + timedelta(seconds=121)

    answered = after_event(call(), event(EventType.ANSWERED, 1, after=121), now=late)
    ended = after_event(answered, event(EventType.ENDED, 2, after=130, duration_seconds=9), now=late)

    assert state_at(answered, late) is CallState.EXPIRED
    assert answered.state is CallState.AUTHORIZED
    assert remaining_seconds(answered, late) == 0
    assert (ended.state, ended.counted_seconds) == (CallState.ENDED, 9)


def test_talk_time_beyond_the_grant_counts_as_the_grant() -> None:
    now = ALLOWED_AT + timedelta(seconds=950)

    ended = after_event(call(), event(EventType.ENDED, 2, duration_seconds=901), now=now)

    assert (ended.talk_seconds, ended.counted_seconds) == (901, 900)


def test_a_lower_ended_after_a_higher_one_is_stale() -> None:
    now = ALLOWED_AT + timedelta(seconds=60)
    high = after_event(call(), event(EventType.ENDED, 5, duration_seconds=50), now=now)

    assert after_event(high, event(EventType.ENDED, 4, duration_seconds=10), now=now) == high
    assert after_event(high, event(EventType.ENDED, 6, duration_seconds=55), now=now).counted_seconds == 55


def test_what_remains_shrinks_with_the_talk_and_never_passes_end_by() -> None:
    answered_at = ALLOWED_AT + timedelta(seconds=100)
    short = call(end_by=ALLOWED_AT + timedelta(seconds=600))
    answered = after_event(short, event(EventType.ANSWERED, 1, after=100), now=answered_at)

    assert remaining_seconds(call(), ALLOWED_AT) == 900
    assert remaining_seconds(answered, answered_at) == 500
    assert remaining_seconds(answered, ALLOWED_AT + timedelta(seconds=599.2)) == 0
    assert remaining_seconds(answered, ALLOWED_AT + timedelta(seconds=599)) == 1


def test_a_revoked_call_has_nothing_left() -> None:
    assert remaining_seconds(call(revoked=True), ALLOWED_AT) == 0


def test_a_switch_clock_in_the_past_or_the_future_is_believed_only_within_the_call() -> None:
    now = ALLOWED_AT + timedelta(seconds=10)

    past = after_event(call(), event(EventType.ANSWERED, 1, after=-3600), now=now)
    future = after_event(call(), event(EventType.ANSWERED, 1, after=3600), now=now)

    assert past.answered_at == ALLOWED_AT
    assert future.answered_at == now
