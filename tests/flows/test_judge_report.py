"""What follows a switch's suspicion of a third party, and a call that the network diverted?"""

from typing import Any

import pytest
from sqlalchemy import text

from callgate.store.database import open_sync
from tests.asking import decide, tell
from tests.conftest import World
from tests.people import hotline_row, set_block
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, fill, seed

ELSEWHERE = "+18605550177"
PROFILES = ["ct-doc", "ny-doccs", "tdcj"]


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


def use(world: World, profile: str) -> None:
    with open_sync(world.deployment.settings.database_url) as connection:
        connection.execute(text("UPDATE facilities SET profile = :it"), {"it": profile})
        connection.commit()


async def begin(world: World, **changes: Any) -> str:
    decision = await decide(world, "c1", **{"payment_type": "prepaid"} | changes)
    assert decision["decision"] == "allow", decision
    await tell(world, "c1", "answered", 1)
    return str(decision["decision_id"])


async def alerts(world: World) -> list[tuple[str, dict[str, Any]]]:
    items = (await world.call("security", "GET", "/v1/alerts")).json()["items"]
    return [(it["kind"], it["detail"]) for it in items]


@pytest.mark.feature("F43")
@pytest.mark.parametrize(
    ("profile", "action"), [("ct-doc", "continue"), ("ny-doccs", "continue"), ("tdcj", "terminate")]
)
async def test_a_suspected_third_party_is_noted_or_cut_as_the_profile_says(
    world: World, profile: str, action: str
) -> None:
    use(world, profile)
    decision_id = await begin(world)
    assert (await tell(world, "c1", "three_way_suspected", 2))["action"] == action
    assert (await tell(world, "c1", "progress", 3))["action"] == action
    told = "cut" if action == "terminate" else "note"
    assert await alerts(world) == [("three_way_suspected", {"decision_id": decision_id, "action": told})]


@pytest.mark.feature("F42")
@pytest.mark.parametrize(
    ("profile", "action"), [("ct-doc", "terminate"), ("ny-doccs", "continue"), ("tdcj", "terminate")]
)
@pytest.mark.parametrize("to", [None, NUMBER, "no number at all"])
async def test_a_diverted_call_is_noted_or_cut_as_the_profile_says(
    world: World, profile: str, action: str, to: str | None
) -> None:
    use(world, profile)
    await begin(world)
    assert (await tell(world, "c1", "diverted", 2, diverted_to=to))["action"] == action
    ((kind, detail),) = await alerts(world)
    assert kind == "call_diverted"
    assert detail["action"] == ("cut" if action == "terminate" else "note")


@pytest.mark.feature("F42")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("whose", [ANNA, BORIS])
async def test_a_call_diverted_to_a_protected_number_is_cut_whatever_the_profile_says(
    world: World, profile: str, whose: str
) -> None:
    use(world, profile)
    await set_block(world, ELSEWHERE, kind="victim", inmate_id=whose)
    await begin(world)
    assert (await tell(world, "c1", "diverted", 2, diverted_to="(860) 555-0177"))["action"] == "terminate"
    ((kind, detail),) = await alerts(world)
    assert kind == "diverted_to_blocked_number"
    assert ELSEWHERE not in str(detail)


@pytest.mark.feature("F42")
@pytest.mark.parametrize("profile", PROFILES)
async def test_a_call_diverted_to_an_unlisted_number_is_cut_as_one_to_a_blocked_number_is(
    world: World, profile: str
) -> None:
    use(world, profile)
    await set_block(world, "+18605550178", kind="victim", inmate_id=BORIS)
    told = []
    for call_id, to in (("c1", ELSEWHERE), ("c2", "+18605550178")):
        decision = await decide(world, call_id, payment_type="prepaid")
        assert decision["decision"] == "allow"
        await tell(world, call_id, "answered", 1)
        told.append(await tell(world, call_id, "diverted", 2, diverted_to=to))
        await tell(world, call_id, "ended", 3)
    first, second = ({**answer, "call_id": ""} for answer in told)
    assert first == second
    assert first["action"] == "terminate"
    kinds = sorted(kind for kind, _ in await alerts(world))
    assert kinds == ["call_diverted", "diverted_to_blocked_number"]


@pytest.mark.feature("F42", "F43")
@pytest.mark.parametrize("kind", ["three_way_suspected", "diverted"])
async def test_one_report_punishes_nobody(world: World, kind: str) -> None:
    use(world, "tdcj")
    await begin(world)
    assert (await tell(world, "c1", kind, 2))["action"] == "terminate"
    await tell(world, "c1", "ended", 3)
    assert (await world.call("warden", "GET", "/v1/blocks")).json()["items"] == []
    assert (await world.call("warden", "GET", f"/v1/inmates/{ANNA}/restrictions")).json()["items"] == []
    assert (await decide(world, "c2", payment_type="prepaid"))["decision"] == "allow"


@pytest.mark.feature("F43")
async def test_the_same_report_twice_is_told_once(world: World) -> None:
    await begin(world)
    for number in (2, 2, 3):
        await tell(world, "c1", "three_way_suspected", number)
    assert len(await alerts(world)) == 1


@pytest.mark.feature("F43")
@pytest.mark.parametrize("kind", ["three_way_suspected", "diverted"])
async def test_a_report_after_the_call_changes_nothing(world: World, kind: str) -> None:
    await begin(world)
    before = await tell(world, "c1", "ended", 2)
    after = await tell(world, "c1", kind, 3)
    assert (before["state"], after["state"]) == ("ended", "ended")
    assert await alerts(world) == []


@pytest.mark.feature("F40")
@pytest.mark.parametrize("kind", ["three_way_suspected", "diverted"])
async def test_nothing_is_told_of_a_hotline_call_and_it_goes_on(world: World, kind: str) -> None:
    use(world, "tdcj")
    fill(world.deployment.settings.database_url, common_numbers=[hotline_row("+18005550123")])
    await begin(world, called_number="+18005550123", pin=None)
    assert (await tell(world, "c1", kind, 2, diverted_to=None))["action"] == "continue"
    assert await alerts(world) == []


@pytest.mark.feature("F42")
async def test_a_call_cut_for_a_diversion_is_a_command_to_its_switch(world: World) -> None:
    decision_id = await begin(world)
    await tell(world, "c1", "diverted", 2)
    commands = await world.call("switch", "GET", "/v1/switches/self/commands", subject="sw-1")
    assert [it["decision_id"] for it in commands.json()["items"]] == [decision_id]
    shown = (await world.call("warden", "GET", f"/v1/calls/{decision_id}")).json()
    assert shown["revoked_at"] is not None
    assert (shown["facility_id"], shown["number"]) == (FACILITY, NUMBER)
