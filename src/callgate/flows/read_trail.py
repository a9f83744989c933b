"""Who changed what, and what did callgate notice?"""

import json
from collections.abc import Mapping
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.redaction import redact
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store.alerts import list_alerts
from callgate.store.audit import list_audit_events


async def read_audit_events(
    deployment: Deployment, actor: Actor, *, facility_id: str | None, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The trail of the facilities that the token covers, newest first, as this reader may see it.

    Args:
        facility_id: of this one alone.
        before: the last id of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    places = _places(actor, facility_id)
    async with deployment.database.read() as transaction:
        rows = await list_audit_events(transaction, facility_ids=places, after=before, limit=limit)
    return [
        {
            "event_id": row.event_id,
            "occurred_at": to_wire(from_milliseconds(row.occurred_at)),
            "author": row.author,
            "role": row.role,
            "action": row.action,
            "object_type": row.object_type,
            "object_id": row.object_id,
            "facility_id": row.facility_id,
            "before": redact(_read(row.before), actor),
            "after": redact(_read(row.after), actor),
        }
        for row in rows
    ]


async def read_alerts(
    deployment: Deployment, actor: Actor, *, facility_id: str | None, kind: str | None, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """What was noticed at the facilities that the token covers, newest first; arguments as above.

    `kind`: of this one alone.
    """
    places = _places(actor, facility_id)
    async with deployment.database.read() as transaction:
        found = await list_alerts(transaction, facility_ids=places, kind=kind, before=before, limit=limit)
    return [
        {
            "alert_id": alert.alert_id,
            "raised_at": to_wire(from_milliseconds(alert.raised_at)),
            "kind": alert.kind,
            "facility_id": alert.facility_id,
            "subject": alert.subject,
            "detail": _read(alert.detail),
        }
        for alert in found
    ]


def _places(actor: Actor, facility_id: str | None) -> list[str] | None:
    """Whose events are shown? None: everybody's, and those of no facility."""
    if facility_id is not None:
        if not actor.covers(facility_id):
            raise not_found()
        return [facility_id]
    return None if actor.facilities is None else sorted(actor.facilities)


def _read(kept: str | None) -> Any:  # noqa: ANN401 - whatever was kept as JSON
    return None if kept is None else json.loads(kept)
