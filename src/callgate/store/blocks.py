"""Which numbers are blocked for whom, who asked for it to end, and for whom does a shield not hold?

Nothing is ever deleted: a block that was lifted keeps its row, and every step towards that is a row of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, insert, or_, select, update

from callgate.store.database import Transaction
from callgate.store.tables import block_exceptions, block_lifts, blocks, inmates


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block; its instants are milliseconds since 1970. `until` None: indefinite.

    `request_id`: the removal request that it came from. `carried_from`: the block of a place that it takes along.
    """

    block_id: str
    number: str
    scope: str
    inmate_id: str | None
    facility_id: str | None
    unit: str | None
    kind: str
    authority: str
    note: str
    document_reference: str | None
    until: int | None
    effective_at: int
    created_by: str
    created_role: str
    lifted_at: int | None
    request_id: str | None = None
    carried_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """One step towards the end of a block. `lifted`: it was the last one needed."""

    lift_id: str
    block_id: str
    asked_by: str
    asked_role: str
    asked_at: int
    authority: str
    evidence_reference: str
    lifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldException:
    """Somebody for whom the shield does not hold. `until` None: indefinite."""

    exception_id: str
    block_id: str
    inmate_id: str
    note: str
    until: int | None
    created_by: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFilter:
    """Which blocks are asked for? None: any.

    `facility_ids`: blocks of these places and of people there, of nobody booked yet, and of the whole system.
    `facility_id`: blocks of this place and of people there. `state`: `in_force`, `lifted` or `expired`, at `now_ms`.
    """

    now_ms: int
    facility_ids: Sequence[str] | None = None
    facility_id: str | None = None
    number: str | None = None
    inmate_id: str | None = None
    scope: str | None = None
    kind: str | None = None
    state: str | None = None


async def insert_block(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Append a block; columns that are not given are empty."""
    await transaction.execute(insert(blocks), [dict(row)])


async def find_block(transaction: Transaction, block_id: str) -> Block | None:
    """One block; None: there is no such."""
    row = (await transaction.execute(select(blocks).where(blocks.c.block_id == block_id))).first()
    return None if row is None else Block(**row._mapping)  # noqa: SLF001 - its public name


async def find_keypress_block(transaction: Transaction, *, inmate_id: str | None, number: str) -> str | None:
    """The block that this number's owner has on this person already, indefinite and not lifted; None: there is none."""
    query = select(blocks.c.block_id).where(
        blocks.c.number == number,
        blocks.c.inmate_id == inmate_id,
        blocks.c.kind == "called_party",
        blocks.c.until.is_(None),
        blocks.c.lifted_at.is_(None),
    )
    return (await transaction.execute(query.limit(1))).scalar_one_or_none()


async def list_blocks(
    transaction: Transaction, asked: BlockFilter, *, before: str | None, limit: int
) -> tuple[Block, ...]:
    """Blocks, newest first; `before`: the last id of the page before."""
    query = _matching(select(blocks), asked).order_by(blocks.c.block_id.desc()).limit(limit)
    if before is not None:
        query = query.where(blocks.c.block_id < before)
    return tuple(Block(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def set_lifted(transaction: Transaction, block_id: str, *, now_ms: int) -> None:
    """Note that the block binds nobody from now on."""
    await transaction.execute(update(blocks).where(blocks.c.block_id == block_id).values(lifted_at=now_ms))


async def insert_lift(transaction: Transaction, lift: Lift) -> None:
    """Append one step towards the end of a block."""
    values = {name: getattr(lift, name) for name in Lift.__slots__}
    await transaction.execute(insert(block_lifts), [values])


async def list_lifts(transaction: Transaction, block_ids: Sequence[str]) -> tuple[Lift, ...]:
    """Every step towards the end of these blocks, oldest first."""
    query = select(block_lifts).where(block_lifts.c.block_id.in_(block_ids)).order_by(block_lifts.c.lift_id)
    return tuple(Lift(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def insert_exception(transaction: Transaction, exception: ShieldException) -> None:
    """Append a named exception."""
    values = {name: getattr(exception, name) for name in ShieldException.__slots__}
    await transaction.execute(insert(block_exceptions), [values])


async def list_exceptions(transaction: Transaction, block_ids: Sequence[str]) -> tuple[ShieldException, ...]:
    """The exceptions from these blocks, oldest first."""
    e = block_exceptions
    query = select(e).where(e.c.block_id.in_(block_ids)).order_by(e.c.exception_id)
    rows = await transaction.execute(query)
    return tuple(ShieldException(**row._mapping) for row in rows)  # noqa: SLF001 - its public name


def _matching(query: Select[Any], asked: BlockFilter) -> Select[Any]:
    b = blocks.c
    for column in ("number", "inmate_id", "scope", "kind"):
        value = getattr(asked, column)
        if value is not None:
            query = query.where(b[column] == value)
    if asked.facility_ids is not None:
        of_nowhere = and_(b.facility_id.is_(None), ~b.inmate_id.in_(select(inmates.c.inmate_id)))
        query = query.where(or_(_of_places(asked.facility_ids), of_nowhere, b.scope == "system"))
    if asked.facility_id is not None:
        query = query.where(_of_places([asked.facility_id]))
    if asked.state is not None:
        query = query.where(_in_state(asked.state, asked.now_ms))
    return query


def _of_places(facility_ids: Sequence[str]) -> ColumnElement[bool]:
    held_there = select(inmates.c.inmate_id).where(inmates.c.facility_id.in_(facility_ids))
    return or_(blocks.c.facility_id.in_(facility_ids), blocks.c.inmate_id.in_(held_there))


def _in_state(state: str, now_ms: int) -> ColumnElement[bool]:
    runs = or_(blocks.c.until.is_(None), blocks.c.until > now_ms)
    if state == "lifted":
        return blocks.c.lifted_at.is_not(None)
    return and_(blocks.c.lifted_at.is_(None), runs if state == "in_force" else ~runs)
