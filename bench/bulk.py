"""How is much written into a database at once: without its secondary indexes, its checks of keys and its syncs?

For building what is measured, never for what is measured: everything is back as it was, and on disk, when `loading` is
left.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url

from bench.peer import libpq_url
from callgate.store.database import is_sqlite


class Loading(Protocol):
    """One connection that loads."""

    def run(self, statement: str, **parameters: object) -> None:
        """Run one statement whose parameters are written `:name`."""

    def count_to(self, count: int) -> None:
        """Make the table `counted (i)` with the numbers from 0."""

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows that come from here."""

    def day_of(self, column: str) -> str:
        """SQL for the day of an instant in milliseconds, in UTC."""


@contextmanager
def loading(url: str, *tables: str) -> Iterator[Loading]:
    """Load into these tables, whose secondary indexes are gone meanwhile."""
    with _on_sqlite(url, tables) if is_sqlite(url) else _on_postgresql(url, tables) as database:
        yield database


class _OnSqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, **parameters: object) -> None:
        self._connection.execute(statement, parameters)

    def count_to(self, count: int) -> None:
        self.run("DROP TABLE IF EXISTS temp.counted")
        self.run(
            "CREATE TEMP TABLE counted AS WITH RECURSIVE n(i) AS "
            f"(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count:d}) SELECT i FROM n"
        )

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        self._connection.executemany(statement, rows)

    def day_of(self, column: str) -> str:
        return f"date({column} / 1000, 'unixepoch')"


@contextmanager
def _on_sqlite(url: str, tables: Sequence[str]) -> Iterator[_OnSqlite]:
    with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as connection:
        # Nothing is synced before the end: a build that breaks off is thrown away whole.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-512000"):
            connection.execute(f"PRAGMA {pragma}")
        marks = ", ".join("?" * len(tables))
        query = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > '' AND tbl_name IN ({marks})"
        indexes = connection.execute(query, tables).fetchall()
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        yield _OnSqlite(connection)
        for _, made_by in indexes:
            connection.execute(made_by)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


class _OnPostgresql:
    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, **parameters: object) -> None:
        if not parameters:  # a percent sign is one then, and needs no second
            self._connection.execute(statement.encode())
            return
        statement = statement.replace("%", "%%")
        for name in parameters:
            statement = re.sub(rf"(?<!:):{name}\b", f"%({name})s", statement)
        self._connection.execute(statement.encode(), parameters)

    def count_to(self, count: int) -> None:
        self.run("DROP TABLE IF EXISTS counted")
        self.run(f"CREATE TEMP TABLE counted AS SELECT i FROM generate_series(0::bigint, {count - 1:d}) AS i")
        self.run("ANALYZE counted")

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def day_of(self, column: str) -> str:
        return f"to_char(to_timestamp({column} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@contextmanager
def _on_postgresql(url: str, tables: Sequence[str]) -> Iterator[_OnPostgresql]:
    with psycopg.connect(libpq_url(url)) as connection:
        # Where it may, no key is looked up for each row, since the rows follow from one another.
        connection.execute(
            "SELECT set_config('session_replication_role', 'replica', false) "
            "WHERE current_setting('is_superuser') = 'on'"
        )
        connection.execute("SET maintenance_work_mem = '512MB'")
        # As callgate itself sets it: PostgreSQL's own method takes much longer.
        connection.execute(
            "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings "
            "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
        )
        query = """
            SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = ANY(%s::text[]::regclass[]) AND NOT i.indisprimary
            AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)
        """
        indexes = connection.execute(query, [list(tables)]).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"'.encode())
        yield _OnPostgresql(connection)
        for _, made_by in indexes:
            connection.execute(made_by.encode())
