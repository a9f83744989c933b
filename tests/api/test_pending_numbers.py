"""What does a warden decide about a number that waits, and with which effect?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.pending import APPROVED, KINDS, REFUSED, decide_number, read_change, submit
from tests.people import DORA, FREE, addition, change_list, read_list, seed_people, set_block
from tests.seeding import ANNA, FACILITY

PENDING = FREE[0]


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def hears(world: World, call_id: str, number: str = PENDING) -> str:
    """`allow`, or the reason class."""
    answer = await decide(world, call_id, called_number=number)
    return str(answer["reason"] or answer["decision"])


@pytest.mark.feature("F10", "F11", "F12", "F38")
async def test_an_approved_number_of_every_kind_is_callable_from_the_next_authorize_on(people: World) -> None:
    for number, kind in zip(FREE, KINDS, strict=False):
        change_id = await submit(people, ANNA, number, kind=kind)
        assert await hears(people, f"before-{kind}", number) == "number_not_available"
        answer = await decide_number(people, change_id, number)
        assert answer.status_code == 200, answer.text
        allowed = await decide(people, f"after-{kind}", called_number=number)
        assert allowed["decision"] == "allow"
        legal = kind in ("attorney", "consulate")
        assert (allowed["call_class"], allowed["record"]) == (("privileged", False) if legal else ("social", True))
        await tell(people, f"after-{kind}", "ended", 1)
        people.clock.advance(30 * 86400)


async def test_the_answer_tells_what_was_decided_and_how_the_list_stands(people: World) -> None:
    change_id = await submit(people, DORA, PENDING, kind="attorney")
    people.clock.advance(60)
    answer = await decide_number(people, change_id, PENDING)
    assert answer.json() == {
        "change_id": change_id,
        "change_state": "applied",
        "inmate_id": DORA,
        "number": PENDING,
        "kind": "attorney",
        "state": "active",
        "reason": "Called back.",
        "evidence_reference": "Bar roll 417-22",
        "decided_at": "2026-11-20T17:01:00.000Z",
        "decided_by": "w.lamb",
        "limit": 10,
        "used": 0,  # Connecticut does not count lawyers
        "next_change_on": None,
    }
    (entry,) = (await read_list(people, DORA)).json()["numbers"]
    assert (entry["state"], entry["since"]) == ("active", "2026-11-20T17:00:00.000Z")


@pytest.mark.feature("F12", "F37")
async def test_a_refused_number_frees_its_place_is_not_callable_and_can_be_submitted_again(people: World) -> None:
    change_id = await submit(people, ANNA, PENDING)
    answer = await decide_number(people, change_id, PENDING, REFUSED)
    assert (answer.json()["state"], answer.json()["used"], answer.json()["reason"]) == (
        "refused",
        1,
        "identity_not_verified",
    )
    assert PENDING not in (await read_list(people, ANNA)).text
    assert await hears(people, "c1") == "number_not_available"
    people.clock.advance(30 * 86400)
    again = await submit(people, ANNA, PENDING)
    assert (await decide_number(people, again, PENDING)).status_code == 200
    assert await hears(people, "c2") == "allow"


async def test_a_change_is_applied_once_each_of_its_numbers_is_decided_or_gone(people: World) -> None:
    await set_block(people, FREE[3], inmate_id=DORA)
    add: tuple[Any, ...] = (*(addition(number, kind="confined_person") for number in FREE[:3]), FREE[3], FREE[4])
    answer = await change_list(people, DORA, add=add)
    change_id, outcomes = answer.json()["change_id"], answer.json()["outcomes"]

    async def standing() -> tuple[str, list[str]]:
        change = await read_change(people, change_id)
        assert change["outcomes"] == outcomes  # as it was answered, whatever became of it
        assert [told["outcome"] for told in change["numbers"]] == [told["outcome"] for told in outcomes]
        return change["state"], [told["state"] for told in change["numbers"]]

    waits = "pending_warden"
    assert await standing() == (waits, [waits, waits, waits, "not_approved", "active"])
    assert (await decide_number(people, change_id, FREE[0])).json()["change_state"] == waits
    assert await standing() == (waits, ["active", waits, waits, "not_approved", "active"])
    assert (await decide_number(people, change_id, FREE[1], REFUSED)).json()["change_state"] == waits
    body = {"number": FREE[2], "note": "the other facility withdrew it"}
    await people.call("warden", "POST", f"/v1/inmates/{DORA}/list-removals", json=body)
    assert await standing() == ("applied", ["active", "refused", "removed", "not_approved", "active"])
    page = (await people.call("auditor", "GET", f"/v1/inmates/{DORA}/list-changes")).json()
    assert page["items"] == [await read_change(people, change_id)]


async def test_a_decision_ends_no_call_and_moves_no_date(people: World) -> None:
    await change_list(people, ANNA, add=(FREE[5],))
    listed = (await read_list(people, ANNA)).json()["next_change_on"]
    people.clock.advance(31 * 86400)
    change_id = await submit(people, ANNA, FREE[0], FREE[1])
    opens_on = (await read_list(people, ANNA)).json()["next_change_on"]
    assert opens_on != listed
    await decide(people, "running")
    people.clock.advance(2)
    for number, body in ((FREE[0], APPROVED), (FREE[1], REFUSED)):
        assert (await decide_number(people, change_id, number, body)).json()["next_change_on"] == opens_on
    assert (await tell(people, "running", "answered", 1))["action"] == "continue"


@pytest.mark.feature("F10")
async def test_it_is_on_the_trail_with_its_author_and_reason(people: World) -> None:
    change_id = await submit(people, DORA, PENDING)
    people.clock.advance(1)
    await decide_number(people, change_id, PENDING, REFUSED)
    event = (await people.call("security", "GET", "/v1/audit-events")).json()["items"][0]
    assert (event["action"], event["object_type"], event["object_id"]) == ("decide_pending_number", "phone_list", DORA)
    assert (event["author"], event["role"], event["facility_id"]) == ("w.lamb", "warden", FACILITY)
    assert event["before"] == {"change_id": change_id, "number": PENDING, "state": "pending_warden"}
    assert (event["after"]["state"], event["after"]["reason"]) == ("refused", "identity_not_verified")
