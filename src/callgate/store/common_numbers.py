"""Which numbers are everyone's, and which of them are in force?"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, or_, select, update

from callgate.store.database import Transaction
from callgate.store.rows import put_row
from callgate.store.tables import blocks, common_numbers, list_entries


async def find_common_number(transaction: Transaction, number: str) -> Row[Any] | None:
    """The number's row, or None."""
    query = select(common_numbers).where(common_numbers.c.number == number)
    return (await transaction.execute(query)).one_or_none()


async def load_common_number(transaction: Transaction, number: str) -> Row[Any]:
    """The row, which must be there."""
    return (await transaction.execute(select(common_numbers).where(common_numbers.c.number == number))).one()


async def list_common_numbers(
    transaction: Transaction,
    *,
    facility_ids: Collection[str] | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The numbers of the whole system and of these facilities (None: of all), from the one behind `after` on."""
    query = select(common_numbers).order_by(common_numbers.c.number).limit(limit)
    if facility_ids is not None:
        here = common_numbers.c.facility_id.in_(facility_ids)
        query = query.where(or_(common_numbers.c.facility_id.is_(None), here))
    if state is not None:
        query = query.where(common_numbers.c.state == state)
    if after is not None:
        query = query.where(common_numbers.c.number > after)
    return (await transaction.execute(query)).all()


async def put_proposal(
    transaction: Transaction,
    number: str,
    *,
    facility_id: str | None,
    kind: str,
    name: str,
    verified_by: str,
    proposed_by: str,
    proposed_at_ms: int,
) -> None:
    """Write the number as proposed: in force no more, if it was."""
    values = {
        "number": number,
        "facility_id": facility_id,
        "kind": kind,
        "name": name,
        "verified_by": verified_by,
        "state": "proposed",
        "proposed_by": proposed_by,
        "proposed_at": proposed_at_ms,
        "confirmed_by": None,
        "confirmed_at": None,
        "confirm_note": None,
    }
    await put_row(transaction, common_numbers, values)


async def confirm_common_number(
    transaction: Transaction, number: str, *, confirmed_by: str, confirmed_at_ms: int, note: str
) -> None:
    """Put the number in force."""
    confirmed = {
        "state": "in_force",
        "confirmed_by": confirmed_by,
        "confirmed_at": confirmed_at_ms,
        "confirm_note": note,
    }
    await transaction.execute(update(common_numbers).where(common_numbers.c.number == number).values(**confirmed))


async def number_is_blocked(transaction: Transaction, number: str, *, now_ms: int) -> bool:
    """Does a block on the number stand now, of any scope, anywhere?"""
    stands = or_(blocks.c.until.is_(None), blocks.c.until > now_ms)
    query = select(blocks.c.block_id).where(blocks.c.number == number, blocks.c.lifted_at.is_(None), stands).limit(1)
    return (await transaction.execute(query)).first() is not None


async def number_is_listed(transaction: Transaction, number: str) -> bool:
    """Does the number stand on anybody's list, pending ones included?"""
    is_open = list_entries.c.state.in_(("active", "pending_warden"))
    query = select(list_entries.c.entry_id).where(list_entries.c.number == number, is_open).limit(1)
    return (await transaction.execute(query)).first() is not None
