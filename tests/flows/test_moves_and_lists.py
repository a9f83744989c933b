"""Does the list go along whole, and by which law does it change at the new place?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.moves import hears, move_anna, put_person, wait_until
from tests.people import FREE, NORTH, addition, change_list, read_list, seed_people
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, PINS, facility_row, fill, station_row

ALBANY, ALBANY_STATION = "albany", "albany-a1"
HONOLULU = "honolulu"
DAY = 86_400


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(
        database_url,
        facilities=[
            facility_row(ALBANY, profile="ny-doccs"),
            facility_row(HONOLULU, time_zone="Pacific/Honolulu"),
        ],
        stations=[station_row(ALBANY_STATION, ALBANY)],
    )
    return world


async def list_fifteen(people: World) -> None:
    """Dora, who has no list, gets all fifteen numbers of New York's."""
    await put_person(people, "100003", ALBANY)
    answer = await change_list(people, "100003", add=FREE)
    assert answer.status_code == 201, answer.text


async def places(people: World) -> tuple[int, int]:
    body = (await read_list(people, "100003")).json()
    assert body["used"] == len(body["numbers"])
    return body["used"], body["limit"]


@pytest.mark.feature("F08", "F54")
async def test_a_list_that_is_longer_than_the_new_places_is_frozen_and_not_cut(people: World) -> None:
    await list_fifteen(people)
    before = (await read_list(people, "100003")).json()
    await put_person(people, "100003", FACILITY)
    after = (await read_list(people, "100003")).json()
    assert after == {**before, "limit": 10}
    assert (after["used"], len(after["numbers"])) == (15, 15)
    # Every one of the fifteen can still be called.
    pin = (await people.call("operator", "POST", "/v1/inmates/100003/pin", json={})).json()["pin"]
    for number in FREE:
        assert await hears(people, f"c{number}", number, pin=pin) == "allow", number


@pytest.mark.feature("F08", "F54")
async def test_nothing_is_added_to_it_until_it_is_below_the_limit(people: World) -> None:
    await list_fifteen(people)
    await put_person(people, "100003", FACILITY)
    new = "+18605550170"
    refused = await change_list(people, "100003", add=(new,))
    assert (refused.status_code, code_of(refused)) == (409, "list_full")
    assert (refused.json()["used"], refused.json()["limit"]) == (15, 10)
    # To take off and put on as many leaves it too long.
    refused = await change_list(people, "100003", add=(new,), remove=FREE[:5])
    assert (refused.status_code, code_of(refused), await places(people)) == (409, "list_full", (15, 10))
    # What only takes off passes, and counts as a change like any other.
    assert (await change_list(people, "100003", remove=FREE[:1])).status_code == 201
    assert await places(people) == (14, 10)
    assert code_of(await change_list(people, "100003", remove=FREE[1:2])) == "change_too_soon"
    for position in range(1, 5):  # staff take off what they must, which is no change
        body = {"number": FREE[position], "note": "disconnected"}
        removed = await people.call("warden", "POST", "/v1/inmates/100003/list-removals", json=body)
        assert removed.status_code == 200
    assert await places(people) == (10, 10)
    people.clock.advance(30 * DAY)
    assert code_of(await change_list(people, "100003", add=(new,))) == "list_full"
    assert (await change_list(people, "100003", add=(new,), remove=FREE[5:6])).status_code == 201
    assert await places(people) == (10, 10)
    people.clock.advance(30 * DAY)
    assert (await change_list(people, "100003", remove=FREE[6:8])).status_code == 201
    people.clock.advance(30 * DAY)
    assert (await change_list(people, "100003", add=FREE[:2])).status_code == 201
    people.clock.advance(30 * DAY)
    assert (code_of(await change_list(people, "100003", add=FREE[2:3])), await places(people)) == (
        "list_full",
        (10, 10),
    )


@pytest.mark.feature("F54")
async def test_a_list_comes_back_to_its_old_length_at_a_place_with_longer_ones(people: World) -> None:
    await list_fifteen(people)
    await put_person(people, "100003", FACILITY)
    await put_person(people, "100003", ALBANY)
    assert await places(people) == (15, 15)


@pytest.mark.feature("F12", "F54")
async def test_a_number_that_waits_for_the_warden_waits_at_the_new_place(people: World) -> None:
    confined: dict[str, Any] = addition(FREE[0], kind="confined_person")
    assert (await change_list(people, "100003", add=(confined,))).json()["state"] == "pending_warden"
    before = (await read_list(people, "100003")).json()
    await put_person(people, "100003", NORTH)
    assert (await read_list(people, "100003")).json() == before
    assert before["numbers"][0]["state"] == "pending_warden"


@pytest.mark.feature("F09", "F54")
async def test_the_next_change_opens_at_midnight_of_the_new_place(people: World) -> None:
    # Eight in the evening of the 20th at the old place, by whose calendar the day of a change is kept.
    people.clock.advance(8 * 3600)
    assert (await change_list(people, ANNA, add=FREE[:1])).status_code == 201
    await move_anna(people, HONOLULU)
    assert (await read_list(people, ANNA)).json()["next_change_on"] == "2026-12-20"
    # Midnight at the old place opens nothing: at the new one it is seven in the evening of the day before.
    for instant in ("2026-12-20T05:00:00.000Z", "2026-12-20T09:59:59.999Z"):
        wait_until(people, instant)
        answer = await change_list(people, ANNA, add=FREE[1:2])
        assert (code_of(answer), answer.json()["next_change_on"]) == ("change_too_soon", "2026-12-20")
    wait_until(people, "2026-12-20T10:00:00.000Z")
    assert (await change_list(people, ANNA, add=FREE[1:2])).status_code == 201


@pytest.mark.feature("F11", "F54")
async def test_restrictions_go_along_and_the_pin_is_heard_at_the_new_place_alone(people: World) -> None:
    await move_anna(people)
    await decide(people, "c1", called_number="+18605550123", station_id="north-ci-a1", pin=PINS[ANNA])
    assert (await tell(people, "c1", "ended", 1))["state"] == "ended"
    assert await hears(people, "c2", "+18605550123") == "pin_not_accepted"
    body = {
        "kind": "disciplinary",
        "starts_at": "2026-11-20T17:00:00Z",
        "ends_at": "2026-12-20T17:00:00Z",
        "authority": "hearing officer",
        "case_number": "DR-1",
    }
    assert (await people.call("warden", "POST", f"/v1/inmates/{ANNA}/restrictions", json=body)).status_code == 201
    await move_anna(people, FACILITY)
    assert await hears(people, "c3", "+18605550123") == "calls_restricted"
