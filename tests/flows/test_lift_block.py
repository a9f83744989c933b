"""Who lifts which block, whose word is needed beside it, and until when does the first word count?"""

import asyncio
from typing import Any

import httpx
import pytest

from tests.asking import decide
from tests.conftest import World
from tests.people import CARL, NORTH, of_facility, of_system, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, NUMBER

VICTIM_CLASS = ("victim", "court_order", "protected_person")
OTHER_KINDS = ("called_party", "guardian", "investigation", "facility")
PAPERS = {"authority": "order vacated", "evidence_reference": "DOC-2026-1"}
HOURS_72 = 72 * 3600


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def lift(people: World, role: str, subject: str, block_id: str, **sent: Any) -> httpx.Response:
    return await people.call(role, "POST", f"/v1/blocks/{block_id}/lift", json=PAPERS, subject=subject, **sent)


async def told(people: World, role: str, subject: str, block_id: str) -> tuple[int, str]:
    """The status, and what the block's state or the refusal is called."""
    answer = await lift(people, role, subject, block_id)
    return answer.status_code, answer.json()["state"] if answer.status_code < 400 else code_of(answer)


async def read(people: World, block_id: str) -> dict[str, Any]:
    block: dict[str, Any] = (await people.call("warden", "GET", f"/v1/blocks/{block_id}")).json()
    return block


WAITS, LIFTED = (202, "awaiting_second_person"), (200, "lifted")
SAME, NOT_NEEDED = (409, "second_person_needed"), (409, "victim_services_needed")
FORBIDDEN = (403, "not_permitted")

# First and second asking by role and name, and what the second hears.
MATRIX = (
    (("warden", "w.lamb"), ("victim_services", "v.stone"), LIFTED),
    (("victim_services", "v.stone"), ("warden", "w.lamb"), LIFTED),
    (("victim_services", "v.stone"), ("victim_services", "v.hale"), LIFTED),
    (("warden", "w.lamb"), ("warden", "w.reed"), NOT_NEEDED),
    (("warden", "w.lamb"), ("warden", "w.lamb"), SAME),
    (("victim_services", "v.stone"), ("victim_services", "v.stone"), SAME),
    # One person in two offices is still one person.
    (("warden", "v.stone"), ("victim_services", "v.stone"), SAME),
    (("warden", "w.lamb"), ("security", "s.ward"), FORBIDDEN),
)


@pytest.mark.feature("F21")
async def test_a_victims_block_is_lifted_by_two_people_one_of_them_of_victim_services(people: World) -> None:
    for first, second, heard in MATRIX:
        block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
        assert await told(people, *first, block_id) == WAITS
        assert await told(people, *second, block_id) == heard, (first, second)
        block = await read(people, block_id)
        assert block["state"] == ("lifted" if heard == LIFTED else "in_force")
        assert len(block["lifts"]) == (2 if heard == LIFTED else 1)


@pytest.mark.feature("F21")
async def test_every_kind_is_lifted_by_those_whom_the_table_names(people: World) -> None:
    for kind in VICTIM_CLASS + OTHER_KINDS:
        for role in ("warden", "security", "victim_services"):
            block = await set_block(people, NUMBER, kind=kind, document_reference="D-1")
            expected = {
                (True, "security"): FORBIDDEN,
                (True, "warden"): WAITS,
                (True, "victim_services"): WAITS,
                (False, "victim_services"): FORBIDDEN,
            }.get((kind in VICTIM_CLASS, role), LIFTED)
            assert await told(people, role, role, block["block_id"]) == expected, (kind, role)
        block = await set_block(people, NUMBER, kind=kind, document_reference="D-1")
        for role in ("switch", "counselor", "auditor", "operator"):
            assert await told(people, role, role, block["block_id"]) == FORBIDDEN


