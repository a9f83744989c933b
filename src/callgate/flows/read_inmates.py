"""Which people does a reader see?"""

from collections.abc import Sequence

from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.representations import Shown, shown_inmate
from callgate.store import inmates as store


async def load_inmate(deployment: Deployment, actor: Actor, inmate_id: str) -> Shown:
    """One person.

    Raises:
        NotFound: there is none, or at a facility that the token does not cover.
    """
    async with deployment.database.read() as transaction:
        row = await store.find_inmate(transaction, inmate_id)
    if row is None or not actor.covers(row.facility_id):
        raise not_found()
    return shown_inmate(row)


async def list_inmates(
    deployment: Deployment,
    actor: Actor,
    *,
    facility_id: str | None,
    status: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Shown]:
    """The people at one facility, or at all that the token covers, by id.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    places = actor.facilities if facility_id is None else [facility_id]
    async with deployment.database.read() as transaction:
        rows = await store.list_inmates(transaction, facility_ids=places, status=status, after=after, limit=limit)
    return [shown_inmate(row) for row in rows]
