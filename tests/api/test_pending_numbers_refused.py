"""When may a warden not decide a number that waits, in which order is that told, and does anything change?"""

from typing import Any

import pytest
from sqlalchemy import text

from callgate.api.pending_numbers import PendingDecisionIn
from tests.conftest import World
from tests.one_time import BLOCKS
from tests.pending import APPROVED, KINDS, REFUSED, decide_number, read_change, submit
from tests.people import CARL, DORA, FREE, addition, change_list, hotline_row, read_list, seed_people, set_block, told
from tests.places import code_of, in_full_width
from tests.seeding import ANNA, FACILITY, NUMBER, facility_row, fill

PENDING = FREE[0]


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def refused(people: World, change_id: str, number: str, body: dict[str, Any]) -> tuple[int, str]:
    """How it is refused; and nothing is decided."""
    before = await read_change(people, change_id)
    answer = await decide_number(people, change_id, number, body)
    assert await read_change(people, change_id) == before
    return answer.status_code, code_of(answer)


async def test_the_number_may_be_written_as_people_write_it_and_must_be_one_of_the_change(people: World) -> None:
    change_id = await submit(people, DORA, *FREE[:3])
    for number, spelling in zip(FREE, ("{}", "({1}) 555-0151", "1 860 555 0152"), strict=False):
        written = spelling.format(number, "860")
        assert (await decide_number(people, change_id, written)).json()["number"] == number
    for number in (FREE[5], "no number", "911", in_full_width(FREE[0]), "*67" + FREE[0], "x" * 64):
        assert await refused(people, change_id, number, APPROVED) == (404, "not_found")
    malformed = await decide_number(people, change_id, "1" * 65)
    assert (malformed.status_code, code_of(malformed)) == (422, "malformed_request")


async def test_a_change_elsewhere_and_an_unknown_one_are_404_before_the_body(people: World) -> None:
    change_id = await submit(people, CARL, PENDING)
    for known in (change_id, "none"):
        answer = await decide_number(people, known, PENDING, {"nonsense": 1}, facilities=[FACILITY])
        assert (answer.status_code, code_of(answer)) == (404, "not_found")


@pytest.mark.feature("F56")
async def test_only_a_warden_decides(people: World) -> None:
    change_id = await submit(people, DORA, PENDING)
    for role in ("counselor", "security", "victim_services", "auditor", "operator", "switch"):
        assert (await decide_number(people, change_id, PENDING, role=role)).status_code == 403


MALFORMED: tuple[Any, ...] = (
    {},
    {"decision": "approve"},
    {"decision": "grant", "reason": "x"},
    {"decision": "approve", "reason": ""},
    {"decision": "approve", "reason": "x" * 201},
    {"decision": "approve", "reason": "a\x00b"},
    {"decision": "approve", "reason": "x", "note": "y"},
    {"decision": "approve", "reason": "x", "evidence_reference": ""},
    {"decision": "refuse", "reason": None},
)


async def test_a_malformed_decision_is_422(people: World) -> None:
    change_id = await submit(people, DORA, PENDING)
    for body in MALFORMED:
        assert await refused(people, change_id, PENDING, body) == (422, "malformed_request"), body


@pytest.mark.feature("F37")
async def test_a_refusal_for_a_reason_that_is_none_is_422_and_told_the_permitted_ones(people: World) -> None:
    change_id = await submit(people, DORA, PENDING)
    for reason in ("disciplinary", "he was found with a weapon", "Identity_not_verified", "identity_not_verified "):
        body = {"decision": "refuse", "reason": reason}
        assert await refused(people, change_id, PENDING, body) == (422, "reason_not_in_set")
    answer = await decide_number(people, change_id, PENDING, {"decision": "refuse", "reason": "weapon"})
    assert answer.json()["errors"][0]["pointer"] == "/reason"
    assert "weapon" not in answer.text
    permitted = answer.json()["permitted"]
    assert "contact_declined" in permitted
    schema = PendingDecisionIn.model_json_schema()["properties"]["reason"]
    assert schema["x-refusal-reasons"] == permitted
    assert all(f"`{code}`" in schema["description"] for code in permitted)
    for position, reason in enumerate(permitted):
        people.clock.advance(30 * 86400)
        change_id = await submit(people, DORA, FREE[1 + position])
        body = {"decision": "refuse", "reason": reason}
        assert (await decide_number(people, change_id, FREE[1 + position], body)).status_code == 200


