"""The clocks, and the time zones that do not depend on the machine."""

import zoneinfo
from datetime import UTC, datetime, timedelta

from callgate.clock import ShiftedClock, SystemClock, use_pinned_time_zones

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_and_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_clock_that_stands_moves_only_when_it_is_set() -> None:
    clock = ShiftedClock(NOON, running=False)

    assert clock.now() == clock.now() == NOON
    clock.advance(0.5)
    assert clock.now() == NOON + timedelta(seconds=0.5)
    clock.set(NOON - timedelta(days=1))
    assert clock.now() == NOON - timedelta(days=1)


def test_a_clock_that_runs_goes_on_from_where_it_was_set() -> None:
    clock = ShiftedClock(NOON)

    assert NOON <= clock.now() < NOON + timedelta(seconds=30)


def test_time_zones_come_from_the_pinned_package_alone() -> None:
    before = zoneinfo.TZPATH
    try:
        use_pinned_time_zones()
        assert zoneinfo.TZPATH == ()
        assert NOON.astimezone(zoneinfo.ZoneInfo("America/New_York")).hour == 12
    finally:
        zoneinfo.reset_tzpath(to=before)
