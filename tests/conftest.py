"""What do tests stand on? Both databases, a clock that stands still, and the real application."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from fastapi import FastAPI

from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.app import build, deploy
from callgate.clock import ShiftedClock, use_pinned_time_zones
from callgate.domain.roles import Role, read_facilities
from callgate.flows.deployment import Deployment
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database, postgres_server
from tests.seeding import NOON, PIN_KEY, TOKEN_KEY, settings_for
from tests.spare_databases import SpareDatabases

# How long an example takes depends on who else uses the machine; that is no property of the code.
hypothesis.settings.register_profile("callgate", deadline=None)
hypothesis.settings.load_profile("callgate")
# What a test expects of a clock-change night must not depend on the machine either.
use_pinned_time_zones()

__all__ = ["NOON", "PIN_KEY", "TOKEN_KEY", "settings_for"]

LONGEST = (
    "tests/test_timing_of_refusals.py",
    "tests/stateful/",
    "tests/faults/",
    "tests/conformance/test_twin_worlds.py",
    "tests/conformance/test_dialects",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a minute and more begins first, so that at the end no worker waits for another one's."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server that makes databases."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """A migrated, empty database to copy."""
    url = create_database(postgres_url)
    migrate(url)
    yield url
    drop_database(postgres_url, url)


@pytest.fixture(scope="session")
def spare_databases(postgres_url: str, migrated_template: str) -> Iterator[SpareDatabases]:
    """Copies of it, for one test after the other."""
    databases = SpareDatabases(postgres_url, template=migrated_template)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database, once on each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")
        path = tmp_path / "callgate.db"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    databases: SpareDatabases = request.getfixturevalue("spare_databases")
    url = databases.take()
    yield url
    databases.give_back(url)


@dataclass(frozen=True, slots=True)
class World:
    """The real application on a fresh database."""

    app: FastAPI
    deployment: Deployment
    clock: ShiftedClock
    client: httpx.AsyncClient

    def token(self, role: str, *, facilities: list[str] | None = None, subject: str | None = None) -> str:
        """A valid token of that role."""
        return issue_token(
            TokenKeys.from_text(TOKEN_KEY),
            subject=subject or role,
            role=Role(role),
            facilities=read_facilities(facilities or ["*"]),
            now=self.clock.now(),
            lifetime_seconds=lifetime_seconds_max(Role(role)),
        )

    async def call(
        self,
        role: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: dict[str, str] | None = None,
        facilities: list[str] | None = None,
        subject: str | None = None,
    ) -> httpx.Response:
        """One request with a token of that role."""
        token = self.token(role, facilities=facilities, subject=subject)
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self.client.request(method, path, json=json, headers=sent)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The real application on a fresh database of each kind, at noon."""
    async with open_world(database_url) as opened:
        yield opened


def open_world(database_url: str, **changes: Any) -> "_WorldContext":
    """The same, for tests that need their own settings."""
    return _WorldContext(database_url, changes)


class _WorldContext:
    def __init__(self, database_url: str, changes: dict[str, Any]) -> None:
        self._clock = ShiftedClock(NOON, running=False)
        self._deployment = deploy(settings_for(database_url, **changes), clock=self._clock)
        self._app = build(self._deployment, watching=False)

    async def __aenter__(self) -> World:
        self._lifespan = self._app.router.lifespan_context(self._app)
        await self._lifespan.__aenter__()
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://callgate.test")
        return World(app=self._app, deployment=self._deployment, clock=self._clock, client=self._client)

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._lifespan.__aexit__(None, None, None)
