"""Which decisions on a removal request are not taken, and what of one can be undone, repeated or read later?"""

from typing import Any

import pytest

from tests.asking import decide
from tests.conftest import World
from tests.people import (
    CARL,
    ERIC,
    FREE,
    NORTH,
    hotline_row,
    seed_people,
)
from tests.places import code_of
from tests.removals import PATH, blocks_of, grant, refuse, rule, take_in
from tests.seeding import ANNA, BORIS, NUMBER, entry_row, fill

pytestmark = pytest.mark.feature("F19")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    """Anna and Boris have the number here, Carl has it up north, Eric had it when he was released."""
    seed_people(database_url)
    fill(
        database_url,
        list_entries=[
            entry_row(BORIS, NUMBER, state="pending_warden", kind="attorney"),
            entry_row(CARL, NUMBER),
            entry_row(ERIC, NUMBER),
        ],
    )
    return world


async def lift(people: World, block_id: str) -> Any:
    papers = {"authority": "the owner's letter", "evidence_reference": "D-1"}
    return await people.call("warden", "POST", f"/v1/blocks/{block_id}/lift", json=papers)


# ------------------------------------------------------------------------------------------------------ what is refused


async def test_a_second_decision_is_refused_whatever_it_says(people: World) -> None:
    for first in ("grant", "refuse"):
        request_id = (await take_in(people))["request_id"]
        assert (await rule(people, request_id, first)).status_code == 200
        blocks = await blocks_of(people, request_id)
        for second, scope in (("grant", "facility"), ("refuse", "facility"), ("grant", None), ("grant", "inmate")):
            answer = await rule(people, request_id, second, scope)
            assert (answer.status_code, code_of(answer)) == (409, "already_decided")
        assert await blocks_of(people, request_id) == blocks


async def test_what_a_decision_must_say(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    path = f"{PATH}/{request_id}/decision"
    for body, code in (
        ({}, "malformed_request"),
        ({"decision": "grant", "scope": "facility"}, "malformed_request"),
        ({"decision": "grant", "scope": "facility", "note": " "}, "malformed_request"),
        ({"decision": "allow", "scope": "facility", "note": "n"}, "malformed_request"),
        ({"decision": "grant", "scope": "system", "note": "n"}, "malformed_request"),
        ({"decision": "grant", "scope": "facility", "note": "n", "by": "me"}, "malformed_request"),
        ({"decision": "grant", "note": "n"}, "scope_missing"),
        ({"decision": "grant", "scope": "inmate", "note": "n"}, "scope_names_nobody"),
    ):
        answer = await people.call("warden", "POST", path, json=body)
        assert (answer.status_code, code_of(answer)) == (422, code), body
    assert (await people.call("warden", "GET", f"{PATH}/{request_id}")).json()["state"] == "open"
    (block,) = await blocks_of(people, request_id)
    assert block["provisional"]


async def test_only_a_warden_decides_and_only_of_the_place(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    body = {"decision": "refuse", "note": "n"}
    for role in ("counselor", "security", "victim_services", "auditor", "operator"):
        answer = await people.call(role, "POST", f"{PATH}/{request_id}/decision", json=body)
        assert answer.status_code == 403, role
    for path in ("", "/letters"):
        answer = await people.call("warden", "GET", f"{PATH}/{request_id}{path}", facilities=[NORTH])
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert (await rule(people, request_id, "refuse", facilities=[NORTH])).status_code == 404


async def test_a_decision_honours_what_its_warden_last_saw(people: World) -> None:
    """A request that grew a day older is another representation; nobody decides on yesterday's."""
    request_id = (await take_in(people))["request_id"]
    seen = (await people.call("warden", "GET", f"{PATH}/{request_id}")).headers["etag"]
    people.clock.advance(86_400)
    assert (await rule(people, request_id, "refuse", headers={"If-Match": seen})).status_code == 412
    seen = (await people.call("warden", "GET", f"{PATH}/{request_id}")).headers["etag"]
    answer = await rule(people, request_id, "refuse", headers={"If-Match": seen})
    read = await people.call("warden", "GET", f"{PATH}/{request_id}")
    assert (answer.status_code, answer.headers["etag"]) == (200, read.headers["etag"])
    assert read.json().items() <= answer.json().items()


async def test_a_common_number_is_not_granted_away_but_can_be_refused(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[0], kind="privileged")])
    request_id = (await take_in(people, FREE[0]))["request_id"]
    answer = await rule(people, request_id, "grant")
    assert (answer.status_code, code_of(answer)) == (409, "common_number")
    assert (await people.call("warden", "GET", f"{PATH}/{request_id}")).json()["state"] == "open"
    assert (await refuse(people, request_id))["state"] == "refused"


async def test_a_number_that_is_common_no_more_is_blocked_by_the_grant(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[0], kind="privileged")])
    request_id = (await take_in(people, FREE[0]))["request_id"]
    again = {"facility_id": None, "kind": "privileged", "name": "The bar", "verified_by": "a letter"}
    assert (await people.call("operator", "PUT", f"/v1/common-numbers/{FREE[0]}", json=again)).status_code == 200
    assert len((await grant(people, request_id))["block_ids"]) == 1
    fill(database_url, list_entries=[entry_row(ANNA, FREE[0])])
    assert (await decide(people, "after", called_number=FREE[0]))["reason"] == "number_not_available"


# --------------------------------------------------------------------------------------------------- lifting its blocks


@pytest.mark.feature("F21")
async def test_a_provisional_block_ends_only_by_the_decision_and_a_lasting_one_like_any_other(people: World) -> None:
    body = await take_in(people)
    early = await lift(people, body["provisional_block_id"])
    assert (early.status_code, code_of(early)) == (409, "provisional")
    assert (await decide(people, "one"))["reason"] == "number_not_available"
    decided = await grant(people, body["request_id"])
    for block_id in decided["block_ids"]:
        assert (await lift(people, block_id)).json()["state"] == "lifted"
    assert (await lift(people, body["provisional_block_id"])).json()["code"] == "already_lifted"
    assert (await people.call("warden", "GET", f"{PATH}/{body['request_id']}")).json()["state"] == "granted"


# ----------------------------------------------------------------------------------------------- replays, and the trail


async def test_a_repeated_decision_is_answered_again_and_done_once(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    headers = {"Idempotency-Key": "decision-1"}
    first = await rule(people, request_id, "grant", headers=headers)
    again = await rule(people, request_id, "grant", headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await blocks_of(people, request_id)) == 4


async def test_the_trail_tells_of_every_list_and_every_block(people: World) -> None:
    body = await take_in(people)
    people.clock.advance(1)
    decided = await grant(people, body["request_id"])
    trail = (await people.call("security", "GET", "/v1/audit-events?limit=200")).json()["items"]
    lists = [event for event in trail if event["action"] == "remove_for_owner"]
    assert {event["object_id"] for event in lists} == {ANNA, BORIS, ERIC}
    for event in lists:
        assert (event["after"]["state"], event["after"]["number"]) == ("removed", NUMBER)
        assert event["before"]["state"] in ("active", "pending_warden")
        assert "Ruth" not in str(event)
    assert {event["object_id"] for event in trail if event["action"] == "set_block"} == set(decided["block_ids"])
    (ruling,) = [event for event in trail if event["action"] == "decide_removal"]
    assert (ruling["before"]["state"], ruling["after"]["state"]) == ("open", "granted")
    assert ruling["author"] == "warden"
