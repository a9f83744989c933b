"""What happens when an operator registers a telephone or changes it?

A station's id is unique in the deployment, because it is all that a switch sends. A telephone that moves is registered
under a new id: the calls of the old one stay where they were made.
"""

from dataclasses import dataclass
from typing import Any

from callgate.domain.case import Hours
from callgate.domain.errors import Conflict
from callgate.domain.hours import Window
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy, policy_window, require_hours
from callgate.flows.put_object import not_found, record_put
from callgate.flows.representations import shown_station
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store import stations as store
from callgate.store.facilities import find_facility, hours_of
from callgate.store.locks import own_facilities


@dataclass(frozen=True, slots=True, kw_only=True)
class StationGiven:
    """A telephone as the operator wants it to stand. `hours` None: as the facility has them."""

    unit: str
    media: str
    hours: Hours | None
    enabled: bool


async def put_station(
    deployment: Deployment, request: StaffRequest, *, facility_id: str, station_id: str, given: StationGiven
) -> Written:
    """Register the station at this facility, or change it.

    Raises:
        NotFound: there is no such facility.
        Conflict: the id is that of a telephone at another facility. Which one is not told.
        Invalid: its hours are wider than the facility's.
        Outdated: If-Match names another state.
    """

    async def act(write: Write) -> Written:
        await own_facilities(write.transaction, [facility_id])
        facility = await find_facility(write.transaction, facility_id)
        if facility is None:
            raise not_found()
        row = await store.find_station(write.transaction, station_id)
        if row is not None and row.facility_id != facility_id:
            raise _elsewhere()
        before = None if row is None else shown_station(row)
        write.require_match(before)
        require_hours(given.hours, within=_windows(deployment, facility))
        is_here = await store.put_station(
            write.transaction,
            station_id,
            facility_id=facility_id,
            unit=given.unit,
            media=given.media,
            hours=given.hours,
            enabled=given.enabled,
        )
        if not is_here:
            # Another facility took the id between the look and the write; its lock is not ours.
            raise _elsewhere()
        after = shown_station(await store.load_station(write.transaction, station_id))
        return await record_put(
            write, "put_station", object_id=station_id, facility_id=facility_id, before=before, after=after
        )

    return await write_once(deployment, request, act)


def _windows(deployment: Deployment, facility: Any) -> list[Window]:  # noqa: ANN401 - a row of the store
    own = hours_of(facility)
    windows = [policy_window(load_policy(deployment, facility.profile))]
    return windows if own is None else [*windows, Window(open_at=own.open, close_at=own.close)]


def _elsewhere() -> Conflict:
    return Conflict(
        "station_elsewhere", "This station id is in use at another facility. Station ids are unique: choose another."
    )
