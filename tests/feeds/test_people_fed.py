"""Does a file of people do what a PUT of each of its rows would have done?"""

from typing import Any

import pytest

from callgate.domain.instants import to_wire
from tests.conftest import NOON, World
from tests.feeding import AFTERNOON, LATER, MORNING, NORTH, Fed, export, feed, person
from tests.people import CARL, DORA, ERIC, block_body, of_facility, set_block
from tests.places import audit_trail
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, attempt_body, fill, inmate_row

pytestmark = pytest.mark.usefixtures("seeded")


async def authorize(world: World, call_id: str, **changes: Any) -> dict[str, Any]:
    answer = await world.call("switch", "POST", "/v1/authorize", json=attempt_body(call_id, **changes))
    told: dict[str, Any] = answer.json()
    return told


async def people(world: World, *rows: dict[str, Any] | str, **order: Any) -> Fed:
    accept = order.pop("accept", ())
    return await feed(world.deployment, "inmates", list(rows), *accept, **order)  # type: ignore[arg-type]  # rows


async def test_people_are_added_changed_moved_released_and_left_alone(world: World, seeded: str) -> None:
    fed = await people(
        world,
        person("300001", name="New Person"),
        person(ANNA, name="Another Name"),
        person(BORIS, unit="C"),
        person(CARL, facility_id=NORTH, status="released"),
        person(DORA, unit="B"),
        person(ERIC, status="released", as_of=MORNING),
    )

    assert fed.state == "applied"
    assert fed.outcomes() == ["added", "changed", "moved", "released", "unchanged", "stale"]
    assert fed.told()[-1] == (7, "stale", "newer_known")
    assert fed.result.proof is not None
    assert (fed.result.proof.held, fed.result.proof.stale, fed.result.proof.differing) == (5, 1, 0)
    assert f"{ANNA},{FACILITY},A,active,Another Name,,,{to_wire(LATER)}" in export(seeded, "inmates")


async def test_the_trail_has_each_change_as_a_put_would_have_left_it(world: World) -> None:
    await world.call("operator", "PUT", f"/v1/inmates/{BORIS}", json=_body(unit="C"))
    (put,) = await audit_trail(world)
    await people(world, person(ANNA, unit="C"), person(DORA, unit="B"))

    events = [event for event in await audit_trail(world) if event["object_id"] == ANNA]
    told = [(event["action"], event["object_type"], event["author"], event["role"]) for event in events]
    assert told == [("put_inmate", "inmate", "i.port", "operator")]
    assert put["before"].replace(BORIS, ANNA) == events[0]["before"]
    assert {event["action"] for event in await audit_trail(world)} == {"put_inmate", "import_file"}


async def test_the_same_file_again_changes_nothing_and_an_older_one_is_stale(world: World, seeded: str) -> None:
    rows = (person(ANNA, unit="C"), person("300001"))
    await people(world, *rows)
    after, trail = export(seeded, "inmates"), await audit_trail(world)

    again = await people(world, *rows)
    older = await people(world, person(ANNA, unit="D", as_of=to_wire(NOON)), person("300001", unit="D", as_of=MORNING))

    assert (again.state, again.outcomes()) == ("nothing_new", ["unchanged", "unchanged"])
    assert (older.state, older.outcomes()) == ("nothing_new", ["stale", "stale"])
    assert export(seeded, "inmates") == after
    assert await audit_trail(world) == trail


async def test_rows_of_one_person_count_in_the_order_of_their_instants(world: World, seeded: str) -> None:
    first, second, third = (to_wire(LATER.replace(minute=minute)) for minute in (1, 2, 3))
    fed = await people(
        world,
        person(ANNA, facility_id=NORTH, unit="Z", as_of=third),
        person(ANNA, unit="X", as_of=first),
        person(ANNA, facility_id=NORTH, unit="Y", as_of=second),
    )

    assert fed.outcomes() == ["moved", "moved", "moved"]
    trail = [event for event in await audit_trail(world) if event["action"] == "put_inmate"]
    assert len(trail) == 3
    assert f"{ANNA},{NORTH},Z,active" in export(seeded, "inmates")


