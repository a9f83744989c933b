"""How does callgate reach its records, and when is something durably written?

One class for both databases. A write is durable when the `write()` block has been left without an exception, and not
before: flows build their answer after it. SQLite has one writer at a time, queued here instead of busy-waiting;
    every SQLite connection syncs each commit (`synchronous=FULL`; `NORMAL` syncs none).
"""

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import psycopg
from sqlalchemy import Connection, Engine, Row, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from callgate.domain.errors import Unavailable
from callgate.store.prompt_connection import connect_promptly
from callgate.store.turns import Turns

# What flows pass around without looking inside.
Transaction: TypeAlias = AsyncConnection
# A row as it was read: its columns are attributes.
Record: TypeAlias = Row[Any]

SQLITE_SAFE_VERSION = (3, 51, 3)  # before it, two processes resetting one WAL can corrupt it
_WRITE = "callgate_write"
_BUSY_MILLISECONDS = 800
# SQLSTATEs of a wait that was cut short: lock_timeout, statement_timeout, deadlock.
_CONTENDED = frozenset({"55P03", "57014", "40P01"})
# read_only_sql_transaction; the driver does not count it among the failures of the server's operation.
_READ_ONLY = "25006"


class StoreUnavailable(Unavailable):
    """The database cannot be reached or cannot write; nothing was kept."""

    def __init__(self) -> None:
        """Say what to do; the cause is in the log."""
        super().__init__(
            "store_unavailable", "The records cannot be written just now. Nothing was kept; try again shortly."
        )


class CommitUnknown(StoreUnavailable):
    """The connection broke while committing: the write may or may not be there."""


class Contended(StoreUnavailable):
    """Somebody else held a row for too long; nothing was kept."""


class RowRefused(StoreUnavailable):
    """The commit failed on what was written, not on the database; nothing was kept."""


class AlreadyServing(Exception):
    """Another process holds the embedded database."""


