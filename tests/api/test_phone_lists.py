"""What does a change to a person's list do, for whom, and how is it read back?"""

import asyncio
from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import (
    CARL,
    DORA,
    FREE,
    addition,
    change_list,
    read_list,
    seed_people,
    set_block,
)
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, facility_row, fill, inmate_row


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# --------------------------------------------------------------------------------------------------- what a change does


async def test_an_empty_list_is_read_with_its_places(people: World) -> None:
    answer = await read_list(people, DORA)
    assert answer.status_code == 200
    assert answer.json() == {"inmate_id": DORA, "limit": 10, "used": 0, "next_change_on": None, "numbers": []}


async def test_outcomes_come_in_the_order_submitted_additions_first(people: World) -> None:
    first = await change_list(people, DORA, add=(FREE[3], FREE[1], FREE[2]))
    assert first.status_code == 201
    people.clock.advance(60)
    answer = await change_list(people, DORA, add=(FREE[9], FREE[0]), remove=(FREE[2], FREE[3]))
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("change_id") != first.json()["change_id"]
    assert body == {
        "state": "applied",
        "outcomes": [
            {"number": FREE[9], "outcome": "added"},
            {"number": FREE[0], "outcome": "added"},
            {"number": FREE[2], "outcome": "removed"},
            {"number": FREE[3], "outcome": "removed"},
        ],
        "used": 3,
        "limit": 10,
        "next_change_on": "2026-12-20",
    }
    listed = (await read_list(people, DORA)).json()
    assert [entry["number"] for entry in listed["numbers"]] == [FREE[1], FREE[9], FREE[0]]
    assert listed["numbers"][1] == {
        **addition(FREE[9]),
        "state": "active",
        "since": "2026-11-20T17:01:00.000Z",
        "suspended": False,
        "suspended_until": None,
    }
    assert (listed["used"], listed["next_change_on"]) == (3, "2026-12-20")


@pytest.mark.feature("F11")
async def test_a_number_is_callable_once_the_change_has_answered_and_no_more_once_it_is_off(people: World) -> None:
    assert (await decide(people, "c1", called_number=FREE[0]))["reason"] == "number_not_available"
    await change_list(people, ANNA, add=(FREE[0],))
    assert (await decide(people, "c2", called_number=FREE[0]))["decision"] == "allow"
    await tell(people, "c2", "ended", 1)
    people.clock.advance(31 * 86400)
    await change_list(people, ANNA, remove=(FREE[0],))
    assert (await decide(people, "c3", called_number=FREE[0]))["reason"] == "number_not_available"


async def test_a_running_call_ends_with_the_entry_that_allowed_it(people: World) -> None:
    await decide(people, "c1")
    assert (await change_list(people, ANNA, remove=(NUMBER,))).status_code == 201
    assert (await tell(people, "c1", "answered", 1))["action"] == "terminate"


async def test_every_spelling_is_the_same_number(people: World) -> None:
    await change_list(people, DORA, add=("(860) 555-0150",))
    listed = (await read_list(people, DORA)).json()["numbers"]
    assert [entry["number"] for entry in listed] == [FREE[0]]
    again = await change_list(people, DORA, add=("1 860 555 0150",))
    assert (again.status_code, code_of(again)) == (422, "already_listed")


async def test_a_number_that_was_removed_can_be_listed_again(people: World) -> None:
    await change_list(people, DORA, add=(FREE[0],))
    await change_list(people, DORA, remove=(FREE[0],))
    people.clock.advance(30 * 86400)
    again = await change_list(people, DORA, add=(FREE[0],))
    assert again.json()["outcomes"] == [{"number": FREE[0], "outcome": "added"}]


@pytest.mark.feature("F10", "F12")
async def test_every_kind_but_social_waits_for_the_warden(people: World) -> None:
    kinds = ("attorney", "consulate", "confined_person", "supervised_person")
    people.clock.advance(1)
    pending = tuple(addition(number, kind=kind) for number, kind in zip(FREE, kinds, strict=False))
    answer = await change_list(people, ANNA, add=(*pending, FREE[9]))
    assert answer.json()["state"] == "pending_warden"
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["pending_warden"] * 4 + ["added"]
    listed = (await read_list(people, ANNA)).json()["numbers"]
    assert [(entry["kind"], entry["state"]) for entry in listed[1:5]] == [(kind, "pending_warden") for kind in kinds]
    for number in FREE[:4]:
        decision = await decide(people, f"call-{number}", called_number=number)
        assert decision["reason"] == "number_not_available"


async def test_a_pending_number_can_be_taken_off_again(people: World) -> None:
    await change_list(people, DORA, add=(addition(FREE[0], kind="confined_person"),))
    answer = await change_list(people, DORA, remove=(FREE[0],))
    assert answer.json()["outcomes"] == [{"number": FREE[0], "outcome": "removed"}]
    assert (await read_list(people, DORA)).json()["numbers"] == []


# --------------------------------------------------------------------------------------------- races, repeats, If-Match


