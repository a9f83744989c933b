"""What does whoever takes a removal request in learn, and where does its token stay?"""

from typing import Any

import pytest
from sqlalchemy import select

from callgate.store.database import open_sync
from callgate.store.tables import metadata
from tests.asking import counted_statements, decide, tell
from tests.conftest import World, open_world
from tests.people import (
    CARL,
    ERIC,
    FREE,
    alike,
    change_list,
    seed_people,
    set_block,
)
from tests.places import code_of
from tests.removals import PATH, ask_removal, removal_body, take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, entry_row, fill

pytestmark = pytest.mark.feature("F19")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(each, NUMBER) for each in (BORIS, CARL, ERIC)])
    return world


# ---------------------------------------------------------------------------------------------- what a counselor learns


@pytest.mark.feature("F56")
async def test_what_a_counselor_hears_is_the_same_beside_any_block(database_url: str) -> None:
    """The same day three times over: nothing in the way, a victim's block, an owner's block; a call runs in each."""
    seed_people(database_url)
    heard: list[list[Any]] = []
    async with open_world(database_url) as world:
        for number, kind in ((FREE[0], None), (FREE[1], "victim"), (FREE[2], "called_party")):
            fill(database_url, list_entries=[entry_row(each, number) for each in (ANNA, BORIS)])
            await decide(world, f"call-{number}", called_number=number)
            await tell(world, f"call-{number}", "answered", 1)
            if kind is not None:
                await set_block(world, number, kind=kind)
            with counted_statements(world) as sent:
                answers = [
                    await ask_removal(world, number, headers={"Idempotency-Key": f"k{number}"}),
                    await ask_removal(world, number, headers={"Idempotency-Key": f"k{number}"}),
                    await ask_removal(world, number, inmate_id=ANNA),
                    await ask_removal(world, number, inmate_id="not-booked"),
                    await ask_removal(world, number, received_on="2026-11-21"),
                    await change_list(world, BORIS, add=(number,)),
                ]
            told = []
            for answer in answers:
                token = answer.json().get("tracking_token") or "none"
                written = "+1 860-555-" + number[-4:]
                text = alike(answer.text, token=token, number=number, written=written)
                names = {name for name in answer.headers if name not in ("x-request-id", "content-length")}
                told.append((answer.status_code, text, names))
            heard.append([told, sent])
            await tell(world, f"call-{number}", "ended", 2)
    assert heard[0] == heard[1] == heard[2]


async def test_a_counselor_takes_in_and_never_sees_the_queue(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    for path in ("", f"/{request_id}", f"/{request_id}/letters"):
        for role, status in (("counselor", 403), ("auditor", 403), ("operator", 403), ("security", 200)):
            assert (await people.call(role, "GET", f"{PATH}{path}")).status_code == status, (role, path)


# ----------------------------------------------------------------------------------------------- replays, and the trail


async def test_a_repeated_request_is_written_once_and_its_token_is_not_told_again(people: World) -> None:
    headers = {"Idempotency-Key": "letter-1187"}
    first = await ask_removal(people, headers=headers)
    again = await ask_removal(people, headers=headers)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    token = first.json()["tracking_token"]
    assert token
    assert token not in again.text
    assert again.json()["tracking_token"] is None
    kept = {
        name: value for name, value in first.json().items() if name not in ("tracking_token", "confirmation_letter")
    }
    assert kept.items() <= again.json().items()
    assert len((await people.call("warden", "GET", PATH)).json()["items"]) == 1
    other = await ask_removal(people, headers=headers, requester_name="Somebody Else")
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")


async def test_the_trail_has_the_request_and_its_block_and_never_the_token(people: World) -> None:
    body = await take_in(people, subject="m.okafor")
    trail = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    found = {event["action"]: event for event in trail}
    assert found.keys() == {"take_in_removal", "set_block"}
    taken_in, blocked = found["take_in_removal"], found["set_block"]
    assert (taken_in["author"], taken_in["object_id"]) == ("m.okafor", body["request_id"])
    assert (taken_in["after"]["requester_name"], taken_in["before"]) == ("Ruth Doe", None)
    assert blocked["object_id"] == body["provisional_block_id"]
    assert {event["facility_id"] for event in trail} == {FACILITY}
    assert body["tracking_token"] not in str(trail)


async def test_no_table_holds_a_token(people: World, database_url: str) -> None:
    token = (await ask_removal(people, headers={"Idempotency-Key": "k"})).json()["tracking_token"]
    with open_sync(database_url, read_only=True) as connection:
        rows = [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    assert any("Ruth Doe" in row for row in rows)
    assert not any(token in row for row in rows)


async def test_an_answer_of_the_body_that_is_sent_holds_no_more_than_the_document_says(people: World) -> None:
    schema = people.app.openapi()["components"]["schemas"]["NewRemovalRequestOut"]
    assert set(await take_in(people)) == set(schema["properties"]) == set(schema["required"])
    assert set(removal_body()) <= set(people.app.openapi()["components"]["schemas"]["RemovalRequestIn"]["properties"])
