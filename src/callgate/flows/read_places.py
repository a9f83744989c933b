"""Which facilities, telephones and prices does a reader see?"""

from collections.abc import Sequence

from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.representations import Shown, shown_facility, shown_station, shown_tariff
from callgate.store import facilities, stations, tariffs


async def load_facility(deployment: Deployment, facility_id: str) -> Shown:
    """One facility.

    Raises:
        NotFound: there is none.
    """
    async with deployment.database.read() as transaction:
        row = await facilities.find_facility(transaction, facility_id)
    if row is None:
        raise not_found()
    return shown_facility(row)


async def list_facilities(deployment: Deployment, actor: Actor, *, after: str | None, limit: int) -> Sequence[Shown]:
    """The facilities that the token covers, by id."""
    async with deployment.database.read() as transaction:
        rows = await facilities.list_facilities(transaction, facility_ids=actor.facilities, after=after, limit=limit)
    return [shown_facility(row) for row in rows]


async def load_station(deployment: Deployment, *, facility_id: str, station_id: str) -> Shown:
    """One telephone of this facility.

    Raises:
        NotFound: there is none, or it stands elsewhere.
    """
    async with deployment.database.read() as transaction:
        row = await stations.find_station(transaction, station_id)
    if row is None or row.facility_id != facility_id:
        raise not_found()
    return shown_station(row)


async def list_stations(deployment: Deployment, *, facility_id: str, after: str | None, limit: int) -> Sequence[Shown]:
    """The facility's telephones, by id."""
    async with deployment.database.read() as transaction:
        rows = await stations.list_stations(transaction, facility_id=facility_id, after=after, limit=limit)
    return [shown_station(row) for row in rows]


async def load_tariff(deployment: Deployment, *, facility_id: str, tariff: str) -> Shown:
    """One price of this facility.

    Raises:
        NotFound: there is none.
    """
    async with deployment.database.read() as transaction:
        found = await tariffs.find_tariff(transaction, facility_id=facility_id, tariff=tariff)
    if found is None:
        raise not_found()
    return shown_tariff(found, facility_id)


async def list_tariffs(deployment: Deployment, *, facility_id: str, after: str | None, limit: int) -> Sequence[Shown]:
    """The facility's own prices, by name."""
    async with deployment.database.read() as transaction:
        found = await tariffs.list_tariffs(transaction, facility_id=facility_id, after=after, limit=limit)
    return [shown_tariff(tariff, facility_id) for tariff in found]
