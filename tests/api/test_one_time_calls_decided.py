"""A warden grants a first or an emergency call or refuses it: who, until when, once, and not where a block stands."""

import asyncio
from typing import Any

import pytest

from tests.conftest import World
from tests.one_time import (
    BLOCKS,
    WARDEN,
    ask_call,
    asked_call,
    decide_call,
    path_of,
    read_call,
)
from tests.people import (
    FREE,
    hotline_row,
    seed_people,
    set_block,
    told,
)
from tests.places import audit_trail, code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, fill

pytestmark = pytest.mark.feature("F33")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def test_a_warden_grants_it_for_as_long_as_the_profile_allows(people: World) -> None:
    one_time_call_id = await asked_call(people)
    people.clock.advance(60)
    answer = await decide_call(people, one_time_call_id)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["state"], body["expires_at"]) == ("granted", "2026-11-21T17:01:00.000Z")
    assert (body["decided_by"], body["decided_at"]) == (WARDEN, "2026-11-20T17:01:00.000Z")
    assert body["decision_note"] == "the hospital confirmed it"
    read = await people.call("warden", "GET", f"/v1/one-time-calls/{one_time_call_id}")
    assert (read.json(), read.headers["etag"]) == (body, answer.headers["etag"])


async def test_it_expires_in_the_future_and_within_the_hours_of_the_profile(people: World) -> None:
    one_time_call_id = await asked_call(people)
    refused = {
        "2026-11-20T16:59:59.999Z": "expiry_is_over",
        "2026-11-20T17:00:00.000Z": "expiry_is_over",
        "2026-11-21T17:00:00.001Z": "expiry_too_late",
        "2026-11-21T17:00:01.000Z": "expiry_too_late",
        "2026-11-22": "malformed_request",
    }
    for expires_at, code in refused.items():
        answer = await decide_call(people, one_time_call_id, expires_at=expires_at)
        assert (answer.status_code, code_of(answer)) == (422, code), expires_at
        assert answer.json()["errors"][0]["pointer"] == "/expires_at"
    assert (await read_call(people, one_time_call_id))["state"] == "asked"
    latest = await decide_call(people, one_time_call_id, expires_at="2026-11-21T17:00:00.000Z")
    assert (latest.status_code, latest.json()["expires_at"]) == (200, "2026-11-21T17:00:00.000Z")
    soonest = await decide_call(people, await asked_call(people), expires_at="2026-11-20T17:00:00.001Z")
    assert (soonest.status_code, soonest.json()["state"]) == (200, "granted")


async def test_a_refusal_has_no_expiry(people: World) -> None:
    one_time_call_id = await asked_call(people)
    odd = await decide_call(people, one_time_call_id, decision="refuse", expires_at="2026-11-20T18:00:00Z")
    assert (odd.status_code, code_of(odd)) == (422, "expiry_of_a_refusal")
    answer = await decide_call(people, one_time_call_id, decision="refuse")
    assert (answer.status_code, answer.json()["state"], answer.json()["expires_at"]) == (200, "refused", None)
    malformed: tuple[dict[str, Any], ...] = ({"decision": "approve"}, {"note": None}, {"note": ""}, {"number": NUMBER})
    for changes in malformed:
        assert code_of(await decide_call(people, one_time_call_id, **changes)) == "malformed_request", changes


async def test_one_decision_is_all_there_is(people: World) -> None:
    for first in ("grant", "refuse"):
        one_time_call_id = await asked_call(people)
        await decide_call(people, one_time_call_id, decision=first)
        before = await read_call(people, one_time_call_id, "warden")
        for second in ("grant", "refuse"):
            answer = await decide_call(people, one_time_call_id, decision=second, subject="w.other")
            assert (answer.status_code, code_of(answer)) == (409, "already_decided")
        assert await read_call(people, one_time_call_id, "warden") == before


