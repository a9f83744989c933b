"""How long do people wait for a removal, and for a number that a warden must decide?

The median and the 95th percentile by nearest rank: the smallest wait that at least so many waits do not exceed, which
is a wait that somebody really had.

Clause: RULES D 6 (removal with a public clock) and F10.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any, Final

from callgate.domain.hours import local_day
from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.flows.deployment import Deployment
from callgate.flows.reports.asked import zone_of
from callgate.store.database import Record
from callgate.store.report_clocks import list_decided_numbers, list_facilities_asked, list_removals_taken_in
from callgate.store.report_numbers import ReportAsked

_MEDIAN: Final = 50
_HIGH: Final = 95
_HOUR_MS: Final = 3_600_000


async def read_removal_clock(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """Of the requests taken in on those days, by facility: how many are decided and how long that took."""
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        places = await list_facilities_asked(transaction, asked)
        names = [place.facility_id for place in places]
        rows = await list_removals_taken_in(transaction, names, since_ms=asked.since_ms, until_ms=asked.until_ms)
    of: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        of[row.facility_id].append(row)
    return [_removals(place, of[place.facility_id], local_day(zone_of(place.time_zone), now)) for place in places]


async def read_list_waits(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """Of the numbers that a warden decided on those days, by facility: how long they waited; and who waits now."""
    now_ms = to_milliseconds(deployment.clock.now())
    async with deployment.database.read() as transaction:
        places = await list_facilities_asked(transaction, asked)
        names = [place.facility_id for place in places]
        rows = await list_decided_numbers(transaction, names, since_ms=asked.since_ms, until_ms=asked.until_ms)
    decided: dict[str, list[int]] = defaultdict(list)
    waiting: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.decided_at is None:
            waiting[row.facility_id].append(row.since)
        else:
            decided[row.facility_id].append(row.decided_at - row.since)
    return [_waits(place.facility_id, decided, waiting, now_ms) for place in places]


def percentile(waits: Sequence[int], rank: int) -> int | None:
    """The smallest of these that at least `rank` of a hundred do not exceed; None: there are none.

    Example:
        >>> percentile([5, 1, 9, 3], 50), percentile([5, 1, 9, 3], 95), percentile([], 50)
        (3, 9, None)
    """
    return sorted(waits)[ceil(len(waits) * rank / 100) - 1] if waits else None


def _removals(place: Record, rows: Sequence[Record], today: date) -> Mapping[str, Any]:
    decided = [row for row in rows if row.decided_at is not None]
    still = [row for row in rows if row.decided_at is None]
    hours = [row.decided_at - row.created_at for row in decided]
    days = [(date.fromisoformat(row.decided_on) - date.fromisoformat(row.received_on)).days for row in decided]
    late = [row for row in decided if row.decided_on > row.due_on]
    return {
        "facility_id": place.facility_id,
        "taken_in": len(rows),
        "decided": len(decided),
        "decided_late": len(late),
        "open": len(still),
        "overdue": sum(1 for row in still if row.due_on < today.isoformat()),
        "hours_median": _hours(percentile(hours, _MEDIAN)),
        "hours_p95": _hours(percentile(hours, _HIGH)),
        "days_median": percentile(days, _MEDIAN),
        "days_p95": percentile(days, _HIGH),
        "oldest_open_days": max(((today - date.fromisoformat(row.received_on)).days for row in still), default=None),
    }


def _waits(
    facility_id: str, decided: Mapping[str, list[int]], waiting: Mapping[str, list[int]], now_ms: int
) -> Mapping[str, Any]:
    hours, since = decided.get(facility_id, []), waiting.get(facility_id, [])
    oldest = min(since, default=None)
    return {
        "facility_id": facility_id,
        "decided": len(hours),
        "hours_median": _hours(percentile(hours, _MEDIAN)),
        "hours_p95": _hours(percentile(hours, _HIGH)),
        "waiting": len(since),
        "waiting_hours_longest": None if oldest is None else _hours(now_ms - oldest),
        "waiting_since": None if oldest is None else to_wire(from_milliseconds(oldest)),
    }


def _hours(milliseconds: int | None) -> float | None:
    """In hours, to the tenth."""
    return None if milliseconds is None else round(milliseconds / _HOUR_MS, 1)
