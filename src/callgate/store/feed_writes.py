"""How are many people, lists and blocks written at once?"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table, TextClause, delete, text, update
from sqlalchemy.exc import OperationalError

from callgate.store.audit import AuditEvent
from callgate.store.database import Transaction
from callgate.store.locks import own_system
from callgate.store.statements import Statement, run_statements
from callgate.store.tables import (
    audit_events,
    block_lifts,
    blocks,
    inmates,
    list_changes,
    list_entries,
    list_feeds,
    pins,
)

Rows = Sequence[Mapping[str, Any]]
_ONE_IMPORT: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('callgate:feed', 0))"
_TRIES_MAX: Final = 20
_DO_NOTHING: Final = "ON CONFLICT DO NOTHING"


async def own_feeds(transaction: Transaction) -> bool:
    """Be the only file that is being applied; False: another is. SQLite has one writer anyway."""
    if transaction.dialect.name == "sqlite":
        return True
    ((owned,),) = (await run_statements(transaction, Statement(_ONE_IMPORT, {})))[0]
    return bool(owned)


async def own_system_patiently(transaction: Transaction) -> None:
    """Keep every call and every other write waiting, as soon as those that run are done.

    Each try is as short as any other wait for a lock, because whoever comes next queues behind it; what was written
    before in this transaction stays.

    Raises:
        OperationalError: they were not done for long.
    """
    for _ in range(_TRIES_MAX - 1):
        try:
            async with transaction.begin_nested():
                await own_system(transaction)
        except OperationalError:
            continue
        else:
            return
    await own_system(transaction)


async def insert_people(transaction: Transaction, rows: Rows) -> None:
    """Append people; one whom somebody else wrote first is left as they are."""
    await _insert(transaction, inmates, rows, _DO_NOTHING)


async def set_people(transaction: Transaction, rows: Rows) -> None:
    """Give these people, all of them known, these values."""
    await _run_with(transaction, _PEOPLE, rows)


async def set_people_as_of(transaction: Transaction, instants: Mapping[str, int]) -> None:
    """Note as of when each of these was told the same again."""
    rows = [{"inmate_id": inmate_id, "as_of": as_of} for inmate_id, as_of in instants.items()]
    await _run_with(transaction, _PEOPLE_AS_OF, rows)


async def delete_pins(transaction: Transaction, inmate_ids: Collection[str]) -> Sequence[str]:
    """End these people's PINs, and answer who had one."""
    if not inmate_ids:
        return ()
    ended = delete(pins).where(pins.c.inmate_id.in_(inmate_ids)).returning(pins.c.inmate_id)
    return tuple((await transaction.execute(ended)).scalars())


async def insert_entries(transaction: Transaction, rows: Rows) -> None:
    """Put numbers on lists; one that stands there already is left as it is."""
    await _insert(transaction, list_entries, rows, _DO_NOTHING)


async def end_entries_by_id(transaction: Transaction, entry_ids: Collection[str], *, values: Mapping[str, Any]) -> None:
    """Take these off their lists."""
    if entry_ids:
        await transaction.execute(update(list_entries).where(list_entries.c.entry_id.in_(entry_ids)).values(**values))


async def insert_changes(transaction: Transaction, rows: Rows) -> None:
    """Keep what a file changed on lists, as changes."""
    await _insert(transaction, list_changes, rows)


async def set_lists_fed(transaction: Transaction, rows: Rows) -> None:
    """Note as of when a file told of these lists."""
    update_it = "ON CONFLICT (inmate_id) DO UPDATE SET as_of = excluded.as_of, imported_at = excluded.imported_at"
    await _insert(transaction, list_feeds, rows, update_it)


async def insert_blocks(transaction: Transaction, rows: Rows) -> None:
    """Append blocks; one of an id that is there already is left as it is."""
    await _insert(transaction, blocks, rows, _DO_NOTHING)


async def insert_lifts(transaction: Transaction, rows: Rows) -> None:
    """Append the last steps towards the end of blocks."""
    await _insert(transaction, block_lifts, rows)


async def record_events(transaction: Transaction, events: Sequence[AuditEvent]) -> None:
    """Append to the trail."""
    await _insert(transaction, audit_events, [_event_row(event) for event in events])


async def _insert(transaction: Transaction, table: Table, rows: Rows, on_conflict: str = "") -> None:
    """Append rows, all with the same columns: to PostgreSQL as one parameter, to SQLite one by one."""
    if not rows:
        return
    names = tuple(rows[0])
    if transaction.dialect.name == "sqlite":
        values = ", ".join(f":{name}" for name in names)
        written = text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values}) {on_conflict}")
        await transaction.execute(written, [dict(row) for row in rows])
        return
    typed = ", ".join(f"{name} {table.c[name].type.compile(transaction.dialect)}" for name in names)
    written = text(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(names)} "
        f"FROM json_to_recordset(CAST(:batch AS json)) AS x({typed}) {on_conflict}"
    )
    await transaction.execute(written, {"batch": json.dumps([dict(row) for row in rows])})


def _event_row(event: AuditEvent) -> Mapping[str, Any]:
    return {
        "event_id": event.event_id,
        "occurred_at": event.occurred_at_ms,
        "author": event.author,
        "role": event.role,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "facility_id": event.facility_id,
        "before": None if event.before is None else json.dumps(event.before, sort_keys=True),
        "after": None if event.after is None else json.dumps(event.after, sort_keys=True),
    }


def _update(table: str, key: str, *columns: tuple[str, str]) -> Mapping[str, str]:
    """The same update for each database: PostgreSQL joins a record set, SQLite runs it row by row."""
    typed = ", ".join(f"{name} {kind}" for name, kind in ((key, "text"), *columns))
    joined = ", ".join(f"{name} = x.{name}" for name, _ in columns)
    named = ", ".join(f"{name} = :{name}" for name, _ in columns)
    return {
        "postgresql": f"UPDATE {table} SET {joined} FROM json_to_recordset(CAST(:batch AS json)) AS x({typed}) "
        f"WHERE {table}.{key} = x.{key}",
        "sqlite": f"UPDATE {table} SET {named} WHERE {key} = :{key}",
    }


_PEOPLE: Final = _update(
    "inmates",
    "inmate_id",
    ("facility_id", "text"),
    ("unit", "text"),
    ("status", "text"),
    ("name", "text"),
    ("date_of_birth", "text"),
    ("projected_release", "text"),
    ("as_of", "bigint"),
)
_PEOPLE_AS_OF: Final = _update("inmates", "inmate_id", ("as_of", "bigint"))


async def _run_with(transaction: Transaction, statement: Mapping[str, str], rows: Rows) -> None:
    if not rows:
        return
    written: TextClause = text(statement[transaction.dialect.name])
    if transaction.dialect.name == "sqlite":
        await transaction.execute(written, [dict(row) for row in rows])
    else:
        await transaction.execute(written, {"batch": json.dumps([dict(row) for row in rows])})
