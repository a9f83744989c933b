"""Which telephones stand where?"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from callgate.domain.case import Hours
from callgate.store.database import Transaction
from callgate.store.rows import add_row
from callgate.store.tables import stations


async def find_station(transaction: Transaction, station_id: str) -> Row[Any] | None:
    """The station's row, wherever it stands, or None."""
    query = select(stations).where(stations.c.station_id == station_id)
    return (await transaction.execute(query)).one_or_none()


async def load_station(transaction: Transaction, station_id: str) -> Row[Any]:
    """The row, which must be there."""
    return (await transaction.execute(select(stations).where(stations.c.station_id == station_id))).one()


async def list_stations(
    transaction: Transaction, *, facility_id: str, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """The facility's stations by id, from the one behind `after` on."""
    query = select(stations).where(stations.c.facility_id == facility_id).order_by(stations.c.station_id).limit(limit)
    if after is not None:
        query = query.where(stations.c.station_id > after)
    return (await transaction.execute(query)).all()


async def put_station(
    transaction: Transaction,
    station_id: str,
    *,
    facility_id: str,
    unit: str,
    media: str,
    hours: Hours | None,
    enabled: bool,
) -> bool:
    """Write the whole row; False: the station stands at another facility, and nothing was written."""
    values = {
        "unit": unit,
        "media": media,
        "hours_open": None if hours is None else hours.open,
        "hours_close": None if hours is None else hours.close,
        "enabled": enabled,
    }
    if await add_row(transaction, stations, {"station_id": station_id, "facility_id": facility_id, **values}):
        return True
    here = (stations.c.station_id == station_id) & (stations.c.facility_id == facility_id)
    return (await transaction.execute(update(stations).where(here).values(**values))).rowcount == 1
