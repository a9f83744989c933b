"""Where are PINs refused, whose were tried where they are not, and who was released?

Clause: RULES F51: invalid PINs, PIN not at the facility, released.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.flows.deployment import Deployment
from callgate.store.report_numbers import ReportAsked, list_pins_not_here, list_refused_pins, list_released


async def read_refused_pins(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """By telephone, how often a PIN was refused in those days, and why; no PIN is kept, so none can be told."""
    async with deployment.database.read() as transaction:
        rows = await list_refused_pins(transaction, asked)
    return [
        {
            "station_id": row.station_id,
            "facility_id": row.facility_id,
            "missing": int(row.missing),
            "unknown": int(row.unknown),
            "locked": int(row.locked),
            "not_here": int(row.not_here),
            "last_at": to_wire(from_milliseconds(row.last_at)),
        }
        for row in rows
    ]


async def read_pins_not_here(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """People whose right PIN was refused in those days because they are not held where it was tried."""
    async with deployment.database.read() as transaction:
        rows = await list_pins_not_here(transaction, asked)
    people = [(inmate_id, list(places)) for inmate_id, places in groupby(rows, key=lambda row: str(row.inmate_id))]
    return [
        {
            "inmate_id": inmate_id,
            "tries": sum(int(row.released) + int(row.elsewhere) for row in places),
            "held_elsewhere": sum(int(row.elsewhere) for row in places),
            "released": sum(int(row.released) for row in places),
            "facility_ids": [row.facility_id for row in places],
            "last_at": to_wire(from_milliseconds(max(row.last_at for row in places))),
        }
        for inmate_id, places in people
    ]


async def read_released(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """People released in those days and not back: since when, and how many numbers their list still holds."""
    async with deployment.database.read() as transaction:
        rows = await list_released(transaction, asked)
    return [
        {
            "inmate_id": row.inmate_id,
            "facility_id": row.facility_id,
            "released_at": to_wire(from_milliseconds(row.as_of)),
            "numbers": int(row.numbers),
        }
        for row in rows
    ]
