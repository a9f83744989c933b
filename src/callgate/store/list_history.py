"""What ever stood on a list, and what became of the numbers of a change?

Whoever put a number there is the author of its change; a number that came in another way has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select, update

from callgate.store.database import Transaction
from callgate.store.tables import list_changes, list_entries

_COLUMNS: Final = (
    *("entry_id", "inmate_id", "number", "name", "relationship", "kind", "state", "since", "change_id"),
    *("decided_at", "decided_by", "decision_reason", "evidence_reference"),
    *("ended_at", "ended_by", "ended_author", "ended_note"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EverListed:
    """One number that stands or stood on a list; instants are milliseconds since 1970."""

    entry_id: str
    inmate_id: str
    number: str
    name: str
    relationship: str
    kind: str
    state: str
    since: int
    change_id: str | None
    submitted_by: str | None
    decided_at: int | None
    decided_by: str | None
    decision_reason: str | None
    evidence_reference: str | None
    ended_at: int | None
    ended_by: str | None
    ended_author: str | None
    ended_note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDecision:
    """The warden's word on a number that waited. `state`: `active` or `refused`; a refused one is off the list."""

    state: str
    by: str
    at_ms: int
    reason: str
    evidence_reference: str | None


async def list_history(
    transaction: Transaction, inmate_id: str, *, before: str | None, limit: int
) -> tuple[EverListed, ...]:
    """All that ever stood on this person's list, newest first; `before`: the last id of the page before."""
    e = list_entries.c
    query = _all().where(e.inmate_id == inmate_id).order_by(e.entry_id.desc()).limit(limit)
    if before is not None:
        query = query.where(e.entry_id < before)
    return tuple(EverListed(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def find_entry_of_change(transaction: Transaction, *, change_id: str, number: str) -> EverListed | None:
    """What the change put on the list under this number; None: it put nothing there."""
    # By its number, which has an index: a change has none of its own.
    query = _all().where(list_entries.c.number == number, list_entries.c.change_id == change_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else EverListed(**row._mapping)  # noqa: SLF001 - its public name


async def list_states_of_changes(
    transaction: Transaction, *, change_ids: Sequence[str], numbers: Sequence[str]
) -> Mapping[tuple[str, str], str]:
    """The present state of what these changes put on the list, by change and number."""
    e = list_entries.c
    query = select(e.change_id, e.number, e.state).where(e.number.in_(numbers), e.change_id.in_(change_ids))
    return {(row.change_id, row.number): row.state for row in await transaction.execute(query)}


async def set_entry_decided(transaction: Transaction, entry_id: str, decision: EntryDecision) -> None:
    """Write the warden's word on the entry, which waits: whoever calls this holds the person's lock and has looked."""
    values: dict[str, Any] = {
        "state": decision.state,
        "decided_at": decision.at_ms,
        "decided_by": decision.by,
        "decision_reason": decision.reason,
        "evidence_reference": decision.evidence_reference,
    }
    if decision.state == "refused":
        values |= {"ended_at": decision.at_ms, "ended_by": "warden", "ended_author": decision.by}
    await transaction.execute(update(list_entries).where(list_entries.c.entry_id == entry_id).values(**values))


def _all() -> Select[Any]:
    columns = [list_entries.c[name] for name in _COLUMNS]
    return select(*columns, list_changes.c.author.label("submitted_by")).outerjoin(
        list_changes, list_changes.c.change_id == list_entries.c.change_id
    )
