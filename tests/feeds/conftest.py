"""What do tests of feeds stand on? The seeded people at two facilities, and their database's address."""

import pytest

from tests.conftest import World
from tests.people import seed_people


@pytest.fixture
def seeded(world: World, database_url: str) -> str:
    """The address of the database behind `world`, with the seeded people."""
    assert world.deployment.settings.database_url == database_url
    seed_people(database_url)
    return database_url
