"""Which stretch, which places and which page of a report?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from callgate.domain.errors import Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.put_object import not_found
from callgate.store.report_numbers import ReportAsked

DAYS_BY_DEFAULT: Final = 30
DAYS_MAX: Final = 400
_DAY: Final = timedelta(days=1)


# What routes hand on without looking inside.
Asked: TypeAlias = ReportAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days by UTC: from the beginning of `first` to the end of `last`."""

    first: date
    last: date


def stretch_of(first: date | None, last: date | None, *, now: datetime) -> Stretch:
    """The days that are meant: thirty up to today where nothing is said.

    Raises:
        Invalid: they are in the wrong order, or more than a report reads at once.
    """
    last = now.astimezone(UTC).date() if last is None else last
    try:
        first = last - (DAYS_BY_DEFAULT - 1) * _DAY if first is None else first
    except OverflowError:
        raise _not_a_stretch() from None
    if first > last or (last - first).days >= DAYS_MAX:
        raise _not_a_stretch()
    return Stretch(first=first, last=last)


def asked_of(actor: Actor, stretch: Stretch, *, facility_id: str | None, after: str | None, limit: int) -> ReportAsked:
    """The page that is meant, at the facilities that the token covers.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    covered = None if actor.facilities is None else sorted(actor.facilities)
    midnight = datetime.combine(stretch.first, time(), UTC)
    return ReportAsked(
        facility_ids=covered if facility_id is None else [facility_id],
        since_ms=to_milliseconds(midnight),
        until_ms=to_milliseconds(midnight) + (stretch.last - stretch.first + _DAY) // timedelta(milliseconds=1),
        after=after,
        limit=limit,
    )


def zone_of(time_zone: str) -> ZoneInfo:
    """The zone of a facility; UTC where its own cannot be read, at which every call of it is denied anyway."""
    try:
        return ZoneInfo(time_zone)
    except (KeyError, OSError, ValueError):
        return ZoneInfo("UTC")


def _not_a_stretch() -> Invalid:
    return Invalid(
        "stretch_not_valid",
        f"The first day must not be after the last, and no more than {DAYS_MAX} days are read at once.",
        pointer="/since",
    )
