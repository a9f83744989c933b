"""What happens when staff take a number off somebody's list?"""

from typing import Any

import httpx
import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARL, DORA, FREE, addition, change_list, hotline_row, read_list, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, entry_row, fill, inmate_row


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def remove(people: World, inmate_id: str, number: str, role: str = "warden", **sent: Any) -> httpx.Response:
    body = {"number": number, "note": "disconnected"}
    return await people.call(role, "POST", f"/v1/inmates/{inmate_id}/list-removals", json=body, **sent)


@pytest.mark.feature("F11")
async def test_the_number_is_off_the_list_and_cannot_be_called(people: World) -> None:
    answer = await remove(people, ANNA, "(860) 555-0123")
    assert answer.status_code == 200
    assert answer.json() == {
        "inmate_id": ANNA,
        "number": NUMBER,
        "calls_revoked": 0,
        "limit": 10,
        "used": 0,
        "next_change_on": None,
    }
    assert (await read_list(people, ANNA)).json()["numbers"] == []
    assert (await decide(people, "c1"))["reason"] == "number_not_available"


async def test_it_stays_on_everybody_elses_list(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(BORIS, NUMBER)])
    await remove(people, ANNA, NUMBER, role="security")
    assert NUMBER in (await read_list(people, BORIS)).text


async def test_a_pending_number_can_be_removed(people: World) -> None:
    await change_list(people, DORA, add=(addition(FREE[0], kind="attorney"),))
    assert (await remove(people, DORA, FREE[0])).status_code == 200
    assert (await read_list(people, DORA)).json()["numbers"] == []


async def test_what_is_not_listed_or_no_number_is_422(people: World) -> None:
    for number, code in (
        (OTHER_NUMBER, "not_listed"),
        ("86055501", "number_not_valid"),
        ("*67 8605550123", "number_not_valid"),
        ("", "malformed_request"),
    ):
        answer = await remove(people, ANNA, number)
        assert (answer.status_code, code_of(answer)) == (422, code)
    assert (
        await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json={"number": NUMBER})
    ).status_code == 422
    assert NUMBER in (await read_list(people, ANNA)).text


async def test_a_number_that_no_plan_would_read_any_more_can_still_be_removed(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(DORA, "+19995550100")])
    assert (await remove(people, DORA, "+19995550100")).json()["number"] == "+19995550100"


async def test_a_running_call_ends_with_its_entry_unless_the_number_is_everyones(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        common_numbers=[hotline_row(FREE[0], kind="privileged")],
        list_entries=[entry_row(ANNA, FREE[0], kind="attorney")],
    )
    await decide(people, "social")
    assert (await remove(people, ANNA, NUMBER)).json()["calls_revoked"] == 1
    assert (await tell(people, "social", "answered", 1))["action"] == "terminate"
    await tell(people, "social", "ended", 2)
    await decide(people, "common", called_number=FREE[0])
    assert (await remove(people, ANNA, FREE[0])).json()["calls_revoked"] == 0
    assert (await tell(people, "common", "answered", 1))["action"] == "continue"


async def test_it_tells_nothing_of_a_block(people: World) -> None:
    await set_block(people, NUMBER, kind="victim")
    await set_block(people, FREE[0], kind="victim")
    assert (await remove(people, ANNA, FREE[0])).json()["code"] == "not_listed"
    assert (await remove(people, ANNA, NUMBER)).status_code == 200


async def test_a_released_persons_list_can_be_cleaned(people: World, database_url: str) -> None:
    fill(database_url, inmates=[inmate_row("300001", status="released")], list_entries=[entry_row("300001", NUMBER)])
    assert (await remove(people, "300001", NUMBER)).status_code == 200


async def test_it_is_on_the_trail_with_its_note(people: World) -> None:
    await remove(people, ANNA, NUMBER, subject="w.lamb")
    (event,) = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert (event["action"], event["object_type"], event["object_id"]) == ("remove_from_list", "phone_list", ANNA)
    assert (event["author"], event["facility_id"], event["after"]["note"]) == ("w.lamb", FACILITY, "disconnected")
    assert ([entry["number"] for entry in event["before"]["numbers"]], event["after"]["numbers"]) == ([NUMBER], [])


async def test_somebody_elsewhere_is_404(people: World) -> None:
    answer = await remove(people, CARL, NUMBER, facilities=[FACILITY])
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
