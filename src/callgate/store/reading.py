"""How does a command look at the records without touching them, and what is it told where it cannot?

`replay` and `doctor` read beside a service that runs, so the connection refuses writes on both databases. Whatever the
driver says when it fails may hold an address or a user, so none of it is passed on: only what to do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import psycopg
from sqlalchemy import Connection, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from callgate.store.database import is_sqlite, open_sync
from callgate.store.migrate import find_revision, head_revision
from callgate.store.tables import pins

# What commands pass around without looking inside.
Reading: TypeAlias = Connection

# SQLSTATE classes: connection, authorization, and what an administrator's shutdown says.
_UNREACHABLE_CLASSES = ("08", "28", "3D", "57")


class RecordsUnreadable(Exception):
    """The records cannot be read, or not by this version; the message says what to do."""


@contextmanager
def open_records(url: str) -> Iterator[Reading]:
    """Open one connection that only reads.

    Raises:
        RecordsUnreadable: there is no such database, it cannot be reached, or a statement failed.
    """
    with told_plainly():
        if is_sqlite(url):
            _require_file(url)
        with open_sync(url, read_only=True) as connection:
            if not is_sqlite(url):
                connection.exec_driver_sql("SET default_transaction_read_only = on")
                connection.commit()
            yield connection


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn whatever a driver raises into one sentence.

    Raises:
        RecordsUnreadable: it raised.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg.Error, sqlite3.Error) as error:
        raise RecordsUnreadable(_sentence(error)) from None


def require_head(connection: Reading) -> None:
    """Answer silently when the tables are those of this version.

    Raises:
        RecordsUnreadable: they are not; the message says which command helps.
    """
    found, wanted = find_revision(connection), head_revision()
    connection.rollback()
    if found is None:
        raise RecordsUnreadable("The database has no tables yet; run `callgate migrate`.")
    if found != wanted:
        raise RecordsUnreadable(
            f"The database is at revision {found} and this callgate needs {wanted}: run `callgate migrate`, or, where "
            "the database is the newer of the two, use the callgate that made it."
        )


def holds_pins(url: str) -> bool:
    """Has anybody a PIN in this embedded database? One that is not there, or has no tables yet, holds none.

    Raises:
        RecordsUnreadable: it cannot be read.
    """
    if not embedded_path(url).is_file():
        return False
    with open_records(url) as connection:
        return find_revision(connection) is not None and connection.execute(select(pins).limit(1)).first() is not None


def embedded_path(url: str) -> Path:
    """Where the embedded database of this URL lies, or will.

    Raises:
        RecordsUnreadable: the URL is none, or names no file.
    """
    with told_plainly():
        path = make_url(url).database
    if path is None:
        raise RecordsUnreadable("CALLGATE_DATABASE_URL names no file; write sqlite:///PATH.")
    return Path(path)


def _require_file(url: str) -> None:
    if not embedded_path(url).is_file():
        raise RecordsUnreadable(
            "There is no embedded database here yet; `callgate serve` and `callgate migrate` make one. Where it is, "
            "CALLGATE_DATABASE_URL says."
        )


def _sentence(error: Exception) -> str:
    if isinstance(error, ArgumentError):
        return "CALLGATE_DATABASE_URL is no database URL; write sqlite:///PATH or postgresql://USER@HOST/NAME."
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None) or ""
    unreachable = isinstance(cause, psycopg.OperationalError | psycopg.ProgrammingError) and (
        not state or state.startswith(_UNREACHABLE_CLASSES)
    )
    if unreachable:
        return (
            f"The database cannot be reached ({_kind(cause, state)}). Check CALLGATE_DATABASE_URL, and that the server "
            "runs and lets this user in."
        )
    return f"The database cannot be read ({_kind(cause, state)}). `callgate doctor` looks for the cause."


def _kind(cause: BaseException, state: str) -> str:
    return f"{type(cause).__name__}, SQLSTATE {state}" if state else type(cause).__name__