@pytest.mark.feature("F38")
async def test_a_lawyer_or_consulate_is_approved_on_evidence_alone_and_refused_without(people: World) -> None:
    bare = {"decision": "approve", "reason": "known to staff"}
    for kind in KINDS:
        people.clock.advance(30 * 86400)
        change_id = await submit(people, DORA, PENDING, kind=kind)
        if kind in ("attorney", "consulate"):
            assert await refused(people, change_id, PENDING, bare) == (422, "evidence_missing")
            nothing = bare | {"evidence_reference": None}
            assert await refused(people, change_id, PENDING, nothing) == (422, "evidence_missing")
            assert (await decide_number(people, change_id, PENDING, REFUSED)).status_code == 200
        else:
            assert (await decide_number(people, change_id, PENDING, bare)).json()["evidence_reference"] is None
            body = {"number": PENDING, "note": "for the test"}
            await people.call("warden", "POST", f"/v1/inmates/{DORA}/list-removals", json=body)


async def test_what_was_decided_is_not_decided_again_and_what_never_waited_cannot_be(people: World) -> None:
    await set_block(people, FREE[4], inmate_id=DORA)
    await change_list(people, DORA, add=(FREE[5],))
    add: tuple[Any, ...] = (*(addition(number, kind="confined_person") for number in FREE[:3]), FREE[3], FREE[4])
    change_id = (await change_list(people, DORA, add=add, remove=(FREE[5],))).json()["change_id"]
    await decide_number(people, change_id, FREE[0])
    await decide_number(people, change_id, FREE[1], REFUSED)
    people.clock.advance(30 * 86400)
    assert (await change_list(people, DORA, remove=(FREE[2],))).status_code == 201
    for number, code in (
        (FREE[0], "already_decided"),
        (FREE[1], "already_decided"),
        (FREE[2], "no_longer_pending"),
        (FREE[3], "not_pending"),  # social
        (FREE[4], "not_pending"),  # struck out
        (FREE[5], "not_pending"),  # taken off by this change
    ):
        for body in (APPROVED, REFUSED):
            assert await refused(people, change_id, number, body) == (409, code)
    # Approved and off the list since: still decided.
    await people.call("warden", "POST", f"/v1/inmates/{DORA}/list-removals", json={"number": FREE[0], "note": "n"})
    assert await refused(people, change_id, FREE[0], REFUSED) == (409, "already_decided")


@pytest.mark.feature("F10", "F16")
async def test_a_blocked_number_cannot_be_approved_and_the_counselor_sees_it_wait(people: World) -> None:
    for position, (cause, changes) in enumerate(BLOCKS.items()):
        number = FREE[position]
        change_id = await submit(people, ANNA, number)
        seen = (await read_list(people, ANNA)).text, await read_change(people, change_id)
        await set_block(people, number, **changes)
        answer = await decide_number(people, change_id, number)
        assert (answer.status_code, code_of(answer)) == (409, "number_blocked"), cause
        assert ((await read_list(people, ANNA)).text, await read_change(people, change_id)) == seen, cause
        assert (await decide_number(people, change_id, number, REFUSED)).status_code == 200
        people.clock.advance(30 * 86400)


async def test_once_the_block_is_lifted_the_number_that_waited_can_be_approved(people: World) -> None:
    change_id = await submit(people, ANNA, PENDING)
    block = await set_block(people, PENDING)
    assert await refused(people, change_id, PENDING, APPROVED) == (409, "number_blocked")
    papers = {"authority": "owner", "evidence_reference": "E-1"}
    await people.call("warden", "POST", f"/v1/blocks/{block['block_id']}/lift", json=papers)
    assert (await decide_number(people, change_id, PENDING)).status_code == 200


