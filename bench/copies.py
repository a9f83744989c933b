"""On which databases do overload and soak run? On fresh copies of records that were made once."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.world import fill_records, people_of
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database, postgres_server

NewDatabase = Callable[[], AbstractContextManager[str]]


@contextmanager
def databases(kind: str, inmates: int) -> Iterator[NewDatabase]:
    """Copies of the records of so many people, on `sqlite` or `postgresql`, as many as are asked for."""
    people = people_of(inmates)
    with tempfile.TemporaryDirectory(prefix="callgate-overload-") as name:
        folder = Path(name)
        if kind == "sqlite":
            template = folder / "template.db"
            migrate(f"sqlite:///{template}")
            fill_records(f"sqlite:///{template}", people)
            yield lambda: _sqlite_copy(template)
            return
        with postgres_server(durable=True) as server:
            filled = create_database(server)
            migrate(filled)
            fill_records(filled, people)
            yield lambda: _postgresql_copy(server, filled)


@contextmanager
def _sqlite_copy(template: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        path = Path(folder) / "callgate.db"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"


@contextmanager
def _postgresql_copy(server: str, template: str) -> Iterator[str]:
    url = create_database(server, template=template)
    try:
        yield url
    finally:
        drop_database(server, url)
