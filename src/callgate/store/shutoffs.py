"""Where are the telephones shut off, and until when?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, or_, select, update

from callgate.store.database import Transaction
from callgate.store.tables import shutoffs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutoff:
    """One shut-off; its instants are milliseconds since 1970."""

    shutoff_id: str
    scope: str
    facility_id: str | None
    unit: str | None
    reason: str
    starts_at: int
    ends_at: int
    created_by: str
    ended_at: int | None = None
    ended_by: str | None = None
    end_note: str | None = None


async def insert_shutoff(transaction: Transaction, shutoff: Shutoff) -> None:
    """Append a shut-off."""
    values = {name: getattr(shutoff, name) for name in Shutoff.__slots__}
    await transaction.execute(insert(shutoffs), [values])


async def find_shutoff(transaction: Transaction, shutoff_id: str) -> Shutoff | None:
    """One shut-off; None: there is no such."""
    row = (await transaction.execute(select(shutoffs).where(shutoffs.c.shutoff_id == shutoff_id))).first()
    return None if row is None else Shutoff(**row._mapping)  # noqa: SLF001 - its public name


async def list_shutoffs(
    transaction: Transaction, *, facility_ids: Sequence[str] | None, before: str | None, limit: int
) -> tuple[Shutoff, ...]:
    """The shut-offs of these facilities (None: of all) and of the whole system, newest first.

    `before`: the last id of the page before.
    """
    s = shutoffs
    query = select(s).order_by(s.c.shutoff_id.desc()).limit(limit)
    if facility_ids is not None:
        query = query.where(or_(s.c.facility_id.is_(None), s.c.facility_id.in_(facility_ids)))
    if before is not None:
        query = query.where(s.c.shutoff_id < before)
    return tuple(Shutoff(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def end_shutoff(transaction: Transaction, shutoff_id: str, *, ended_at_ms: int, ended_by: str, note: str) -> None:
    """Note that it stops nothing from this instant on."""
    ended = {"ended_at": ended_at_ms, "ended_by": ended_by, "end_note": note}
    await transaction.execute(update(shutoffs).where(shutoffs.c.shutoff_id == shutoff_id).values(**ended))
