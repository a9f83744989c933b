"""How does the hot path run its statements?

With the driver's own means, past SQLAlchemy, which costs more than the statement there, and with SQLite four changes of
thread for each one. Only constant texts are run so. Whoever listens to the engine's statements hears these too.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError

from callgate.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Statement:
    """One constant statement, its parameters written `:name`. `gives_rows`: False where it only writes."""

    text: str
    parameters: Mapping[str, object]
    gives_rows: bool = True


async def run_statements(transaction: Transaction, *statements: Statement) -> list[Sequence[tuple[Any, ...]]]:
    """Run statements in order, and answer the rows of each.

    PostgreSQL is sent all of them at once; each still sees what was committed when it began.
    """
    if not statements:
        return []
    driver: Any = (await transaction.get_raw_connection()).driver_connection
    for one in statements:
        _let_hear(transaction, one.text, one.parameters)
    with _told_as_by_sqlalchemy():
        if isinstance(driver, psycopg.AsyncConnection):
            return await _run_in_pipeline(driver, statements)
        return [await driver.execute_fetchall(one.text, one.parameters) for one in statements]


async def run_for_each(transaction: Transaction, text: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run one writing statement, its parameters written `?`, for each of these rows.

    SQLite only, which has no better way to take many.
    """
    driver: Any = (await transaction.get_raw_connection()).driver_connection
    _let_hear(transaction, text, rows)
    with _told_as_by_sqlalchemy():
        await driver.executemany(text, rows)


def _let_hear(transaction: Transaction, text: str, parameters: object) -> None:
    sync = transaction.sync_connection
    if sync is not None:
        is_many = not isinstance(parameters, Mapping)
        for hear in sync.dispatch.before_cursor_execute:
            hear(sync, None, text, parameters, None, is_many)


@contextmanager
def _told_as_by_sqlalchemy() -> Iterator[None]:
    """Tell a failure as SQLAlchemy would, without the parameters: they hold whom somebody calls."""
    try:
        yield
    except (psycopg.Error, sqlite3.Error) as error:
        is_data = not isinstance(error, psycopg.OperationalError | sqlite3.OperationalError)
        raise (DBAPIError if is_data else OperationalError)("", None, error) from error


async def _run_in_pipeline(
    driver: psycopg.AsyncConnection[Any], statements: Sequence[Statement]
) -> list[Sequence[tuple[Any, ...]]]:
    async with driver.pipeline():
        cursors = [
            await driver.execute(
                _in_pyformat(one.text, tuple((name, type(value)) for name, value in one.parameters.items())),
                one.parameters,
                prepare=True,
            )
            for one in statements
        ]
        return [
            await cursor.fetchall() if one.gives_rows else () for one, cursor in zip(statements, cursors, strict=True)
        ]


@lru_cache(maxsize=256)
def _in_pyformat(statement: str, parameters: tuple[tuple[str, type], ...]) -> str:
    for name, kind in parameters:
        # As text, every character of an array would be looked at, here and there.
        form = "b" if kind is list else "s"
        statement = re.sub(rf"(?<![:\w]):{name}\b", f"%({name}){form}", statement)
    return statement
