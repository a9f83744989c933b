"""Whose PIN is it? Digests alone: no PIN is ever here."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from callgate.store.database import Transaction
from callgate.store.rows import add_row
from callgate.store.tables import pins


async def pin_is_taken(transaction: Transaction, digests: Sequence[str]) -> bool:
    """Does anybody have the PIN with one of these digests (one for each key version)?"""
    query = select(pins.c.inmate_id).where(pins.c.digest.in_(digests)).limit(1)
    return (await transaction.execute(query)).first() is not None


async def replace_pin(
    transaction: Transaction, inmate_id: str, *, digest: str, key_version: int, length: int, set_at_ms: int
) -> bool:
    """End the person's PIN and give this one; False: somebody else got it first, and the person has none now.

    Waits for a transaction that is about to give the same PIN to somebody else.
    """
    await delete_pin(transaction, inmate_id)
    values = {
        "inmate_id": inmate_id,
        "digest": digest,
        "key_version": key_version,
        "length": length,
        "set_at": set_at_ms,
    }
    return await add_row(transaction, pins, values)


async def delete_pin(transaction: Transaction, inmate_id: str) -> bool:
    """End the person's PIN; False: there was none."""
    return (await transaction.execute(delete(pins).where(pins.c.inmate_id == inmate_id))).rowcount == 1
