"""How do tests write as staff about people: their lists, blocks, restrictions and shut-offs?"""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from callgate.domain.instants import to_milliseconds
from tests.conftest import World
from tests.seeding import FACILITY, NOON, facility_row, fill, inmate_row, pin_row, seed, station_row

NORTH = "north-ci"
CARL = "200001"  # held at the other facility
DORA = "100003"  # held beside Anna, with an empty list
ERIC = "100004"  # released from there
NORTH_STATION = "north-ci-a1"
CARLS_PIN = "836205917"

# Numbers that stand on nobody's list.
FREE = tuple(f"+186055501{last}" for last in range(50, 65))

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z")


def seed_people(url: str) -> None:
    """The seeded facility with two more people, and a second facility with one."""
    seed(url)
    fill(
        url,
        facilities=[facility_row(NORTH, name="North CI")],
        stations=[station_row(NORTH_STATION, NORTH)],
        inmates=[
            inmate_row(CARL, NORTH),
            inmate_row(DORA, unit="B"),
            inmate_row(ERIC, status="released"),
        ],
        pins=[pin_row(CARL, CARLS_PIN)],
    )


def hotline_row(number: str, **changes: Any) -> dict[str, Any]:
    """A common number in force."""
    row = {
        "number": number,
        "kind": "hotline",
        "name": "Crisis line",
        "verified_by": "its operator",
        "state": "in_force",
        "proposed_by": "o.perez",
        "proposed_at": to_milliseconds(NOON),
        "confirmed_by": "w.lamb",
        "confirmed_at": to_milliseconds(NOON),
    }
    return row | changes


def addition(number: str, **changes: Any) -> dict[str, Any]:
    """One number as a counselor submits it."""
    return {"number": number, "name": "Ruth Doe", "relationship": "mother", "kind": "social"} | changes


async def change_list(
    world: World,
    inmate_id: str,
    *,
    add: tuple[str | Mapping[str, Any], ...] = (),
    remove: tuple[str, ...] = (),
    **sent: Any,
) -> httpx.Response:
    """One submission by a counselor."""
    body = {"add": [addition(it) if isinstance(it, str) else it for it in add], "remove": list(remove)}
    return await world.call("counselor", "POST", f"/v1/inmates/{inmate_id}/list-changes", json=body, **sent)


async def read_list(world: World, inmate_id: str) -> httpx.Response:
    """The list as a counselor reads it."""
    return await world.call("counselor", "GET", f"/v1/inmates/{inmate_id}/phone-list")


def block_body(number: str, /, **changes: Any) -> dict[str, Any]:
    """A block on one person by its number's owner, as staff enter it; None leaves a field out."""
    body = {
        "number": number,
        "scope": "inmate",
        "inmate_id": "100001",
        "kind": "called_party",
        "authority": "letter of the owner",
        "note": "asked in writing",
        "until": "indefinite",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


async def set_block(world: World, number: str, /, *, role: str = "warden", **changes: Any) -> dict[str, Any]:
    """A block that must be accepted."""
    answer = await world.call(role, "POST", "/v1/blocks", json=block_body(number, **changes))
    assert answer.status_code == 201, answer.text
    block: dict[str, Any] = answer.json()
    return block


def of_facility(**changes: Any) -> dict[str, Any]:
    """What makes a block the facility's."""
    return {"scope": "facility", "inmate_id": None, "facility_id": FACILITY, "kind": "facility"} | changes


def of_system(**changes: Any) -> dict[str, Any]:
    """What makes a block the whole system's."""
    return {"scope": "system", "inmate_id": None, "kind": "investigation"} | changes


def alike(text: str, **names: str) -> str:
    """A text with every id and instant made alike, and these words by their names."""
    for name, word in names.items():
        text = text.replace(word, f"<{name}>")
    return _INSTANT.sub("<instant>", _ID.sub("<id>", text))


def told(facility_id: str, **changes: Any) -> dict[str, Any]:
    """A person as an operator enters them."""
    return {"facility_id": facility_id, "unit": "A", "status": "active", "name": "A Person"} | changes
