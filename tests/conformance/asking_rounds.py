"""How is a round of attempts asked, and what is told of the calls that it began?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

from tests.conformance.attempts import PLACES, Body, Round
from tests.conftest import World

Ask = Callable[[World, Body], Awaitable[httpx.Response]]
SUBJECT = "switch-1"
# A machine whose cores are all busy with other tests still has to decide in time.
PATIENT_SECONDS = 10.0


def headers_of(world: World) -> dict[str, str]:
    """A switch's token for every place but the one that is away."""
    token = world.token("switch", facilities=sorted(PLACES), subject=SUBJECT)
    return {"Authorization": f"Bearer {token}"}


async def ask_in_json(world: World, body: Body) -> httpx.Response:
    """One attempt as JSON."""
    return await world.client.post("/v1/authorize", json=body, headers=headers_of(world))


async def ask_round(world: World, asked: Round, ask: Ask = ask_in_json) -> list[httpx.Response]:
    """All of a round at once, at its instant."""
    world.clock.set(asked.at)
    return list(await asyncio.gather(*(ask(world, body) for body in asked.bodies)))


async def end_calls(world: World, allowed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tell that every second of these calls was answered, and was talked out: its PIN is free, and its quota used."""
    now = world.clock.now().isoformat().replace("+00:00", "Z")
    events = []
    for answer in sorted(allowed, key=lambda each: str(each["call_id"]))[::2]:
        event = {"call_id": answer["call_id"], "occurred_at": now}
        talked = {"duration_seconds": answer["max_duration_seconds"], "cause": "max_duration"}
        events += [
            event | {"type": "answered", "sequence_number": 1},
            event | {"type": "ended", "sequence_number": 2} | talked,
        ]
    if not events:
        return []
    response = await world.client.post("/v1/call-events", json={"events": events}, headers=headers_of(world))
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results
