"""Which numbers are struck out of a list change, and what can nobody learn from that?"""

from typing import Any

import httpx
import pytest

from tests.asking import counted_statements, decide
from tests.conftest import World
from tests.people import (
    CARL,
    DORA,
    ERIC,
    FREE,
    NORTH,
    alike,
    change_list,
    hotline_row,
    of_facility,
    of_system,
    read_list,
    seed_people,
    set_block,
    told,
)
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, fill, inmate_row


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# ------------------------------------------------------------------------------------------------------------ screening


BINDING: dict[str, dict[str, Any]] = {
    "her own, by the number's owner": {"inmate_id": ANNA},
    "her own victim": {"inmate_id": ANNA, "kind": "victim"},
    "a court's order": {"inmate_id": ANNA, "kind": "court_order", "document_reference": "FA-26-1"},
    "an investigation": {"inmate_id": ANNA, "kind": "investigation"},
    "a cellmate's victim": {"inmate_id": BORIS, "kind": "victim"},
    "another unit's protected person": {"inmate_id": DORA, "kind": "protected_person"},
    "her unit": {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "unit": "A", "kind": "guardian"},
    "her facility": of_facility(),
    "the system": of_system(),
}
NOT_BINDING: dict[str, dict[str, Any]] = {
    "a cellmate's own": {"inmate_id": BORIS},
    "a victim of somebody elsewhere": {"inmate_id": CARL, "kind": "victim"},
    "a victim of somebody released": {"inmate_id": ERIC, "kind": "victim"},
    "a victim of somebody not booked": {"inmate_id": "999999", "kind": "victim"},
    "another unit": {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "unit": "B", "kind": "facility"},
    "another facility": of_facility(facility_id=NORTH),
}


@pytest.mark.feature("F10")
async def test_a_number_that_is_blocked_for_the_person_is_struck_out_in_one_wording_and_the_rest_applied(
    people: World,
) -> None:
    answers, sent = [], []
    off = {"number": NUMBER, "note": "so that the list has room for as many numbers as there are causes"}
    await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json=off)
    for position, (cause, changes) in enumerate(BINDING.items()):
        number = f"+1860555{180 + position:04}"
        await set_block(people, number, **changes)
        with counted_statements(people) as statements:
            answer = await change_list(people, ANNA, add=(number, FREE[position]))
        outcomes = [outcome["outcome"] for outcome in answer.json()["outcomes"]]
        assert (answer.status_code, outcomes) == (201, ["not_approved", "added"]), cause
        answers.append(
            alike(answer.text, struck=number, listed=FREE[position])
            .replace(f'"used":{answer.json()["used"]}', "")
            .replace(f'"next_change_on":"{answer.json()["next_change_on"]}"', "")
        )
        sent.append(statements)
        assert number not in (await read_list(people, ANNA)).text
        people.clock.advance(30 * 86400)
    assert len(set(answers)) == 1
    assert all(statements == sent[0] for statements in sent)


async def test_a_number_that_is_blocked_for_others_alone_is_listed(people: World) -> None:
    for position, (cause, changes) in enumerate(NOT_BINDING.items()):
        await set_block(people, FREE[position], **changes)
        answer = await change_list(people, ANNA, add=(FREE[position],))
        assert answer.json()["outcomes"][0]["outcome"] == "added", cause
        people.clock.advance(30 * 86400)


async def test_a_block_that_ran_out_or_was_lifted_strikes_nothing_out(people: World) -> None:
    await set_block(people, FREE[0], until="2026-11-20T17:00:00.001Z", inmate_id=ANNA)
    lifted = await set_block(people, FREE[1], inmate_id=ANNA)
    papers = {"authority": "owner", "evidence_reference": "E-1"}
    await people.call("warden", "POST", f"/v1/blocks/{lifted['block_id']}/lift", json=papers)
    people.clock.advance(0.001)
    answer = await change_list(people, ANNA, add=FREE[:2])
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["added", "added"]


async def test_a_named_exception_lets_the_number_be_listed_and_never_for_the_person_the_block_is_about(
    people: World,
) -> None:
    block = await set_block(people, FREE[0], kind="victim", inmate_id=ANNA)
    exception = {"inmate_id": BORIS, "note": "her sister", "until": "2026-11-21T17:00:00.000Z"}
    await people.call("warden", "POST", f"/v1/blocks/{block['block_id']}/exceptions", json=exception)
    assert (await change_list(people, BORIS, add=(FREE[0],))).json()["outcomes"][0]["outcome"] == "added"
    assert (await change_list(people, DORA, add=(FREE[0],))).json()["outcomes"][0]["outcome"] == "not_approved"
    people.clock.advance(30 * 86400)
    await people.call(
        "warden", "POST", f"/v1/inmates/{BORIS}/list-removals", json={"number": FREE[0], "note": "for the test"}
    )
    # The exception has run out, and the shield holds for him again.
    assert (await change_list(people, BORIS, add=(FREE[0],))).json()["outcomes"][0]["outcome"] == "not_approved"


