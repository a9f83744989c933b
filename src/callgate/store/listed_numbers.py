"""On whose lists does one number stand, and how does its owner take it off them?

The person inside did not ask for it, so no row here is a list change and no date moves.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, update

from callgate.store.database import Transaction
from callgate.store.tables import inmates, list_entries

_OPEN = ("active", "pending_warden")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One person on whose list the number stands; `facility_id`: where that person is, or was last."""

    entry_id: str
    inmate_id: str
    facility_id: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Whose lists are meant? Those of a facility's people, and those of these persons wherever they are."""

    facility_id: str | None = None
    inmate_ids: Collection[str] = ()


async def count_holders(transaction: Transaction, number: str, lists: Lists) -> int:
    """On how many of these lists does the number stand, pending ones included?"""
    e, m = list_entries.c, inmates.c
    query = select(func.count()).select_from(list_entries).join(inmates, m.inmate_id == e.inmate_id)
    return (await transaction.execute(query.where(*_holding(number, lists)))).scalar_one()


async def list_holders(transaction: Transaction, number: str, lists: Lists) -> tuple[Holder, ...]:
    """Whose lists are those, by person?"""
    e, m = list_entries.c, inmates.c
    query = (
        select(e.entry_id, e.inmate_id, m.facility_id, e.kind, e.state)
        .join(inmates, m.inmate_id == e.inmate_id)
        .where(*_holding(number, lists))
        .order_by(e.inmate_id)
    )
    rows = await transaction.execute(query)
    return tuple(Holder(**row._mapping) for row in rows)  # noqa: SLF001 - its public name


async def end_entries_for_owner(
    transaction: Transaction, entry_ids: Collection[str], *, author: str, note: str, now_ms: int
) -> None:
    """Take the number off these lists as its owner asked; the rows stay, as removed.

    Args:
        author: the warden who granted it.
        note: stands in the history of the list, so it must not tell who asked.
    """
    await transaction.execute(
        update(list_entries)
        .where(list_entries.c.entry_id.in_(entry_ids), list_entries.c.state.in_(_OPEN))
        .values(state="removed", ended_at=now_ms, ended_by="owner", ended_author=author, ended_note=note)
    )


def _holding(number: str, lists: Lists) -> tuple[ColumnElement[bool], ...]:
    whose: ColumnElement[bool] = inmates.c.inmate_id.in_(list(lists.inmate_ids))
    if lists.facility_id is not None:
        whose = or_(whose, inmates.c.facility_id == lists.facility_id)
    return list_entries.c.number == number, list_entries.c.state.in_(_OPEN), whose