@pytest.mark.feature("F55")
async def test_a_release_ends_the_pin_and_the_running_call(world: World) -> None:
    call = await authorize(world, "running")
    assert call["decision"] == "allow"
    fed = await people(world, person(ANNA, status="released"), person(BORIS, status="released"))

    assert fed.outcomes() == ["released", "released"]
    assert (await authorize(world, "next"))["reason"] == "pin_not_accepted"
    assert await _is_revoked(world, call["decision_id"])
    ended = {event["object_id"] for event in await audit_trail(world) if event["action"] == "end_pin"}
    assert ended == {ANNA, BORIS}, "the one on the telephone and the one who is not"


@pytest.mark.feature("F54")
async def test_a_move_takes_the_places_blocks_on_the_persons_numbers_along(world: World) -> None:
    await set_block(world, NUMBER, **of_facility())
    await people(world, person(ANNA, facility_id=NORTH), person(BORIS, facility_id=NORTH))

    answer = await world.call("warden", "GET", f"/v1/blocks?inmate_id={ANNA}")
    (carried,) = answer.json()["items"]
    assert (carried["number"], carried["kind"]) == (NUMBER, "facility")
    others = await world.call("warden", "GET", f"/v1/blocks?inmate_id={BORIS}")
    assert others.json()["items"] == []


async def test_somebody_who_arrives_brings_their_victims_shield(world: World) -> None:
    block = block_body(NUMBER, inmate_id="300001", kind="victim")
    assert (await world.call("warden", "POST", "/v1/blocks", json=block)).status_code == 201
    call = await authorize(world, "running")
    assert call["decision"] == "allow"

    await people(world, person("300001"))

    assert await _is_revoked(world, call["decision_id"])
    assert (await authorize(world, "next"))["reason"] == "call_in_progress"


@pytest.mark.feature("F53")
async def test_a_file_that_would_release_too_many_at_one_place_is_held_back(world: World, seeded: str) -> None:
    fill(seeded, inmates=[inmate_row(f"31{at:04d}", NORTH) for at in range(99)])  # with Carl a hundred
    released = [person(f"31{at:04d}", facility_id=NORTH, status="released") for at in range(11)]
    before = export(seeded, "inmates")

    held = await people(world, *released)
    assert (held.state, held.result.brakes[0].place) == ("held_back", NORTH)
    assert (held.result.brakes[0].ended, held.result.brakes[0].standing) == (11, 100)
    assert export(seeded, "inmates") == before
    assert (await people(world, *released[:10], dry_run=True)).state == "dry_run"
    assert (await people(world, *released, dry_run=True, brake_percent=11)).state == "dry_run"
    assert (await people(world, *released, accept=("releases",))).state == "applied"


async def test_a_dry_run_tells_the_same_and_changes_nothing(world: World, seeded: str) -> None:
    rows = (person(ANNA, unit="C"), person("300001"), person(BORIS, as_of=MORNING, unit="C"))
    before = export(seeded, "inmates")

    dry = await people(world, *rows, dry_run=True)

    assert dry.state == "dry_run"
    assert export(seeded, "inmates") == before
    assert await audit_trail(world) == []
    assert dry.told() == (await people(world, *rows)).told()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([person(ANNA, facility_id="nowhere")], (2, "refused", "facility_unknown")),
        ([person(ANNA, as_of="2027-11-20T18:00:00Z")], (2, "refused", "as_of_ahead")),
        ([person(ANNA), person(ANNA, unit="C")], (3, "refused", "as_of_twice")),
    ],
)
async def test_one_row_that_cannot_be_right_holds_back_the_file(
    world: World, seeded: str, rows: list[dict[str, Any]], told: tuple[int, str, str]
) -> None:
    before = export(seeded, "inmates")

    fed = await people(world, *rows, person("300001"))

    assert fed.state == "refused"
    assert told in fed.told()
    assert export(seeded, "inmates") == before


async def test_a_release_of_an_instant_is_not_taken_back_by_an_active_of_the_same(world: World, seeded: str) -> None:
    await people(world, person(ANNA, status="released"))

    assert (await people(world, person(ANNA))).outcomes() == ["stale"]
    assert f"{ANNA},{FACILITY},A,released" in export(seeded, "inmates")
    assert AFTERNOON in export(seeded, "inmates")


def _body(**changes: Any) -> dict[str, Any]:
    row = {name: value for name, value in person("x").items() if name != "inmate_id"}
    return row | changes


async def _is_revoked(world: World, decision_id: str) -> bool:
    answer = await world.call("warden", "GET", f"/v1/calls/{decision_id}")
    return answer.json()["revoked_at"] is not None