@pytest.mark.feature("F17")
async def test_a_protected_number_that_is_submitted_is_told_to_those_who_guard_it_and_named_to_nobody(
    people: World,
) -> None:
    await set_block(people, FREE[0], kind="victim", inmate_id=ANNA)
    await set_block(people, FREE[1], inmate_id=BORIS)
    await change_list(people, DORA, add=(FREE[0],))
    struck = await change_list(people, BORIS, add=(FREE[0], FREE[1]))
    alerts = (await people.call("security", "GET", "/v1/alerts")).json()["items"]
    assert {alert["kind"] for alert in alerts} == {"protected_number_submitted"}
    assert [alert["detail"]["inmate_id"] for alert in alerts if alert["subject"] == struck.json()["change_id"]] == [
        BORIS
    ]
    assert (len(alerts), alerts[0]["facility_id"]) == (2, FACILITY)
    assert FREE[0] not in str(alerts)


# -------------------------------------------------------------------- blocked and unblocked, in every state of the list


STATES = ("listed", "twice", "too_soon", "full", "released", "removed", "not_listed", "beside_a_listed_one", "hotline")


async def test_answers_about_a_blocked_and_an_unblocked_number_are_alike_in_every_state_of_the_list(
    people: World, database_url: str
) -> None:
    for position, state in enumerate(STATES):
        pairs = (
            (f"32000{position}", f"+1860555{170 + position:04}"),
            (f"33000{position}", f"+1860555{160 + position:04}"),
        )
        places = {pairs[0][0]: NORTH, pairs[1][0]: FACILITY}
        fill(database_url, inmates=[inmate_row(inmate_id, places[inmate_id]) for inmate_id, _ in pairs])
        for inmate_id, number in pairs:
            await prepare(people, inmate_id, number, state, place=places[inmate_id])
        await block_in_several_ways(people, *pairs[0])
        if state == "hotline":
            fill(database_url, common_numbers=[hotline_row(number) for _, number in pairs])
        seen = [await observed(people, inmate_id, number, state) for inmate_id, number in pairs]
        assert seen[0] == seen[1], state
        assert "not_approved" not in str(seen)


async def block_in_several_ways(people: World, inmate_id: str, number: str) -> None:
    for cause in ("her own victim", "her facility", "the system"):
        changes = BINDING[cause]
        whom = {"inmate_id": inmate_id} if changes.get("inmate_id") is not None else {}
        where = {"facility_id": NORTH} if "facility_id" in changes else {}
        await set_block(people, number, **{**changes, **whom, **where})


async def observed(people: World, inmate_id: str, number: str, state: str) -> list[Any]:
    """Everything that the counselor sees of one submission, and what it took."""
    before = await read_list(people, inmate_id)
    with counted_statements(people) as statements:
        answer = await submit(people, inmate_id, number, state)
    after = await read_list(people, inmate_id)
    return [
        answer.status_code,
        [(name, value) for name, value in answer.headers.items() if name != "x-request-id"],
        *(alike(each.text, person=inmate_id, number=number) for each in (before, answer, after)),
        statements,
    ]


async def prepare(people: World, inmate_id: str, number: str, state: str, *, place: str) -> None:
    others = FREE[:10] if state == "full" else FREE[:2]
    await change_list(people, inmate_id, add=(*others, number) if state in {"listed", "removed"} else others)
    people.clock.advance(1)  # what came in one instant has no order of its own
    if state == "too_soon":
        await change_list(people, inmate_id, add=(FREE[3],))
    if state == "released":
        body = told(place, status="released")
        assert (await people.call("operator", "PUT", f"/v1/inmates/{inmate_id}", json=body)).status_code == 200


async def submit(people: World, inmate_id: str, number: str, state: str) -> httpx.Response:
    if state in {"removed", "not_listed"}:
        return await change_list(people, inmate_id, remove=(number,))
    beside = {"twice": (number,), "beside_a_listed_one": (FREE[0],)}.get(state, ())
    return await change_list(people, inmate_id, add=(number, *beside))


@pytest.mark.feature("F16")
async def test_a_block_changes_nothing_on_the_list_nor_its_etag(people: World) -> None:
    before = await read_list(people, ANNA)
    for changes in BINDING.values():
        await set_block(people, NUMBER, **changes)
    after = await read_list(people, ANNA)
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    assert (await decide(people, "c1"))["reason"] == "number_not_available"
