"""For whom may a victim's shield be opened, by whom, and for how long?"""

from typing import Any

import httpx
import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARL, DORA, NORTH, of_facility, of_system, seed_people, set_block, told
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def excepted(people: World, block_id: str, inmate_id: str, role: str = "warden", **sent: Any) -> httpx.Response:
    body = {"inmate_id": inmate_id, "note": "her sister", "until": sent.pop("until", "indefinite")}
    return await people.call(role, "POST", f"/v1/blocks/{block_id}/exceptions", json=body, **sent)


async def boris_hears(people: World, call_id: str) -> str:
    """What Boris, beside Anna, hears about the number that is on his own list; the call is over at once."""
    answer = await decide(people, call_id, pin=PINS[BORIS], called_number=OTHER_NUMBER, station_id=OTHER_STATION)
    if answer["decision"] == "allow":
        await tell(people, call_id, "ended", 1)
    return str(answer["reason"] or answer["decision"])


@pytest.mark.feature("F17")
async def test_an_exception_opens_the_shield_for_one_person_until_its_end(people: World) -> None:
    block_id = (await set_block(people, OTHER_NUMBER, kind="victim", inmate_id=ANNA))["block_id"]
    assert await boris_hears(people, "c1") == "number_not_available"
    answer = await excepted(people, block_id, BORIS, until="2026-11-20T17:10:00.000Z")
    exception = {
        "exception_id": answer.json()["exception_id"],
        "inmate_id": BORIS,
        "note": "her sister",
        "until": "2026-11-20T17:10:00.000Z",
        "created_by": "warden",
        "created_at": "2026-11-20T17:00:00.000Z",
    }
    assert (answer.status_code, answer.json()) == (201, {"block_id": block_id, **exception})
    assert (await people.call("security", "GET", f"/v1/blocks/{block_id}")).json()["exceptions"] == [exception]
    assert await boris_hears(people, "c2") == "allow"
    people.clock.advance(599.999)
    assert await boris_hears(people, "c3") == "allow"
    people.clock.advance(0.001)
    assert await boris_hears(people, "c4") == "number_not_available"


@pytest.mark.feature("F17")
async def test_nobody_is_excepted_from_a_block_about_themselves(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim", inmate_id=ANNA))["block_id"]
    answer = await excepted(people, block_id, ANNA)
    assert (answer.status_code, code_of(answer)) == (409, "not_for_the_subject")
    unbooked = (await set_block(people, NUMBER, kind="victim", inmate_id="999999"))["block_id"]
    assert code_of(await excepted(people, unbooked, "999999")) == "not_found"


@pytest.mark.feature("F17")
async def test_only_a_block_that_shields_has_exceptions(people: World) -> None:
    for changes in (
        {"inmate_id": DORA},
        {"inmate_id": DORA, "kind": "investigation"},
        of_facility(kind="victim"),
        of_system(kind="victim"),
    ):
        block_id = (await set_block(people, NUMBER, **changes))["block_id"]
        answer = await excepted(people, block_id, BORIS)
        assert (answer.status_code, code_of(answer)) == (409, "shields_nobody"), changes


async def test_a_block_that_binds_nobody_any_more_has_no_new_exceptions(people: World) -> None:
    ending = {"kind": "victim", "until": "2026-11-20T17:00:01.000Z"}
    block_id = (await set_block(people, NUMBER, inmate_id=DORA, **ending))["block_id"]
    people.clock.advance(1)
    answer = await excepted(people, block_id, BORIS)
    assert (answer.status_code, code_of(answer)) == (409, "already_expired")


async def test_whoever_is_excepted_must_be_known_and_within_the_tokens_reach(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim", inmate_id=DORA))["block_id"]
    for inmate_id in ("999999", CARL):
        answer = await excepted(people, block_id, inmate_id, facilities=[FACILITY])
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
    # With both facilities covered, Carl may be named before he is moved here.
    assert (await excepted(people, block_id, CARL, facilities=[FACILITY, NORTH])).status_code == 201


async def test_an_exception_says_until_when_and_why(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim", inmate_id=DORA))["block_id"]
    path = f"/v1/blocks/{block_id}/exceptions"
    whole = {"inmate_id": BORIS, "note": "n", "until": "indefinite"}
    for name in whole:
        body = {key: value for key, value in whole.items() if key != name}
        answer = await people.call("warden", "POST", path, json=body)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request")
    past = await people.call("warden", "POST", path, json={**whole, "until": "2026-11-20T17:00:00Z"})
    assert (past.status_code, code_of(past)) == (422, "until_is_over")


@pytest.mark.feature("F17")
async def test_wardens_alone_make_exceptions(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim", inmate_id=DORA))["block_id"]
    for role in ("counselor", "security", "victim_services", "auditor", "operator", "switch"):
        assert (await excepted(people, block_id, BORIS, role=role)).status_code == 403
    assert (await excepted(people, block_id, BORIS)).status_code == 201


@pytest.mark.feature("F17")
async def test_an_exception_opens_no_other_block(people: World) -> None:
    block_id = (await set_block(people, OTHER_NUMBER, kind="victim", inmate_id=ANNA))["block_id"]
    await excepted(people, block_id, BORIS)
    await set_block(people, OTHER_NUMBER, kind="victim", inmate_id=DORA)
    assert await boris_hears(people, "c1") == "number_not_available"


@pytest.mark.feature("F17", "F54")
async def test_an_exception_goes_along_when_its_person_is_moved(people: World) -> None:
    block_id = (await set_block(people, OTHER_NUMBER, kind="victim", inmate_id=CARL))["block_id"]
    await excepted(people, block_id, BORIS)
    moved = await people.call("operator", "PUT", f"/v1/inmates/{CARL}", json=told(FACILITY))
    assert moved.status_code == 200
    assert await boris_hears(people, "c1") == "allow"
    assert (await decide(people, "c2", called_number=OTHER_NUMBER))["reason"] == "number_not_available"


async def test_an_exception_is_on_the_trail_as_a_change_of_its_block(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim", inmate_id=DORA))["block_id"]
    people.clock.advance(1)
    await excepted(people, block_id, BORIS, subject="w.lamb")
    event = (await people.call("security", "GET", "/v1/audit-events")).json()["items"][0]
    assert (event["action"], event["author"], event["object_id"]) == ("except_from_shield", "w.lamb", block_id)
    assert (event["before"]["exceptions"], event["after"]["exceptions"][0]["inmate_id"]) == ([], BORIS)
