"""How is a PostgreSQL of our own broken: stopped as by a power cut, started, set read-only, asked who is connected?"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.postgres import GIVEN_SERVER, create_database, drop_database, postgres_server

_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class OwnPostgres:
    """A server that nobody else uses, and a migrated, peopled database in it to copy."""

    url: str
    template: str

    @property
    def folder(self) -> Path:
        """Where its socket is, and its data below."""
        return Path(str(make_url(self.url).query["host"]))

    @property
    def socket_path(self) -> str:
        """What a proxy leads to."""
        return str(self.folder / ".s.PGSQL.5432")

    @property
    def data(self) -> Path:
        """What the server keeps."""
        return self.folder / "data"

    def stop(self) -> None:
        """Stop it at once, without a checkpoint: it recovers from its log when it is started."""
        self._control("stop", "--mode=immediate")

    def start(self) -> None:
        """Start it again and wait until it takes connections."""
        self._control("start", f"--log={self.folder / 'log'}")

    def run(self, statement: str, *, database: str | None = None) -> list[tuple[object, ...]]:
        """Run one statement as an administrator, by the server's own socket."""
        with psycopg.connect(plain(database or self.url), autocommit=True) as connection:
            # Whatever is set for the service does not bind who set it.
            connection.execute("SET default_transaction_read_only = off")
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def end_backends(self, name: str) -> int:
        """End every connection of the service to this database, and answer how many those were."""
        theirs = f"datname = '{name}' AND application_name = 'callgate'"
        ended = self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {theirs}")  # noqa: S608
        return len(ended)

    def owner(self) -> int:
        """Which account is the server's?"""
        return self.data.stat().st_uid

    def _control(self, *command: str) -> None:
        programs = Path((self.data / "postmaster.opts").read_text().split()[0]).parent
        is_root = os.geteuid() == 0
        subprocess.run(
            [programs / "pg_ctl", *command, "--silent", "--wait", "-D", self.data],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=self.folder,
            timeout=_SECONDS_MAX,
            user=self.owner() if is_root else None,
            group=self.data.stat().st_gid if is_root else None,
            extra_groups=() if is_root else None,
        )


def plain(url: str) -> str:
    """The same as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def name_of(url: str) -> str:
    """The database's name."""
    return str(make_url(url).database)


@contextmanager
def own_server(*, durable: bool) -> Iterator[str]:
    """A server started here even where the tests are given one: that one is not ours to stop."""
    given = os.environ.pop(GIVEN_SERVER, None)
    try:
        with postgres_server(durable=durable) as url:
            yield url
    finally:
        if given is not None:
            os.environ[GIVEN_SERVER] = given


@contextmanager
def copied(postgres: OwnPostgres, *, tablespace: str | None) -> Iterator[str]:
    """A copy of the template, dropped at the end."""
    url = create_database(postgres.url, template=postgres.template)
    try:
        if tablespace is not None:
            postgres.run(f"ALTER DATABASE {name_of(url)} SET TABLESPACE {tablespace}")
        yield url
    finally:
        drop_database(postgres.url, url)
