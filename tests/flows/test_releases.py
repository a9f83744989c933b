"""What ends with a release, what outlives it, and what can bring nobody back?"""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from callgate.domain.instants import to_wire
from tests.asking import decide, tell
from tests.conftest import World
from tests.moves import blocks_about, hears, move_anna, put_person
from tests.people import FREE, NORTH, read_list, seed_people, set_block, told
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS, entry_row, fill

NEWS = datetime.fromisoformat("2026-11-20T17:30:00.000Z")
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(ANNA, FREE[0], kind="attorney", state="pending_warden")])
    return world


async def release(people: World, **changes: Any) -> httpx.Response:
    return await move_anna(people, FACILITY, status="released", **changes)


async def new_pin(people: World) -> str:
    answer = await people.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["pin"])


@pytest.mark.feature("F55")
async def test_a_release_ends_the_pin_and_the_call_that_runs_on_it(people: World) -> None:
    await decide(people, "running")
    await release(people)
    assert (await tell(people, "running", "answered", 1))["action"] == "terminate"
    assert await hears(people, "c1", NUMBER) == "pin_not_accepted"
    assert (await hears(people, "c2", OTHER_NUMBER, pin=PINS[BORIS], station_id=OTHER_STATION)) == "allow"
    refused = await people.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={})
    assert (refused.status_code, code_of(refused)) == (409, "inmate_released")


@pytest.mark.feature("F55")
@pytest.mark.parametrize("place", [FACILITY, NORTH])
async def test_the_old_pin_stays_dead_on_return_and_the_list_is_as_it_was(people: World, place: str) -> None:
    before = (await read_list(people, ANNA)).json()
    await release(people)
    assert (await read_list(people, ANNA)).json() == before
    await move_anna(people, place)
    assert (await read_list(people, ANNA)).json() == before
    assert await hears(people, "c1", NUMBER, facility_id=place) == "pin_not_accepted"
    assert await hears(people, "c2", NUMBER, facility_id=place, pin=await new_pin(people)) == "allow"


@pytest.mark.feature("F55")
@pytest.mark.parametrize("place", [FACILITY, NORTH])
@pytest.mark.parametrize("kind", ["called_party", "victim", "guardian"])
async def test_blocks_outlive_a_release_and_hold_again_on_return(people: World, place: str, kind: str) -> None:
    await set_block(people, NUMBER, kind=kind)
    before = await blocks_about(people)
    await release(people)
    assert await blocks_about(people) == before
    await move_anna(people, place)
    assert await blocks_about(people) == before
    assert await hears(people, "c1", NUMBER, facility_id=place, pin=await new_pin(people)) == "number_not_available"


@pytest.mark.feature("F55")
async def test_a_block_that_is_set_on_somebody_released_holds_on_return(people: World) -> None:
    await release(people)
    await set_block(people, NUMBER)
    await move_anna(people, FACILITY)
    assert await hears(people, "c1", NUMBER, pin=await new_pin(people)) == "number_not_available"


# ---------------------------------------------------------------------------------------------------- out of order


async def tell_of_anna(people: World, as_of: datetime | None, **changes: Any) -> tuple[int, str]:
    """The status, and the refusal's code or the person's status and unit."""
    sent = {} if as_of is None else {"as_of": to_wire(as_of)}
    answer = await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(FACILITY, **changes) | sent)
    body = answer.json()
    return answer.status_code, code_of(answer) if answer.status_code >= 400 else f"{body['status']} {body['unit']}"


STALE = (409, "stale")
GONE, HELD = (200, "released A"), (200, "active A")


@pytest.mark.feature("F55")
@pytest.mark.parametrize("late", [timedelta(days=1), timedelta(seconds=1), MILLISECOND, timedelta()])
async def test_an_active_that_is_not_newer_than_the_release_brings_nobody_back(people: World, late: timedelta) -> None:
    assert await tell_of_anna(people, NEWS, status="released") == GONE
    for unit in ("A", "B"):
        assert await tell_of_anna(people, NEWS - late, unit=unit) == STALE
    # Nor where the feed tells the whole story again, in its order.
    for as_of, status, heard in (
        (NEWS - 2 * MILLISECOND, "active", STALE),
        (NEWS, "released", GONE),
        (NEWS - MILLISECOND, "active", STALE),
    ):
        assert await tell_of_anna(people, as_of, status=status) == heard
    refused = await people.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={})
    assert code_of(refused) == "inmate_released"


@pytest.mark.feature("F55")
async def test_an_active_that_is_newer_by_a_millisecond_or_told_by_hand_does(people: World) -> None:
    assert await tell_of_anna(people, NEWS, status="released") == GONE
    assert await tell_of_anna(people, NEWS + MILLISECOND) == HELD
    assert await tell_of_anna(people, NEWS + MILLISECOND, status="released") == GONE
    assert await tell_of_anna(people, None) == HELD
    # What was told by hand is newer than the feed's release, even when that is told again.
    assert await tell_of_anna(people, NEWS + MILLISECOND, status="released") == STALE


@pytest.mark.feature("F55")
async def test_a_release_at_the_instant_that_is_known_is_taken_in(people: World) -> None:
    assert await tell_of_anna(people, NEWS) == HELD
    assert await tell_of_anna(people, NEWS - MILLISECOND, status="released") == STALE
    assert await tell_of_anna(people, NEWS, status="released") == GONE
    assert await tell_of_anna(people, NEWS, status="released") == GONE


@pytest.mark.feature("F54", "F55")
async def test_a_stale_move_moves_nobody_and_carries_nothing(people: World) -> None:
    await set_block(people, NUMBER, scope="facility", inmate_id=None, facility_id=FACILITY, kind="facility")
    assert await tell_of_anna(people, NEWS) == HELD
    body = told(NORTH, as_of=to_wire(NEWS - MILLISECOND))
    answer = await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=body)
    assert (answer.status_code, code_of(answer)) == STALE
    assert await blocks_about(people) == []
    assert await hears(people, "c1", OTHER_NUMBER) == "number_not_available"
    await put_person(people, ANNA, NORTH, as_of=to_wire(NEWS + MILLISECOND))
    assert len(await blocks_about(people)) == 1