async def test_what_the_two_of_them_hear(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
    first = (await lift(people, "warden", "w.lamb", block_id)).json()
    people.clock.advance(60)
    second = (await lift(people, "victim_services", "v.stone", block_id)).json()
    assert first == {
        "block_id": block_id,
        "state": "awaiting_second_person",
        "lifted_at": None,
        "second_person_by": "2026-11-23T17:00:00.000Z",
    }
    assert second == {
        "block_id": block_id,
        "state": "lifted",
        "lifted_at": "2026-11-20T17:01:00.000Z",
        "second_person_by": None,
    }
    block = await read(people, block_id)
    assert (block["state"], block["lifted_at"]) == ("lifted", "2026-11-20T17:01:00.000Z")
    asked = {"authority": "order vacated", "evidence_reference": "DOC-2026-1"}
    assert block["lifts"] == [
        {
            "asked_by": "w.lamb",
            "asked_role": "warden",
            "asked_at": "2026-11-20T17:00:00.000Z",
            "lifted": False,
            **asked,
        },
        {
            "asked_by": "v.stone",
            "asked_role": "victim_services",
            "asked_at": "2026-11-20T17:01:00.000Z",
            "lifted": True,
            **asked,
        },
    ]


@pytest.mark.feature("F21")
async def test_a_block_binds_until_the_second_word_and_no_longer(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
    await lift(people, "warden", "w.lamb", block_id)
    assert (await decide(people, "c1"))["reason"] == "number_not_available"
    await lift(people, "victim_services", "v.stone", block_id)
    assert (await decide(people, "c2"))["decision"] == "allow"


@pytest.mark.feature("F21")
@pytest.mark.parametrize(
    ("seconds", "heard"), [(HOURS_72 - 0.001, LIFTED), (HOURS_72, LIFTED), (HOURS_72 + 0.001, WAITS)]
)
async def test_the_first_word_counts_for_72_hours_and_the_next_after_that_is_a_first_again(
    people: World, seconds: float, heard: tuple[int, str]
) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
    assert await told(people, "warden", "w.lamb", block_id) == WAITS
    people.clock.advance(seconds)
    assert await told(people, "victim_services", "v.stone", block_id) == heard
    if heard == WAITS:
        # The stale asker is a second person like any other, and both words are on the record.
        assert await told(people, "warden", "w.lamb", block_id) == LIFTED
        assert len((await read(people, block_id))["lifts"]) == 3


async def test_whoever_asked_first_may_ask_anew_when_the_word_is_stale(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
    assert await told(people, "warden", "w.lamb", block_id) == WAITS
    people.clock.advance(HOURS_72)
    assert await told(people, "warden", "w.lamb", block_id) == SAME
    people.clock.advance(1)
    assert await told(people, "warden", "w.lamb", block_id) == WAITS


@pytest.mark.feature("F21")
async def test_what_binds_nobody_any_more_cannot_be_lifted(people: World) -> None:
    lifted = (await set_block(people, NUMBER))["block_id"]
    assert await told(people, "security", "s.ward", lifted) == LIFTED
    assert await told(people, "security", "s.ward", lifted) == (409, "already_lifted")
    over = (await set_block(people, NUMBER, until="2026-11-20T17:00:01.000Z"))["block_id"]
    people.clock.advance(1)
    assert await told(people, "warden", "w.lamb", over) == (409, "already_expired")
    assert [len((await read(people, block_id))["lifts"]) for block_id in (lifted, over)] == [1, 0]


@pytest.mark.feature("F21")
async def test_both_papers_are_needed_for_every_kind(people: World) -> None:
    block_id = (await set_block(people, NUMBER))["block_id"]
    for body in ({}, {"authority": "a"}, {"evidence_reference": "e"}, {**PAPERS, "evidence_reference": " "}):
        answer = await people.call("warden", "POST", f"/v1/blocks/{block_id}/lift", json=body)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request")


async def test_the_whole_systems_block_is_lifted_with_tokens_for_every_facility(people: World) -> None:
    block_id = (await set_block(people, NUMBER, **of_system(kind="protected_person")))["block_id"]
    refused = await lift(people, "warden", "w.lamb", block_id, facilities=[FACILITY, NORTH])
    assert (refused.status_code, code_of(refused)) == (403, "system_scope")
    assert await told(people, "warden", "w.lamb", block_id) == WAITS
    assert await told(people, "victim_services", "v.stone", block_id) == LIFTED


async def test_a_block_of_every_scope_can_be_lifted(people: World) -> None:
    unit = {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "unit": "A", "kind": "facility"}
    for changes in ({}, {"inmate_id": "999999"}, {"inmate_id": CARL}, unit, of_facility(), of_system()):
        block_id = (await set_block(people, NUMBER, **changes))["block_id"]
        assert await told(people, "warden", "w.lamb", block_id) == LIFTED
    assert (await decide(people, "c1"))["decision"] == "allow"


@pytest.mark.feature("F21")
async def test_two_at_once_are_one_first_and_one_second(people: World) -> None:
    for _ in range(3):
        block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
        answers = await asyncio.gather(
            lift(people, "warden", "w.lamb", block_id), lift(people, "victim_services", "v.stone", block_id)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 202]
        same = (await set_block(people, NUMBER, kind="victim"))["block_id"]
        again = await asyncio.gather(*(lift(people, "warden", "w.lamb", same) for _ in range(2)))
        assert sorted(answer.status_code for answer in again) == [202, 409]


async def test_every_word_is_on_the_trail_with_the_block_before_and_after(people: World) -> None:
    block_id = (await set_block(people, NUMBER, kind="victim"))["block_id"]
    people.clock.advance(1)
    await lift(people, "warden", "w.lamb", block_id)
    people.clock.advance(1)
    await lift(people, "victim_services", "v.stone", block_id)
    last, first, _ = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert [(event["action"], event["author"]) for event in (first, last)] == [
        ("ask_block_lift", "w.lamb"),
        ("lift_block", "v.stone"),
    ]
    assert (first["before"]["lifts"], first["after"]) == ([], last["before"])
    assert (last["after"]["state"], last["facility_id"], last["object_id"]) == ("lifted", FACILITY, block_id)


async def test_if_match_guards_the_block_that_was_read(people: World) -> None:
    block_id = (await set_block(people, NUMBER, inmate_id=ANNA, kind="victim"))["block_id"]
    read_first = (await people.call("victim_services", "GET", f"/v1/blocks/{block_id}")).headers["etag"]
    await lift(people, "warden", "w.lamb", block_id)
    stale = await lift(people, "victim_services", "v.stone", block_id, headers={"If-Match": read_first})
    assert (stale.status_code, code_of(stale)) == (412, "changed_since_read")
    fresh = (await people.call("victim_services", "GET", f"/v1/blocks/{block_id}")).headers["etag"]
    lifted = await lift(people, "victim_services", "v.stone", block_id, headers={"If-Match": fresh})
    assert lifted.status_code == 200
