"""What happened that must not have, and has somebody looked into it?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, select, text, update

from callgate.store.database import Record, Transaction
from callgate.store.tables import incidents

_OPEN = text(
    "INSERT INTO incidents (incident_id, kind, subject, facility_id, detail, state, opened_at) "
    "VALUES (:incident_id, :kind, :subject, :facility_id, :detail, 'open', :opened_at) "
    "ON CONFLICT DO NOTHING RETURNING incident_id"
)
# The partial index holds just these calls; its condition must stand here word for word.
_RECORDED = text(
    "SELECT c.decision_id, c.switch_id, c.facility_id, c.call_class FROM calls c "
    "WHERE recorded AND call_class <> 'social' AND NOT EXISTS "
    "(SELECT 1 FROM incidents i WHERE i.kind = :kind AND i.subject = c.decision_id) "
    "ORDER BY c.ended_at LIMIT :limit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """One incident as it is opened. `detail`: a JSON object, as text; `opened_at`: milliseconds since 1970."""

    incident_id: str
    kind: str
    subject: str
    facility_id: str | None
    detail: str
    opened_at: int


async def insert_incident(transaction: Transaction, incident: NewIncident) -> bool:
    """Open an incident; False: there is one of this kind and subject, open or closed."""
    return (await transaction.execute(_OPEN, asdict(incident))).first() is not None


async def find_incident(transaction: Transaction, incident_id: str) -> Record | None:
    """One incident; None: there is no such."""
    found: Record | None = (await transaction.execute(_one(incident_id))).first()
    return found


async def own_incident(transaction: Transaction, incident_id: str) -> Record | None:
    """The incident, kept from every other writer until this transaction ends; None: there is no such."""
    found: Record | None = (await transaction.execute(_one(incident_id).with_for_update())).first()
    return found


async def close_incident(transaction: Transaction, incident_id: str, closed: Mapping[str, Any]) -> None:
    """Note by whom and why it is closed: `closed_by`, `closed_at` and `close_note`."""
    closing = update(incidents).where(incidents.c.incident_id == incident_id)
    await transaction.execute(closing.values(state="closed", **closed))


async def list_incidents(
    transaction: Transaction, *, facility_ids: Sequence[str] | None, state: str | None, before: str | None, limit: int
) -> Sequence[Record]:
    """Incidents, newest first, of these facilities (None: of all, and of what belongs to no facility).

    `state` None: open and closed. `before`: the last incident id of the page before.
    """
    query = select(incidents).order_by(incidents.c.incident_id.desc()).limit(limit)
    if facility_ids is not None:
        query = query.where(incidents.c.facility_id.in_(facility_ids))
    if state is not None:
        query = query.where(incidents.c.state == state)
    if before is not None:
        query = query.where(incidents.c.incident_id < before)
    return (await transaction.execute(query)).all()


async def list_recorded_without_incident(transaction: Transaction, *, kind: str, limit: int) -> Sequence[Record]:
    """Privileged and hotline calls that were reported recorded, and have no incident of that kind; oldest first."""
    return (await transaction.execute(_RECORDED, {"kind": kind, "limit": limit})).all()


def _one(incident_id: str) -> Select[Any]:
    return select(incidents).where(incidents.c.incident_id == incident_id)
