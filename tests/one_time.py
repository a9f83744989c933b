"""How do tests ask for one-time calls, and grant them?"""

from typing import Any

import httpx
from sqlalchemy import select

from callgate.store.tables import calls
from tests.asking import decide, tell
from tests.conftest import World
from tests.people import FREE, of_facility, of_system
from tests.seeding import ANNA, BORIS

COUNSELOR = "m.okafor"
WARDEN = "w.lamb"
ASKED: dict[str, Any] = {"number": FREE[0], "kind": "emergency", "reason": "her brother is in hospital"}
WANTED = FREE[0]
UNAVAILABLE = "number_not_available"
GRANTED: dict[str, Any] = {"decision": "grant", "note": "the hospital confirmed it"}


BLOCKS: dict[str, dict[str, Any]] = {
    "her own victim": {"kind": "victim"},
    "the number's owner": {},
    "a cellmate's victim": {"kind": "protected_person", "inmate_id": BORIS},
    "her facility": of_facility(),
    "the system": of_system(),
}
"""Every way in which a number can be blocked for Anna, by what it is."""


def path_of(inmate_id: str = ANNA) -> str:
    return f"/v1/inmates/{inmate_id}/one-time-calls"


async def ask_call(world: World, inmate_id: str = ANNA, /, **how: Any) -> httpx.Response:
    """A counselor asks; `headers` and `subject` are the request's, everything else the body's, None leaves it out."""
    sent = {"subject": COUNSELOR} | {
        name: how.pop(name) for name in ("headers", "subject", "facilities") if name in how
    }
    body = {name: value for name, value in (ASKED | how).items() if value is not None}
    return await world.call("counselor", "POST", path_of(inmate_id), json=body, **sent)


async def decide_call(world: World, one_time_call_id: str, /, **how: Any) -> httpx.Response:
    """A warden decides; as above."""
    sent = {"subject": WARDEN} | {name: how.pop(name) for name in ("headers", "subject", "facilities") if name in how}
    body = {name: value for name, value in (GRANTED | how).items() if value is not None}
    return await world.call("warden", "POST", f"/v1/one-time-calls/{one_time_call_id}/decision", json=body, **sent)


async def asked_call(world: World, inmate_id: str = ANNA, /, **how: Any) -> str:
    """One that was asked for, by its id."""
    answer = await ask_call(world, inmate_id, **how)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["one_time_call_id"])


async def granted_call(world: World, inmate_id: str = ANNA, /, *, number: str = FREE[0], **how: Any) -> str:
    """One that was asked for and granted, by its id."""
    one_time_call_id = await asked_call(world, inmate_id, number=number)
    answer = await decide_call(world, one_time_call_id, **how)
    assert answer.status_code == 200, answer.text
    return one_time_call_id


async def read_call(world: World, one_time_call_id: str, role: str = "counselor") -> dict[str, Any]:
    """One as that role reads it."""
    answer = await world.call(role, "GET", f"/v1/one-time-calls/{one_time_call_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def hears(world: World, call_id: str, number: str = WANTED, **changes: Any) -> str:
    """`allow`, or the reason class."""
    answer = await decide(world, call_id, called_number=number, **changes)
    return str(answer["reason"] or answer["decision"])


async def talk(world: World, call_id: str, number: str = WANTED, **changes: Any) -> str:
    """The same; where it is allowed the call is answered and over a minute later."""
    heard = await hears(world, call_id, number, **changes)
    if heard == "allow":
        await tell(world, call_id, "answered", 1)
        world.clock.advance(60)
        await tell(world, call_id, "ended", 2)
    return heard


async def rests_on(world: World, call_id: str) -> str | None:
    """Which one-time call the record says that this call used."""
    async with world.deployment.database.read() as transaction:
        query = select(calls.c.one_time_call_id).where(calls.c.call_id == call_id)
        found: str | None = (await transaction.execute(query)).scalar_one()
    return found
