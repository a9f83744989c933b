"""A clock that goes back undoes nothing: no decision is made by it, and service returns when it is right again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from callgate.clock import StepWatch
from tests.asking import ask, decide
from tests.conftest import World, open_world
from tests.seeding import NOON, NUMBER, block_row, fill, seed


@pytest.fixture
async def seeded(database_url: str) -> AsyncIterator[World]:
    seed(database_url)
    async with open_world(database_url) as world:
        yield world


async def test_a_block_of_a_minute_ago_is_not_undone_by_a_clock_that_goes_back(
    seeded: World, database_url: str
) -> None:
    fill(database_url, blocks=[block_row(NUMBER)])
    seeded.clock.advance(60)
    assert (await decide(seeded, "c1"))["reason"] == "number_not_available"

    seeded.clock.set(NOON - timedelta(hours=1))
    behind = await ask(seeded, "c2")
    ready = await seeded.client.get("/readyz")
    seeded.clock.set(NOON + timedelta(seconds=61))
    back = await decide(seeded, "c3")

    assert (behind.status_code, behind.json()["code"], behind.json()["decision"]) == (503, "clock_went_back", "deny")
    assert ready.json()["checks"]["clock"] == "failed"
    assert back["reason"] == "number_not_available"


@pytest.mark.parametrize(("seconds", "status"), [(1.0, 200), (1.001, 503)])
async def test_a_second_back_is_a_clock_being_put_right(seeded: World, seconds: float, status: int) -> None:
    seeded.clock.advance(3600)
    assert (await ask(seeded, "c1", station_id="nowhere")).status_code == 200

    seeded.clock.advance(-seconds)
    answer = await ask(seeded, "c2", station_id="nowhere")

    assert answer.status_code == status


def test_a_clock_that_had_been_ahead_and_is_put_right_is_believed() -> None:
    watch = StepWatch(NOON)

    assert not watch.is_behind(NOON + timedelta(hours=1))
    assert watch.is_behind(NOON + timedelta(minutes=30))
    assert not watch.is_behind(NOON)
    assert watch.is_behind(NOON - timedelta(minutes=30))
