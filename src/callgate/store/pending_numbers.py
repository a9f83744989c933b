"""Which numbers wait for the warden, where, and for how long?"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from callgate.store.database import Transaction
from callgate.store.tables import facilities, inmates, list_changes, list_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingNumber:
    """One number that waits; `profile` and `time_zone` of the facility where its person is held now."""

    entry_id: str
    change_id: str | None
    submitted_by: str | None
    inmate_id: str
    facility_id: str
    profile: str
    time_zone: str
    number: str
    name: str
    relationship: str
    kind: str
    since: int


async def list_pending_numbers(
    transaction: Transaction,
    *,
    facility_ids: Collection[str] | None,
    after: tuple[int, str] | None,
    limit: int,
) -> tuple[PendingNumber, ...]:
    """Those of people held at these facilities (None: anywhere), the longest waiting first.

    `after`: since when the last one of the page before waits, and its id. Of somebody released nothing is shown:
    nothing of theirs can be approved until they are back.
    """
    e, m, f = list_entries.c, inmates.c, facilities.c
    query = (
        select(
            *(e.entry_id, e.change_id, list_changes.c.author.label("submitted_by"), e.inmate_id, f.facility_id),
            *(f.profile, f.time_zone, e.number, e.name, e.relationship, e.kind, e.since),
        )
        .select_from(list_entries)
        .join(inmates, m.inmate_id == e.inmate_id)
        .join(facilities, f.facility_id == m.facility_id)
        .outerjoin(list_changes, list_changes.c.change_id == e.change_id)
        .where(e.state == "pending_warden", m.status == "active")
        .order_by(e.since, e.entry_id)
        .limit(limit)
    )
    if facility_ids is not None:
        query = query.where(m.facility_id.in_(facility_ids))
    if after is not None:
        since, entry_id = after
        query = query.where(or_(e.since > since, and_(e.since == since, e.entry_id > entry_id)))
    return tuple(PendingNumber(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name
