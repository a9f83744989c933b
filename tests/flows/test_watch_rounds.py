"""A round of the watch: bounded, by one worker at a time, shaken off by no failure, and run by itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from callgate.app import build
from callgate.flows import watch
from callgate.flows.watch import run_round
from callgate.store import tables as t
from callgate.store.database import open_sync
from callgate.store.leading import may_lead
from tests.asking import counted_statements
from tests.conftest import World, open_world
from tests.noticing import ending, subjects, told, waiting
from tests.people import seed_people
from tests.removals import removal_request_row
from tests.seeding import NOON, fill

ENDS, LATE = "block_ends_soon", "removal_overdue"


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[World]:
    seed_people(database_url)
    async with open_world(database_url) as world:
        yield world


async def test_more_than_one_round_can_hold_is_told_in_the_next(
    people: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_FOUND_MAX", 2)
    for i in range(5):
        fill(database_url, blocks=[ending(f"b{i}", NOON + timedelta(days=5 - i))])

    assert await subjects(people, ENDS) == ["b3", "b4"]  # the next to end first
    assert await subjects(people, ENDS) == ["b1", "b2", "b3", "b4"]
    assert await subjects(people, ENDS) == ["b0", "b1", "b2", "b3", "b4"]


async def test_a_round_with_nothing_to_tell_writes_nothing(people: World) -> None:
    with counted_statements(people) as statements:
        await run_round(people.deployment)

    assert {statement.split()[0] for statement in statements} <= {"BEGIN", "SELECT", "WITH"}
    assert not any("BEGIN IMMEDIATE" in statement for statement in statements)


async def test_no_alert_carries_a_number_or_a_name(people: World, database_url: str) -> None:
    fill(
        database_url,
        blocks=[ending("b", NOON + timedelta(days=3))],
        removal_requests=[removal_request_row("r", due_on="2026-11-01")],
        list_entries=[waiting("e", NOON - timedelta(days=30))],
    )
    await run_round(people.deployment)

    found = str(await told(people))

    assert len(await told(people)) == 3
    for secret in ("+1860", "Ruth Doe", "A Person", "B Person", "FA-26-4011"):
        assert secret not in found


async def test_a_part_that_fails_leaves_the_others_and_the_next_round_alone(people: World, database_url: str) -> None:
    fill(database_url, blocks=[ending("b", NOON + timedelta(days=3))])
    fill(database_url, removal_requests=[removal_request_row("r", due_on="2026-11-01")])
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(time_zone="America/Nowhere"))
        connection.commit()
    assert await subjects(people, ENDS) == ["b"]
    assert await subjects(people, LATE) == []
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(time_zone="America/New_York"))
        connection.commit()
    assert await subjects(people, LATE) == ["r"]


async def test_one_worker_at_a_time_does_the_round(people: World, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        # One process alone serves it, and that one does every round.
        async with people.deployment.database.read() as transaction:
            assert await may_lead(transaction, "watch")
        return
    fill(database_url, blocks=[ending("b", NOON + timedelta(days=3))])
    async with people.deployment.database.read() as other:
        assert await may_lead(other, "watch")
        assert await run_round(people.deployment, log_since=NOON) == NOON
        assert await told(people) == []
    assert await subjects(people, ENDS) == ["b"]


async def test_rounds_that_run_beside_each_other_tell_once(people: World, database_url: str) -> None:
    for i in range(5):
        fill(database_url, blocks=[ending(f"b{i}", NOON + timedelta(days=3))])
    async with open_world(database_url) as other:
        await asyncio.gather(*(run_round(world.deployment) for world in (people, other) for _ in range(4)))

    assert await subjects(people, ENDS) == [f"b{i}" for i in range(5)]


# ------------------------------------------------------------------------------------------------------------ by itself


async def test_the_watch_runs_by_itself_and_stops_with_the_service(
    people: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "ROUND_SECONDS", 0.05)
    fill(database_url, blocks=[ending("b1", NOON + timedelta(days=3))])
    async with open_world(database_url) as other:
        app = build(other.deployment)
        async with app.router.lifespan_context(app):
            await until_told(people, 1)
            fill(database_url, blocks=[ending("b2", NOON + timedelta(days=3))])
            await until_told(people, 2)
    names = {task.get_name() for task in asyncio.all_tasks()}

    assert "watch" not in names


async def until_told(world: World, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await told(world, ENDS)) < count:  # noqa: ASYNC110 - another process's work would tell of no event
            await asyncio.sleep(0.05)


async def test_a_round_that_fails_is_followed_by_the_next(
    people: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "ROUND_SECONDS", 0.05)
    fill(database_url, blocks=[ending("b", NOON + timedelta(days=3))])
    with open_sync(database_url) as connection:
        connection.execute(text("ALTER TABLE alerts RENAME TO alerts_elsewhere"))
        connection.commit()
    async with watch.watching(people.deployment):
        await asyncio.sleep(0.3)
        with open_sync(database_url) as connection:
            connection.execute(text("ALTER TABLE alerts_elsewhere RENAME TO alerts"))
            connection.commit()
        await until_told(people, 1)


async def test_alerts_that_are_told_are_counted_by_kind_once(people: World, database_url: str) -> None:
    async def counted() -> float:
        text_of = (await people.client.get("/metrics")).text
        (line,) = [line for line in text_of.splitlines() if line.startswith(f'callgate_alerts_total{{kind="{ENDS}"}}')]
        return float(line.rsplit(" ", 1)[1])

    before = await counted()
    fill(database_url, blocks=[ending("b", NOON + timedelta(days=3))])
    for _ in range(3):
        await run_round(people.deployment)

    assert await counted() - before == 1
