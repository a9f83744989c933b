"""Can custody staff end a call that runs, on the record, and can nobody else?"""

from typing import Any

import httpx
import pytest

from tests.asking import SWITCH, ask, decide, tell
from tests.conftest import World
from tests.places import code_of
from tests.seeding import seed


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


async def terminate(world: World, decision_id: str, *, role: str = "security", **how: Any) -> httpx.Response:
    return await world.call(role, "POST", f"/v1/calls/{decision_id}/terminate", json={"note": "threats"}, **how)


@pytest.mark.parametrize("role", ["warden", "security"])
async def test_the_next_event_of_a_terminated_call_is_answered_terminate(world: World, role: str) -> None:
    decision = await decide(world, "c1")
    assert (await tell(world, "c1", "answered", 1))["action"] == "continue"
    answer = await terminate(world, decision["decision_id"], role=role)
    assert answer.status_code == 200, answer.text
    assert answer.json()["revoked_at"] == "2026-11-20T17:00:00.000Z"
    assert answer.json()["state"] == "answered"
    told = await tell(world, "c1", "progress", 2)
    assert (told["action"], told["max_duration_seconds"]) == ("terminate", 0)


async def test_a_call_that_still_rings_is_not_connected(world: World) -> None:
    decision = await decide(world, "c1")
    assert (await terminate(world, decision["decision_id"])).status_code == 200
    assert (await tell(world, "c1", "answered", 1))["action"] == "terminate"


async def test_the_attempt_is_not_answered_again_as_an_allow(world: World) -> None:
    decision = await decide(world, "c1")
    await terminate(world, decision["decision_id"])
    assert (await ask(world, "c1")).status_code == 422


async def test_the_switch_is_told_by_its_commands(world: World) -> None:
    decision = await decide(world, "c1")
    await terminate(world, decision["decision_id"])
    commands = await world.call("switch", "GET", "/v1/switches/self/commands", subject=SWITCH)
    assert [it["call_id"] for it in commands.json()["items"]] == ["c1"]


async def test_it_is_on_the_trail_with_its_author_and_note(world: World) -> None:
    decision = await decide(world, "c1")
    await terminate(world, decision["decision_id"], role="warden", subject="w.ode")
    trail = (await world.call("security", "GET", "/v1/audit-events")).json()["items"]
    (entry,) = [it for it in trail if it["action"] == "terminate_call"]
    assert (entry["author"], entry["role"], entry["object_id"]) == ("w.ode", "warden", decision["decision_id"])
    assert entry["before"] == {"state": "authorized", "revoked": False}
    assert entry["after"] == {"state": "authorized", "revoked": True, "note": "threats"}


async def test_a_call_that_is_over_cannot_be_ended(world: World) -> None:
    decision = await decide(world, "c1")
    await tell(world, "c1", "ended", 1)
    answer = await terminate(world, decision["decision_id"])
    assert (answer.status_code, code_of(answer)) == (409, "already_ended")


@pytest.mark.parametrize(("seconds", "status"), [(119.999, 200), (120, 409)])
async def test_a_call_that_expired_cannot_be_ended(world: World, seconds: float, status: int) -> None:
    decision = await decide(world, "c1")
    world.clock.advance(seconds)
    answer = await terminate(world, decision["decision_id"])
    assert answer.status_code == status
    if status == 409:
        assert code_of(answer) == "already_expired"


async def test_ending_it_twice_changes_nothing_more(world: World) -> None:
    decision = await decide(world, "c1")
    first = await terminate(world, decision["decision_id"])
    world.clock.advance(1)
    again = await terminate(world, decision["decision_id"])
    assert again.status_code == 200
    assert again.json()["revoked_at"] == first.json()["revoked_at"]


async def test_a_denied_attempt_has_no_call_to_end(world: World) -> None:
    decision = await decide(world, "c1", called_number="+18605550199")
    assert (await terminate(world, decision["decision_id"])).status_code == 404


async def test_a_call_elsewhere_is_404_before_the_body_is_looked_at(world: World) -> None:
    decision = await decide(world, "c1")
    path = f"/v1/calls/{decision['decision_id']}/terminate"
    answer = await world.call("warden", "POST", path, json={"nonsense": 1}, facilities=["elsewhere"])
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": "x", "more": 1}, {"note": 1}])
async def test_a_note_is_needed_and_nothing_else_is_taken(world: World, body: dict[str, Any]) -> None:
    decision = await decide(world, "c1")
    path = f"/v1/calls/{decision['decision_id']}/terminate"
    assert (await world.call("security", "POST", path, json=body)).status_code == 422
