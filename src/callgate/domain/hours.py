"""When is a telephone open, and when does a local day begin?

A window is read off the wall clock of the facility; a duration is elapsed time. On the two nights a year when clocks
change these part, and every function here then looks for the instant of the change instead of adding wall-clock hours.
`zoneinfo` names no changes, only the offset at an instant, so a change is found by halving the time between two
instants with different offsets. That is exact as long as no zone changes twice within the two days searched at most,
and a test reads all zone files to see that none ever did.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_END_OF_DAY: Final = "24:00"
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One daily stretch of local wall-clock time: open at `open_at`, closed again at `close_at`.

    Args:
        open_at: `HH:MM`, from 00:00 to 23:59.
        close_at: `HH:MM` later on the same day, or `24:00`. A window across midnight does not exist: no regulation
            here has one, and "the same day" would have two meanings in it.

    Raises:
        ValueError: not that form, or not later.

    Example:
        >>> Window(open_at="06:00", close_at="23:00").never_closes
        False
        >>> Window(open_at="23:00", close_at="06:00")
        Traceback (most recent call last):
        ...
        ValueError: a window must close later on the day it opens
    """

    open_at: str
    close_at: str

    def __post_init__(self) -> None:
        """Hold the invariants."""
        if not _WALL_TIME.fullmatch(self.open_at):
            raise ValueError("open must be HH:MM, from 00:00 to 23:59")
        if self.close_at != _END_OF_DAY and not _WALL_TIME.fullmatch(self.close_at):
            raise ValueError("close must be HH:MM, from 00:01 to 24:00")
        if self.open_at >= self.close_at:
            raise ValueError("a window must close later on the day it opens")

    @property
    def never_closes(self) -> bool:
        """Is it open around the clock?"""
        return self.open_at == "00:00" and self.close_at == _END_OF_DAY


def intersect(windows: Sequence[Window]) -> Window | None:
    """Answer when all of these are open; None when never. A facility's window narrowed by a station's.

    No windows at all close nothing.

    Example:
        >>> intersect([Window(open_at="06:00", close_at="23:00"), Window(open_at="08:30", close_at="24:00")])
        Window(open_at='08:30', close_at='23:00')
    """
    open_at = max((window.open_at for window in windows), default="00:00")
    close_at = min((window.close_at for window in windows), default=_END_OF_DAY)
    return Window(open_at=open_at, close_at=close_at) if open_at < close_at else None


def is_within(inner: Window, outer: Window) -> bool:
    """Is `inner` no wider than `outer` at either end?"""
    return outer.open_at <= inner.open_at and inner.close_at <= outer.close_at


def is_open(window: Window, zone: ZoneInfo, *, now: datetime) -> bool:
    """Does the wall clock in `zone` stand inside the window: from opening time on, and before closing time?"""
    return _is_inside(window, _wall(zone, now))


def started_in_time(window: Window, zone: ZoneInfo, *, now: datetime, close_inclusive: bool = True) -> bool:
    """Did a call set up now begin in time, where one that did may run its full length past closing?

    With `close_inclusive` the exact instant of closing is still in time, and nothing after it: New York lets a call
    that began by 23:00 run, and processes none after.

    Clause: 7 NYCRR 723.3(b), RULES B.3 and F25.
    """
    wall = _wall(zone, now)
    if _is_inside(window, wall):
        return True
    closing = _since_midnight(window.close_at) % _DAY  # at 24:00 the clock shows 00:00
    return close_inclusive and wall - _midnight_of(wall) == closing


