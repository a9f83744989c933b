"""What does a granted one-time call let through at the gate, how often, and what is kept of it?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from callgate.flows.sweep_calls import sweep_calls
from callgate.store.tables import calls
from tests.asking import ask, decide, tell, without_ids
from tests.conftest import World, open_world
from tests.one_time import UNAVAILABLE, WANTED, asked_call, decide_call, granted_call, hears, read_call, rests_on, talk
from tests.people import (
    FREE,
    read_list,
    seed_people,
)
from tests.seeding import (
    ANNA,
    BORIS,
    OTHER_STATION,
    PINS,
    STATION,
    fill,
    inmate_row,
    pin_row,
    seed,
)

pytestmark = pytest.mark.feature("F33")

ROUNDS = 20


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# -------------------------------------------------------------------------------------------------------------- one use


async def test_it_opens_one_number_once_and_the_list_stays_as_it_was(people: World) -> None:
    before = await read_list(people, ANNA)
    assert await hears(people, "c0") == UNAVAILABLE
    one_time_call_id = await asked_call(people)
    assert await hears(people, "c1") == UNAVAILABLE
    await decide_call(people, one_time_call_id)
    assert await talk(people, "c2", FREE[1]) == UNAVAILABLE
    assert await talk(people, "c3") == "allow"
    assert await talk(people, "c4") == UNAVAILABLE
    after = await read_list(people, ANNA)
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])
    assert await rests_on(people, "c3") == one_time_call_id
    found = await read_call(people, one_time_call_id)
    call = await people.call("warden", "GET", f"/v1/calls?number={WANTED.replace('+', '%2B')}")
    assert (found["state"], [found["used_decision_id"]]) == (
        "used",
        [item["decision_id"] for item in call.json()["items"]],
    )


async def test_it_is_a_social_call_recorded_priced_and_cut_as_any_other(people: World) -> None:
    await granted_call(people)
    listed = await decide(people, "c1")
    await tell(people, "c1", "ended", 1, cause="no_answer", duration_seconds=0)
    granted = await decide(people, "c2", called_number=WANTED)
    assert (granted["call_class"], granted["record"], granted["max_duration_seconds"]) == ("social", True, 900)
    assert without_ids(json.dumps(granted, separators=(",", ":")), granted) == without_ids(
        json.dumps(listed, separators=(",", ":")), listed
    )


async def test_it_is_one_persons(people: World) -> None:
    await granted_call(people)
    assert await hears(people, "c1", pin=PINS[BORIS]) == UNAVAILABLE
    assert await hears(people, "c2") == "allow"


async def test_a_refused_one_opens_nothing(people: World) -> None:
    await decide_call(people, await asked_call(people), decision="refuse")
    assert await hears(people, "c1") == UNAVAILABLE


async def test_it_opens_the_number_until_the_instant_at_which_it_expires(people: World) -> None:
    await granted_call(people, expires_at="2026-11-20T17:10:00.000Z")
    people.clock.advance(599.999)
    assert await hears(people, "c1") == "allow"
    await tell(people, "c1", "ended", 1, cause="busy", duration_seconds=0)
    people.clock.advance(0.001)
    assert await hears(people, "c2") == UNAVAILABLE


@pytest.mark.parametrize("cause", ["no_answer", "busy", "rejected", "failed"])
async def test_an_attempt_that_nobody_answers_does_not_spend_it(people: World, cause: str) -> None:
    one_time_call_id = await granted_call(people)
    assert await hears(people, "c1") == "allow"
    await tell(people, "c1", "ended", 1, cause=cause, duration_seconds=0)
    assert (await read_call(people, one_time_call_id))["state"] == "granted"
    assert await talk(people, "c2") == "allow"
    assert (await read_call(people, one_time_call_id))["state"] == "used"


async def test_an_attempt_of_which_nothing_more_is_heard_does_not_spend_it(people: World) -> None:
    await granted_call(people)
    assert await hears(people, "c1") == "allow"
    people.clock.advance(119.999)
    assert await hears(people, "c2") == "call_in_progress"
    people.clock.advance(0.001)
    assert await talk(people, "c3") == "allow"


async def test_a_call_that_was_answered_spends_it_though_its_end_is_never_told(people: World) -> None:
    one_time_call_id = await granted_call(people)
    assert await hears(people, "c1") == "allow"
    await tell(people, "c1", "answered", 1)
    assert (await read_call(people, one_time_call_id))["state"] == "used"
    people.clock.advance(3 * 3600)
    assert await hears(people, "c2") == UNAVAILABLE


async def test_talk_time_without_an_answer_spends_it(people: World) -> None:
    one_time_call_id = await granted_call(people)
    assert await hears(people, "c1") == "allow"
    await tell(people, "c1", "ended", 1, duration_seconds=1)
    assert await hears(people, "c2") == UNAVAILABLE
    assert (await read_call(people, one_time_call_id))["state"] == "used"


async def test_an_answer_that_is_told_late_spends_it_too(people: World) -> None:
    await granted_call(people)
    assert await hears(people, "c1") == "allow"
    people.clock.advance(121)
    assert (await tell(people, "c1", "answered", 1))["action"] == "terminate"
    assert await hears(people, "c2") == UNAVAILABLE


async def test_a_call_that_began_on_it_has_its_full_length_though_it_expires_meanwhile(people: World) -> None:
    await granted_call(people, expires_at="2026-11-20T17:01:00.000Z")
    people.clock.advance(59.999)
    assert await hears(people, "c1") == "allow"
    people.clock.advance(60)
    again = await ask(people, "c1", called_number=WANTED)
    assert (again.json()["decision"], again.headers["Idempotent-Replayed"]) == ("allow", "true")
    assert (await tell(people, "c1", "answered", 1))["action"] == "continue"
    people.clock.advance(899)
    assert await sweep_calls(people.deployment) == 0
    assert (await tell(people, "c1", "progress", 2))["action"] == "continue"
    await tell(people, "c1", "ended", 3)
    assert await hears(people, "c2") == UNAVAILABLE


async def test_a_second_call_ends_once_the_first_turns_out_to_have_been_answered(people: World) -> None:
    await granted_call(people)
    assert await hears(people, "c1") == "allow"
    people.clock.advance(120)
    assert await hears(people, "c2") == "allow"
    await tell(people, "c2", "answered", 1)
    assert await sweep_calls(people.deployment) == 0
    late = {"answered_at": "2026-11-20T17:00:10.000Z"}
    await tell(people, "c1", "ended", 1, **late)
    assert await sweep_calls(people.deployment) == 1
    assert (await tell(people, "c2", "progress", 2))["action"] == "terminate"


async def test_two_that_were_granted_are_two_calls(people: World) -> None:
    first = await granted_call(people, expires_at="2026-11-20T19:00:00.000Z")
    second = await granted_call(people, expires_at="2026-11-20T18:00:00.000Z")
    for call_id, heard, used in (("c1", "allow", second), ("c2", "allow", first)):
        assert await talk(people, call_id) == heard
        assert await rests_on(people, call_id) == used
    assert await talk(people, "c3") == UNAVAILABLE


async def test_a_repeat_of_the_attempt_is_answered_as_before_while_its_call_waits(people: World) -> None:
    await granted_call(people)
    first = await ask(people, "c1", called_number=WANTED)
    people.clock.advance(60)
    again = await ask(people, "c1", called_number=WANTED)
    assert (again.text, again.headers["Idempotent-Replayed"]) == (first.text, "true")
    assert again.json()["decision"] == "allow"


# ----------------------------------------------------------------------------------------------------------- the record


async def test_the_record_holds_it_where_it_counted_and_a_preview_shows_it(people: World) -> None:
    one_time_call_id = await granted_call(people)
    preview = {"inmate_id": ANNA, "called_number": WANTED}
    shown = (await people.call("warden", "POST", "/v1/decisions/preview", json=preview)).json()
    expected = {"one_time_call_id": one_time_call_id, "expires_at": "2026-11-21T17:00:00Z"}
    assert (shown["decision"], shown["case"]["one_time"]) == ("allow", expected)
    later = await people.call("warden", "POST", "/v1/decisions/preview", json=preview | {"at": "2026-11-21T17:00:00Z"})
    assert (later.json()["reason"], later.json()["case"]["one_time"]) == (UNAVAILABLE, None)
    assert (await read_call(people, one_time_call_id))["state"] == "granted"
    decided = await decide(people, "c1", called_number=WANTED)
    found = (await people.call("warden", "GET", f"/v1/decisions/{decided['decision_id']}")).json()
    assert found["case"]["one_time"] == expected
    wrong = await decide(people, "c2", called_number=WANTED, pin="880193846")
    found = (await people.call("warden", "GET", f"/v1/decisions/{wrong['decision_id']}")).json()
    assert (found["reason"], found["case"]["one_time"]) == ("pin_not_accepted", None)
    people.clock.advance(11 * 3600)  # closed: no PIN is heard, so nobody is identified
    closed = await decide(people, "c3", called_number=WANTED)
    found = (await people.call("warden", "GET", f"/v1/decisions/{closed['decision_id']}")).json()
    assert (found["reason"], found["case"]["one_time"]) == ("outside_calling_hours", None)


# ------------------------------------------------------------------------------------------------------ two at one time


@pytest.fixture
async def nodes(database_url: str) -> AsyncIterator[list[World]]:
    """Two nodes on one PostgreSQL; one process with itself on SQLite, which has no second."""
    seed(database_url)
    async with AsyncExitStack() as stack:
        count = 1 if database_url.startswith("sqlite") else 2
        worlds = [await stack.enter_async_context(open_world(database_url, lanes=2)) for _ in range(count)]
        yield [worlds[0], worlds[-1]]


async def test_of_two_at_the_same_instant_one_is_answered_and_no_later_one_is_allowed(
    nodes: list[World], database_url: str
) -> None:
    names = [f"2{i:05d}" for i in range(ROUNDS)]
    pins = {name: str(905_318_265 - 7_919 * i) for i, name in enumerate(names)}
    fill(
        database_url,
        inmates=[inmate_row(name) for name in names],
        pins=[pin_row(name, pin) for name, pin in pins.items()],
    )
    for name in names:
        await granted_call(nodes[0], name)
        for again in range(2):
            keys = {f"{name}-{again}{node}": node for node in (0, 1)}
            answers = await asyncio.gather(
                *(
                    decide(
                        nodes[node],
                        key,
                        pin=pins[name],
                        called_number=WANTED,
                        station_id=(STATION, OTHER_STATION)[node],
                    )
                    for key, node in keys.items()
                )
            )
            allowed = [answer["call_id"] for answer in answers if answer["decision"] == "allow"]
            assert len(allowed) == (1 if again == 0 else 0)
            for key in allowed:
                await asyncio.gather(tell(nodes[0], key, "answered", 1), tell(nodes[1], key, "progress", 2))
                await tell(nodes[0], key, "ended", 3)
    async with nodes[0].deployment.database.read() as transaction:
        used = [
            row.one_time_call_id
            for row in await transaction.execute(select(calls).where(calls.c.answered_at.is_not(None)))
        ]
    assert len(used) == len(set(used)) == ROUNDS
    assert None not in used


async def test_of_many_telephones_at_once_one_gets_the_call(nodes: list[World]) -> None:
    await granted_call(nodes[0])
    answers = await asyncio.gather(
        *(
            decide(nodes[i % 2], f"c{i}", called_number=WANTED, station_id=(STATION, OTHER_STATION)[i // 2 % 2])
            for i in range(12)
        )
    )
    assert sorted(answer["decision"] for answer in answers) == ["allow", *["deny"] * 11]
