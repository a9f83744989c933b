"""How are many rows looked up in one statement whose text never changes?

The batch travels as one JSON parameter. On PostgreSQL each row of it is looked up through a lateral with a limit,
so that the planner takes the index whatever the batch size; a plain join on a record set scanned the whole table.
SQLite has no lateral, but its CROSS JOIN keeps the order in which the tables are named.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, String, Table, insert
from sqlalchemy.dialects import postgresql

from callgate.store.database import Statement, Transaction, run_statements

_SQLITE = "sqlite"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One statement over a batch: for each row `a`, which rows of `source` belong to it?

    Args:
        keys: the batch row's fields and their SQL types (`int`, `bigint`, `text`); `i` is always there.
        select: the columns given back, after `i`.
        source: the table, or tables joined, with alias.
        where: the condition, in terms of `a` and the source's aliases.
        limit: rows given back per batch row at most.
        order: ORDER BY of those rows, where a limit may cut.
        grouped: `select` holds aggregates: one row per batch row that has any.
    """

    keys: tuple[tuple[str, str], ...]
    select: str
    source: str
    where: str
    limit: int = 1
    order: str = ""
    grouped: bool = False

    def statement(self, dialect: str) -> str:
        """The constant text for one database."""
        return _statement(self, dialect)


@lru_cache(maxsize=256)
def _statement(lookup: Lookup, dialect: str) -> str:
    keys = (("i", "int"), *lookup.keys)
    order = f"ORDER BY {lookup.order}" if lookup.order else ""
    if dialect == _SQLITE:
        fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in keys)
        grouping = "GROUP BY a.i" if lookup.grouped else ""
        return (
            f"SELECT a.i, {lookup.select} FROM (SELECT {fields} FROM json_each(:batch)) AS a "
            f"CROSS JOIN {lookup.source} WHERE {lookup.where} {grouping} {order}"
        )
    fields = ", ".join(f"{name} {kind}" for name, kind in keys)
    limit = "" if lookup.grouped else f"LIMIT {lookup.limit}"
    return (
        f"SELECT a.i, x.* FROM jsonb_to_recordset(CAST(:batch AS jsonb)) AS a({fields}) CROSS JOIN LATERAL ("
        f"SELECT {lookup.select} FROM {lookup.source} WHERE {lookup.where} {order} {limit}) AS x"
    )


@lru_cache(maxsize=256)
def _row_class(lookup: Lookup) -> Callable[[Iterable[Any]], Any]:
    """A class of rows with the selected columns as attributes, in the order in which they are selected."""
    depth, names, start = 0, [], 0
    select = lookup.select + ","
    for at, character in enumerate(select):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            names.append(select[start:at].split()[-1].rpartition(".")[2])
            start = at + 1
    make: Callable[[Iterable[Any]], Any] = getattr(namedtuple("Row", ["i", *names]), "_make")  # noqa: B009, PYI024 - the names are only known here
    return make


def batch_text(rows: Sequence[Mapping[str, object]]) -> str:
    """The batch as the one parameter of its lookups; several of them can share it."""
    return to_json(rows).decode()


async def look_up(
    transaction: Transaction, lookup: Lookup, rows: Sequence[Mapping[str, object]] | str
) -> Sequence[Any]:
    """Run one lookup for the whole batch, given as rows or as `batch_text`.

    Returns:
        Rows whose columns are attributes; `i` is the position in the batch.
    """
    return (await look_up_all(transaction, (lookup, rows)))[0]


async def look_up_all(
    transaction: Transaction, *asked: tuple[Lookup, Sequence[Mapping[str, object]] | str]
) -> list[Sequence[Any]]:
    """Run several lookups in order, in one exchange with the database where it can; the rows of each."""
    dialect = transaction.dialect.name
    statements = [
        Statement(lookup.statement(dialect), {"batch": rows if isinstance(rows, str) else batch_text(rows)})
        for lookup, rows in asked
    ]
    found = await run_statements(transaction, *statements)
    return [list(map(_row_class(lookup), rows)) for (lookup, _), rows in zip(asked, found, strict=True)]


async def insert_batch(transaction: Transaction, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all name the same columns; a column they leave out is NULL.

    PostgreSQL takes them as one JSON parameter, half as dear as one by one. SQLite would read the JSON anew for every
    column, which is twice as dear.
    """
    if not rows:
        return
    if transaction.dialect.name == _SQLITE:
        await transaction.execute(insert(table), [dict(row) for row in rows])
        return
    statement = Statement(_insertion(table), {"batch": batch_text(rows)}, gives_rows=False)
    await run_statements(transaction, statement)


@lru_cache(maxsize=64)
def _insertion(table: Table) -> str:
    columns = ", ".join(column.name for column in table.columns)
    kinds = ", ".join(f"{column.name} {_kind(column)}" for column in table.columns)
    # json and not jsonb: the texts inside are taken as they are, and nothing is sorted or compared.
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} "
        f"FROM json_to_recordset(CAST(:batch AS json)) AS a({kinds})"
    )


def _kind(column: Column[Any]) -> str:
    return "text" if isinstance(column.type, String) else str(column.type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this class untyped
