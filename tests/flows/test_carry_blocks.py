"""Which blocks of the place left go along with a person, on which papers, and how often?"""

import asyncio
from typing import Any

import pytest

from callgate.domain.instants import to_milliseconds
from tests.asking import decide
from tests.conftest import World
from tests.moves import blocks_about, carried_from, hears, move_anna
from tests.people import CARL, DORA, FREE, NORTH, of_facility, of_system, seed_people, set_block, told
from tests.seeding import ANNA, BORIS, FACILITY, NOON, NUMBER, block_row, entry_row, facility_row, fill

PAPERS = {"authority": "order FA-26-4011", "note": "served on the 19th", "document_reference": "D-1"}
REFUSED = "number_not_available"


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, facilities=[facility_row("west-ci")])
    return world


def of_unit(unit: str = "A", **changes: Any) -> dict[str, Any]:
    return of_facility(scope="unit", unit=unit, **changes)


async def lift(people: World, block_id: str) -> None:
    papers = {"authority": "a", "evidence_reference": "e"}
    assert (await people.call("security", "POST", f"/v1/blocks/{block_id}/lift", json=papers)).status_code == 200


# ------------------------------------------------------------------------------------------------ what becomes of one


@pytest.mark.feature("F54")
async def test_a_facilitys_block_becomes_the_persons_with_the_same_kind_and_papers(people: World) -> None:
    ends = "2027-11-20T17:00:00.000Z"
    source = await set_block(people, NUMBER, **of_facility(kind="court_order", until=ends, **PAPERS))
    await move_anna(people)
    (block,) = await blocks_about(people)
    made = {"block_id": block["block_id"], "effective_at": block["effective_at"]}
    del source["calls_revoked"]
    assert block == source | made | {
        "scope": "inmate",
        "inmate_id": ANNA,
        "facility_id": None,
        "unit": None,
        "carried_from": source["block_id"],
        "effective_at": "2026-11-20T17:00:00.001Z",
        "created_by": "operator",
        "created_role": "operator",
    }
    assert await hears(people, "c1", NUMBER, facility_id=NORTH) == REFUSED
    # The place keeps its own.
    (kept,) = (await people.call("security", "GET", "/v1/blocks?scope=facility")).json()["items"]
    assert kept == source


@pytest.mark.feature("F54")
async def test_it_is_on_the_trail_of_the_new_place(people: World) -> None:
    await set_block(people, NUMBER, **of_facility(kind="victim"))
    await move_anna(people)
    (block,) = await blocks_about(people)
    events = (await people.call("security", "GET", f"/v1/audit-events?facility_id={NORTH}")).json()["items"]
    (event,) = [event for event in events if event["action"] == "carry_block"]
    assert (event["object_type"], event["object_id"], event["author"], event["role"]) == (
        "block",
        block["block_id"],
        "operator",
        "operator",
    )
    assert (event["before"], event["after"]) == (None, block)
    (read,) = [
        item
        for item in (await people.call("auditor", "GET", "/v1/audit-events")).json()["items"]
        if item["action"] == "carry_block"
    ]
    withheld = [read["after"][name] for name in ("inmate_id", "authority", "note", "lift_authority", "lift_needs")]
    assert (read["after"]["kind"], withheld) == ("protected", [None] * 5)


# ------------------------------------------------------------------------------------------------------- which of them


@pytest.mark.feature("F54")
async def test_those_of_the_place_and_the_unit_left_go_along_and_no_others(people: World, database_url: str) -> None:
    numbers = FREE[:7]
    fill(database_url, list_entries=[entry_row(ANNA, number) for number in numbers])
    made = {
        number: (await set_block(people, number, **changes))["block_id"]
        for number, changes in zip(
            numbers,
            (
                of_facility(),
                of_unit(),
                of_unit("B"),
                of_facility(facility_id="west-ci"),
                of_system(),
                {"inmate_id": BORIS},
                {},
            ),
            strict=True,
        )
    }
    await move_anna(people)
    assert await carried_from(people) == [made[numbers[0]], made[numbers[1]]]
    # Nobody else's blocks changed.
    assert [len(await blocks_about(people, other)) for other in (BORIS, DORA, CARL)] == [1, 0, 0]


