"""What must a block say, whom does it bind from the next authorize on, and who may read it?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import (
    CARL,
    CARLS_PIN,
    DORA,
    FREE,
    NORTH,
    NORTH_STATION,
    block_body,
    hotline_row,
    of_facility,
    of_system,
    seed_people,
    set_block,
)
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS, entry_row, fill

VICTIM_CLASS = ("victim", "court_order", "protected_person")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def refused(
    people: World, role: str = "warden", *, facilities: list[str] | None = None, **changes: Any
) -> tuple[int, str]:
    """How this block is refused; and nothing is kept."""
    answer = await people.call(role, "POST", "/v1/blocks", json=block_body(NUMBER, **changes), facilities=facilities)
    assert (await people.call("warden", "GET", "/v1/blocks")).json()["items"] == []
    return answer.status_code, code_of(answer)


# ------------------------------------------------------------------------------------------------------ what it says


async def test_a_block_is_answered_as_it_can_be_read(people: World) -> None:
    answer = await people.call("victim_services", "POST", "/v1/blocks", json=block_body("860-555-0123", kind="victim"))
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("calls_revoked") == 0
    block_id = body["block_id"]
    assert body == {
        "block_id": block_id,
        "number": NUMBER,
        "scope": "inmate",
        "inmate_id": ANNA,
        "facility_id": None,
        "unit": None,
        "kind": "victim",
        "authority": "letter of the owner",
        "note": "asked in writing",
        "document_reference": None,
        "until": "indefinite",
        "effective_at": "2026-11-20T17:00:00.000Z",
        "state": "in_force",
        "created_by": "victim_services",
        "created_role": "victim_services",
        "lifted_at": None,
        "request_id": None,
        "provisional": False,
        "carried_from": None,
        "lift_authority": (
            "Two people lift it together: one of victim services, the other of victim services or a warden."
        ),
        "lift_needs": [["victim_services"], ["victim_services", "warden"]],
        "lifts": [],
        "exceptions": [],
    }
    read = await people.call("security", "GET", f"/v1/blocks/{block_id}")
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, body, answer.headers["etag"])


@pytest.mark.feature("F18")
async def test_what_a_block_must_say(people: World) -> None:
    missing = "malformed_request"
    for changes, code in (
        ({"number": None}, missing),
        ({"scope": None}, missing),
        ({"kind": None}, missing),
        ({"authority": None}, missing),
        ({"authority": " "}, missing),
        ({"note": None}, missing),
        ({"until": None}, missing),
        ({"until": "forever"}, missing),
        ({"until": "2027-01-01T00:00:00"}, missing),
        ({"until": "2027-01-01"}, missing),
        ({"kind": "annoying"}, missing),
        ({"scope": "everyone"}, missing),
        ({"created_by": "me"}, missing),
        ({"inmate_id": None}, "subject_missing"),
        ({"scope": "facility", "inmate_id": None}, "subject_missing"),
        ({"scope": "unit", "inmate_id": None, "facility_id": FACILITY}, "subject_missing"),
        ({"scope": "unit", "inmate_id": None, "unit": "A"}, "subject_missing"),
        ({"facility_id": FACILITY}, "subject_not_of_scope"),
        (of_facility(unit="A"), "subject_not_of_scope"),
        (of_system(inmate_id=ANNA), "subject_not_of_scope"),
        ({"kind": "court_order"}, "document_reference_missing"),
        ({"until": "2026-11-20T17:00:00.000Z"}, "until_is_over"),
        ({"number": "860555012"}, "number_not_valid"),
        ({"number": "*67 8605550123"}, "number_not_valid"),
    ):
        assert await refused(people, **changes) == (422, code), changes


@pytest.mark.feature("F18")
async def test_a_court_order_with_its_document_and_a_block_with_an_end_are_accepted(people: World) -> None:
    order = await set_block(people, NUMBER, kind="court_order", document_reference="FA-26-4011")
    ending = await set_block(people, NUMBER, until="2026-11-20T12:00:00.001-05:00")
    assert (order["document_reference"], ending["until"]) == ("FA-26-4011", "2026-11-20T17:00:00.001Z")
    assert (await decide(people, "c1", pin=PINS[BORIS]))["reason"] == "number_not_available"


async def test_a_hotline_in_force_is_blocked_by_the_system_alone(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(NUMBER)])
    unit = {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "unit": "A"}
    for changes in ({}, {"kind": "victim"}, {"inmate_id": "999999"}, unit, of_facility()):
        assert await refused(people, **changes) == (409, "hotline_number"), changes
    assert (await decide(people, "c1", pin=None))["call_class"] == "hotline"
    block = await set_block(people, NUMBER, **of_system())
    assert block["calls_revoked"] == 1
    assert (await decide(people, "c2", pin=None))["reason"] == "pin_not_accepted"


async def test_a_hotline_that_is_only_proposed_can_be_blocked(people: World, database_url: str) -> None:
    proposed = hotline_row(NUMBER, state="proposed", confirmed_by=None, confirmed_at=None)
    fill(database_url, common_numbers=[proposed])
    await set_block(people, NUMBER)


# ---------------------------------------------------------------------------------------------------- whom it binds


async def hears(people: World, call_id: str, **changes: Any) -> str:
    """The decision, or the reason class."""
    answer = await decide(people, call_id, **changes)
    return str(answer["reason"] or answer["decision"])


@pytest.mark.feature("F16", "F17")
async def test_each_scope_binds_whom_it_names_from_the_next_authorize_on(people: World, database_url: str) -> None:
    numbers = FREE[:7]
    everybody = {
        "anna": {"pin": PINS[ANNA]},
        "boris": {"pin": PINS[BORIS]},
        "carl": {"pin": CARLS_PIN, "station_id": NORTH_STATION},
    }
    fill(database_url, list_entries=[entry_row(each, number) for each in (ANNA, BORIS, CARL) for number in numbers])
    here = {"inmate_id": None, "facility_id": FACILITY, "kind": "guardian"}
    cases: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({}, {"anna"}),
        ({"kind": "victim"}, {"anna", "boris"}),
        ({"kind": "investigation", "inmate_id": CARL}, {"carl"}),
        ({"scope": "unit", "unit": "A", **here}, {"anna", "boris"}),
        ({"scope": "unit", "unit": "B", **here}, set()),
        ({"scope": "facility", **here}, {"anna", "boris"}),
        (of_system(), {"anna", "boris", "carl"}),
    )
    for number, (changes, bound) in zip(numbers, cases, strict=True):
        await set_block(people, number, **changes)
        for name, who in everybody.items():
            call_id = f"{number}-{name}"
            expected = "number_not_available" if name in bound else "allow"
            assert await hears(people, call_id, called_number=number, **who) == expected, (changes, name)
            await tell(people, call_id, "ended", 1)


@pytest.mark.feature("F18")
async def test_a_block_runs_out_by_itself(people: World) -> None:
    await set_block(people, NUMBER, until="2026-11-20T17:01:00.000Z")
    people.clock.advance(59.999)
    assert await hears(people, "c1") == "number_not_available"
    people.clock.advance(0.001)
    assert await hears(people, "c2") == "allow"
    (block,) = (await people.call("warden", "GET", "/v1/blocks")).json()["items"]
    assert block["state"] == "expired"


@pytest.mark.feature("F18")
async def test_somebody_not_yet_booked_is_bound_when_booked(people: World) -> None:
    block = await set_block(people, NUMBER, inmate_id="400001", kind="victim")
    assert block["inmate_id"] == "400001"
    assert await hears(people, "c1") == "allow"
    await tell(people, "c1", "ended", 1)
    booking = {"facility_id": FACILITY, "unit": "C", "status": "active", "name": "A Newcomer"}
    assert (await people.call("operator", "PUT", "/v1/inmates/400001", json=booking)).status_code == 201
    assert await hears(people, "c2") == "number_not_available"


@pytest.mark.feature("F16", "F17")
async def test_running_calls_against_the_block_are_revoked_and_counted_once(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(BORIS, NUMBER), entry_row(CARL, NUMBER)])
    await decide(people, "anna")
    await decide(people, "boris", pin=PINS[BORIS], station_id=OTHER_STATION)
    await decide(people, "carl", pin=CARLS_PIN, station_id=NORTH_STATION)
    assert (await set_block(people, OTHER_NUMBER))["calls_revoked"] == 0
    assert (await set_block(people, NUMBER))["calls_revoked"] == 1
    assert (await set_block(people, NUMBER, kind="victim"))["calls_revoked"] == 1
    assert (await set_block(people, NUMBER, **of_facility(facility_id=NORTH)))["calls_revoked"] == 1
    assert (await set_block(people, NUMBER, **of_system()))["calls_revoked"] == 0
    for call_id in ("anna", "boris", "carl"):
        answer = await tell(people, call_id, "answered", 1)
        assert (answer["action"], answer["max_duration_seconds"]) == ("terminate", 0)


async def test_a_unit_block_revokes_the_calls_of_its_people(people: World) -> None:
    await decide(people, "anna")
    unit: dict[str, Any] = {"scope": "unit", "inmate_id": None, "facility_id": FACILITY}
    assert (await set_block(people, NUMBER, unit="B", **unit))["calls_revoked"] == 0
    assert (await set_block(people, NUMBER, unit="A", **unit))["calls_revoked"] == 1


async def test_a_call_that_ended_or_rang_out_is_not_counted(people: World) -> None:
    await decide(people, "ended")
    await tell(people, "ended", "ended", 1)
    await decide(people, "rang-out")
    people.clock.advance(120)
    assert (await set_block(people, NUMBER))["calls_revoked"] == 0


@pytest.mark.feature("F17")
async def test_every_kind_of_the_victims_class_shields_the_facility(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(BORIS, number) for number in FREE[:3]])
    for number, kind in zip(FREE[:3], VICTIM_CLASS, strict=True):
        await set_block(people, number, kind=kind, inmate_id=DORA, document_reference="D-1")
        assert await hears(people, f"c-{kind}", called_number=number, pin=PINS[BORIS]) == "number_not_available"
