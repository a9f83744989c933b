"""What do conformance tests share? One event loop and one world for all the questions of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.asking_rounds import PATIENT_SECONDS
from tests.conformance.objects import seed_objects, with_decisions
from tests.conformance.sending import Furnished
from tests.conftest import open_world
from tests.seeding import NOON


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def file_urls(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[str, str]:
    """Two migrated, empty SQLite files."""
    folder = tmp_path_factory.mktemp("conformance")
    paths = folder / "one.db", folder / "two.db"
    for path in paths:
        path.write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{paths[0]}", f"sqlite:///{paths[1]}"


@pytest.fixture(scope="module")
async def furnished(file_urls: tuple[str, str]) -> AsyncIterator[Furnished]:
    """The real application with an object of every kind; and their ids, here and up north."""
    seed_objects(file_urls[0], now=NOON)
    async with open_world(file_urls[0], deadline_seconds=PATIENT_SECONDS) as world:
        here, north = await with_decisions(world.client, world.token("switch"))
        yield world, here, north