@pytest.mark.feature("F54")
async def test_a_change_of_unit_takes_the_units_along_and_leaves_the_facilitys(
    people: World, database_url: str
) -> None:
    fill(database_url, list_entries=[entry_row(ANNA, number) for number in FREE[:3]])
    await set_block(people, FREE[0], **of_facility())
    of_the_unit = await set_block(people, FREE[1], **of_unit())
    await set_block(people, FREE[2], **of_unit("B"))
    await move_anna(people, FACILITY, unit="C")
    assert await carried_from(people) == [of_the_unit["block_id"]]
    assert await hears(people, "c1", FREE[1]) == REFUSED
    # To the unit whose block was not hers, and back out of it.
    await move_anna(people, FACILITY, unit="B")
    assert len(await carried_from(people)) == 1
    await move_anna(people, FACILITY, unit="A")
    assert len(await carried_from(people)) == 2


@pytest.mark.feature("F54")
async def test_held_or_called_is_enough_and_neither_is_not(people: World, database_url: str) -> None:
    listed, waiting, removed, called, strange = FREE[:5]
    fill(
        database_url,
        list_entries=[
            entry_row(ANNA, listed, ended_at=None),
            entry_row(ANNA, waiting, kind="attorney", state="pending_warden", ended_at=None),
            entry_row(ANNA, removed, state="removed", ended_at=to_milliseconds(NOON)),
            entry_row(ANNA, called, ended_at=None),
            entry_row(BORIS, strange, ended_at=None),
        ],
    )
    await decide(people, "c1", called_number=called)  # never answered, and called all the same
    await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json={"number": called, "note": "n"})
    for number in FREE[:5]:
        await set_block(people, number, **of_facility())
    await move_anna(people)
    assert [block["number"] for block in await blocks_about(people)] == [listed, waiting, called]


