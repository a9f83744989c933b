"""To which facility does an object belong?"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Select, select

from callgate.store import tables as t
from callgate.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object belongs; None: to no facility."""

    facility_id: str | None


def _of_inmate(table_key: object) -> Select[str]:
    return select(t.inmates.c.facility_id).where(t.inmates.c.inmate_id == table_key)


# Path parameter -> (key column, facility column). Where a row names a person, the place is where that person is now.
PLACES: Mapping[str, tuple[object, object]] = MappingProxyType(
    {
        "station_id": (t.stations.c.station_id, t.stations.c.facility_id),
        "inmate_id": (t.inmates.c.inmate_id, t.inmates.c.facility_id),
        "block_id": (t.blocks.c.block_id, t.blocks.c.facility_id),
        "restriction_id": (t.restrictions.c.restriction_id, None),
        "shutoff_id": (t.shutoffs.c.shutoff_id, t.shutoffs.c.facility_id),
        "request_id": (t.removal_requests.c.request_id, t.removal_requests.c.facility_id),
        "change_id": (t.list_changes.c.change_id, None),
        "one_time_call_id": (t.one_time_calls.c.one_time_call_id, None),
        "incident_id": (t.incidents.c.incident_id, t.incidents.c.facility_id),
        "decision_id": (t.decisions.c.decision_id, t.decisions.c.facility_id),
        "switch_id": (t.switches.c.switch_id, None),
    }
)
_THROUGH_INMATE = MappingProxyType(
    {
        "block_id": t.blocks.c.inmate_id,
        "restriction_id": t.restrictions.c.inmate_id,
        "change_id": t.list_changes.c.inmate_id,
        "one_time_call_id": t.one_time_calls.c.inmate_id,
    }
)


async def facility_exists(transaction: Transaction, facility_id: str) -> bool:
    """Is there such a facility?"""
    query = select(t.facilities.c.facility_id).where(t.facilities.c.facility_id == facility_id)
    return (await transaction.execute(query)).first() is not None


async def find_place(transaction: Transaction, *, kind: str, object_id: str) -> Place | None:
    """Where the object belongs; None: there is no such object."""
    key, facility = PLACES[kind]
    person = _THROUGH_INMATE.get(kind)
    columns = [column for column in (key, facility, person) if column is not None]
    row = (await transaction.execute(select(*columns).where(key == object_id))).mappings().first()  # type: ignore[call-overload]
    if row is None:
        return None
    if facility is not None and row.get("facility_id") is not None:
        return Place(row["facility_id"])
    if person is not None and row.get("inmate_id") is not None:
        return Place((await transaction.execute(_of_inmate(row["inmate_id"]))).scalar_one_or_none())
    return Place(None)
