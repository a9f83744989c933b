"""Does a file of blocks set them as staff do, and lift none that it may not?"""

from typing import Any

import pytest

from callgate.domain.instants import to_wire
from tests.conftest import NOON, World
from tests.feeding import AFTERNOON, LATER, MORNING, Fed, blocked, export, feed
from tests.people import FREE, hotline_row, set_block
from tests.places import audit_trail
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, attempt_body, block_row, entry_row, fill

EVENING = to_wire(LATER.replace(minute=45))
LIFTED: dict[str, Any] = {
    "lifted_at": EVENING,
    "lift_authority": "letter of the owner",
    "lift_evidence": "letter 7",
    "as_of": EVENING,
}
OF_FACILITY: dict[str, Any] = {"scope": "facility", "inmate_id": "", "facility_id": FACILITY, "kind": "facility"}
OF_SYSTEM: dict[str, Any] = {"scope": "system", "inmate_id": "", "kind": "investigation"}

pytestmark = pytest.mark.usefixtures("seeded")


async def blocks(world: World, *rows: dict[str, Any], **order: Any) -> Fed:
    accept = order.pop("accept", ())
    return await feed(world.deployment, "blocks", list(rows), *accept, **order)


async def read_block(world: World, block_id: str) -> dict[str, Any]:
    told: dict[str, Any] = (await world.call("warden", "GET", f"/v1/blocks/{block_id}")).json()
    return told


async def authorize(world: World, call_id: str, **changes: Any) -> dict[str, Any]:
    answer = await world.call("switch", "POST", "/v1/authorize", json=attempt_body(call_id, **changes))
    told: dict[str, Any] = answer.json()
    return told


async def test_a_block_is_set_and_ends_the_calls_that_it_refuses(world: World) -> None:
    call = await authorize(world, "running")
    fed = await blocks(world, blocked("jms-1", NUMBER), blocked("jms-2", FREE[0], **OF_FACILITY))

    assert (fed.state, fed.outcomes()) == ("applied", ["added", "added"])
    told = await read_block(world, "jms-1")
    assert (told["state"], told["created_by"], told["until"]) == ("in_force", "i.port", "indefinite")
    assert (await world.call("warden", "GET", f"/v1/calls/{call['decision_id']}")).json()["revoked_at"] is not None
    trail = [event["action"] for event in await audit_trail(world)]
    assert sorted(trail) == ["import_file", "set_block", "set_block"]


async def test_the_same_file_again_changes_nothing_and_an_older_one_is_stale(world: World, seeded: str) -> None:
    rows = (blocked("jms-1", NUMBER), blocked("jms-2", FREE[0], **OF_SYSTEM))
    await blocks(world, *rows)
    after, trail = export(seeded, "blocks"), await audit_trail(world)

    assert (await blocks(world, *rows)).outcomes() == ["unchanged", "unchanged"]
    assert (await blocks(world, *(row | {"as_of": MORNING} for row in rows))).outcomes() == ["stale", "stale"]
    assert (await blocks(world)).state == "nothing_new", "what a file does not name stays"
    assert export(seeded, "blocks") == after
    assert await audit_trail(world) == trail


@pytest.mark.feature("F21")
async def test_a_file_lifts_what_one_person_may_lift_and_nothing_that_guards_a_victim(world: World) -> None:
    await blocks(world, blocked("own", NUMBER), blocked("victim", OTHER_NUMBER, kind="victim"))

    refused = await blocks(
        world, blocked("own", NUMBER, **LIFTED), blocked("victim", OTHER_NUMBER, kind="victim", **LIFTED)
    )
    assert refused.told() == [(2, "lifted", None), (3, "refused", "lift_needs_two_people")]
    assert (await read_block(world, "own"))["state"] == "in_force"
    unpapered = await blocks(world, blocked("own", NUMBER, **LIFTED | {"lift_evidence": ""}))
    assert unpapered.told() == [(2, "refused", "lift_needs_papers")]

    assert (await blocks(world, blocked("own", NUMBER, **LIFTED))).outcomes() == ["lifted"]
    told = await read_block(world, "own")
    assert (told["state"], told["lifted_at"], len(told["lifts"])) == ("lifted", EVENING, 1)
    assert (await blocks(world, blocked("own", NUMBER, **LIFTED))).outcomes() == ["unchanged"]
    later = to_wire(LATER.replace(minute=50))
    assert (await blocks(world, blocked("own", NUMBER, effective_at=AFTERNOON, as_of=later))).told() == [
        (2, "stale", "lifted_here")
    ]