@pytest.mark.feature("F09")
async def test_of_two_counselors_at_once_one_wins_and_the_other_is_judged_after(people: World) -> None:
    for inmate_id in (ANNA, BORIS):
        answers = await asyncio.gather(
            change_list(people, inmate_id, add=(FREE[0],), subject="m.okafor"),
            change_list(people, inmate_id, add=(FREE[1],), subject="t.lindqvist"),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert {code_of(answer) for answer in answers if answer.status_code == 409} == {"change_too_soon"}
        assert (await read_list(people, inmate_id)).json()["used"] == 2


async def test_a_repeated_key_is_answered_again_and_changes_nothing(people: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await change_list(people, ANNA, add=(FREE[0],), headers=headers)
    people.clock.advance(60)
    again = await change_list(people, ANNA, add=(FREE[0],), headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = await change_list(people, ANNA, add=(FREE[1],), headers=headers)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    assert (await read_list(people, ANNA)).json()["used"] == 2


async def test_a_refused_change_keeps_no_key(people: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert (await change_list(people, DORA, remove=(FREE[0],), headers=headers)).status_code == 422
    assert (await change_list(people, DORA, add=(FREE[0],), headers=headers)).status_code == 201


async def test_if_match_guards_the_list_that_was_read(people: World) -> None:
    read = (await read_list(people, DORA)).headers["etag"]
    await change_list(people, DORA, add=(FREE[0],))
    stale = await change_list(people, DORA, add=(FREE[1],), headers={"If-Match": read})
    assert (stale.status_code, code_of(stale)) == (412, "changed_since_read")
    fresh = (await read_list(people, DORA)).headers["etag"]
    assert (await change_list(people, DORA, add=(FREE[1],), headers={"If-Match": fresh})).status_code == 201


# --------------------------------------------------------------------------------------------------- who may, and where


async def test_who_may_read_and_change_a_list(people: World) -> None:
    staff = {"counselor", "warden", "security", "victim_services", "auditor", "operator"}
    for method, path, roles in (
        ("GET", "phone-list", staff),
        ("GET", "list-changes", staff),
        ("POST", "list-changes", {"counselor"}),
        ("POST", "list-removals", {"warden", "security"}),
    ):
        for role in staff | {"switch"}:
            body: Any = {} if method == "POST" else None
            answer = await people.call(role, method, f"/v1/inmates/{ANNA}/{path}", json=body)
            assert (answer.status_code == 403) == (role not in roles), (role, path)


async def test_what_lies_elsewhere_is_404_before_the_body_is_looked_at(people: World) -> None:
    changed = await change_list(people, CARL, add=(FREE[0],))
    here = [FACILITY]
    for method, path in (
        ("GET", f"/v1/inmates/{CARL}/phone-list"),
        ("GET", f"/v1/inmates/{CARL}/list-changes"),
        ("POST", f"/v1/inmates/{CARL}/list-changes"),
        ("GET", f"/v1/list-changes/{changed.json()['change_id']}"),
        ("GET", "/v1/list-changes/none"),
        ("GET", "/v1/inmates/none/phone-list"),
    ):
        answer = await people.call(
            "counselor", method, path, json={"nonsense": 1} if method == "POST" else None, facilities=here
        )
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), path


async def test_changes_are_kept_and_read_newest_first_page_by_page(people: World) -> None:
    await set_block(people, FREE[9], inmate_id=DORA)
    ids = []
    for position in range(3):
        answer = await change_list(people, DORA, add=(FREE[position], FREE[9]), subject="m.okafor")
        ids.append(answer.json()["change_id"])
        people.clock.advance(30 * 86400)
    path = f"/v1/inmates/{DORA}/list-changes"
    page = (await people.call("auditor", "GET", f"{path}?limit=2")).json()
    rest = (await people.call("auditor", "GET", f"{path}?limit=2&cursor={page['next_cursor']}")).json()
    assert [item["change_id"] for item in page["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    one = await people.call("counselor", "GET", f"/v1/list-changes/{ids[0]}")
    assert (
        one.json()
        == rest["items"][0]
        == {
            "change_id": ids[0],
            "inmate_id": DORA,
            "submitted_at": "2026-11-20T17:00:00.000Z",
            "author": "m.okafor",
            "counts_as_change": False,
            "state": "applied",
            "outcomes": [{"number": FREE[0], "outcome": "added"}, {"number": FREE[9], "outcome": "not_approved"}],
            "numbers": [
                {"number": FREE[0], "outcome": "added", "state": "active"},
                {"number": FREE[9], "outcome": "not_approved", "state": "not_approved"},
            ],
        }
    )


@pytest.mark.feature("F10")
async def test_a_change_is_on_the_trail_with_the_list_before_and_after(people: World) -> None:
    answer = await change_list(people, ANNA, add=(FREE[0],), remove=(NUMBER,), subject="m.okafor")
    (event,) = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert (event["action"], event["object_type"], event["object_id"]) == ("change_list", "phone_list", ANNA)
    assert (event["author"], event["role"], event["facility_id"]) == ("m.okafor", "counselor", FACILITY)
    assert [entry["number"] for entry in event["before"]["numbers"]] == [NUMBER]
    assert [entry["number"] for entry in event["after"]["numbers"]] == [FREE[0]]
    assert event["after"]["outcomes"] == answer.json()["outcomes"]


async def test_the_other_facilitys_calendar_counts_where_the_person_is(people: World, database_url: str) -> None:
    # 17:00 UTC is the next morning in Guam: day 0 there is the 21st.
    fill(database_url, facilities=[facility_row("guam-ci", time_zone="Pacific/Guam")])
    fill(database_url, inmates=[inmate_row("300002", "guam-ci")])
    await change_list(people, "300002", add=(FREE[0],))
    assert (await change_list(people, "300002", add=(FREE[1],))).json()["next_change_on"] == "2026-12-21"
