"""Which restrictions does a person have, and what is each worth now?"""

from collections.abc import Mapping
from typing import Any

from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store import restrictions as store
from callgate.store.restrictions import Restriction


def state_of(restriction: Restriction, *, now_ms: int) -> str:
    """`scheduled`, `in_force`, `over` (its last day has passed) or `ended` (by somebody, before that)."""
    if restriction.ended_at is not None:
        return "ended"
    if now_ms < restriction.starts_at:
        return "scheduled"
    return "in_force" if now_ms < restriction.ends_at else "over"


def shown_restriction(restriction: Restriction, *, now_ms: int) -> dict[str, Any]:
    """A restriction as its readers see it."""
    return {
        "restriction_id": restriction.restriction_id,
        "inmate_id": restriction.inmate_id,
        "kind": restriction.kind,
        "starts_at": to_wire(from_milliseconds(restriction.starts_at)),
        "ends_at": to_wire(from_milliseconds(restriction.ends_at)),
        "authority": restriction.authority,
        "case_number": restriction.case_number,
        "bars_privileged": restriction.bars_privileged,
        "finding": restriction.finding,
        "state": state_of(restriction, now_ms=now_ms),
        "created_by": restriction.created_by,
        "created_at": to_wire(from_milliseconds(restriction.created_at)),
        "ended_at": to_wire(from_milliseconds(restriction.ended_at)),
        "ended_by": restriction.ended_by,
        "end_note": restriction.end_note,
    }


async def read_restriction(deployment: Deployment, *, restriction_id: str) -> Mapping[str, Any]:
    """One restriction.

    Raises:
        NotFound: there is no such restriction.
    """
    async with deployment.database.read() as transaction:
        found = await store.find_restriction(transaction, restriction_id)
    if found is None:
        raise not_found()
    return shown_restriction(found, now_ms=to_milliseconds(deployment.clock.now()))


async def read_restrictions(
    deployment: Deployment, *, inmate_id: str, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """One person's restrictions, newest first; `before`: the last id of the page before."""
    now_ms = to_milliseconds(deployment.clock.now())
    async with deployment.database.read() as transaction:
        found = await store.list_restrictions(transaction, inmate_id, before=before, limit=limit)
    return [shown_restriction(restriction, now_ms=now_ms) for restriction in found]
