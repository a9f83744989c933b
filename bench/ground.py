"""On which records does everything run, and how does each run get its own copy of them?"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import text

from bench.peer import prepare_peer
from bench.wire import switch_token
from bench.world import Person, asks_of, fill_records, people_of
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database

POSTGRESQL_FACTS: Final = {
    "postgresql": "server_version",
    "postgresql_fsync": "fsync",
    "postgresql_sync_commit": "synchronous_commit",
    "postgresql_shared_buffers": "shared_buffers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all runs share: a plan of requests, and a template of each database."""

    folder: Path
    plan: Path
    asks: int
    token: str = field(repr=False)
    sqlite_template: Path
    postgres_url: str
    postgres_template: str

    @contextmanager
    def on_sqlite(self) -> Iterator[str]:
        """The URL of a fresh SQLite copy, gone afterwards."""
        database = self.folder / "callgate.db"
        database.write_bytes(self.sqlite_template.read_bytes())
        try:
            yield f"sqlite:///{database}"
        finally:
            for left in self.folder.glob("callgate.db*"):
                left.unlink()

    @contextmanager
    def on_postgresql(self) -> Iterator[str]:
        """The URL of a fresh PostgreSQL copy, gone afterwards."""
        url = create_database(self.postgres_url, template=self.postgres_template)
        try:
            yield url
        finally:
            drop_database(self.postgres_url, url)


@contextmanager
def prepared(inmates: int, postgres_url: str) -> Iterator[Ground]:
    """Records for so many people, each of whom calls once, in both databases until left."""
    people = people_of(inmates)
    with tempfile.TemporaryDirectory(prefix="callgate-bench-") as name:
        folder = Path(name)
        sqlite_template = folder / "template.db"
        migrate(f"sqlite:///{sqlite_template}")
        fill_records(f"sqlite:///{sqlite_template}", people)
        postgres_template = create_database(postgres_url)
        try:
            migrate(postgres_template)
            fill_records(postgres_template, people)
            prepare_peer(postgres_template, ((person.inmate_id, person.pin) for person in people))
            settle(postgres_template)
            plan = folder / "plan"
            yield Ground(
                folder=folder,
                plan=plan,
                asks=write_plan(plan, people),
                token=switch_token(),
                sqlite_template=sqlite_template,
                postgres_url=postgres_url,
                postgres_template=postgres_template,
            )
        finally:
            drop_database(postgres_url, postgres_template)


def write_plan(path: Path, people: Sequence[Person]) -> int:
    """Write what is asked, one call of each of these people, and say how many that are."""
    lines = [f"{ask.kind}\t{json.dumps(ask.body)}\n" for ask in asks_of(people)]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def settle(url: str) -> None:
    """Let PostgreSQL count and write out what was loaded, which it does by itself within a minute.

    SQLite did so when its last connection was closed.
    """
    with open_sync(url) as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        plain.execute(text("VACUUM (ANALYZE)"))
        plain.execute(text("CHECKPOINT"))


def postgresql_facts(url: str, say: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """What of the server's settings a reader must know; a warning where it is not durable."""
    with open_sync(url) as connection:
        facts = {
            name: str(connection.execute(text(f"SHOW {shown}")).scalar_one())
            for name, shown in POSTGRESQL_FACTS.items()
        }
    if (facts["postgresql_fsync"], facts["postgresql_sync_commit"]) != ("on", "on"):
        say("the named PostgreSQL does not sync each commit: figures of it are not those of a durable one")
    return facts
