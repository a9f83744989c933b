"""How long has a person lost calls by all their restrictions together, and is that more than the law looks on at?

Sanctions that follow or cover each other run for years unseen (New Jersey's Ombudsperson, 2024), so what counts is
their union: nothing is counted twice, and one that was ended early counts as far as it ran. Days are 24 hours of the
facility's wall clock, so that midnight to midnight is a day on the nights of the clock change too, and a day that has
begun is counted whole. No total here refuses anything: it warns.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from callgate.domain.hours import start_of_local_day
from callgate.domain.instants import to_milliseconds

_DAY_MS: Final = 24 * 60 * 60 * 1000
_YEAR_MS: Final = 365 * _DAY_MS

GAP_MAX: Final = timedelta(minutes=1)
"""Restrictions this close touch: whoever writes 23:59 or 23:59:59 for the end of a day means midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One restriction from its start to its real end, aware instants; `ends_at` is the first instant without it.

    One that was ended before it began is no spell: it never had an effect.

    Raises:
        ValueError: it does not end after it starts.
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        """Hold the invariant."""
        if self.ends_at <= self.starts_at:
            raise ValueError("a spell must end after it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Whole days, begun ones included.

    `days_in_a_row`: from the start to the end of the spells that touch or overlap. `days_in_year`: the most that any
    365 days in a row hold.
    """

    days_in_a_row: int = 0
    days_in_year: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """More days than these are worth a warning. None: the profile has no such figure."""

    days_in_a_row: int | None
    days_in_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Spells that touch or overlap, as one; milliseconds on the facility's wall clock."""

    starts_at: int
    ends_at: int

    @property
    def length(self) -> int:
        return self.ends_at - self.starts_at


def total_with(spell: Spell, others: Iterable[Spell], *, zone: ZoneInfo) -> Totals:
    """What does this one come to, together with the person's others, in the row and in every year that it is part of?

    Clause: RULES F36.

    Example:
        >>> def november(first: int, last: int) -> Spell:
        ...     days = [datetime(2026, 11, day, tzinfo=UTC) for day in (first, last)]
        ...     return Spell(starts_at=days[0], ends_at=days[1])
        >>> total_with(november(10, 15), [november(1, 5), november(12, 20)], zone=ZoneInfo("America/New_York"))
        Totals(days_in_a_row=10, days_in_year=14)
    """
    runs = _runs([spell, *others], zone)
    first, last = _wall(spell.starts_at, zone), _wall(spell.ends_at, zone)
    own = [run for run in runs if run.starts_at < last and first < run.ends_at]
    return Totals(
        days_in_a_row=_days(max((run.length for run in own), default=0)),
        days_in_year=_days(_most_in_a_year(runs, reaching_from=first, to=last)),
    )


def total_at(spells: Iterable[Spell], *, zone: ZoneInfo, now: datetime) -> Totals:
    """How does the person stand now: in the longest row that is not over, and in the worst year that is not over?"""
    runs = _runs(spells, zone)
    if not runs:
        return Totals()
    today = _wall(now, zone)
    lasting = [run for run in runs if today < run.ends_at]
    return Totals(
        days_in_a_row=_days(max((run.length for run in lasting), default=0)),
        days_in_year=_days(_most_in_a_year(runs, reaching_from=today, to=max(today, runs[-1].ends_at))),
    )


def is_over(days: int, limit: int | None) -> bool:
    """Are these more days than the profile looks on at? The limit itself is not over it."""
    return limit is not None and days > limit


def ends_after_release(ends_at: datetime, projected_release: date | None, *, zone: ZoneInfo) -> bool:
    """Does it reach past the local day on which the person is expected to be released?

    The day of the release itself is not past it. A release that nobody has projected is never passed.
    """
    if projected_release is None or projected_release == date.max:
        return False
    return ends_at > start_of_local_day(projected_release + timedelta(days=1), zone)


def _runs(spells: Iterable[Spell], zone: ZoneInfo) -> list[_Run]:
    """The union, in order. What began and ended within the hour that a clock change repeats is nothing on the clock."""
    walls = sorted((_wall(spell.starts_at, zone), _wall(spell.ends_at, zone)) for spell in spells)
    gap_max = GAP_MAX // timedelta(milliseconds=1)
    runs: list[_Run] = []
    for starts_at, ends_at in walls:
        if ends_at <= starts_at:
            continue
        if runs and starts_at - runs[-1].ends_at <= gap_max:
            runs[-1] = _Run(starts_at=runs[-1].starts_at, ends_at=max(runs[-1].ends_at, ends_at))
        else:
            runs.append(_Run(starts_at=starts_at, ends_at=ends_at))
    return runs


def _most_in_a_year(runs: Sequence[_Run], *, reaching_from: int, to: int) -> int:
    """The most time that the runs cover in any 365 days that share an instant with this stretch.

    The cover of a sliding year rises and falls evenly between the instants at which its first or last day meets a
    start or an end, so one of those, or an outermost year, has the most.
    """
    starts = [run.starts_at for run in runs]
    covered = list(accumulate((run.length for run in runs), initial=0))

    def cover_until(instant: int) -> int:
        passed = bisect_right(starts, instant)
        return covered[passed] - max(0, runs[passed - 1].ends_at - instant) if passed else 0

    edges = [instant for run in runs for instant in (run.starts_at, run.ends_at)]
    earliest = reaching_from - _YEAR_MS
    years = {earliest, to, *edges, *(edge - _YEAR_MS for edge in edges)}
    return max(cover_until(first + _YEAR_MS) - cover_until(first) for first in years if earliest <= first <= to)


def _days(covered_ms: int) -> int:
    return -(-covered_ms // _DAY_MS)


def _wall(instant: datetime, zone: ZoneInfo) -> int:
    """What the facility's clock shows, in milliseconds; at the ends of the calendar, what UTC's does."""
    try:
        return to_milliseconds(instant.astimezone(zone).replace(tzinfo=UTC))
    except OverflowError:
        return to_milliseconds(instant)
