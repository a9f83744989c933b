"""Who changed what, when, from what to what?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select

from callgate.store.database import Transaction
from callgate.store.tables import audit_events


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One write. `before` and `after` are the object as its readers see it, without any secret."""

    event_id: str
    occurred_at_ms: int
    author: str
    role: str
    action: str
    object_type: str
    object_id: str
    facility_id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def record_audit_event(transaction: Transaction, event: AuditEvent) -> None:
    """Append one event, in the transaction of the write it tells of."""
    await transaction.execute(
        insert(audit_events).values(
            event_id=event.event_id,
            occurred_at=event.occurred_at_ms,
            author=event.author,
            role=event.role,
            action=event.action,
            object_type=event.object_type,
            object_id=event.object_id,
            facility_id=event.facility_id,
            before=None if event.before is None else json.dumps(event.before, sort_keys=True),
            after=None if event.after is None else json.dumps(event.after, sort_keys=True),
        )
    )


async def list_audit_events(
    transaction: Transaction, *, facility_ids: Sequence[str] | None, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """The trail, newest first, of these facilities (None: of all, and of what belongs to no facility).

    `after`: the last event id of the page before.
    """
    query = select(audit_events).order_by(audit_events.c.event_id.desc()).limit(limit)
    if facility_ids is not None:
        query = query.where(audit_events.c.facility_id.in_(facility_ids))
    if after is not None:
        query = query.where(audit_events.c.event_id < after)
    return (await transaction.execute(query)).all()
