"""What do conformance tests share? One event loop and one world for all the questions of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callgate.store.migrate import migrate
from tests.conformance.objects import Ids, seed_objects, with_decisions
from tests.conftest import World, open_world
from tests.seeding import NOON

# A machine whose cores are all busy with other tests still has to decide in time.
PATIENT_SECONDS = 10.0


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def furnished(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Ids, Ids]]:
    """The real application on SQLite with an object of every kind; and their ids, here and up north."""
    url = furnished_url(tmp_path_factory.mktemp("furnished"))
    async with open_world(url, deadline_seconds=PATIENT_SECONDS) as world:
        here, north = await with_decisions(world.client, world.token("switch"))
        yield world, here, north


def furnished_url(folder: Path) -> str:
    """A migrated SQLite file with an object of every kind."""
    url = f"sqlite:///{folder}/callgate.db"
    migrate(url)
    seed_objects(url, now=NOON)
    return url
