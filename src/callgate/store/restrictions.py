"""Who has lost calls, from when to when?"""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from callgate.store.database import Transaction
from callgate.store.tables import restrictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """One restriction; its instants are milliseconds since 1970."""

    restriction_id: str
    inmate_id: str
    kind: str
    starts_at: int
    ends_at: int
    authority: str
    case_number: str
    bars_privileged: bool
    finding: str | None
    created_by: str
    created_at: int
    ended_at: int | None = None
    ended_by: str | None = None
    end_note: str | None = None


async def insert_restriction(transaction: Transaction, restriction: Restriction) -> None:
    """Append a restriction."""
    values = {name: getattr(restriction, name) for name in Restriction.__slots__}
    await transaction.execute(insert(restrictions), [values])


async def find_restriction(transaction: Transaction, restriction_id: str) -> Restriction | None:
    """One restriction; None: there is no such."""
    query = select(restrictions).where(restrictions.c.restriction_id == restriction_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else Restriction(**row._mapping)  # noqa: SLF001 - its public name


async def list_restrictions(
    transaction: Transaction, inmate_id: str, *, before: str | None, limit: int
) -> tuple[Restriction, ...]:
    """This person's restrictions, newest first; `before`: the last id of the page before."""
    r = restrictions
    query = select(r).where(r.c.inmate_id == inmate_id).order_by(r.c.restriction_id.desc()).limit(limit)
    if before is not None:
        query = query.where(r.c.restriction_id < before)
    return tuple(Restriction(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def end_restriction(
    transaction: Transaction, restriction_id: str, *, ended_at_ms: int, ended_by: str, note: str
) -> None:
    """Note that it has no effect from this instant on."""
    ended = {"ended_at": ended_at_ms, "ended_by": ended_by, "end_note": note}
    await transaction.execute(
        update(restrictions).where(restrictions.c.restriction_id == restriction_id).values(**ended)
    )
