"""The same answers as from a clock that is looked at every minute, around every kind of clock change."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.hours import (
    Window,
    closing_instant,
    is_open,
    next_opening,
    seconds_until_close,
    start_of_local_day,
)

NIGHTS = [
    *(("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"), ("America/New_York", "2026-11-22")),
    *(("Europe/London", "2026-03-29"), ("Europe/London", "2026-10-25"), ("UTC", "2026-11-22")),
    *(("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04")),  # half an hour
    *(("America/Sao_Paulo", "2018-11-04"), ("America/Sao_Paulo", "2019-02-17")),  # at midnight
    *(("Asia/Beirut", "2026-03-29"), ("Asia/Beirut", "2026-10-25"), ("America/Havana", "2026-11-01")),
    *(("America/St_Johns", "2010-11-07"), ("America/Toronto", "1919-03-31"), ("Pacific/Apia", "2011-12-30")),
]
SPAN_MINUTES = 5 * 24 * 60


@cache
def clock(zone: str, night: str) -> Sequence[tuple[datetime, date, int]]:
    """Every minute from two days before the night: the instant, the local date, the local minute of the day."""
    first = datetime.fromisoformat(night).replace(tzinfo=UTC) - timedelta(days=2)
    instants = [first + timedelta(minutes=minute) for minute in range(SPAN_MINUTES)]
    walls = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
    return [(i, wall.date(), wall.hour * 60 + wall.minute) for i, wall in zip(instants, walls, strict=True)]


def in_minutes(wall_time: str) -> int:
    return int(wall_time[:2]) * 60 + int(wall_time[3:])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows whose ends crowd around the hours at which clocks change."""
    end = st.one_of(st.sampled_from([0, 30, 60, 90, 120, 150, 180, 1380, 1410, 1440]), st.integers(0, 1440))
    first, last = sorted((draw(end), draw(end)))
    opens = min(first, 1439)
    closes = max(last, opens + 1)
    return Window(open_at=f"{opens // 60:02}:{opens % 60:02}", close_at=f"{closes // 60:02}:{closes % 60:02}")


@settings(max_examples=1000, deadline=None)
@given(night=st.sampled_from(NIGHTS), hours=windows(), minute=st.integers(720, 4320), seconds=st.integers(0, 59))
def test_agrees_with_looking_at_every_minute(
    *, night: tuple[str, str], hours: Window, minute: int, seconds: int
) -> None:
    zone, minutes = ZoneInfo(night[0]), clock(*night)
    opens, closes = in_minutes(hours.open_at), in_minutes(hours.close_at)
    now = minutes[minute][0] + timedelta(seconds=seconds)
    open_now = opens <= minutes[minute][2] < closes
    turns = (i for i, _, wall in minutes[minute + 1 :] if (opens <= wall < closes) != open_now)
    turn = next(turns, None)

    assert is_open(hours, zone, now=now) == open_now
    if open_now:
        assert closing_instant(hours, zone, now=now) == (None if hours.never_closes else turn)
        assert next_opening([hours], zone, now=now) == now
    else:
        assert next_opening([hours], zone, now=now) == turn
        assert closing_instant(hours, zone, now=now) == now
        assert seconds_until_close(hours, zone, now=now) == 0


@pytest.mark.parametrize("night", NIGHTS)
def test_every_local_day_around_a_change_starts_where_a_look_at_every_minute_says(night: tuple[str, str]) -> None:
    zone, minutes = ZoneInfo(night[0]), clock(*night)
    middle = minutes[SPAN_MINUTES // 2][1]
    for day in (middle - timedelta(days=1), middle, middle + timedelta(days=1)):
        assert start_of_local_day(day, zone) == next(i for i, local, _ in minutes if local >= day)


def offset_changes(name: str) -> list[int]:
    """When did the offset of this zone change, in seconds since 1970? Read from the zone file (RFC 9636)."""
    data = resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    isut, isstd, leaps, times, types, chars = struct.unpack(">20x6l", data[:44])
    body = data[44 + times * 5 + types * 6 + chars + leaps * 8 + isstd + isut :]  # the second block has 64-bit times
    *_, times, types, _ = struct.unpack(">20x6l", body[:44])
    instants = struct.unpack_from(f">{times}q", body, 44)
    kinds = body[44 + times * 8 : 44 + times * 9]
    offsets = [struct.unpack_from(">l", body, 44 + times * 9 + kind * 6)[0] for kind in kinds]
    return [instants[i] for i in range(1, times) if offsets[i] != offsets[i - 1]]


def test_no_zone_changes_its_offset_twice_within_the_two_days_that_are_searched() -> None:
    names = resources.files("tzdata").joinpath("zones").read_text().split()
    assert len(names) > 500
    assert len(offset_changes("America/New_York")) > 150
    gaps = [later - earlier for name in names for earlier, later in pairwise(offset_changes(name))]
    assert min(gaps) > 2 * 24 * 3600
