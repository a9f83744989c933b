"""How are many rows looked up in one statement whose text never changes?

The batch travels as one JSON parameter, and for each row of it a subquery with a limit looks up what belongs to it, so
that the planner takes the index whatever the batch size; a plain join on a record set scanned the whole table. What
a subquery finds comes back as one JSON column: several lookups of the same batch share one statement that way, which
costs a third of as many statements, and both databases take the same text but for the names of their functions.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Column, String, Table
from sqlalchemy.dialects import postgresql

from callgate.store.database import Transaction
from callgate.store.statements import Statement, run_for_each, run_statements

_SQLITE: Final = "sqlite"
_NOTHING: Final = "[]"

Batch = Sequence[Mapping[str, object]]
Found = tuple[int, Sequence[Sequence[Any]]]
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One fact about a batch: for each row `a`, which rows of `source` belong to it?

    Args:
        keys: the batch row's fields and their SQL types (`int`, `bigint`, `text`); `i` is always there.
        select: the columns given back, each under a name of its own.
        source: the table, or tables joined, with alias.
        where: the condition, in terms of `a` and the source's aliases.
        limit: rows given back per batch row at most.
        order: ORDER BY of those rows, where a limit may cut: columns or names of `select`, no expression.
    """

    keys: tuple[tuple[str, str], ...]
    select: str
    source: str
    where: str
    limit: int = 1
    order: str = ""


@lru_cache(maxsize=64)
def _statement(lookups: tuple[Lookup, ...], dialect: str) -> str:
    """One row for each row of the batch: its position, then what each lookup found for it."""
    keys = dict((("i", "int"), *(key for lookup in lookups for key in lookup.keys)))
    found = ", ".join(f"({_found(lookup, dialect)})" for lookup in lookups)
    if dialect == _SQLITE:
        fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in keys)
        # Materialized: or every mention of a field would read the JSON again.
        return f"WITH a AS MATERIALIZED (SELECT {fields} FROM json_each(:batch)) SELECT a.i, {found} FROM a"
    fields = ", ".join(f"{name} {kind}" for name, kind in keys.items())
    return f"SELECT a.i, {found} FROM jsonb_to_recordset(CAST(:batch AS jsonb)) AS a({fields})"


def _found(lookup: Lookup, dialect: str) -> str:
    columns = ", ".join(f"x.{name}" for name in _names(lookup))
    order = f"ORDER BY {lookup.order}" if lookup.order else ""
    rows = f"(SELECT {lookup.select} FROM {lookup.source} WHERE {lookup.where} {order} LIMIT {lookup.limit}) AS x"
    if dialect == _SQLITE:
        return f"SELECT json_group_array(json_array({columns})) FROM {rows}"
    return f"SELECT CAST(json_agg(json_build_array({columns})) AS text) FROM {rows}"


@lru_cache(maxsize=256)
def _names(lookup: Lookup) -> tuple[str, ...]:
    """The names of the selected columns, in order."""
    depth, names, start = 0, [], 0
    select = lookup.select + ","
    for at, character in enumerate(select):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            names.append(select[start:at].split()[-1].rpartition(".")[2])
            start = at + 1
    return tuple(names)


@lru_cache(maxsize=256)
def _row_class(lookup: Lookup) -> Callable[[Iterable[Any]], Any]:
    """A class of rows with `i` and the selected columns as attributes."""
    make: Callable[[Iterable[Any]], Any] = getattr(namedtuple("Row", ["i", *_names(lookup)]), "_make")  # noqa: B009, PYI024 - the names are only known here
    return make


def batch_text(rows: Batch) -> str:
    """The batch as one parameter."""
    return to_json(rows).decode()


async def look_up(transaction: Transaction, lookup: Lookup, rows: Batch) -> Sequence[Any]:
    """Run one lookup for the whole batch.

    Returns:
        Rows whose columns are attributes; `i` is the position in the batch.
    """
    _, (found,) = await look_up_all(transaction, ((lookup,), rows))
    return [row for _, (rows_of_one,) in found for row in rows_of_one]


async def look_up_all(
    transaction: Transaction, *asked: tuple[tuple[Lookup, ...], Batch], after: Sequence[Statement] = ()
) -> tuple[Sequence[Rows], list[list[Found]]]:
    """Run the lookups of each batch in one statement, and all of these in one exchange with the database if it can.

    Args:
        asked: what is to be looked up for the rows of which batch.
        after: what is run before them, in the same exchange: locks. Each statement sees what was committed when it
            began, and so after a lock before it was had.

    Returns:
        The rows of `after`; then for each batch its rows: their positions, and what each lookup found for them.
    """
    dialect = transaction.dialect.name
    statements = [Statement(_statement(lookups, dialect), {"batch": batch_text(rows)}) for lookups, rows in asked]
    given = await run_statements(transaction, *after, *statements)
    return given[: len(after)], [
        _read(lookups, rows) for (lookups, _), rows in zip(asked, given[len(after) :], strict=True)
    ]


def _read(lookups: tuple[Lookup, ...], rows: Rows) -> list[Found]:
    # Read as one JSON text, because to read some hundred short ones takes longer.
    texts = [text or _NOTHING for _, *found in rows for text in found]
    values = iter(from_json(f"[{','.join(texts)}]", cache_strings="none"))
    makes = [_row_class(lookup) for lookup in lookups]
    return [(i, [[make((i, *row)) for row in next(values)] for make in makes]) for i, *_ in rows]


@dataclass(frozen=True, slots=True)
class Insertion:
    """Rows for one table. `columns`: those that the rows give, in their order; one they leave out is NULL."""

    table: Table
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    on_conflict: str = ""


async def insert_all(transaction: Transaction, *insertions: Insertion) -> None:
    """Insert rows into several tables in order.

    PostgreSQL takes each column of all the rows as one array, and all tables in one exchange; as JSON they would take
    it longer to read than to insert. SQLite takes row after row.
    """
    given = [one for one in insertions if one.rows]
    if transaction.dialect.name == _SQLITE:
        for one in given:
            await run_for_each(transaction, _insertion_of_one(one.table, one.columns, one.on_conflict), one.rows)
        return
    await run_statements(
        transaction,
        *(
            Statement(
                _insertion(one.table, one.columns, one.on_conflict),
                dict(zip(one.columns, map(list, zip(*one.rows, strict=True)), strict=True)),
                gives_rows=False,
            )
            for one in given
        ),
    )


@lru_cache(maxsize=64)
def _insertion_of_one(table: Table, columns: tuple[str, ...], on_conflict: str) -> str:
    values = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values}) {on_conflict}"


@lru_cache(maxsize=64)
def _insertion(table: Table, columns: tuple[str, ...], on_conflict: str) -> str:
    named = ", ".join(columns)
    arrays = ", ".join(f"CAST(:{name} AS {_kind(table.columns[name])}[])" for name in columns)
    return f"INSERT INTO {table.name} ({named}) SELECT {named} FROM unnest({arrays}) AS a({named}) {on_conflict}"


def _kind(column: Column[Any]) -> str:
    return "text" if isinstance(column.type, String) else str(column.type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this class untyped
