"""Was any privileged call of that day recorded, and do the switches say so of every one?

Totals alone: no call, no person and no number is told. Hotline calls are not counted at all.

Clause: RULES F39.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store.recordings import list_recording_totals

# A local day, wherever on earth it is, lies between these, taken from the same day's midnight in UTC.
_EARLIEST: Final = timedelta(hours=-14)
_LATEST: Final = timedelta(hours=24 + 13)


async def read_recording_report(
    deployment: Deployment, actor: Actor, *, day: date | None, facility_id: str | None, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The totals of one local day at the facilities that the token covers, by the facilities' names.

    Args:
        day: None: the day before today, by UTC.
        facility_id: of this one alone.
        after: the last facility of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    covered = None if actor.facilities is None else sorted(actor.facilities)
    if day is None:
        day = deployment.clock.now().astimezone(UTC).date() - timedelta(days=1)
    midnight = datetime.combine(day, time(), UTC)
    async with deployment.database.read() as transaction:
        rows = await list_recording_totals(
            transaction,
            day=day.isoformat(),
            authorized_ms=(to_milliseconds(midnight + _EARLIEST), to_milliseconds(midnight + _LATEST)),
            facility_ids=covered if facility_id is None else [facility_id],
            after=after,
            limit=limit,
        )
    return [
        {
            "facility_id": row.facility_id,
            "day": day.isoformat(),
            "finished": row.finished,
            "recorded": row.recorded,
            "not_recorded": row.not_recorded,
            "not_reported": row.finished - row.recorded - row.not_recorded,
            "incidents_open": row.incidents_open,
        }
        for row in rows
    ]
