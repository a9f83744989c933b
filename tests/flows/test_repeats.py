"""A switch that asks twice: the same answer, counted once, and never an allow that today's facts refuse."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.asking import ask, decide, tell
from tests.conftest import World
from tests.seeding import ANNA, NOON, NUMBER, OTHER_NUMBER, PINS, block_row, fill, seed


@pytest.fixture
def seeded(world: World, database_url: str) -> World:
    seed(database_url)
    return world


@pytest.mark.feature("F59")
async def test_a_repeated_allow_is_answered_byte_for_byte_while_unanswered(seeded: World) -> None:
    first = await ask(seeded, "c1")
    seeded.clock.advance(119)
    again = await ask(seeded, "c1")

    assert again.text == first.text
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


async def test_a_repeated_allow_is_not_answered_once_it_expired(seeded: World) -> None:
    await ask(seeded, "c1")
    seeded.clock.advance(120)

    again = await ask(seeded, "c1")

    assert again.status_code == 422
    assert again.json()["code"] == "call_id_reused"
    assert again.json()["decision"] == "deny"


async def test_a_repeated_denial_is_answered_for_ever(seeded: World) -> None:
    first = await ask(seeded, "c1", called_number=OTHER_NUMBER)
    seeded.clock.advance(40 * 24 * 3600)

    again = await ask(seeded, "c1", called_number=OTHER_NUMBER)

    assert again.text == first.text
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_an_answered_call_is_no_repeat(seeded: World) -> None:
    await ask(seeded, "c1")
    await tell(seeded, "c1", "answered", 1)

    assert (await ask(seeded, "c1")).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"pin": PINS["100002"]},
        {"pin": None},
        {"called_number": OTHER_NUMBER},
        {"station_id": "demo-ci-a2"},
        {"payment_type": "prepaid"},
        {"requested_duration_seconds": 900},
        {"media": "tty"},
    ],
)
async def test_another_content_under_the_same_key_is_refused(seeded: World, change: dict[str, Any]) -> None:
    await decide(seeded, "c1")

    again = await ask(seeded, "c1", **change)

    assert again.status_code == 422
    assert again.json()["code"] == "call_id_reused"


async def test_the_same_content_in_other_words_is_a_repeat(seeded: World) -> None:
    first = await ask(seeded, "c1")

    again = await ask(
        seeded, "c1", called_number="(860) 555-0123", setup_time="2026-11-20T17:00:00Z", media="voice", extra=1
    )

    assert again.text == first.text


async def test_the_same_call_id_of_another_switch_is_another_attempt(seeded: World) -> None:
    first = await decide(seeded, "c1")

    other = await decide(seeded, "c1", subject="sw-2")

    assert other["decision_id"] != first["decision_id"]
    assert other["reason"] == "call_in_progress"


@pytest.mark.feature("F11")
async def test_an_allow_that_todays_facts_refuse_is_denied_from_then_on(seeded: World, database_url: str) -> None:
    first = await decide(seeded, "c1")
    fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind="victim")])

    denied = await ask(seeded, "c1")
    again = await ask(seeded, "c1")
    told = await tell(seeded, "c1", "answered", 1)

    assert denied.json()["decision"] == "deny"
    assert denied.json()["reason"] == "number_not_available"
    assert denied.json()["decision_id"] == first["decision_id"]
    assert again.text == denied.text
    assert denied.headers["Idempotent-Replayed"] == "true"
    assert told["action"] == "terminate"
    assert told["max_duration_seconds"] == 0


async def test_a_repeat_after_the_pin_was_changed_is_denied_and_counts_as_no_guess(seeded: World) -> None:
    await decide(seeded, "c1")
    issued = await seeded.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={})
    assert issued.status_code == 201

    denied = [await ask(seeded, "c1") for _ in range(6)]
    fresh = await decide(seeded, "c2", pin=issued.json()["pin"])

    assert {one.json()["reason"] for one in denied} == {"pin_not_accepted"}
    assert fresh["reason"] == "call_in_progress"  # not pin_not_accepted: the telephone is not locked


async def test_a_repeat_counts_no_second_wrong_pin(seeded: World) -> None:
    for _ in range(8):
        await decide(seeded, "c1", pin="880193845")

    assert (await decide(seeded, "c2"))["decision"] == "allow"


async def test_a_key_whose_end_was_reported_first_cannot_be_asked(seeded: World) -> None:
    orphan = await tell(seeded, "gone", "ended", 3, cause="failed", duration_seconds=0)

    refused = await ask(seeded, "gone")

    assert orphan["state"] == "orphan"
    assert refused.status_code == 422
    assert refused.json()["code"] == "call_id_reused"


async def test_a_repeat_does_not_meet_its_own_call_or_its_own_minutes(seeded: World, database_url: str) -> None:
    limits = json.dumps({"minutes_per_day": 15})
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(limits=limits))
        connection.commit()
    first = await ask(seeded, "c1")

    again = await ask(seeded, "c1")

    assert first.json()["max_duration_seconds"] == 900
    assert again.text == first.text


@pytest.mark.feature("F02")
async def test_five_wrong_pins_lock_the_station_for_five_minutes_and_no_other(seeded: World) -> None:
    for i in range(5):
        assert (await decide(seeded, f"w{i}", pin=f"88019384{i}"))["reason"] == "pin_not_accepted"
    seeded.clock.set(NOON)

    locked = await decide(seeded, "c1")
    elsewhere = await decide(seeded, "c2", station_id="demo-ci-a2", called_number=OTHER_NUMBER)
    seeded.clock.advance(299)
    still = await decide(seeded, "c3")
    seeded.clock.advance(1)
    opened = await decide(seeded, "c4")

    assert locked["reason"] == still["reason"] == "pin_not_accepted"
    assert elsewhere["reason"] == "number_not_available"
    assert opened["decision"] == "allow"


async def test_a_revoked_call_is_not_allowed_again_though_the_block_was_lifted(seeded: World) -> None:
    await decide(seeded, "c1")
    block = {"number": NUMBER, "scope": "inmate", "inmate_id": ANNA, "kind": "investigation", "authority": "a"}
    made = await seeded.call("security", "POST", "/v1/blocks", json=block | {"note": "n", "until": "indefinite"})
    lift = {"authority": "a", "evidence_reference": "e"}
    lifted = await seeded.call("security", "POST", f"/v1/blocks/{made.json()['block_id']}/lift", json=lift)

    again = await ask(seeded, "c1")
    told = await tell(seeded, "c1", "answered", 1)

    assert (made.status_code, made.json()["calls_revoked"], lifted.status_code) == (201, 1, 200)
    assert again.status_code == 422
    assert told["action"] == "terminate"
