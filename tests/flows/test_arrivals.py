"""Whose running calls end when a person is booked, moved or comes back, and whose go on?"""

import asyncio
from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.moves import hears, move_anna, put_person
from tests.people import CARL, CARLS_PIN, DORA, ERIC, FREE, NORTH, NORTH_STATION, of_facility, seed_people, set_block
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS, entry_row, fill

REFUSED = "number_not_available"
CARL_CALLS: dict[str, Any] = {"pin": CARLS_PIN, "station_id": NORTH_STATION}
BORIS_CALLS: dict[str, Any] = {"pin": PINS[BORIS], "station_id": OTHER_STATION}
VICTIM_CLASS = ("victim", "court_order", "protected_person")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(CARL, NUMBER), entry_row(BORIS, NUMBER), entry_row(CARL, OTHER_NUMBER)])
    return world


async def goes_on(people: World, call_id: str) -> bool:
    return str((await tell(people, call_id, "answered", 1))["action"]) == "continue"


async def except_(people: World, block_id: str, inmate_id: str, until: str = "indefinite") -> None:
    body = {"inmate_id": inmate_id, "note": "her sister", "until": until}
    answer = await people.call("warden", "POST", f"/v1/blocks/{block_id}/exceptions", json=body)
    assert answer.status_code == 201, answer.text


@pytest.mark.feature("F17", "F54")
@pytest.mark.parametrize("kind", VICTIM_CLASS)
async def test_a_shield_ends_the_calls_that_run_where_its_person_is_moved_to(people: World, kind: str) -> None:
    await set_block(people, NUMBER, kind=kind, document_reference="D-1")
    await decide(people, "shielded", **CARL_CALLS)
    await move_anna(people)
    assert not await goes_on(people, "shielded")
    await tell(people, "shielded", "ended", 2)
    assert await hears(people, "c1", NUMBER, facility_id=NORTH, pin=CARLS_PIN) == REFUSED
    # Where she was, nobody is kept from it any more.
    assert await hears(people, "c2", NUMBER, **BORIS_CALLS) == "allow"


@pytest.mark.feature("F17", "F54")
async def test_a_call_to_another_number_and_a_block_of_another_kind_end_nothing(people: World) -> None:
    for kind in ("called_party", "guardian", "investigation"):
        await set_block(people, NUMBER, kind=kind)
    await set_block(people, FREE[0], kind="victim")
    await set_block(people, NUMBER, kind="victim", inmate_id=DORA)
    await set_block(people, NUMBER, kind="victim", until="2026-11-20T17:00:00.001Z")  # over when she is moved
    await decide(people, "carl", **CARL_CALLS)
    await move_anna(people)
    assert await goes_on(people, "carl")


@pytest.mark.feature("F17", "F54")
async def test_a_facilitys_victim_goes_along_as_the_movers_and_is_out_of_reach_at_the_new_place(people: World) -> None:
    source = await set_block(people, NUMBER, **of_facility(kind="victim"))
    await decide(people, "carl", **CARL_CALLS)
    await move_anna(people)
    assert not await goes_on(people, "carl")
    await tell(people, "carl", "ended", 2)
    assert await hears(people, "c1", NUMBER, facility_id=NORTH, pin=CARLS_PIN) == REFUSED
    # The person is whom it is about from now on, so no exception is for them; for others there are.
    (block,) = (await people.call("warden", "GET", f"/v1/blocks?inmate_id={ANNA}")).json()["items"]
    assert block["carried_from"] == source["block_id"]
    own = {"inmate_id": ANNA, "note": "n", "until": "indefinite"}
    answer = await people.call("warden", "POST", f"/v1/blocks/{block['block_id']}/exceptions", json=own)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_for_the_subject")
    await except_(people, block["block_id"], CARL)
    assert await hears(people, "c2", NUMBER, facility_id=NORTH, pin=CARLS_PIN) == "allow"


@pytest.mark.feature("F17", "F54")
async def test_whoever_is_excepted_by_name_goes_on_and_only_for_as_long(people: World) -> None:
    block = await set_block(people, NUMBER, kind="victim")
    await except_(people, block["block_id"], CARL, "2026-11-20T17:00:00.003Z")
    await decide(people, "excepted", **CARL_CALLS)
    await move_anna(people)  # at .001
    assert await goes_on(people, "excepted")
    await move_anna(people, FACILITY)
    await move_anna(people, NORTH)  # at .003, when it is over
    assert (await tell(people, "excepted", "progress", 2))["action"] == "terminate"


