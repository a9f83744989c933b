"""Where are the telephones shut off, and which of the shut-offs still stop calls?"""

from collections.abc import Mapping
from typing import Any

from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store import shutoffs as store
from callgate.store.shutoffs import Shutoff


def state_of(shutoff: Shutoff, *, now_ms: int) -> str:
    """`in_force`, `over` (its time has passed) or `ended` (by somebody, before that)."""
    if shutoff.ended_at is not None:
        return "ended"
    return "in_force" if now_ms < shutoff.ends_at else "over"


def shown_shutoff(shutoff: Shutoff, *, now_ms: int) -> dict[str, Any]:
    """A shut-off as its readers see it."""
    return {
        "shutoff_id": shutoff.shutoff_id,
        "scope": shutoff.scope,
        "facility_id": shutoff.facility_id,
        "unit": shutoff.unit,
        "reason": shutoff.reason,
        "starts_at": to_wire(from_milliseconds(shutoff.starts_at)),
        "ends_at": to_wire(from_milliseconds(shutoff.ends_at)),
        "state": state_of(shutoff, now_ms=now_ms),
        "created_by": shutoff.created_by,
        "ended_at": to_wire(from_milliseconds(shutoff.ended_at)),
        "ended_by": shutoff.ended_by,
        "end_note": shutoff.end_note,
    }


async def read_shutoff(deployment: Deployment, *, shutoff_id: str) -> Mapping[str, Any]:
    """One shut-off.

    Raises:
        NotFound: there is no such shut-off.
    """
    async with deployment.database.read() as transaction:
        found = await store.find_shutoff(transaction, shutoff_id)
    if found is None:
        raise not_found()
    return shown_shutoff(found, now_ms=to_milliseconds(deployment.clock.now()))


async def read_shutoffs(
    deployment: Deployment, actor: Actor, *, facility_id: str | None, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The shut-offs of one facility, or of all that the token covers, and of the whole system, newest first.

    `before`: the last id of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    places = actor.facilities if facility_id is None else frozenset({facility_id})
    facility_ids = None if places is None else sorted(places)
    now_ms = to_milliseconds(deployment.clock.now())
    async with deployment.database.read() as transaction:
        found = await store.list_shutoffs(transaction, facility_ids=facility_ids, before=before, limit=limit)
    return [shown_shutoff(shutoff, now_ms=now_ms) for shutoff in found]
