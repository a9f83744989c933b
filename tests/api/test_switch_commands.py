"""Does a switch that cannot be sent webhooks hear which of its calls must end?"""

import asyncio
from typing import Any

import httpx
import pytest

from tests.asking import SWITCH, decide, tell
from tests.conftest import World
from tests.people import set_block
from tests.places import code_of
from tests.seeding import FACILITY, NUMBER, seed

COMMANDS = "/v1/switches/self/commands"


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


async def fetch(world: World, *, wait: int = 0, subject: str = SWITCH, **how: Any) -> list[dict[str, Any]]:
    answer = await world.call("switch", "GET", f"{COMMANDS}?wait={wait}", subject=subject, **how)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def ack(world: World, command_id: str, *, subject: str = SWITCH) -> httpx.Response:
    return await world.call("switch", "POST", f"{COMMANDS}/{command_id}/ack", subject=subject)


async def revoked_call(world: World) -> str:
    decision = await decide(world, "c1")
    await tell(world, "c1", "answered", 1)
    await set_block(world, NUMBER)
    return str(decision["decision_id"])


async def test_there_is_nothing_to_do_while_no_call_is_revoked(world: World) -> None:
    await decide(world, "c1")
    assert await fetch(world) == []


async def test_a_revoked_call_is_told_without_a_cause(world: World) -> None:
    decision_id = await revoked_call(world)
    assert await fetch(world) == [
        {
            "command_id": decision_id,
            "type": "terminate",
            "decision_id": decision_id,
            "call_id": "c1",
            "revoked_at": "2026-11-20T17:00:00.000Z",
        }
    ]


async def test_another_switch_hears_nothing_of_it_and_cannot_settle_it(world: World) -> None:
    decision_id = await revoked_call(world)
    assert await fetch(world, subject="sw-2") == []
    assert (await ack(world, decision_id, subject="sw-2")).status_code == 404
    assert len(await fetch(world)) == 1


async def test_a_command_is_handed_out_again_after_two_seconds_until_it_is_settled(world: World) -> None:
    decision_id = await revoked_call(world)
    handed_out = []
    for milliseconds in (0, 0, 1999, 1):
        world.clock.advance(milliseconds / 1000)
        handed_out.append(len(await fetch(world)))
    assert handed_out == [1, 0, 0, 1]
    assert (await ack(world, decision_id)).json() == {"command_id": decision_id, "state": "settled"}
    world.clock.advance(3)
    assert await fetch(world) == []


async def test_settling_twice_is_settling_once(world: World) -> None:
    decision_id = await revoked_call(world)
    await fetch(world)
    first, second = await ack(world, decision_id), await ack(world, decision_id)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()


async def test_the_calls_own_end_settles_it_too(world: World) -> None:
    await revoked_call(world)
    await tell(world, "c1", "ended", 2)
    assert await fetch(world) == []


async def test_a_settled_call_still_holds_its_pin_until_it_is_told_ended(world: World) -> None:
    decision_id = await revoked_call(world)
    await ack(world, decision_id)
    assert (await decide(world, "c2", called_number="+18605550199"))["reason"] == "call_in_progress"
    await tell(world, "c1", "ended", 2)
    assert (await decide(world, "c3", called_number="+18605550199"))["reason"] == "number_not_available"


async def test_a_call_that_was_not_revoked_cannot_be_settled(world: World) -> None:
    decision = await decide(world, "c1")
    assert (await ack(world, decision["decision_id"])).status_code == 404
    assert (await ack(world, "no-such-command")).status_code == 404


async def test_a_waiting_switch_hears_it_as_soon_as_it_is_seen(world: World) -> None:
    decision = await decide(world, "c1")
    waiting = asyncio.create_task(fetch(world, wait=20))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await set_block(world, NUMBER)
    await world.app.state.revocations.look()
    async with asyncio.timeout(15):
        (command,) = await waiting
    assert command["decision_id"] == decision["decision_id"]


async def test_waiting_in_vain_ends_with_an_empty_answer(world: World) -> None:
    began = asyncio.get_running_loop().time()
    assert await fetch(world, wait=1) == []
    assert asyncio.get_running_loop().time() - began >= 1


@pytest.mark.parametrize("wait", ["-1", "26", "1.5", "x", ""])
async def test_a_wait_out_of_range_is_refused(world: World, wait: str) -> None:
    answer = await world.call("switch", "GET", f"{COMMANDS}?wait={wait}", subject=SWITCH)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/wait"


async def test_a_token_older_than_the_switchs_row_takes_is_refused(world: World) -> None:
    token = world.token("switch", subject=SWITCH)
    body = {
        "name": "Kamailio",
        "facilities": [FACILITY],
        "revoke_url": None,
        "tokens_not_before": "2026-11-20T17:00:01Z",
    }
    assert (await world.call("operator", "PUT", f"/v1/switches/{SWITCH}", json=body)).status_code == 201
    for method, path in (("GET", COMMANDS), ("POST", f"{COMMANDS}/x/ack")):
        answer = await world.client.request(method, path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, path
    world.clock.advance(1)
    assert await fetch(world) == []


@pytest.mark.parametrize("role", ["counselor", "warden", "security", "operator"])
async def test_nobody_but_a_switch_takes_commands(world: World, role: str) -> None:
    answer = await world.call(role, "GET", COMMANDS)
    assert (answer.status_code, code_of(answer)) == (403, "not_permitted")