async def test_a_provisional_block_ends_by_its_decision_alone(world: World) -> None:
    request = {
        "facility_id": FACILITY,
        "number": NUMBER,
        "inmate_id": ANNA,
        "requester_name": "R. Doe",
        "received_on": "2026-11-19",
        "channel": "letter",
        "identity_checked": True,
    }
    taken = await world.call("warden", "POST", "/v1/removal-requests", json=request)
    block = await read_block(world, taken.json()["provisional_block_id"])
    row = {
        name: block[name] for name in ("block_id", "number", "scope", "inmate_id", "kind", "authority", "note", "until")
    }

    assert (await blocks(world, row | {"effective_at": block["effective_at"]} | LIFTED)).told() == [
        (2, "refused", "provisional")
    ]


@pytest.mark.feature("F53")
async def test_a_file_that_would_lift_too_many_is_held_back(world: World) -> None:
    rows = [blocked(f"jms-{at}", FREE[at % 10], inmate_id=f"4000{at:02d}") for at in range(20)]
    await blocks(world, *rows)
    lifted = [row | LIFTED | {"effective_at": AFTERNOON} for row in rows[:11]]

    held = await blocks(world, *lifted)
    assert (held.state, held.result.brakes[0].ended, held.result.brakes[0].standing) == ("held_back", 11, 20)
    assert (await blocks(world, *lifted[:10], dry_run=True)).state == "dry_run"
    assert (await blocks(world, *lifted, accept=("lifts",))).state == "applied"


async def test_a_verified_lawyers_number_out_of_reach_is_told_to_the_warden(world: World, seeded: str) -> None:
    fill(seeded, list_entries=[entry_row(BORIS, FREE[0], kind="attorney")])
    await blocks(world, blocked("jms-1", FREE[0], **OF_FACILITY), blocked("jms-2", FREE[1], **OF_FACILITY))

    alerts = (await world.call("warden", "GET", "/v1/alerts")).json()["items"]
    assert [(alert["kind"], alert["detail"]) for alert in alerts] == [
        ("privileged_number_blocked", {"block_id": "jms-1"})
    ]


@pytest.mark.feature("F18")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inmate_id": ""}, "subject_missing"),
        ({"facility_id": FACILITY}, "subject_not_of_scope"),
        ({**OF_FACILITY, "facility_id": "nowhere"}, "facility_unknown"),
        ({**OF_FACILITY, "scope": "unit"}, "subject_missing"),
        ({"kind": "court_order"}, "court_order_without_document"),
        ({"number": "860-FLOWERS"}, "number_not_valid"),
        ({"number": "8005550199"}, "hotline_number"),
        ({"until": ""}, "missing"),
        ({"authority": ""}, "missing"),
        ({"effective_at": "2026-11-21T00:00:00Z"}, "after_as_of"),
        ({"as_of": "2027-01-01T00:00:00Z"}, "as_of_ahead"),
        ({"block_id": "known"}, "block_differs"),
        ({"lifted_at": to_wire(NOON), "effective_at": AFTERNOON}, "lifted_before_effective"),
    ],
)
async def test_one_row_that_cannot_be_right_holds_back_the_file(
    world: World, seeded: str, changes: dict[str, Any], told: str
) -> None:
    fill(seeded, common_numbers=[hotline_row("+18005550199")], blocks=[block_row(FREE[3], block_id="known")])
    before = export(seeded, "blocks")

    fed = await blocks(world, blocked("jms-0", FREE[9]), blocked(**{"block_id": "jms-1", "number": NUMBER} | changes))

    assert fed.state == "refused"
    assert fed.told()[1] == (3, "refused", told)
    assert export(seeded, "blocks") == before


async def test_a_block_stands_in_a_file_once(world: World) -> None:
    fed = await blocks(world, blocked("jms-1", NUMBER), blocked("jms-1", NUMBER))

    assert fed.told() == [(2, "not_judged", None), (3, "refused", "block_twice")]


async def test_a_block_that_staff_set_is_unchanged_by_its_own_export(world: World, seeded: str) -> None:
    await set_block(world, NUMBER, kind="victim", note="two\nlines, and a comma")
    exported = export(seeded, "blocks")

    fed = await feed(world.deployment, "blocks", exported)

    assert (fed.state, fed.outcomes()) == ("nothing_new", ["unchanged"])