async def test_nothing_is_approved_for_somebody_released_and_anything_is_refused(people: World) -> None:
    change_id = await submit(people, DORA, *FREE[:2])
    await people.call("operator", "PUT", f"/v1/inmates/{DORA}", json=told(FACILITY, status="released"))
    assert await refused(people, change_id, FREE[0], APPROVED) == (409, "person_released")
    assert (await decide_number(people, change_id, FREE[0], REFUSED)).status_code == 200
    people.clock.advance(1)
    await people.call("operator", "PUT", f"/v1/inmates/{DORA}", json=told(FACILITY))
    assert (await decide_number(people, change_id, FREE[1])).status_code == 200


@pytest.mark.feature("F54")
async def test_what_the_law_of_a_new_place_or_a_new_hotline_forbids_is_not_approved(
    people: World, database_url: str
) -> None:
    canadian = "+16135550123"  # New York opens Canada, Connecticut does not
    fill(database_url, facilities=[facility_row("ny-ci", profile="ny-doccs")])
    assert (await people.call("operator", "PUT", "/v1/inmates/300001", json=told("ny-ci"))).status_code == 201
    change_id = await submit(people, "300001", canadian, PENDING)
    people.clock.advance(1)
    assert (await people.call("operator", "PUT", "/v1/inmates/300001", json=told(FACILITY))).status_code == 200
    fill(database_url, common_numbers=[hotline_row(PENDING)])
    assert await refused(people, change_id, canadian, APPROVED) == (409, "number_not_valid")
    assert await refused(people, change_id, PENDING, APPROVED) == (409, "hotline_number")
    for number in (canadian, PENDING):
        assert (await decide_number(people, change_id, number, REFUSED)).status_code == 200


async def test_the_first_cause_in_order_is_told(people: World) -> None:
    change_id = await submit(people, DORA, PENDING, kind="attorney")
    await set_block(people, PENDING, inmate_id=DORA)
    bad = {"decision": "refuse", "reason": "weapon"}
    assert await refused(people, change_id, FREE[1], bad) == (404, "not_found")
    assert await refused(people, change_id, PENDING, bad) == (422, "reason_not_in_set")
    assert await refused(people, change_id, PENDING, {"decision": "approve", "reason": "x"}) == (
        422,
        "evidence_missing",
    )
    assert await refused(people, change_id, PENDING, APPROVED) == (409, "number_blocked")
    await decide_number(people, change_id, PENDING, REFUSED)
    assert await refused(people, change_id, PENDING, APPROVED) == (409, "already_decided")


async def test_a_repeated_key_is_answered_again_and_if_match_guards_the_change_that_was_read(people: World) -> None:
    change_id = await submit(people, DORA, *FREE[:2])
    read = await people.call("warden", "GET", f"/v1/list-changes/{change_id}")
    headers = {"Idempotency-Key": "k-1", "If-Match": read.headers["etag"]}
    first = await decide_number(people, change_id, FREE[0], headers=headers)
    assert first.status_code == 200
    again = await decide_number(people, change_id, FREE[0], headers=headers)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    stale = await decide_number(people, change_id, FREE[1], headers={"If-Match": read.headers["etag"]})
    assert (stale.status_code, code_of(stale)) == (412, "changed_since_read")
    assert (await read_change(people, change_id))["state"] == "pending_warden"


async def test_a_number_that_no_plan_would_read_any_more_can_still_be_refused(people: World) -> None:
    change_id = await submit(people, DORA, PENDING)
    async with people.deployment.database.write() as transaction:
        gone = "+19995550100"
        for table, column in (("list_entries", "number"), ("list_changes", "outcomes")):
            await transaction.execute(
                text(f"UPDATE {table} SET {column} = replace({column}, '{PENDING}', '{gone}')")  # noqa: S608
            )
    assert await refused(people, change_id, gone, APPROVED) == (409, "number_not_valid")
    assert (await decide_number(people, change_id, gone, REFUSED)).status_code == 200
    assert NUMBER in (await read_list(people, ANNA)).text
