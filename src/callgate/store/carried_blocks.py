"""Which blocks of a place go along with a person who leaves it, and are they and their trail written down?

Each write here is one statement whose text never changes, run even with nothing to write: how long a move takes must
not tell how many of the person's numbers are blocked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Table, TextClause, and_, exists, or_, select, text, union

from callgate.store.audit import AuditEvent
from callgate.store.blocks import Block
from callgate.store.database import Transaction
from callgate.store.tables import audit_events, blocks, calls, list_entries, one_time_calls, removal_requests

_OPEN = ("active", "pending_warden")
_ASKED = ("asked", "granted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Who leaves which place. `leaves_facility`: False when only the unit is left."""

    inmate_id: str
    facility_id: str
    unit: str
    leaves_facility: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBlock:
    """A block of the place left. `provisional`: the removal request that it came from is not decided yet."""

    block: Block
    provisional: bool


async def list_left_blocks(transaction: Transaction, departure: Departure, *, now_ms: int) -> tuple[LeftBlock, ...]:
    """The blocks in force there on a number that this person holds or has called, and does not carry yet.

    Held is what stands on the list, waiting for the warden or not, and what a one-time call was asked for. A removal's
    block goes along with whoever held its number at any time: the removal itself took the number off the list.
    """
    b, e, c, p = blocks.c, list_entries.c, calls.c, one_time_calls.c
    own = blocks.alias("own")
    of_unit = and_(b.scope == "unit", b.unit == departure.unit)
    # The person's numbers as one set: asked block by block, a long record of calls would be read again for each.
    listed = select(e.number).where(e.inmate_id == departure.inmate_id, e.state.in_(_OPEN))
    called = select(c.number).where(c.inmate_id == departure.inmate_id)
    asked = select(p.number).where(p.inmate_id == departure.inmate_id, p.state.in_(_ASKED))
    was_listed = exists().where(e.number == b.number, e.inmate_id == departure.inmate_id)
    carries = exists().where(
        own.c.carried_from == b.block_id, own.c.inmate_id == departure.inmate_id, own.c.lifted_at.is_(None)
    )
    is_open = exists().where(removal_requests.c.request_id == b.request_id, removal_requests.c.state == "open")
    query = (
        select(blocks, is_open.label("provisional"))
        .where(
            b.facility_id == departure.facility_id,
            or_(b.scope == "facility", of_unit) if departure.leaves_facility else of_unit,
            b.lifted_at.is_(None),
            or_(b.until.is_(None), b.until > now_ms),
            or_(b.number.in_(union(listed, called, asked)), and_(b.request_id.is_not(None), was_listed)),
            ~carries,
        )
        .order_by(b.block_id)
    )
    rows = (await transaction.execute(query)).mappings().all()
    return tuple(
        LeftBlock(
            block=Block(**{name: row[name] for name in Block.__slots__}),
            provisional=bool(row["provisional"]),
        )
        for row in rows
    )


async def insert_carried_blocks(transaction: Transaction, carried: Sequence[Block]) -> None:
    """Append these blocks, perhaps none."""
    await _insert(transaction, blocks, [asdict(block) for block in carried])


async def record_carried_blocks(transaction: Transaction, events: Sequence[AuditEvent]) -> None:
    """Append what the trail says of them, perhaps nothing."""
    await _insert(transaction, audit_events, [_audit_row(event) for event in events])


def _audit_row(event: AuditEvent) -> Mapping[str, Any]:
    told = asdict(event)
    return {
        **told,
        "occurred_at": told["occurred_at_ms"],
        "before": None if event.before is None else json.dumps(event.before, sort_keys=True),
        "after": None if event.after is None else json.dumps(event.after, sort_keys=True),
    }


async def _insert(transaction: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    await transaction.execute(_insertion(transaction, table), {"batch": json.dumps(rows)})


def _insertion(transaction: Transaction, table: Table) -> TextClause:
    names = ", ".join(column.name for column in table.columns)
    if transaction.dialect.name == "sqlite":
        fields = ", ".join(f"json_extract(value, '$.{column.name}')" for column in table.columns)
        return text(f"INSERT INTO {table.name} ({names}) SELECT {fields} FROM json_each(:batch)")
    typed = ", ".join(f"{column.name} {column.type.compile(transaction.dialect)}" for column in table.columns)
    return text(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(CAST(:batch AS json)) AS x({typed})"
    )
