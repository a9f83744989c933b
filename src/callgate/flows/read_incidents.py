"""Which incidents are there, and what was done about each?"""

import json
from collections.abc import Mapping
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store import incidents as store
from callgate.store.database import Record


def shown_incident(row: Record) -> dict[str, Any]:
    """An incident as its readers see it."""
    return {
        "incident_id": row.incident_id,
        "kind": row.kind,
        "subject": row.subject,
        "facility_id": row.facility_id,
        "detail": json.loads(row.detail),
        "state": row.state,
        "opened_at": to_wire(from_milliseconds(row.opened_at)),
        "closed_by": row.closed_by,
        "closed_at": to_wire(from_milliseconds(row.closed_at)),
        "close_note": row.close_note,
    }


async def read_incident(deployment: Deployment, *, incident_id: str) -> Mapping[str, Any]:
    """One incident.

    Raises:
        NotFound: there is no such incident.
    """
    async with deployment.database.read() as transaction:
        row = await store.find_incident(transaction, incident_id)
    if row is None:
        raise not_found()
    return shown_incident(row)


async def read_incidents(
    deployment: Deployment, actor: Actor, *, facility_id: str | None, state: str | None, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The incidents of the facilities that the token covers, newest first.

    Args:
        facility_id: of this one alone.
        state: `open` or `closed`.
        before: the last id of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    covered = None if actor.facilities is None else sorted(actor.facilities)
    async with deployment.database.read() as transaction:
        rows = await store.list_incidents(
            transaction,
            facility_ids=covered if facility_id is None else [facility_id],
            state=state,
            before=before,
            limit=limit,
        )
    return [shown_incident(row) for row in rows]
