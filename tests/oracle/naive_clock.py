"""What does the clock on the wall say, and when does it next say something else? By walking, minute by minute.

Windows open and close on whole minutes, and within the years that are played here no zone has moved its clocks at
anything but a whole minute, so a minute is a fine enough step: between two of them nothing opens, closes or begins.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from callgate.domain.case import Hours

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
AHEAD_OF_UTC_MAX = timedelta(hours=15)


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """Keep every zone that is played: the library itself holds on to eight, and reads the file again for the others."""
    return ZoneInfo(name)


class Opened(NamedTuple):
    """The minutes since midnight from which, and before which, every window that applies is open."""

    first: int
    end: int


def opened(opens: str, closes: str, *narrower: Hours | None) -> Opened:
    pairs = [(opens, closes)] + [(hours.open, hours.close) for hours in narrower if hours is not None]
    return Opened(max(in_minutes(first) for first, _ in pairs), min(in_minutes(end) for _, end in pairs))


def in_minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def is_open(instant: datetime, zone: str, hours: Opened) -> bool:
    return shows_open(instant, zone_named(zone), hours)


def shows_open(instant: datetime, zone: ZoneInfo, hours: Opened) -> bool:
    wall = instant.astimezone(zone)
    return hours.first <= wall.hour * 60 + wall.minute < hours.end


def is_just_closing(instant: datetime, zone: str, hours: Opened) -> bool:
    """Does the wall show closing time to the tick? It shows 24:00 as 00:00, and hours that never open never close."""
    wall = instant.astimezone(zone_named(zone))
    return hours.first < hours.end and wall.time() == time(hours.end // 60 % 24, hours.end % 60)


def next_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + MINUTE


def closing_within(instant: datetime, zone: str, hours: Opened, *, seconds: int) -> datetime | None:
    """Answer the first instant outside, if it comes within so many seconds of an instant inside."""
    there, minute, last = zone_named(zone), next_minute(instant), instant + seconds * SECOND
    while minute <= last:
        if not shows_open(minute, there, hours):
            return minute
        minute += MINUTE
    return None


def next_opening(instant: datetime, zone: str, hours: Opened) -> datetime | None:
    there, minute = zone_named(zone), next_minute(instant)
    if hours.first >= hours.end:
        return None
    while not shows_open(minute, there, hours):
        minute += MINUTE
    return minute


def local_date(instant: datetime, zone: str) -> date:
    return instant.astimezone(zone_named(zone)).date()


@lru_cache(maxsize=4096)
def first_instant_of(day: date, zone: str) -> datetime:
    minute = datetime.combine(day, time(), tzinfo=UTC) - AHEAD_OF_UTC_MAX
    while local_date(minute, zone) < day:
        minute += MINUTE
    return minute
