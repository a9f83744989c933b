"""The warden grants or refuses: what lasts, what ends, and for whom?"""

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import (
    CARL,
    CARLS_PIN,
    ERIC,
    FREE,
    NORTH,
    NORTH_STATION,
    change_list,
    read_list,
    seed_people,
    told,
)
from tests.removals import blocks_of, grant, refuse, rule, take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, PINS, entry_row, fill

pytestmark = pytest.mark.feature("F19")

CARL_CALLS = {"pin": CARLS_PIN, "station_id": NORTH_STATION}


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


async def numbers_of(people: World, inmate_id: str) -> list[str]:
    return [entry["number"] for entry in (await read_list(people, inmate_id)).json()["numbers"]]


# --------------------------------------------------------------------------------------------------------------- grants


async def test_a_grant_for_the_facility_takes_the_number_off_every_list_there_and_lasts(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    decided = await grant(people, request_id)
    assert (decided["state"], decided["decided_scope"], decided["decided_by"]) == ("granted", "facility", "warden")
    assert (decided["lists_changed"], decided["decided_on"]) == (3, "2026-11-20")
    assert [await numbers_of(people, each) for each in (ANNA, BORIS, ERIC)] == [[], ["+18605550124"], []]
    assert await numbers_of(people, CARL) == [NUMBER]
    blocks = await blocks_of(people, request_id)
    assert {(block["scope"], block["inmate_id"]) for block in blocks} == {
        ("facility", None),
        *(("inmate", each) for each in (ANNA, BORIS, ERIC)),
    }
    assert {(block["kind"], block["until"], block["provisional"]) for block in blocks} == {
        ("called_party", "indefinite", False)
    }
    assert sorted(decided["block_ids"]) == sorted(block["block_id"] for block in blocks)
    assert (await decide(people, "anna"))["reason"] == "number_not_available"
    assert (await decide(people, "carl", **CARL_CALLS))["decision"] == "allow"


async def test_whoever_had_the_number_is_kept_from_it_after_a_move(people: World, database_url: str) -> None:
    """And after a release and a return to another place, even if it stands on their list again."""
    await grant(people, (await take_in(people))["request_id"])
    for inmate_id in (ANNA, ERIC):
        people.clock.advance(1)
        await people.call("operator", "PUT", f"/v1/inmates/{inmate_id}", json=told(NORTH))
        pin = (await people.call("operator", "POST", f"/v1/inmates/{inmate_id}/pin", json={})).json()["pin"]
        fill(database_url, list_entries=[entry_row(inmate_id, NUMBER)])
        answer = await decide(people, f"moved-{inmate_id}", pin=pin, station_id=NORTH_STATION)
        assert answer["reason"] == "number_not_available"


async def test_whoever_moves_while_the_request_is_open_is_found_by_the_grant(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    people.clock.advance(1)
    assert (await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))).status_code == 200
    assert (await decide(people, "moved", pin=PINS[ANNA], station_id=NORTH_STATION))["reason"] == "number_not_available"
    assert await numbers_of(people, ANNA) == [NUMBER]
    await grant(people, request_id)
    assert await numbers_of(people, ANNA) == []
    assert (await decide(people, "after", pin=PINS[ANNA], station_id=NORTH_STATION))["reason"] == "number_not_available"
    carried = [block for block in await blocks_of(people, request_id) if block["inmate_id"] == ANNA]
    assert len(carried) == 1


async def test_whoever_moves_while_the_request_is_open_is_let_go_by_the_refusal(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    people.clock.advance(1)
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))
    await refuse(people, request_id)
    assert (await decide(people, "after", pin=PINS[ANNA], station_id=NORTH_STATION))["decision"] == "allow"
    assert await blocks_of(people, request_id) == []


async def test_a_grant_for_one_person_concerns_nobody_else(people: World) -> None:
    request_id = (await take_in(people, inmate_id=ANNA))["request_id"]
    decided = await grant(people, request_id, "inmate")
    assert (decided["lists_changed"], decided["decided_scope"]) == (1, "inmate")
    assert await numbers_of(people, ANNA) == []
    assert NUMBER in await numbers_of(people, BORIS)
    (block,) = await blocks_of(people, request_id)
    assert (block["inmate_id"], block["provisional"], decided["block_ids"]) == (ANNA, False, [block["block_id"]])