@pytest.mark.feature("F19", "F54")
@pytest.mark.parametrize("state", ["open", "granted"])
async def test_a_removals_block_goes_along_with_whoever_held_its_number_at_any_time(
    people: World, database_url: str, state: str
) -> None:
    decided: dict[str, Any] = {"decided_by": "w.lamb", "decided_at": to_milliseconds(NOON)} if state != "open" else {}
    request = {
        "request_id": "request-1",
        "facility_id": FACILITY,
        "number": FREE[0],
        "requester_name": "A Person",
        "received_on": "2026-11-19",
        "channel": "letter",
        "identity_checked": True,
        "state": state,
        "due_on": "2026-12-19",
        "listed_for": 1,
        "token_digest": "d",
        "created_by": "m.okafor",
        "created_role": "counselor",
        "created_at": to_milliseconds(NOON),
    }
    fill(
        database_url,
        removal_requests=[request | decided],
        list_entries=[entry_row(ANNA, FREE[0], state="removed", ended_at=to_milliseconds(NOON))],
        blocks=[
            block_row(
                FREE[0],
                block_id="b-1",
                scope="facility",
                facility_id=FACILITY,
                kind="called_party",
                request_id="request-1",
            )
        ],
    )
    await move_anna(people)
    (block,) = await blocks_about(people)
    provisional = state == "open"
    assert (block["carried_from"], block["request_id"], block["provisional"]) == ("b-1", "request-1", provisional)
    assert block["lift_needs"] == ([] if provisional else [["security", "warden"]])
    event = next(
        event
        for event in (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
        if event["action"] == "carry_block"
    )
    assert event["after"] == block


@pytest.mark.feature("F54")
@pytest.mark.feature("F33", "F54")
@pytest.mark.parametrize(("state", "goes_along"), [("asked", True), ("granted", True), ("refused", False)])
async def test_a_number_that_a_one_time_call_was_asked_for_is_held(
    people: World, database_url: str, state: str, *, goes_along: bool
) -> None:
    now_ms = to_milliseconds(people.clock.now())
    decided = {} if state == "asked" else {"decided_by": "w.ode", "decided_at": now_ms}
    granted = {"expires_at": now_ms + 3_600_000} if state == "granted" else {}
    row = {
        "one_time_call_id": "pass-1",
        "inmate_id": ANNA,
        "number": "+18605550171",
        "kind": "emergency",
        "reason": "a death in the family",
        "state": state,
        "asked_by": "c.lin",
        "asked_at": now_ms,
    }
    fill(database_url, one_time_calls=[row | decided | granted])
    block = await set_block(people, "+18605550171", **of_facility())
    await move_anna(people)
    assert await carried_from(people) == ([block["block_id"]] if goes_along else [])


async def test_what_binds_nobody_any_more_is_left_behind(people: World) -> None:
    lifted = await set_block(people, NUMBER, **of_facility())
    await lift(people, lifted["block_id"])
    # Anna is moved a millisecond after the test's noon: one runs out before that, one then, and one after it.
    for until in ("2026-11-20T17:00:00.001Z", "2026-11-20T17:00:00.002Z"):
        await set_block(people, NUMBER, **of_facility(until=until))
    await move_anna(people)
    assert [block["until"] for block in await blocks_about(people)] == ["2026-11-20T17:00:00.002Z"]


# -------------------------------------------------------------------------------------------------------- how often


@pytest.mark.feature("F54")
async def test_going_to_and_fro_heaps_nothing_up(people: World) -> None:
    source = (await set_block(people, NUMBER, **of_facility()))["block_id"]
    for place in (NORTH, FACILITY, "west-ci", FACILITY, NORTH):
        await move_anna(people, place)
    assert await carried_from(people) == [source]
    # One that was carried and lifted since is carried anew: that lift said nothing of the place's own block.
    (carried,) = await blocks_about(people)
    await lift(people, carried["block_id"])
    await move_anna(people, FACILITY)
    await move_anna(people, NORTH)
    assert [block["state"] for block in await blocks_about(people)] == ["lifted", "in_force"]


@pytest.mark.feature("F54")
async def test_a_lift_at_the_place_left_lifts_nothing_that_went_along(people: World) -> None:
    source = (await set_block(people, NUMBER, **of_facility()))["block_id"]
    await move_anna(people)
    await lift(people, source)
    assert await hears(people, "c1", NUMBER, facility_id=NORTH) == REFUSED
    await lift(people, (await blocks_about(people))[0]["block_id"])
    assert await hears(people, "c2", NUMBER, facility_id=NORTH) == "allow"


@pytest.mark.feature("F54")
async def test_the_same_told_twice_or_at_once_carries_once(people: World) -> None:
    await set_block(people, NUMBER, **of_facility())
    body = told(NORTH, as_of="2026-11-20T17:00:05.000Z")
    answers = await asyncio.gather(
        *(people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=body) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await carried_from(people)) == 1


@pytest.mark.feature("F54", "F55")
async def test_a_return_to_another_place_is_a_move_from_the_one_left(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(ANNA, number) for number in FREE[:2]])
    then = await set_block(people, NUMBER, **of_facility())
    over = await set_block(people, FREE[0], **of_facility())
    await move_anna(people, FACILITY, status="released")
    assert await carried_from(people) == []  # she has left the place for none
    await lift(people, over["block_id"])
    since = await set_block(people, FREE[1], **of_facility())
    await move_anna(people, NORTH)
    assert await carried_from(people) == [then["block_id"], since["block_id"]]


@pytest.mark.feature("F54")
async def test_a_return_to_the_same_place_carries_nothing_and_binds_as_before(people: World) -> None:
    await set_block(people, NUMBER, **of_facility())
    await move_anna(people, FACILITY, status="released")
    await move_anna(people, FACILITY)
    assert await blocks_about(people) == []
    pin = (await people.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={})).json()["pin"]
    assert await hears(people, "c1", NUMBER, pin=pin) == REFUSED
