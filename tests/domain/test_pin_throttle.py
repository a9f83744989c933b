"""Four, five and six wrong PINs; one millisecond before, at and after the end of every window and lock."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.pin import (
    FacilityThrottle,
    StationThrottle,
    Throttled,
    ThrottleRules,
    after_wrong_pin,
    is_locked,
)

RULES = ThrottleRules()
NOW = 1_795_000_000_000  # epoch milliseconds
SECOND = 1000
MINUTE = 60 * SECOND
FRESH = StationThrottle()
QUIET = FacilityThrottle()


def wrong(
    station: StationThrottle, now_ms: int, *, facility: FacilityThrottle = QUIET, rules: ThrottleRules = RULES
) -> Throttled:
    return after_wrong_pin(station, facility, rules=rules, now_ms=now_ms)


def after_tries(instants: list[int], station: StationThrottle = FRESH) -> StationThrottle:
    for now_ms in instants:
        station = wrong(station, now_ms).station
    return station


def locks_at(station: StationThrottle, now_ms: int) -> tuple[StationThrottle, int]:
    """Enter five wrong PINs in a second; answer the state and how long the lock is, in minutes."""
    station = after_tries([now_ms + i for i in range(5)], station)
    assert station.locked_until is not None
    return station, (station.locked_until - (now_ms + 4)) // MINUTE


# ------------------------------------------------------------------------------------------------------------- counting


@pytest.mark.parametrize(("tries", "locked"), [(1, False), (4, False), (5, True), (6, True)])
def test_the_fifth_wrong_pin_locks_the_station(tries: int, *, locked: bool) -> None:
    station = after_tries([NOW + i for i in range(tries)])
    assert is_locked(station, NOW + tries) is locked


def test_tells_of_a_lock_once_when_it_begins() -> None:
    told, station = [], FRESH
    for i in range(7):
        station, _, locked_now, _ = wrong(station, NOW + i)
        told.append(locked_now)
    assert told == [False, False, False, False, True, False, False]


@pytest.mark.parametrize(("age_ms", "locked"), [(599_999, True), (600_000, True), (600_001, False)])
def test_a_try_counts_up_to_and_including_the_end_of_its_ten_minutes(age_ms: int, *, locked: bool) -> None:
    station = after_tries([NOW, NOW + 1000, NOW + 1001, NOW + 1002])
    assert wrong(station, NOW + age_ms).locked_now is locked


def test_four_wrong_ones_every_ten_minutes_never_lock() -> None:
    station = FRESH
    for round_ in range(50):
        station = after_tries([NOW + round_ * 601 * SECOND + i for i in range(4)], station)
        assert station.locked_until is None


def test_a_try_during_a_lock_neither_counts_nor_makes_it_longer() -> None:
    station, minutes = locks_at(FRESH, NOW)
    assert minutes == 5
    facility = FacilityThrottle(wrong_at=(NOW,))
    for later in (5, MINUTE, 5 * MINUTE):
        answer = wrong(station, NOW + later, facility=facility)
        assert answer == Throttled(station, facility, locked_now=False, alert=False)


@pytest.mark.parametrize(("after_lock_ms", "locked"), [(-1, True), (0, False), (1, False)])
def test_a_lock_ends_to_the_millisecond(after_lock_ms: int, *, locked: bool) -> None:
    station, _ = locks_at(FRESH, NOW)
    assert station.locked_until == NOW + 4 + 300 * SECOND
    assert is_locked(station, station.locked_until + after_lock_ms) is locked


def test_counting_begins_anew_when_a_lock_ends() -> None:
    station, _ = locks_at(FRESH, NOW)
    assert station.wrong_at == ()
    reopened = station.locked_until or 0
    station = after_tries([reopened + i for i in range(4)], station)
    assert not is_locked(station, reopened + 4)
    assert wrong(station, reopened + 4).locked_now


# ------------------------------------------------------------------------------------------------------------- doubling


def test_locks_double_from_five_minutes_to_sixty_while_it_goes_on() -> None:
    station, now_ms, lengths = FRESH, NOW, []
    for _ in range(7):
        station, minutes = locks_at(station, now_ms)
        assert station.lock_seconds == minutes * 60
        lengths.append(minutes)
        now_ms = station.locked_until or 0
    assert lengths == [5, 10, 20, 40, 60, 60, 60]


@pytest.mark.parametrize(("quiet_ms", "minutes"), [(3_599_999, 10), (3_600_000, 10), (3_600_001, 5)])
def test_the_doubling_starts_over_after_a_quiet_hour(quiet_ms: int, minutes: int) -> None:
    station, _ = locks_at(FRESH, NOW)
    ended = station.locked_until or 0
    assert locks_at(station, ended + quiet_ms - 4)[1] == minutes


def test_single_wrong_pins_in_between_do_not_keep_the_doubling_alive() -> None:
    station, _ = locks_at(FRESH, NOW)
    ended = station.locked_until or 0
    station = after_tries([ended + 20 * MINUTE, ended + 40 * MINUTE], station)
    assert locks_at(station, ended + 61 * MINUTE)[1] == 5


# --------------------------------------------------------------------------------------------------------- the facility


@pytest.mark.parametrize(("before", "locks", "alert"), [(98, False, False), (99, False, True), (100, True, False)])
def test_after_a_hundred_wrong_ones_at_the_facility_a_station_locks_at_its_first(
    before: int, *, locks: bool, alert: bool
) -> None:
    facility = FacilityThrottle(wrong_at=tuple(NOW + i for i in range(before)))
    answer = wrong(FRESH, NOW + 1000, facility=facility)
    assert (answer.locked_now, answer.alert) == (locks, alert)


def test_staff_are_alerted_once_when_the_hundredth_comes_in() -> None:
    facility, alerts = QUIET, []
    for i in range(150):
        answer = wrong(FRESH, NOW + i, facility=facility)
        facility = answer.facility
        alerts.append(answer.alert)
    assert [place for place, alert in enumerate(alerts, start=1) if alert] == [100]


@pytest.mark.parametrize(("age_ms", "locks"), [(3_599_999, True), (3_600_000, True), (3_600_001, False)])
def test_a_wrong_one_counts_for_its_facility_for_an_hour(age_ms: int, *, locks: bool) -> None:
    facility = FacilityThrottle(wrong_at=(NOW, *(NOW + 1000 + i for i in range(99))))
    assert wrong(FRESH, NOW + age_ms, facility=facility).locked_now is locks


def test_a_lock_that_the_facility_brought_on_doubles_like_any_other() -> None:
    facility = FacilityThrottle(wrong_at=tuple(NOW + i for i in range(100)))
    first = wrong(FRESH, NOW + 1000, facility=facility)
    second = wrong(first.station, (first.station.locked_until or 0) + 1, facility=first.facility)
    assert (first.station.lock_seconds, second.station.lock_seconds) == (300, 600)


# ----------------------------------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("name", list(asdict(RULES)))
@pytest.mark.parametrize("value", [0, -1])
def test_refuses_rules_that_are_none(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=r"1 or more"):
        replace(RULES, **{name: value})


def test_refuses_a_longest_lock_that_is_shorter_than_the_first() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ThrottleRules(lock_seconds=301, lock_seconds_max=300)
    assert ThrottleRules(lock_seconds=300, lock_seconds_max=300).lock_seconds == 300


def test_the_state_goes_through_json_and_comes_back() -> None:
    station, facility, *_ = wrong(locks_at(FRESH, NOW)[0], NOW + 10 * MINUTE)
    kept = json.loads(json.dumps([asdict(station), asdict(facility)]))
    assert StationThrottle(**{**kept[0], "wrong_at": tuple(kept[0]["wrong_at"])}) == station
    assert FacilityThrottle(wrong_at=tuple(kept[1]["wrong_at"])) == facility


GAPS = st.lists(st.one_of(st.integers(0, 2000), st.integers(0, 700_000), st.integers(0, 8_000_000)), max_size=120)
SMALL_RULES = st.builds(
    ThrottleRules,
    wrong_max=st.integers(1, 6),
    window_seconds=st.sampled_from([1, 60, 600]),
    lock_seconds=st.sampled_from([1, 300]),
    facility_wrong_max=st.integers(1, 20),
)


@settings(max_examples=500, deadline=None)
@given(gaps=GAPS, rules=SMALL_RULES)
def test_between_two_locks_no_window_ever_holds_more_counted_tries_than_allowed(
    gaps: list[int], rules: ThrottleRules
) -> None:
    station, facility, now_ms = FRESH, QUIET, NOW
    counted: list[int] = []
    for gap in gaps:
        now_ms += gap
        was_locked = is_locked(station, now_ms)
        before = (station, facility)
        station, facility, locked_now, _ = wrong(station, now_ms, facility=facility, rules=rules)
        if was_locked:
            assert (station, facility) == before
            continue
        counted.append(now_ms)
        in_window = [at for at in counted if now_ms - at <= rules.window_seconds * 1000]
        assert len(in_window) <= rules.wrong_max
        assert locked_now == is_locked(station, now_ms)
        assert locked_now or len(in_window) < rules.wrong_max
        if locked_now:
            counted.clear()
            assert rules.lock_seconds <= station.lock_seconds <= rules.lock_seconds_max
        assert len(station.wrong_at) < rules.wrong_max
        assert len(facility.wrong_at) <= rules.facility_wrong_max


def test_a_guess_every_second_gets_few_tries_in_a_day() -> None:
    station, counted = FRESH, 0
    for now_ms in range(NOW, NOW + 24 * 60 * MINUTE, SECOND):
        if not is_locked(station, now_ms):
            counted += 1
            station = wrong(station, now_ms).station
    assert counted == 5 * (4 + 23)  # four locks until they are an hour long, then one an hour


def test_a_clock_that_steps_back_neither_frees_a_station_nor_forgets_a_try() -> None:
    station = after_tries([NOW, NOW + 1, NOW + 2, NOW + 3])
    assert wrong(station, NOW - MINUTE).locked_now
    locked, _ = locks_at(FRESH, NOW)
    assert is_locked(locked, NOW - MINUTE)
