"""How do tests move people, and see which of a place's blocks went along?"""

from datetime import datetime
from typing import Any

import httpx

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import NORTH, NORTH_STATION, told
from tests.seeding import ANNA, FACILITY, PINS, STATION


async def put_person(world: World, inmate_id: str, facility_id: str, **changes: Any) -> httpx.Response:
    """What an operator tells, which must be taken in; a millisecond after whatever was before it."""
    world.clock.advance(0.001)
    answer = await world.call("operator", "PUT", f"/v1/inmates/{inmate_id}", json=told(facility_id, **changes))
    assert answer.status_code in (200, 201), answer.text
    return answer


def wait_until(world: World, instant: str) -> None:
    """Let the clock show this instant."""
    world.clock.advance((datetime.fromisoformat(instant) - world.clock.now()).total_seconds())


async def move_anna(world: World, facility_id: str = NORTH, **changes: Any) -> httpx.Response:
    return await put_person(world, ANNA, facility_id, **changes)


async def blocks_about(world: World, inmate_id: str = ANNA) -> list[dict[str, Any]]:
    """Every block on this one person, oldest first."""
    answer = await world.call("security", "GET", f"/v1/blocks?inmate_id={inmate_id}")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items[::-1]


async def carried_from(world: World, inmate_id: str = ANNA) -> list[str]:
    """From which blocks of a place are this person's made, oldest first?"""
    return [block["carried_from"] for block in await blocks_about(world, inmate_id) if block["carried_from"]]


async def hears(world: World, call_id: str, number: str, *, facility_id: str = FACILITY, **changes: Any) -> str:
    """The decision, or the reason class, at a telephone of this facility; the call is over at once."""
    asked = {"pin": PINS[ANNA], "station_id": {FACILITY: STATION, NORTH: NORTH_STATION}[facility_id]}
    answer = await decide(world, call_id, called_number=number, **(asked | changes))
    if answer["decision"] == "allow":
        await tell(world, call_id, "ended", 1)
    return str(answer["reason"] or answer["decision"])
