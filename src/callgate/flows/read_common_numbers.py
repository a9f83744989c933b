"""Which common numbers does a reader see? Those of the whole system, and those of the facilities the token covers."""

from collections.abc import Sequence

from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.propose_common_number import read_common_number
from callgate.flows.put_object import not_found
from callgate.flows.representations import Shown, shown_common_number
from callgate.store import common_numbers as store


async def load_common_number(deployment: Deployment, actor: Actor, number: str) -> Shown:
    """One common number, in force or proposed.

    Raises:
        Invalid: the text is no number.
        NotFound: it is no common number, or one of a facility that the token does not cover.
    """
    canonical = read_common_number(number, region=deployment.settings.default_region)
    async with deployment.database.read() as transaction:
        row = await store.find_common_number(transaction, canonical)
    if row is None or not _reaches(actor, row.facility_id):
        raise not_found()
    return shown_common_number(row)


async def list_common_numbers(
    deployment: Deployment, actor: Actor, *, state: str | None, after: str | None, limit: int
) -> Sequence[Shown]:
    """The common numbers that the token reaches, by number."""
    async with deployment.database.read() as transaction:
        rows = await store.list_common_numbers(
            transaction, facility_ids=actor.facilities, state=state, after=after, limit=limit
        )
    return [shown_common_number(row) for row in rows]


async def require_number_reach(deployment: Deployment, actor: Actor, number: str, *, may_be_new: bool) -> None:
    """Answer for a path that names a number: is it there, at a place that the token covers?

    Raises:
        NotFound: it is not, which a request that may create it does not mind; or its place is not covered.
    """
    parsed = parse_dialled(number, region=deployment.settings.default_region)
    if parsed.e164 is None:
        return
    async with deployment.database.read() as transaction:
        row = await store.find_common_number(transaction, parsed.e164)
    if row is None and not may_be_new:
        raise not_found()
    if row is not None and not _reaches(actor, row.facility_id):
        raise not_found()


def _reaches(actor: Actor, facility_id: str | None) -> bool:
    return facility_id is None or actor.covers(facility_id)
