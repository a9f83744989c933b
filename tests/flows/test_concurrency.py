"""Two at once: one PIN at two telephones, a block that commits while an attempt waits, wrong PINs in parallel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import text

from callgate.domain.instants import to_milliseconds
from callgate.store import locks
from callgate.store.database import open_sync
from tests.asking import ask, decide, tell
from tests.conftest import World, open_world
from tests.seeding import (
    ANNA,
    FACILITY,
    NOON,
    NUMBER,
    OTHER_STATION,
    PINS,
    STATION,
    entry_row,
    fill,
    inmate_row,
    pin_row,
    seed,
    station_row,
)

ROUNDS = 50


@pytest.fixture
async def nodes(database_url: str) -> AsyncIterator[list[World]]:
    """Two nodes on one PostgreSQL; one process with itself on SQLite, which has no second."""
    seed(database_url)
    async with AsyncExitStack() as stack:
        yield await _open_nodes(stack, database_url, deadline_seconds=10.0)


@pytest.fixture
async def hasty_nodes(database_url: str) -> AsyncIterator[list[World]]:
    """The same with the deadline of production."""
    seed(database_url)
    async with AsyncExitStack() as stack:
        yield await _open_nodes(stack, database_url, deadline_seconds=1.0)


async def _open_nodes(stack: AsyncExitStack, url: str, *, deadline_seconds: float) -> list[World]:
    count = 1 if url.startswith("sqlite") else 2
    worlds = [
        await stack.enter_async_context(open_world(url, lanes=2, deadline_seconds=deadline_seconds))
        for _ in range(count)
    ]
    return [worlds[0], worlds[-1]]


@pytest.mark.feature("F06")
async def test_one_pin_at_two_telephones_in_the_same_instant_makes_one_call(
    nodes: list[World], database_url: str
) -> None:
    people = [f"2{i:05d}" for i in range(ROUNDS)]
    fill(
        database_url,
        inmates=[inmate_row(name) for name in people],
        pins=[pin_row(name, _pin(i)) for i, name in enumerate(people)],
        list_entries=[entry_row(name, NUMBER) for name in people],
    )

    for i in range(ROUNDS):
        one, two = await asyncio.gather(
            decide(nodes[0], f"a{i}", pin=_pin(i), station_id=STATION),
            decide(nodes[1], f"b{i}", pin=_pin(i), station_id=OTHER_STATION),
        )
        assert sorted([one["decision"], two["decision"]]) == ["allow", "deny"]
        assert {one["reason"], two["reason"]} == {None, "call_in_progress"}


def _pin(i: int) -> str:
    return str(905_318_265 - 7_919 * i)


@pytest.mark.feature("F59")
async def test_one_attempt_sent_twice_at_once_is_one_decision(nodes: list[World]) -> None:
    for i in range(20):
        first, second = await asyncio.gather(
            ask(nodes[0], f"same{i}", called_number="+18605550199"),
            ask(nodes[1], f"same{i}", called_number="+18605550199"),
        )
        assert first.text == second.text


async def test_an_end_told_while_the_attempt_is_decided_leaves_no_call_running(
    nodes: list[World], database_url: str
) -> None:
    """A switch that gave up tells one node that the call failed while another node still decides it."""
    people = [f"3{i:05d}" for i in range(ROUNDS)]
    fill(
        database_url,
        inmates=[inmate_row(name) for name in people],
        pins=[pin_row(name, _pin(i)) for i, name in enumerate(people)],
        list_entries=[entry_row(name, NUMBER) for name in people],
    )

    async def give_up(i: int) -> dict[str, Any]:
        await asyncio.sleep(i % 10 * 0.002)  # so that it falls everywhere in the decision
        return await tell(nodes[1], f"g{i}", "ended", 1, duration_seconds=0, cause="failed")

    for i in range(ROUNDS):
        await asyncio.gather(ask(nodes[0], f"g{i}", pin=_pin(i)), give_up(i))

    running = "SELECT count(*) FROM calls WHERE state <> 'ended'"
    with open_sync(database_url) as connection:
        assert connection.execute(text("SELECT count(*) FROM call_events")).scalar_one() == ROUNDS
        assert connection.execute(text(running)).scalar_one() == 0


@pytest.mark.feature("F11", "F16")
async def test_a_block_that_commits_while_an_attempt_waits_is_seen_by_it(nodes: list[World]) -> None:
    world = nodes[0]
    block = {
        "block_id": "b1",
        "number": NUMBER,
        "scope": "inmate",
        "inmate_id": ANNA,
        "kind": "victim",
        "authority": "a",
        "note": "n",
        "effective_at": to_milliseconds(NOON),
        "created_by": "v",
        "created_role": "warden",
    }
    columns = ", ".join(block)
    values = ", ".join(f":{name}" for name in block)

    async with world.deployment.database.write() as transaction:
        await locks.own_facilities(transaction, [FACILITY])
        waiting = asyncio.create_task(decide(nodes[1], "c1"))
        await asyncio.sleep(0.15)
        assert not waiting.done()
        await transaction.execute(text(f"INSERT INTO blocks ({columns}) VALUES ({values})"), block)  # noqa: S608

    assert (await waiting)["reason"] == "number_not_available"


@pytest.mark.feature("F60")
async def test_whoever_waits_past_the_deadline_is_not_decided(hasty_nodes: list[World]) -> None:
    nodes, world = hasty_nodes, hasty_nodes[0]

    async with world.deployment.database.write() as transaction:
        await locks.own_facilities(transaction, [FACILITY])
        late = await ask(nodes[1], "late")
    later = await decide(world, "other", pin=PINS["100002"], called_number="+18605550124", station_id=OTHER_STATION)
    anew = await ask(nodes[1], "late")

    assert late.status_code == 503
    assert late.headers["Retry-After"] == "1"
    assert late.json()["decision"] == "deny"
    assert later["decision"] == "allow"
    assert anew.json()["decision"] == "allow"
    assert "Idempotent-Replayed" not in anew.headers


@pytest.mark.feature("F02")
async def test_wrong_pins_in_parallel_never_pass_the_throttle(nodes: list[World], database_url: str) -> None:
    fill(database_url, stations=[station_row("t1"), station_row("t2")])

    for station in ("t1", "t2"):
        answers = await asyncio.gather(
            *(
                decide(nodes[i % 2], f"{station}-{i}", station_id=station, pin=f"88019384{i}", called_number=NUMBER)
                for i in range(8)
            )
        )
        assert {answer["reason"] for answer in answers} == {"pin_not_accepted"}
        assert await _findings(nodes[0], answers) == {"pin_unknown": 5, "pin_locked": 3}


async def _findings(world: World, answers: list[dict[str, Any]]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for answer in answers:
        shown = await world.call("warden", "GET", f"/v1/decisions/{answer['decision_id']}")
        (reason,) = [one["reason"] for one in shown.json()["findings"] if one["check"] == "pin"]
        counted[reason] = counted.get(reason, 0) + 1
    return counted


async def test_the_hundredth_wrong_pin_of_a_facility_in_parallel_is_counted_once(
    nodes: list[World], database_url: str
) -> None:
    stations = [f"p{i}" for i in range(30)]
    fill(database_url, stations=[station_row(name) for name in stations])
    # 25 telephones with four wrong PINs each: a hundred, and none of them locked yet.
    for tried in range(4):
        await asyncio.gather(
            *(
                decide(nodes[i % 2], f"{name}-{tried}", station_id=name, pin=f"88019{tried}84{i % 10}")
                for i, name in enumerate(stations[:25])
            )
        )

    answers = await asyncio.gather(
        *(
            decide(nodes[i % 2], f"{name}-x{again}", station_id=name, pin="990193846")
            for i, name in enumerate(stations[25:])
            for again in range(2)
        )
    )

    # Past the hundredth each telephone locks at its first wrong one, so of two tries at once one was made.
    assert await _findings(nodes[0], answers) == {"pin_unknown": 5, "pin_locked": 5}


@pytest.mark.feature("F02")
async def test_a_lock_after_wrong_pins_survives_a_restart(database_url: str) -> None:
    seed(database_url)
    async with open_world(database_url) as before:
        for i in range(5):
            await decide(before, f"w{i}", pin=f"88019384{i}")

    async with open_world(database_url) as after:
        locked = await decide(after, "c1")
        after.clock.advance(300)
        opened = await decide(after, "c2")

    assert locked["reason"] == "pin_not_accepted"
    assert opened["decision"] == "allow"
