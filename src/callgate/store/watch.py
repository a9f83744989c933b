"""What is about to run out or has waited too long, and was nobody told of it yet?

Each query finds what has no alert of its kind, the most urgent first, so a bounded round leaves the rest to the next.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, exists, func, literal_column, select

from callgate.store.database import Record, Transaction
from callgate.store.tables import alerts, blocks, facilities, inmates, list_entries, removal_requests

# Written out and no parameter: the planner must see that the partial index holds these rows.
_PENDING: Final = "list_entries.state = 'pending_warden'"


async def list_ending_blocks(
    transaction: Transaction, *, kind: str, now_ms: int, until_ms: Mapping[str, int], limit: int
) -> Sequence[Record]:
    """Blocks in force that end by then, of which no alert of this kind was raised; the next to end first.

    Args:
        until_ms: by when, for each profile. What is at no facility is taken by the latest of them.
    """
    b, f = blocks.c, facilities.c
    place = func.coalesce(b.facility_id, inmates.c.facility_id)
    query: Select[Any] = (
        select(b.block_id, b.kind, b.scope, b.until, f.facility_id)
        .select_from(blocks)
        .outerjoin(inmates, inmates.c.inmate_id == b.inmate_id)
        .outerjoin(facilities, f.facility_id == place)
        .where(
            b.until > now_ms,
            b.until <= max(until_ms.values()),
            b.until <= case(until_ms, value=f.profile, else_=max(until_ms.values())),
            b.lifted_at.is_(None),
            _untold(kind, b.block_id),
        )
        .order_by(b.until, b.block_id)
        .limit(limit)
    )
    return await _read(transaction, query)


async def list_late_removals(transaction: Transaction, *, kind: str, due_before: str, limit: int) -> Sequence[Record]:
    """Open removal requests due before this day, of which no alert of this kind was raised; the latest ones first."""
    r, f = removal_requests.c, facilities.c
    query: Select[Any] = (
        select(r.request_id, r.facility_id, r.due_on, f.time_zone)
        .join_from(removal_requests, facilities, f.facility_id == r.facility_id)
        .where(r.state == "open", r.due_on < due_before, _untold(kind, r.request_id))
        .order_by(r.due_on, r.request_id)
        .limit(limit)
    )
    return await _read(transaction, query)


async def list_waiting_numbers(
    transaction: Transaction, *, kind: str, since_ms: Mapping[str, int], limit: int
) -> Sequence[Record]:
    """Numbers that wait for the warden since then, of which no alert of this kind was raised; the oldest first.

    Of people held now: nobody waits for the list of somebody released.

    Args:
        since_ms: since when at the latest, for each profile; of any other none is found.
    """
    e, m, f = list_entries.c, inmates.c, facilities.c
    query: Select[Any] = (
        select(e.entry_id, e.inmate_id, e.change_id, e.kind, e.since, m.facility_id, f.profile, f.time_zone)
        .select_from(list_entries)
        .join(inmates, m.inmate_id == e.inmate_id)
        .join(facilities, f.facility_id == m.facility_id)
        .where(
            literal_column(_PENDING),
            e.since <= max(since_ms.values()),
            e.since <= case(since_ms, value=f.profile, else_=-1),
            m.status == "active",
            _untold(kind, e.entry_id),
        )
        .order_by(e.since, e.entry_id)
        .limit(limit)
    )
    return await _read(transaction, query)


async def _read(transaction: Transaction, query: Select[Any]) -> Sequence[Record]:
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


def _untold(kind: str, subject: ColumnElement[Any]) -> ColumnElement[bool]:
    return ~exists().where(alerts.c.kind == kind, alerts.c.subject == subject)
