"""Which numbers stand on whose list, and which changes made it so?

Every write here is one statement whose text never changes, run even with nothing to write: how many statements a list
change takes must not tell how many of its numbers were struck out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Row, TextClause, func, insert, select, text

from callgate.store.batch import Lookup, look_up
from callgate.store.database import Transaction
from callgate.store.tables import list_changes, list_entries

_OPEN: Final = ("active", "pending_warden")
_HOTLINES = Lookup(
    keys=(("number", "text"),),
    select="n.number",
    source="common_numbers n",
    where="n.number = a.number AND n.kind = 'hotline' AND n.state = 'in_force'",
)
_COLUMNS: Final = (
    ("entry_id", "text"),
    ("inmate_id", "text"),
    ("number", "text"),
    ("name", "text"),
    ("relationship", "text"),
    ("kind", "text"),
    ("state", "text"),
    ("since", "bigint"),
    ("change_id", "text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One number on a list. `since_ms`: when it was put there."""

    entry_id: str
    number: str
    name: str
    relationship: str
    kind: str
    state: str
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """One number to put on a list."""

    entry_id: str
    inmate_id: str
    number: str
    name: str
    relationship: str
    kind: str
    state: str
    since: int
    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One submission, as it was answered.

    `outcomes`: number and outcome, in the order submitted. `state`: of that day; what waits now stands on the entries.
    """

    change_id: str
    inmate_id: str
    submitted_at_ms: int
    local_day: str
    is_first: bool
    state: str
    author: str
    outcomes: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a list has seen so far.

    `last_change_day`: local day of the last submission that counts as a change; None: there was none.
    `is_untouched`: nothing was ever submitted, nor put on the list in any other way.
    """

    last_change_day: str | None
    is_untouched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How numbers come off a list: `by` is one of `domain.phone_list.EndedBy`, `author` who did it, `note` why."""

    by: str
    author: str
    note: str | None
    at_ms: int


async def list_entries_of(transaction: Transaction, inmate_id: str) -> tuple[Entry, ...]:
    """The numbers on this person's list, in the order in which they came."""
    e = list_entries.c
    query = (
        select(e.entry_id, e.number, e.name, e.relationship, e.kind, e.state, e.since.label("since_ms"))
        .where(e.inmate_id == inmate_id, e.state.in_(_OPEN))
        .order_by(e.entry_id)
    )
    return tuple(Entry(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def find_history(transaction: Transaction, inmate_id: str) -> History:
    """What this person's list has seen so far."""
    c, e = list_changes.c, list_entries.c
    last = select(func.max(c.local_day)).where(c.inmate_id == inmate_id, c.is_first.is_(False)).scalar_subquery()
    submitted = select(c.change_id).where(c.inmate_id == inmate_id).exists()
    listed = select(e.entry_id).where(e.inmate_id == inmate_id).exists()
    row = (await transaction.execute(select(last.label("last_day"), (submitted | listed).label("touched")))).one()
    return History(last_change_day=row.last_day, is_untouched=not row.touched)


async def list_hotlines_among(transaction: Transaction, numbers: Sequence[str]) -> frozenset[str]:
    """Which of these numbers are hotlines in force, anywhere?"""
    rows = await look_up(transaction, _HOTLINES, [{"i": i, "number": number} for i, number in enumerate(numbers)])
    return frozenset(row.number for row in rows)


async def insert_entries(transaction: Transaction, entries: Sequence[NewEntry]) -> None:
    """Put these numbers on a list."""
    await transaction.execute(_insertion(transaction), {"batch": json.dumps([asdict(entry) for entry in entries])})


async def end_entries(transaction: Transaction, *, inmate_id: str, numbers: Sequence[str], ending: Ending) -> None:
    """Take these numbers off this person's list; the rows stay, as removed."""
    values = {"inmate_id": inmate_id, "batch": json.dumps(list(numbers)), **asdict(ending)}
    await transaction.execute(_removal(transaction), values)


async def insert_change(transaction: Transaction, change: Change) -> None:
    """Keep a submission and its answer."""
    await transaction.execute(
        insert(list_changes).values(
            change_id=change.change_id,
            inmate_id=change.inmate_id,
            submitted_at=change.submitted_at_ms,
            local_day=change.local_day,
            is_first=change.is_first,
            state=change.state,
            author=change.author,
            outcomes=json.dumps(list(change.outcomes)),
        )
    )


async def find_change(transaction: Transaction, change_id: str) -> Change | None:
    """One submission; None: there is no such."""
    row = (await transaction.execute(select(list_changes).where(list_changes.c.change_id == change_id))).first()
    return None if row is None else _change(row)


async def list_changes_of(
    transaction: Transaction, inmate_id: str, *, before: str | None, limit: int
) -> tuple[Change, ...]:
    """This person's submissions, newest first; `before`: the last id of the page before."""
    query = select(list_changes).where(list_changes.c.inmate_id == inmate_id)
    if before is not None:
        query = query.where(list_changes.c.change_id < before)
    rows = await transaction.execute(query.order_by(list_changes.c.change_id.desc()).limit(limit))
    return tuple(_change(row) for row in rows)


def _change(row: Row[Any]) -> Change:
    return Change(
        change_id=row.change_id,
        inmate_id=row.inmate_id,
        submitted_at_ms=row.submitted_at,
        local_day=row.local_day,
        is_first=bool(row.is_first),
        state=row.state,
        author=row.author,
        outcomes=json.loads(row.outcomes),
    )


def _insertion(transaction: Transaction) -> TextClause:
    names = ", ".join(name for name, _ in _COLUMNS)
    if transaction.dialect.name == "sqlite":
        fields = ", ".join(f"json_extract(value, '$.{name}')" for name, _ in _COLUMNS)
        source = "json_each(:batch)"
    else:
        fields = ", ".join(f"x.{name}" for name, _ in _COLUMNS)
        typed = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        source = f"jsonb_to_recordset(CAST(:batch AS jsonb)) AS x({typed})"
    return text(f"INSERT INTO list_entries ({names}) SELECT {fields} FROM {source}")


def _removal(transaction: Transaction) -> TextClause:
    numbers = (
        "SELECT value FROM json_each(:batch)"
        if transaction.dialect.name == "sqlite"
        else "SELECT jsonb_array_elements_text(CAST(:batch AS jsonb))"
    )
    return text(
        "UPDATE list_entries SET state = 'removed', ended_at = :at_ms, ended_by = :by, "
        "ended_author = :author, ended_note = :note "
        f"WHERE inmate_id = :inmate_id AND state IN ('active', 'pending_warden') AND number IN ({numbers})"
    )
