"""What binds a one-time call as it binds any other, and what do lists and moves make of it?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from callgate.app import build, deploy
from callgate.clock import ShiftedClock
from tests.asking import ask, counted_statements, tell, without_ids
from tests.conftest import World
from tests.one_time import UNAVAILABLE, WANTED, granted_call, hears, read_call, rests_on, talk
from tests.people import (
    FREE,
    NORTH,
    NORTH_STATION,
    addition,
    change_list,
    of_facility,
    read_list,
    seed_people,
    set_block,
    told,
)
from tests.seeding import (
    ANNA,
    BORIS,
    FACILITY,
    NOON,
    NUMBER,
    seed,
    settings_for,
)

pytestmark = pytest.mark.feature("F33")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# ----------------------------------------------------------------------------------------------- what else binds a call


@pytest.mark.feature("F16", "F17")
@pytest.mark.parametrize(
    "block",
    [{"kind": "victim"}, {}, {"kind": "victim", "inmate_id": BORIS}, of_facility()],
    ids=["victim", "owner", "shield", "facility"],
)
async def test_a_block_beats_it(people: World, block: dict[str, Any]) -> None:
    one_time_call_id = await granted_call(people)
    assert await hears(people, "c1") == "allow"
    revoked = await set_block(people, WANTED, **block)
    assert revoked["calls_revoked"] == 1
    assert (await tell(people, "c1", "answered", 1))["action"] == "terminate"
    assert (await read_call(people, one_time_call_id))["one_time_call_id"] == one_time_call_id
    people.clock.advance(3600)
    assert await hears(people, "c2") == UNAVAILABLE


@pytest.mark.feature("F17")
async def test_a_refusal_beside_one_that_was_granted_tells_nothing_and_takes_the_same_statements(
    people: World,
) -> None:
    with counted_statements(people) as plain:
        unlisted = await ask(people, "c1", called_number=FREE[1])
    await people.app.state.alarms.settled()
    await granted_call(people)
    await set_block(people, WANTED, kind="victim")
    with counted_statements(people) as sent:
        blocked = await ask(people, "c2", called_number=WANTED)
    assert sent == plain
    assert without_ids(blocked.text, blocked.json()) == without_ids(unlisted.text, unlisted.json())
    await people.app.state.alarms.settled()
    await granted_call(people, number=FREE[2])
    with counted_statements(people) as allowed:
        assert await hears(people, "c3", FREE[2]) == "allow"
    assert [text for text in allowed if text in plain] == plain  # what comes beside it writes the call


@pytest.mark.feature("F34")
@pytest.mark.parametrize("kind", ["disciplinary", "investigation", "security_risk_group"])
async def test_a_restriction_refuses_it_until_it_is_ended(people: World, kind: str) -> None:
    body = {"kind": kind, "starts_at": "2026-11-20T17:00:00Z", "ends_at": "2026-12-20T17:00:00Z"}
    body |= {"authority": "hearing officer", "case_number": "DR-1"}
    restricted = await people.call("warden", "POST", f"/v1/inmates/{ANNA}/restrictions", json=body)
    await granted_call(people)
    assert await hears(people, "c1") == "calls_restricted"
    path = f"/v1/restrictions/{restricted.json()['restriction_id']}/end"
    await people.call("warden", "POST", path, json={"note": "a death in the family"})
    assert await hears(people, "c2") == "allow"


async def test_hours_shut_offs_and_payment_bind_it(people: World) -> None:
    await granted_call(people, expires_at="2026-11-21T17:00:00.000Z")
    assert await hears(people, "c1", payment_type="debit") == "rate_unavailable"
    shut = {"unit": None, "reason": "count", "ends_at": "2026-11-20T17:10:00Z"}
    await people.call("warden", "POST", f"/v1/facilities/{FACILITY}/shutoffs", json=shut)
    assert await hears(people, "c2") == "not_in_service"
    people.clock.advance(11 * 3600)  # 23:00 in New York
    assert await hears(people, "c3") == "outside_calling_hours"
    people.clock.advance(7 * 3600)  # 06:00
    assert await hears(people, "c4") == "allow"


async def test_ceilings_bind_it_and_it_counts_against_them(people: World) -> None:
    told_facility = {"name": "Demo CI", "time_zone": "America/New_York", "profile": "ct-doc", "hours": None}
    told_facility |= {"region": "US", "rate_cap_tier": None}
    limited: dict[str, Any] = {**told_facility, "limits": {"calls_per_day": 1}}
    await people.call("operator", "PUT", f"/v1/facilities/{FACILITY}", json=limited)
    await granted_call(people)
    await granted_call(people, number=FREE[1])
    assert await talk(people, "c1") == "allow"
    assert await hears(people, "c2", FREE[1]) == "limit_reached"


# ------------------------------------------------------------------------------------------------- lists, moves, people


async def test_a_number_that_waits_for_the_warden_can_be_called_once(people: World) -> None:
    await change_list(people, ANNA, add=(addition(WANTED, kind="confined_person"),))
    assert await hears(people, "c1") == UNAVAILABLE
    one_time_call_id = await granted_call(people)
    before = await read_list(people, ANNA)
    assert await talk(people, "c2") == "allow"
    assert await rests_on(people, "c2") == one_time_call_id
    assert await talk(people, "c3") == UNAVAILABLE
    assert (await read_list(people, ANNA)).text == before.text


async def test_a_number_on_the_list_is_called_as_ever_and_spends_nothing(people: World) -> None:
    one_time_call_id = await granted_call(people, number=NUMBER)
    for call_id in ("c1", "c2"):
        assert await talk(people, call_id, NUMBER) == "allow"
        assert await rests_on(people, call_id) is None
    assert (await read_call(people, one_time_call_id))["state"] == "granted"
    off = {"number": NUMBER, "note": "no longer hers"}
    await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json=off)
    assert await talk(people, "c3", NUMBER) == "allow"
    assert await rests_on(people, "c3") == one_time_call_id
    assert await talk(people, "c4", NUMBER) == UNAVAILABLE


@pytest.mark.feature("F14")
async def test_where_lists_are_open_it_has_no_effect_and_is_not_spent(database_url: str) -> None:
    seed(database_url)
    async with _open_world_without_lists(database_url) as world:
        one_time_call_id = await granted_call(world)
        for call_id in ("c1", "c2"):
            assert await talk(world, call_id) == "allow"
            assert await rests_on(world, call_id) is None
        assert (await read_call(world, one_time_call_id))["state"] == "granted"


@asynccontextmanager
async def _open_world_without_lists(database_url: str) -> AsyncIterator[World]:
    """The application under a law that opens every number that no block forbids."""
    deployed = deploy(settings_for(database_url), clock=ShiftedClock(NOON, running=False))
    law = replace(deployed.policies["ct-doc"], list_mode="open_minus_blocks")
    deployment = replace(deployed, policies={"ct-doc": law})
    app = build(deployment, watching=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://callgate.test")
    async with app.router.lifespan_context(app), client:
        assert isinstance(deployment.clock, ShiftedClock)
        yield World(app=app, deployment=deployment, clock=deployment.clock, client=client)


@pytest.mark.feature("F54")
async def test_it_works_where_the_person_is_moved_to(people: World) -> None:
    one_time_call_id = await granted_call(people)
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))
    assert await hears(people, "c1") == "pin_not_accepted"
    assert await talk(people, "c2", station_id=NORTH_STATION) == "allow"
    assert await rests_on(people, "c2") == one_time_call_id
    assert await hears(people, "c3", station_id=NORTH_STATION) == UNAVAILABLE


@pytest.mark.feature("F55")
async def test_a_released_persons_pin_is_dead_whatever_was_granted(people: World) -> None:
    await granted_call(people)
    assert await hears(people, "c1") == "allow"
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(FACILITY, status="released"))
    assert (await tell(people, "c1", "answered", 1))["action"] == "terminate"
    assert await hears(people, "c2") == "pin_not_accepted"
