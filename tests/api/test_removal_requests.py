"""Somebody asks not to be called: what holds before anybody decides, and what does whoever takes it in learn?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import (
    CARL,
    CARLS_PIN,
    DORA,
    ERIC,
    FREE,
    NORTH,
    NORTH_STATION,
    hotline_row,
    read_list,
    seed_people,
)
from tests.places import code_of
from tests.removals import PATH, ask_removal, blocks_of, take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, PINS, entry_row, fill

pytestmark = pytest.mark.feature("F19")

CARL_CALLS = {"pin": CARLS_PIN, "station_id": NORTH_STATION}


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(each, NUMBER) for each in (BORIS, CARL, ERIC)])
    return world


async def refused(people: World, **changes: Any) -> tuple[int, str]:
    """How this request is refused; and nothing is kept."""
    answer = await ask_removal(people, **({"role": "warden"} | changes))
    assert (await people.call("warden", "GET", PATH)).json()["items"] == []
    assert (await people.call("warden", "GET", "/v1/blocks")).json()["items"] == []
    return answer.status_code, code_of(answer)


# -------------------------------------------------------------------------------------------------------- what it says


async def test_what_a_request_must_say(people: World) -> None:
    missing = "malformed_request"
    for changes, code in (
        ({"facility_id": None}, missing),
        ({"requester_name": None}, missing),
        ({"requester_name": " "}, missing),
        ({"received_on": None}, missing),
        ({"received_on": "2026-11-20T12:00:00Z"}, missing),
        ({"received_on": "20 November"}, missing),
        ({"channel": None}, missing),
        ({"channel": "fax"}, missing),
        ({"identity_checked": None}, missing),
        ({"identity_checked": "yes"}, missing),
        ({"state": "granted"}, missing),
        ({"number": "860555012"}, "number_not_valid"),
        ({"number": "*67 8605550123"}, "number_not_valid"),
        ({"received_on": "2026-11-21"}, "received_on_not_yet"),
        ({"facility_id": "nowhere"}, "facility_unknown"),
        ({"inmate_id": CARL}, "held_elsewhere"),
    ):
        assert await refused(people, **changes) == (422, code), changes


async def test_a_place_or_person_that_the_token_does_not_cover_is_not_there(people: World) -> None:
    for changes in ({"facility_id": NORTH}, {"facility_id": "nowhere"}, {"inmate_id": CARL}):
        assert await refused(people, facilities=[FACILITY], **changes) == (404, "not_found"), changes


async def test_the_day_of_receipt_is_one_of_the_facilitys_calendar(people: World) -> None:
    """At 04:59:59 UTC it is still the 20th in New York; a second later the 21st has begun."""
    people.clock.set(people.clock.now().replace(day=21, hour=4, minute=59, second=59))
    assert await refused(people, received_on="2026-11-21") == (422, "received_on_not_yet")
    people.clock.advance(1)
    assert (await take_in(people, received_on="2026-11-21"))["due_on"] == "2026-11-28"
    assert (await take_in(people, received_on="2026-11-20"))["due_on"] == "2026-11-27"
    # A year has a day more now and then, and clocks change: a term is counted in calendar days.
    assert (await take_in(people, received_on="2024-02-26"))["due_on"] == "2024-03-04"


async def test_a_request_is_answered_and_can_be_read(people: World) -> None:
    answer = await ask_removal(people, "(860) 555-0123")
    assert answer.status_code == 201
    body = answer.json()
    token, letter = body.pop("tracking_token"), body.pop("confirmation_letter")
    assert body == {
        "request_id": body["request_id"],
        "state": "open",
        "due_on": "2026-11-27",
        "provisional_block_id": body["provisional_block_id"],
        "listed_for": 3,
    }
    assert len(token) >= 43
    assert letter.keys() == {"en", "es"}
    assert all(token in text for text in letter.values())
    read = await people.call("victim_services", "GET", f"{PATH}/{body['request_id']}")
    assert read.headers["etag"]
    assert read.json() == {
        **body,
        "facility_id": FACILITY,
        "number": NUMBER,
        "inmate_id": None,
        "requester_name": "Ruth Doe",
        "received_on": "2026-11-20",
        "channel": "letter",
        "letter_reference": "IN-1187",
        "identity_checked": True,
        "age_days": 0,
        "overdue": False,
        "created_by": "counselor",
        "created_role": "counselor",
        "created_at": "2026-11-20T17:00:00.000Z",
        "decided_by": None,
        "decided_at": None,
        "decided_on": None,
        "decided_scope": None,
        "decision_note": None,
    }


async def test_every_channel_reaches_the_same_queue(people: World) -> None:
    for channel in ("letter", "phone", "web", "agency"):
        await take_in(people, channel=channel, letter_reference=None)
    queue = (await people.call("warden", "GET", f"{PATH}?state=open")).json()["items"]
    assert {item["channel"] for item in queue} == {"letter", "phone", "web", "agency"}


# ----------------------------------------------------------------------------------- what holds before anybody decides


async def test_the_facilitys_telephones_are_closed_to_the_number_at_once_and_no_list_is_changed(people: World) -> None:
    assert (await decide(people, "before"))["decision"] == "allow"
    lists = [(await read_list(people, each)).text for each in (ANNA, BORIS)]
    body = await take_in(people)
    for call_id, pin in (("anna", PINS[ANNA]), ("boris", PINS[BORIS])):
        # Anna's own call still rings: one that today's facts refuse ends at its next word.
        expected = "call_in_progress" if call_id == "anna" else "number_not_available"
        assert (await decide(people, call_id, pin=pin))["reason"] == expected
    assert (await tell(people, "before", "answered", 1))["action"] == "terminate"
    await tell(people, "before", "ended", 2)
    assert (await decide(people, "after"))["reason"] == "number_not_available"
    assert (await decide(people, "north", **CARL_CALLS))["decision"] == "allow"
    assert [(await read_list(people, each)).text for each in (ANNA, BORIS)] == lists
    (block,) = await blocks_of(people, body["request_id"])
    assert block["block_id"] == body["provisional_block_id"]
    assert (block["kind"], block["scope"], block["facility_id"]) == ("called_party", "facility", FACILITY)
    assert (block["until"], block["provisional"], block["document_reference"]) == ("indefinite", True, "IN-1187")
    assert "Ruth" not in str(block)


async def test_a_request_about_one_person_closes_the_number_to_that_person_alone(people: World) -> None:
    body = await take_in(people, inmate_id=ANNA)
    assert body["listed_for"] == 1
    assert (await decide(people, "anna"))["reason"] == "number_not_available"
    assert (await decide(people, "boris", pin=PINS[BORIS], called_number=NUMBER))["decision"] == "allow"
    (block,) = await blocks_of(people, body["request_id"])
    assert (block["scope"], block["inmate_id"], block["facility_id"]) == ("inmate", ANNA, None)


async def test_somebody_who_is_not_booked_yet_is_kept_from_it_from_the_first_call_on(
    people: World, database_url: str
) -> None:
    body = await take_in(people, inmate_id="100077")
    assert body["listed_for"] == 0
    told = {"facility_id": FACILITY, "unit": "A", "status": "active", "name": "A Person"}
    assert (await people.call("operator", "PUT", "/v1/inmates/100077", json=told)).status_code == 201
    pin = (await people.call("operator", "POST", "/v1/inmates/100077/pin", json={})).json()["pin"]
    fill(database_url, list_entries=[entry_row("100077", NUMBER)])
    assert (await decide(people, "first", pin=pin))["reason"] == "number_not_available"


async def test_only_the_lists_concerned_are_counted_pending_ones_included(people: World, database_url: str) -> None:
    number = FREE[0]
    assert (await take_in(people, number))["listed_for"] == 0
    fill(
        database_url,
        list_entries=[
            entry_row(ANNA, number),
            entry_row(BORIS, number, state="pending_warden"),
            entry_row(CARL, number),
            entry_row(DORA, number, state="removed"),
        ],
    )
    assert (await take_in(people, number))["listed_for"] == 2
    assert (await take_in(people, number, inmate_id=BORIS))["listed_for"] == 1
    assert (await take_in(people, number, inmate_id=DORA))["listed_for"] == 0


@pytest.mark.feature("F16")
async def test_a_lawyers_number_is_blocked_too_and_the_warden_is_told(people: World, database_url: str) -> None:
    """The block beats privilege; whether it was meant is for somebody to look at."""
    fill(database_url, list_entries=[entry_row(ANNA, FREE[0], kind="attorney")])
    body = await take_in(people, FREE[0])
    assert (await decide(people, "c1", called_number=FREE[0]))["reason"] == "number_not_available"
    (alert,) = (await people.call("warden", "GET", "/v1/alerts")).json()["items"]
    assert (alert["kind"], alert["detail"]["block_id"]) == ("privileged_number_blocked", body["provisional_block_id"])


async def test_a_second_request_stands_on_its_own(people: World) -> None:
    first, second = await take_in(people), await take_in(people)
    for name in ("request_id", "provisional_block_id", "tracking_token"):
        assert first[name] != second[name]
    assert second["listed_for"] == first["listed_for"]


# ------------------------------------------------------------------------------------------------------ common numbers


@pytest.mark.parametrize(
    ("kind", "place"), [("hotline", None), ("hotline", NORTH), ("privileged", None), ("privileged", FACILITY)]
)
async def test_a_common_number_in_force_is_not_blocked_and_the_warden_is_told(
    people: World, database_url: str, kind: str, place: str | None
) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[0], kind=kind, facility_id=place)])
    body = await take_in(people, FREE[0])
    assert (body["provisional_block_id"], body["state"]) == (None, "open")
    assert await blocks_of(people, body["request_id"]) == []
    for text in body["confirmation_letter"].values():
        assert body["request_id"] in text
    (alert,) = (await people.call("warden", "GET", "/v1/alerts")).json()["items"]
    assert (alert["kind"], alert["facility_id"]) == ("removal_of_common_number", FACILITY)
    assert alert["detail"]["request_id"] == body["request_id"]
    if place != NORTH:
        assert (await decide(people, "c1", called_number=FREE[0]))["call_class"] == kind


@pytest.mark.parametrize("changes", [{"facility_id": NORTH}, {"state": "proposed", "confirmed_by": None}])
async def test_a_privileged_number_of_another_place_or_only_proposed_is_blocked(
    people: World, database_url: str, changes: dict[str, Any]
) -> None:
    fill(database_url, common_numbers=[hotline_row(NUMBER, kind="privileged", **changes)])
    assert (await take_in(people))["provisional_block_id"] is not None
    assert (await decide(people, "c1"))["reason"] == "number_not_available"
    assert (await people.call("warden", "GET", "/v1/alerts")).json()["items"] == []