async def test_of_decisions_at_the_same_instant_one_is_kept(people: World) -> None:
    for _ in range(5):
        one_time_call_id = await asked_call(people)
        answers = await asyncio.gather(
            *(
                decide_call(people, one_time_call_id, decision=("grant", "refuse")[i % 2], subject=f"w.{i}")
                for i in range(4)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        (kept,) = [answer.json() for answer in answers if answer.status_code == 200]
        assert await read_call(people, one_time_call_id, "warden") == kept


async def test_whoever_asked_does_not_decide(people: World) -> None:
    one_time_call_id = await asked_call(people, subject=WARDEN)
    for decision in ("grant", "refuse"):
        answer = await decide_call(people, one_time_call_id, decision=decision)
        assert (answer.status_code, code_of(answer)) == (409, "same_person")
    assert (await read_call(people, one_time_call_id))["state"] == "asked"
    assert (await decide_call(people, one_time_call_id, subject="w.other")).status_code == 200


async def test_a_released_person_is_granted_nothing_and_can_still_be_refused(people: World) -> None:
    one_time_call_id = await asked_call(people)
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(FACILITY, status="released"))
    answer = await decide_call(people, one_time_call_id)
    assert (answer.status_code, code_of(answer)) == (409, "person_released")
    assert (await decide_call(people, one_time_call_id, decision="refuse")).status_code == 200


@pytest.mark.feature("F16")
async def test_only_the_warden_hears_of_a_block_and_nothing_is_changed(people: World) -> None:
    for position, (cause, changes) in enumerate(BLOCKS.items()):
        await set_block(people, FREE[position], **changes)
        one_time_call_id = await asked_call(people, number=FREE[position])
        seen = await read_call(people, one_time_call_id)
        answer = await decide_call(people, one_time_call_id)
        assert (answer.status_code, code_of(answer)) == (409, "number_blocked"), cause
        assert await read_call(people, one_time_call_id) == seen
        assert (await decide_call(people, one_time_call_id, decision="refuse")).status_code == 200
    actions = [event["action"] for event in await audit_trail(people)]
    assert actions.count("decide_one_time_call") == len(BLOCKS)


@pytest.mark.feature("F17")
async def test_a_named_exception_from_the_shield_lets_it_be_granted(people: World) -> None:
    block = await set_block(people, FREE[0], kind="victim", inmate_id=BORIS)
    one_time_call_id = await asked_call(people)
    exception = {"inmate_id": ANNA, "note": "her sister", "until": "indefinite"}
    await people.call("warden", "POST", f"/v1/blocks/{block['block_id']}/exceptions", json=exception)
    assert (await decide_call(people, one_time_call_id)).status_code == 200


async def test_what_became_a_number_that_cannot_be_called_is_not_granted(people: World, database_url: str) -> None:
    one_time_call_id = await asked_call(people)
    fill(database_url, common_numbers=[hotline_row(FREE[0])])
    answer = await decide_call(people, one_time_call_id)
    assert (answer.status_code, code_of(answer)) == (409, "hotline_number")


@pytest.mark.feature("F56")
async def test_the_wardens_words_are_for_those_who_decide(people: World) -> None:
    await set_block(people, FREE[0], kind="victim")
    one_time_call_id = await asked_call(people)
    await decide_call(people, one_time_call_id, decision="refuse", note="that is his victim")
    for path in (f"/v1/one-time-calls/{one_time_call_id}", path_of()):
        read = await people.call("counselor", "GET", path)
        assert "victim" not in read.text
        assert "that is his victim" in (await people.call("warden", "GET", path)).text
    assert await read_call(people, one_time_call_id) | {"decision_note": "that is his victim"} == await read_call(
        people, one_time_call_id, "warden"
    )


async def test_if_match_guards_what_the_warden_read(people: World) -> None:
    asked = await ask_call(people)
    one_time_call_id = asked.json()["one_time_call_id"]
    stale = await decide_call(people, one_time_call_id, headers={"If-Match": '"other"'})
    assert (stale.status_code, code_of(stale)) == (412, "changed_since_read")
    granted = await decide_call(people, one_time_call_id, headers={"If-Match": asked.headers["etag"]})
    assert granted.status_code == 200
    late = await decide_call(people, one_time_call_id, headers={"If-Match": asked.headers["etag"]})
    assert (late.status_code, code_of(late)) == (412, "changed_since_read")