async def test_a_request_about_one_person_can_be_granted_for_the_whole_facility(people: World) -> None:
    """The person's own block stays beside the facility's: there is no instant without one."""
    body = await take_in(people, inmate_id=CARL, facility_id=NORTH)
    decided = await grant(people, body["request_id"])
    assert decided["lists_changed"] == 1
    assert body["provisional_block_id"] in decided["block_ids"]
    scopes = {(block["scope"], block["inmate_id"]) for block in await blocks_of(people, body["request_id"])}
    assert scopes == {("facility", None), ("inmate", CARL)}
    assert (await decide(people, "anna"))["decision"] == "allow"


async def test_a_person_who_left_since_is_still_the_one_the_request_is_about(people: World) -> None:
    """The warden of the place where it was taken in decides, though the person is out of the token's reach by now."""
    request_id = (await take_in(people, inmate_id=ANNA))["request_id"]
    people.clock.advance(1)
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))
    answer = await rule(people, request_id, "grant", "inmate", facilities=[FACILITY])
    assert (answer.status_code, answer.json()["lists_changed"]) == (200, 1)
    assert await numbers_of(people, ANNA) == []


async def test_a_grant_ends_the_calls_that_it_newly_forbids(people: World) -> None:
    request_id = (await take_in(people, inmate_id=BORIS))["request_id"]
    await decide(people, "anna")
    decided = await grant(people, request_id)
    assert decided["calls_revoked"] == 1
    assert (await tell(people, "anna", "answered", 1))["action"] == "terminate"


async def test_a_removal_by_the_owner_is_no_change_by_the_person(people: World) -> None:
    """The list may change as if nothing had been, and its history of submissions is as it was."""
    added = await change_list(people, ANNA, add=(FREE[0],))
    before = (await people.call("counselor", "GET", f"/v1/inmates/{ANNA}/list-changes")).text
    await grant(people, (await take_in(people))["request_id"])
    after = await read_list(people, ANNA)
    assert after.json()["next_change_on"] == added.json()["next_change_on"]
    assert after.json()["used"] == 1
    assert (await people.call("counselor", "GET", f"/v1/inmates/{ANNA}/list-changes")).text == before


async def test_a_number_that_was_removed_cannot_be_listed_again(people: World) -> None:
    await grant(people, (await take_in(people))["request_id"])
    outcome = (await change_list(people, ANNA, add=(NUMBER, FREE[0]))).json()["outcomes"]
    assert [each["outcome"] for each in outcome] == ["not_approved", "added"]


# ------------------------------------------------------------------------------------------------------------- refusals


async def test_a_refusal_lifts_the_block_and_leaves_the_lists(people: World) -> None:
    lists = [(await read_list(people, each)).text for each in (ANNA, BORIS, CARL)]
    body = await take_in(people)
    decided = await refuse(people, body["request_id"])
    assert (decided["state"], decided["decided_scope"], decided["block_ids"]) == ("refused", None, [])
    assert [(await read_list(people, each)).text for each in (ANNA, BORIS, CARL)] == lists
    assert (await decide(people, "anna"))["decision"] == "allow"
    block = (await people.call("warden", "GET", f"/v1/blocks/{body['provisional_block_id']}")).json()
    assert (block["state"], block["provisional"]) == ("lifted", False)
    (step,) = block["lifts"]
    assert (step["asked_by"], step["lifted"], step["evidence_reference"]) == ("warden", True, body["request_id"])


async def test_a_refusal_leaves_what_another_request_and_another_block_hold(people: World) -> None:
    first, second = await take_in(people), await take_in(people)
    await refuse(people, first["request_id"])
    assert (await decide(people, "one"))["reason"] == "number_not_available"
    await refuse(people, second["request_id"])
    assert (await decide(people, "two"))["decision"] == "allow"


async def test_a_refused_request_can_be_made_again(people: World) -> None:
    await refuse(people, (await take_in(people))["request_id"])
    await grant(people, (await take_in(people))["request_id"])
    assert (await decide(people, "after"))["reason"] == "number_not_available"