class Database:
    """The records of one deployment.

    Args:
        url: `sqlite:///PATH` or `postgresql://USER@HOST[,HOST2]/NAME` as libpq reads it.
        lock_wait_seconds: how long a statement may wait for another transaction's row on PostgreSQL.
        statement_seconds: how long one statement may run on PostgreSQL.
        answer_seconds: how long PostgreSQL may be silent before the connection is given up.
        turn_seconds: how long a writer may wait for the others before it on SQLite.
        connections_max: connections at most, PostgreSQL.
    """

    def __init__(
        self,
        url: str,
        *,
        lock_wait_seconds: float = 2.0,
        statement_seconds: float = 10.0,
        answer_seconds: float = 10.0,
        turn_seconds: float = 10.0,
        connections_max: int = 20,
    ) -> None:
        self.url = url
        self.is_sqlite = is_sqlite(url)
        self._turns = Turns(seconds_max=turn_seconds, late=Contended)
        if self.is_sqlite:
            self._engine: AsyncEngine = create_async_engine(_sqlite_url(url, "aiosqlite"), pool_size=connections_max)
            _prepare_sqlite(self._engine.sync_engine)
        else:
            # Compiling a plan (jit) takes longer than the longest statement here takes.
            options = (
                f"-c lock_timeout={int(lock_wait_seconds * 1000)} -c statement_timeout={int(statement_seconds * 1000)} "
                "-c jit=off"
            )
            connect = partial(connect_promptly, _libpq_url(url), options=options, answer_seconds_max=answer_seconds)
            self._engine = create_async_engine(
                "postgresql+psycopg://",
                async_creator=connect,
                pool_size=connections_max,
                max_overflow=0,
                pool_timeout=2.0,
                pool_use_lifo=True,
            )

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """Open the one transaction of a flow; leaving the block commits, an exception rolls back.

        Raises:
            StoreUnavailable: nothing was kept. Its kinds: `Contended`, and `CommitUnknown` where that cannot be known.
        """
        async with self._turns.own() if self.is_sqlite else nullcontext(), self._connect(write=True) as connection:
            try:
                transaction = await connection.begin()
            except DBAPIError as error:
                raise _told(error) from error
            try:
                yield connection
            except DBAPIError as error:
                await _roll_back(connection)
                if _sqlstate(error) == _READ_ONLY:
                    # A primary that has become a standby: a new connection finds the new primary, this one never will.
                    await connection.invalidate()
                if _is_of_the_database(error):
                    raise _told(error) from error
                raise
            except BaseException:
                await _roll_back(connection)
                raise
            try:
                await transaction.commit()
            except DBAPIError as error:
                await _roll_back(connection)
                raise _told_of_commit(error, is_sqlite=self.is_sqlite) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Open a transaction that only reads."""
        async with self._connect(write=False) as connection:
            try:
                yield connection
            except DBAPIError as error:
                if _is_of_the_database(error):
                    raise _told(error) from error
                raise

    @asynccontextmanager
    async def _connect(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self._engine.connect()
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            raise StoreUnavailable from error
        try:
            yield await connection.execution_options(**{_WRITE: write})
        finally:
            # A server that went ends here too, where a read is rolled back. What was read or committed stands.
            with suppress(DBAPIError):
                await connection.close()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()


def is_sqlite(url: str) -> bool:
    """Is this the embedded database?"""
    return url.startswith("sqlite")


@contextmanager
def open_sync(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    """Open one plain connection: for migrations and for commands that read.

    `read_only` leaves an embedded database to the process that serves it.
    """
    if is_sqlite(url):
        path = make_url(url).database or ""
        if read_only:
            uri = f"file:{quote(path)}?mode=ro"
            engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
        else:
            engine = create_engine(_sqlite_url(url, "pysqlite"))
            _prepare_sqlite(engine)
    else:
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(_libpq_url(url), connect_timeout=5)
        )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def serving_alone(url: str) -> Iterator[None]:
    """Hold the embedded database for this process alone; does nothing on PostgreSQL.

    Raises:
        AlreadyServing: another process holds it.
    """
    if not is_sqlite(url):
        yield
        return
    path = Path(f"{make_url(url).database}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = (
                f"Another callgate process holds {path.name}. The embedded database is served by one process alone: "
                "stop that one first, or move to PostgreSQL."
            )
            raise AlreadyServing(message) from None
        yield
    finally:
        os.close(handle)


async def now_milliseconds(transaction: Transaction) -> int:
    """The database's own clock, in milliseconds since 1970."""
    statement = (
        "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
        if transaction.dialect.name == "sqlite"
        else "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
    )
    return int((await transaction.execute(text(statement))).scalar_one())


def _sqlite_url(url: str, driver: str) -> str:
    parsed = make_url(url).set(drivername=f"sqlite+{driver}")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return parsed.render_as_string(hide_password=False)


def _libpq_url(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection class
        connection.isolation_level = None  # transactions begin where `begin` below says, not where the driver guesses
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "trusted_schema=OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred BEGIN that turns into a write fails at once when another wrote meanwhile, busy_timeout or not.
        write = connection.get_execution_options().get(_WRITE, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


async def _roll_back(connection: AsyncConnection) -> None:
    try:
        await connection.rollback()
    except DBAPIError:
        await connection.invalidate()


def _is_of_the_database(error: DBAPIError) -> bool:
    """Did the database fail, and not what it was asked?"""
    return isinstance(error, OperationalError) or error.connection_invalidated or _sqlstate(error) == _READ_ONLY


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _told(error: DBAPIError) -> StoreUnavailable:
    busy = "database is locked" in str(error.orig)
    return Contended() if _sqlstate(error) in _CONTENDED or busy else StoreUnavailable()


def _told_of_commit(error: DBAPIError, *, is_sqlite: bool) -> StoreUnavailable:
    if not isinstance(error, OperationalError | InterfaceError) and not error.connection_invalidated:
        return RowRefused()
    # SQLite answers a failed COMMIT truthfully; over a network the answer itself may be what was lost.
    if is_sqlite or not error.connection_invalidated:
        return _told(error)
    return CommitUnknown()
