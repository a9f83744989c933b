"""How are many rows looked up in one statement whose text never changes?

The batch travels as one JSON parameter. On PostgreSQL each row of it is looked up through a lateral with a limit,
so that the planner takes the index whatever the batch size; a plain join on a record set scanned the whole table.
SQLite has no lateral, but its CROSS JOIN keeps the order in which the tables are named.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Row, TextClause, text

from callgate.store.database import Transaction

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

    def statement(self, dialect: str) -> TextClause:
        """The constant text for one database."""
        return _statement(self, dialect)


@lru_cache(maxsize=256)
def _statement(lookup: Lookup, dialect: str) -> TextClause:
    keys = (("i", "int"), *lookup.keys)
    order = f"ORDER BY {lookup.order}" if lookup.order else ""
    if dialect == _SQLITE:
        fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in keys)
        grouping = "GROUP BY a.i" if lookup.grouped else ""
        return text(
            f"SELECT a.i, {lookup.select} FROM (SELECT {fields} FROM json_each(:batch)) AS a "
            f"CROSS JOIN {lookup.source} WHERE {lookup.where} {grouping} {order}"
        )
    fields = ", ".join(f"{name} {kind}" for name, kind in keys)
    limit = "" if lookup.grouped else f"LIMIT {lookup.limit}"
    return text(
        f"SELECT a.i, x.* FROM jsonb_to_recordset(CAST(:batch AS jsonb)) AS a({fields}) CROSS JOIN LATERAL ("
        f"SELECT {lookup.select} FROM {lookup.source} WHERE {lookup.where} {order} {limit}) AS x"
    )


def batch_text(rows: Sequence[Mapping[str, object]]) -> str:
    """The batch as the one parameter of its lookups; several of them can share it."""
    return json.dumps(rows, separators=(",", ":"))


async def look_up(
    transaction: Transaction, lookup: Lookup, rows: Sequence[Mapping[str, object]] | str
) -> Sequence[Row[tuple[object, ...]]]:
    """Run one lookup for the whole batch, given as rows or as `batch_text`; the first column of each row is its `i`."""
    statement = lookup.statement(transaction.dialect.name)
    batch = rows if isinstance(rows, str) else batch_text(rows)
    return (await transaction.execute(statement, {"batch": batch})).all()
