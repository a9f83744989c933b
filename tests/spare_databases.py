"""Where does a test's empty PostgreSQL database come from? From the test before, emptied, where nothing else changed.

To copy a database and to drop it costs the server fifty milliseconds, to delete a test's few rows one. What shows that
a database is as it was: the same version in `alembic_version`, and no table, trigger, function or setting that was
touched since. Whatever cannot be shown is dropped, and the next test has a new copy.
"""

from typing import Final, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.postgres import create_database, drop_database

# What was deleted is not vacuumed away; before it could slow a test down the database is dropped.
USES_MAX: Final = 100
ROWS_MAX: Final = 5_000
ENDED_WITHIN_MS: Final = 5_000

# Where tables, triggers and functions are described, and by what number: from 16384 on it is not PostgreSQL's own.
_OWN: Final[tuple[tuple[LiteralString, LiteralString], ...]] = (
    ("pg_class", "oid"),
    ("pg_attribute", "attrelid"),
    ("pg_attrdef", "adrelid"),
    ("pg_constraint", "oid"),
    ("pg_index", "indexrelid"),
    ("pg_trigger", "oid"),
    ("pg_proc", "oid"),
    ("pg_type", "oid"),
    ("pg_namespace", "oid"),
)
# Each change of an object writes its row anew, with the number of the transaction that did.
_SHAPE: Final[LiteralString] = " UNION ALL ".join(
    [
        *(f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name} WHERE {key} >= 16384" for name, key in _OWN),  # noqa: S608
        "SELECT version_num, 0, 0 FROM alembic_version",
        """SELECT 'settings', count(*), 0 FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())""",
    ]
)
_END_OTHERS: Final[LiteralString] = (
    "SELECT bool_and(pg_terminate_backend(pid, %s)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_TABLES: Final[LiteralString] = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)

Shape = list[tuple[object, ...]]


class SpareDatabases:
    """Databases of one server, each like the template, for one test after the other."""

    def __init__(self, server_url: str, *, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._spare: list[str] = []
        self._shapes: dict[str, Shape] = {}
        self._uses: dict[str, int] = {}

    def take(self) -> str:
        """Which URL leads to a migrated, empty database that nobody else has?"""
        if self._spare:
            return self._spare.pop()
        url = create_database(self._server_url, template=self._template)
        with _connected(url) as connection:
            self._shapes[url] = _shape_of(connection)
        self._uses[url] = 0
        return url

    def give_back(self, url: str) -> None:
        """Empty it for the next test, or drop it where that is not sure to leave it as it was."""
        self._uses[url] += 1
        if self._uses[url] < USES_MAX and self._is_emptied(url):
            self._spare.append(url)
        else:
            self._drop(url)

    def close(self) -> None:
        """Drop those that nobody uses."""
        while self._spare:
            self._drop(self._spare.pop())

    def _drop(self, url: str) -> None:
        drop_database(self._server_url, url)
        del self._shapes[url], self._uses[url]

    def _is_emptied(self, url: str) -> bool:
        try:
            with _connected(url) as connection:
                (all_ended,) = connection.execute(_END_OTHERS, [ENDED_WITHIN_MS]).fetchone() or (None,)
                if all_ended is False or _shape_of(connection) != self._shapes[url]:
                    return False
                return _delete_all(connection) <= ROWS_MAX
        except psycopg.Error:
            return False  # for one, a named server's user may not delete what is append-only


def _connected(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _shape_of(connection: psycopg.Connection) -> Shape:
    return sorted(connection.execute(_SHAPE).fetchall(), key=repr)


def _delete_all(connection: psycopg.Connection) -> int:
    """How many rows were there? None is left."""
    # No trigger fires, neither those that keep the logs append-only nor those that hold references.
    connection.execute("SET session_replication_role = replica")
    deleted = 0
    with connection.transaction():
        for (table,) in connection.execute(_TABLES).fetchall():
            deleted += connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table))).rowcount
    return deleted