@pytest.mark.feature("F17", "F54")
async def test_an_exception_from_one_shield_opens_no_other_that_arrives_with_it(people: World) -> None:
    block = await set_block(people, NUMBER, kind="victim")
    await set_block(people, NUMBER, kind="protected_person")
    await except_(people, block["block_id"], CARL)
    await decide(people, "carl", **CARL_CALLS)
    await move_anna(people)
    assert not await goes_on(people, "carl")


@pytest.mark.feature("F17", "F18")
async def test_a_booking_brings_a_block_in_force_and_ends_the_calls_beside_it(people: World) -> None:
    await set_block(people, NUMBER, kind="victim", inmate_id="400001")
    await set_block(people, OTHER_NUMBER, kind="called_party", inmate_id="400001")
    await decide(people, "anna")
    await decide(people, "boris", **BORIS_CALLS, called_number=OTHER_NUMBER)
    await decide(people, "carl", **CARL_CALLS)
    await put_person(people, "400001", FACILITY, unit="C")
    assert not await goes_on(people, "anna")
    assert await goes_on(people, "boris")
    assert await goes_on(people, "carl")  # elsewhere
    for call_id in ("anna", "boris"):
        await tell(people, call_id, "ended", 2)
    assert await hears(people, "c1", NUMBER) == REFUSED
    assert await hears(people, "c2", NUMBER, **BORIS_CALLS) == REFUSED


@pytest.mark.feature("F17", "F55")
async def test_one_who_is_booked_as_released_shields_nobody_until_the_return(people: World) -> None:
    await set_block(people, NUMBER, kind="victim", inmate_id=ERIC)
    await set_block(people, NUMBER, kind="victim", inmate_id="400001")
    await put_person(people, "400001", FACILITY, status="released")
    await decide(people, "anna")
    assert await goes_on(people, "anna")
    await put_person(people, ERIC, FACILITY)
    assert (await tell(people, "anna", "progress", 2))["action"] == "terminate"
    await tell(people, "anna", "ended", 3)
    assert await hears(people, "c1", NUMBER) == REFUSED
    await put_person(people, ERIC, FACILITY, status="released")
    assert await hears(people, "c2", NUMBER) == "allow"


@pytest.mark.feature("F54")
async def test_a_units_blocks_end_the_calls_of_whoever_is_moved_into_it(people: World) -> None:
    of_unit: dict[str, Any] = {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "kind": "facility"}
    await set_block(people, NUMBER, unit="B", **of_unit)
    await decide(people, "anna")
    await decide(people, "boris", **BORIS_CALLS)
    await move_anna(people, FACILITY, unit="C")
    assert await goes_on(people, "anna")
    await move_anna(people, FACILITY, unit="B")
    assert (await tell(people, "anna", "progress", 2))["action"] == "terminate"
    assert await goes_on(people, "boris")


@pytest.mark.feature("F17", "F54")
async def test_a_units_victim_that_goes_along_within_the_facility_shields_it(people: World) -> None:
    of_unit: dict[str, Any] = {"scope": "unit", "unit": "A", "inmate_id": None, "facility_id": FACILITY}
    await put_person(people, BORIS, FACILITY, unit="D")
    await set_block(people, NUMBER, kind="victim", **of_unit)
    await decide(people, "boris", **BORIS_CALLS)
    await move_anna(people, FACILITY, unit="C")
    assert not await goes_on(people, "boris")


@pytest.mark.feature("F11", "F17", "F54")
async def test_a_call_beside_an_arrival_is_refused_or_ended(people: World) -> None:
    await set_block(people, NUMBER, kind="victim")
    for position in range(5):
        call_id = f"c{position}"
        answer, _ = await asyncio.gather(decide(people, call_id, **CARL_CALLS), move_anna(people))
        if answer["decision"] == "allow":
            assert not await goes_on(people, call_id)
            await tell(people, call_id, "ended", 2)
        else:
            assert answer["reason"] == REFUSED
        await move_anna(people, FACILITY)


async def test_what_is_told_of_somebody_who_stays_ends_nothing(people: World) -> None:
    await set_block(people, NUMBER, kind="called_party", inmate_id=BORIS)
    await decide(people, "anna")
    await put_person(people, ANNA, FACILITY, name="Another Name", projected_release="2027-02-28")
    assert await goes_on(people, "anna")