def closing_instant(window: Window, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Answer the first instant from now on at which the window is shut, in UTC.

    That is `now` itself outside the window, and None when it never closes. When the clock is turned back to before
    opening time, that is a closing; when it jumps over closing time, the jump is.
    """
    instant = _utc(now)
    while _is_inside(window, wall := _wall(zone, instant)):
        if window.never_closes:
            return None
        closes = instant + (_midnight_of(wall) + _since_midnight(window.close_at) - wall)
        change = _find_change(zone, instant, closes)
        if change is None:
            return closes
        instant = change
    return instant


def seconds_until_close(window: Window, zone: ZoneInfo, *, now: datetime) -> int | None:
    """How many whole seconds from now until the window shuts? Elapsed time, floored; None when it never does.

    In the last second before closing this is 0: there is no whole second left to grant.

    Example:
        >>> new_york = ZoneInfo("America/New_York")
        >>> evening = Window(open_at="06:00", close_at="23:00")
        >>> seconds_until_close(evening, new_york, now=datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
        600
    """
    closes = closing_instant(window, zone, now=now)
    return None if closes is None else (closes - now) // _SECOND


def next_opening(windows: Sequence[Window], zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Answer the first instant from now on at which all the windows are open, in UTC; None when there never is one."""
    window = intersect(windows)
    if window is None:
        return None
    instant = _utc(now)
    while not _is_inside(window, wall := _wall(zone, instant)):
        opens_at = _midnight_of(wall) + _since_midnight(window.open_at)
        opens = instant + (opens_at - wall if wall < opens_at else opens_at + _DAY - wall)
        change = _find_change(zone, instant, opens)
        # A change may skip the opening, or the whole window: look again from where it left the clock.
        instant = opens if change is None else change
    return instant


@lru_cache(maxsize=1024)  # one instant serves a whole batch, and several rules ask for its day
def local_day(zone: ZoneInfo, now: datetime) -> date:
    """Which calendar day is it at the facility?"""
    return _wall(zone, now).date()


def start_of_local_day(day: date, zone: ZoneInfo) -> datetime:
    """Answer the first instant of this local day, in UTC.

    Where midnight comes twice this is the first one; where it is skipped, the instant of the jump; where the whole day
    was, the start of the day after.
    """
    wall = datetime.combine(day, time())
    # Of a skipped wall time this is the instant at which a clock left as it was would show it: at or after the jump.
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(zone, instant) == wall:
        return instant
    jump = _find_change(zone, instant - _DAY, instant)
    return instant if jump is None else jump


def start_of_next_day(zone: ZoneInfo, now: datetime) -> datetime:
    """When does tomorrow begin at the facility, in UTC?"""
    return start_of_local_day(local_day(zone, now) + _DAY, zone)


def start_of_next_week(zone: ZoneInfo, now: datetime) -> datetime:
    """When does the next week (Monday to Sunday) begin at the facility, in UTC?"""
    return start_of_local_day(first_day_of_week(local_day(zone, now)) + 7 * _DAY, zone)


def start_of_next_month(zone: ZoneInfo, now: datetime) -> datetime:
    """When does the next calendar month begin at the facility, in UTC?"""
    in_next_month = first_day_of_month(local_day(zone, now)) + 31 * _DAY
    return start_of_local_day(first_day_of_month(in_next_month), zone)


def first_day_of_week(day: date) -> date:
    """Which Monday began the week of this day, weeks being those of ISO 8601?"""
    return day - day.weekday() * _DAY


def first_day_of_month(day: date) -> date:
    """Which day began the month of this day?"""
    return day.replace(day=1)


def days_between(zone: ZoneInfo, *, earlier: datetime, later: datetime) -> int:
    """How many midnights of the facility's calendar lie between the two instants? Not elapsed hours."""
    return (local_day(zone, later) - local_day(zone, earlier)).days


def interval_ends_on(day: date, days: int) -> date:
    """On which local day may the next change be made after one on `day`?

    Args:
        day: the facility's calendar day of the change, day 0.
        days: length of the interval; the last second of day `days - 1` still belongs to it.

    Clause: contract section 4, the 30-day rule.

    Example:
        >>> interval_ends_on(date(2026, 11, 4), 30)
        datetime.date(2026, 12, 4)
    """
    return day + days * _DAY


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset: a naive time would be read in the zone of this computer")
    return instant.astimezone(UTC)


def _wall(zone: ZoneInfo, instant: datetime) -> datetime:
    """What does the wall clock show? Without a zone, so that arithmetic on it is the clock's own."""
    return _utc(instant).astimezone(zone).replace(tzinfo=None)


def _midnight_of(wall: datetime) -> datetime:
    return datetime.combine(wall.date(), time())


@lru_cache(maxsize=24 * 60 + 1)  # every wall time there is
def _since_midnight(wall_time: str) -> timedelta:
    return timedelta(hours=int(wall_time[:2]), minutes=int(wall_time[3:]))


def _is_inside(window: Window, wall: datetime) -> bool:
    elapsed = wall - _midnight_of(wall)
    return _since_midnight(window.open_at) <= elapsed < _since_midnight(window.close_at)


def _find_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """When did the offset change, later than `after` and not later than `until`? None if it did not.

    Offsets change on whole seconds, so the halving stops at one.
    """
    before, later = _epoch_seconds(after), _epoch_seconds(until)
    if _offset(zone, before) == (wanted := _offset(zone, later)):
        return None
    while later - before > 1:
        middle = (before + later) // 2
        if _offset(zone, middle) == wanted:
            later = middle
        else:
            before = middle
    return datetime.fromtimestamp(later, UTC)


def _epoch_seconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND


def _offset(zone: ZoneInfo, epoch_seconds: int) -> timedelta | None:
    return datetime.fromtimestamp(epoch_seconds, zone).utcoffset()
