"""A counselor asks for a first or an emergency call: of what, who reads it, and what can nobody learn from answers?"""

import json
from typing import Any

import pytest

from tests.asking import counted_statements
from tests.conftest import World
from tests.one_time import (
    ASKED,
    BLOCKS,
    COUNSELOR,
    WARDEN,
    ask_call,
    asked_call,
    decide_call,
    granted_call,
    path_of,
    read_call,
)
from tests.people import (
    CARL,
    ERIC,
    FREE,
    NORTH,
    alike,
    hotline_row,
    read_list,
    seed_people,
    set_block,
    told,
)
from tests.places import audit_trail, code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, fill

pytestmark = pytest.mark.feature("F33")

NO_SUCH = "+18605550199"


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# --------------------------------------------------------------------------------------------------------------- asking


async def test_it_is_answered_as_it_can_be_read_and_the_list_stays_as_it_was(people: World) -> None:
    before = await read_list(people, ANNA)
    answer = await ask_call(people)
    body = answer.json()
    assert answer.status_code == 201
    assert body == {
        "one_time_call_id": body["one_time_call_id"],
        "inmate_id": ANNA,
        **ASKED,
        "state": "asked",
        "asked_by": COUNSELOR,
        "asked_at": "2026-11-20T17:00:00.000Z",
        "decided_by": None,
        "decided_at": None,
        "decision_note": None,
        "expires_at": None,
        "used_decision_id": None,
    }
    read = await people.call("counselor", "GET", f"/v1/one-time-calls/{body['one_time_call_id']}")
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, body, answer.headers["etag"])
    assert (await people.call("warden", "GET", path_of())).json() == {"items": [body], "next_cursor": None}
    after = await read_list(people, ANNA)
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])


async def test_what_a_request_must_say(people: World) -> None:
    malformed: tuple[dict[str, Any], ...] = (
        *({name: None} for name in ASKED),
        {"kind": "social"},
        {"reason": " "},
        {"number": 18605550150},
        {"until": "2026-11-20T18:00:00Z"},
    )
    for changes in malformed:
        answer = await ask_call(people, **changes)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), changes
    assert (await people.call("counselor", "GET", path_of())).json()["items"] == []
    assert (await ask_call(people, kind="first_call", number="(860) 555-0150")).json()["number"] == FREE[0]


async def test_a_number_that_nobody_may_call_here_is_refused(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[1]), hotline_row("+18005550123")])
    refused = {
        "*67 860 555 0150": "number_not_valid",
        "+1 900 555 0123": "number_not_valid",
        "911": "number_not_valid",
        "+442079460123": "number_not_valid",
        FREE[1]: "hotline_number",
        "+1 800 555 0123": "hotline_number",
    }
    for number, code in refused.items():
        answer = await ask_call(people, number=number)
        assert (answer.status_code, code_of(answer)) == (422, code), number
        assert answer.json()["errors"][0]["pointer"] == "/number"
        assert number not in answer.text
    # What stands on the list can be asked for as well: it may come off before the call is made.
    assert (await ask_call(people, number=NUMBER)).status_code == 201


async def test_nobody_asks_for_a_person_who_is_released(people: World) -> None:
    answer = await ask_call(people, ERIC)
    assert (answer.status_code, code_of(answer)) == (409, "person_released")
    assert code_of(await ask_call(people, ERIC, number="nonsense")) == "number_not_valid"


@pytest.mark.feature("F16", "F17")
async def test_an_answer_is_the_same_for_a_number_that_is_blocked_and_takes_the_same_statements(people: World) -> None:
    with counted_statements(people) as plain:
        answers = [await ask_call(people, number=NO_SUCH)]
    for position, (cause, changes) in enumerate(BLOCKS.items()):
        await set_block(people, FREE[position], **changes)
        with counted_statements(people) as sent:
            answers.append(await ask_call(people, number=FREE[position]))
        assert sent == plain, cause
    numbers = [NO_SUCH, *FREE[: len(BLOCKS)]]
    shown = [
        await people.call("counselor", "GET", f"/v1/one-time-calls/{it.json()['one_time_call_id']}") for it in answers
    ]
    for several in (answers, shown):
        assert len({alike(it.text, number=number) for it, number in zip(several, numbers, strict=True)}) == 1
        assert len({tuple(sorted(set(it.headers) - {"etag"})) for it in several}) == 1


@pytest.mark.feature("F17")
async def test_a_protected_number_that_is_asked_for_raises_a_silent_alert_and_another_none(people: World) -> None:
    for position, changes in enumerate(BLOCKS.values()):
        await set_block(people, FREE[position], **changes)
    asked = {number: await asked_call(people, number=number) for number in FREE[: len(BLOCKS)]}
    found = (await people.call("security", "GET", "/v1/alerts")).json()["items"]
    raised = {alert["subject"]: alert for alert in found if alert["kind"] == "protected_number_submitted"}
    assert raised.keys() == {asked[FREE[0]], asked[FREE[2]]}
    alert = raised[asked[FREE[2]]]
    assert (alert["facility_id"], alert["detail"]) == (
        FACILITY,
        {"inmate_id": ANNA, "one_time_call_id": asked[FREE[2]]},
    )


# ------------------------------------------------------------------------------------------------ the rest of the house


async def test_a_repeat_under_one_idempotency_key_is_done_once(people: World) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, again = [await ask_call(people, headers=key) for _ in range(2)]
    assert (again.text, again.headers["Idempotent-Replayed"]) == (first.text, "true")
    assert code_of(await ask_call(people, headers=key, number=FREE[1])) == "idempotency_key_reused"
    assert len((await people.call("warden", "GET", path_of())).json()["items"]) == 1
    one_time_call_id = first.json()["one_time_call_id"]
    decided, repeated = [await decide_call(people, one_time_call_id, headers=key) for _ in range(2)]
    assert (repeated.status_code, repeated.text) == (200, decided.text)


async def test_both_writes_are_on_the_trail(people: World) -> None:
    one_time_call_id = await asked_call(people)
    people.clock.advance(1)
    await decide_call(people, one_time_call_id)
    made, decided = await audit_trail(people)
    assert [(it["action"], it["author"], it["role"], it["object_id"], it["facility_id"]) for it in (made, decided)] == [
        ("ask_one_time_call", COUNSELOR, "counselor", one_time_call_id, FACILITY),
        ("decide_one_time_call", WARDEN, "warden", one_time_call_id, FACILITY),
    ]
    assert (made["before"], json.loads(made["after"])["state"]) == (None, "asked")
    assert json.loads(decided["before"]) == json.loads(made["after"])
    assert json.loads(decided["after"]) == await read_call(people, one_time_call_id, "warden")


async def test_they_are_listed_newest_first_page_by_page_and_each_person_has_their_own(people: World) -> None:
    made = []
    for number in FREE[:3]:
        made.append(await asked_call(people, number=number))
        people.clock.advance(1)
    await asked_call(people, BORIS)
    page = (await people.call("counselor", "GET", f"{path_of()}?limit=2")).json()
    rest = (await people.call("counselor", "GET", f"{path_of()}?limit=2&cursor={page['next_cursor']}")).json()
    assert [item["one_time_call_id"] for item in page["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.feature("F56")
async def test_who_may_and_where(people: World) -> None:
    here, north = await asked_call(people), await asked_call(people, CARL)
    routes = {
        ("POST", path_of()): {"counselor"},
        ("GET", path_of()): {"counselor", "warden"},
        ("GET", f"/v1/one-time-calls/{here}"): {"counselor", "warden"},
        ("POST", f"/v1/one-time-calls/{here}/decision"): {"warden"},
    }
    for (method, path), allowed in routes.items():
        for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"):
            answer = await people.call(role, method, path, json={} if method == "POST" else None)
            assert (answer.status_code == 403) == (role not in allowed), (role, path)
    for role, method, path in (
        ("counselor", "POST", path_of(CARL)),
        ("warden", "GET", path_of(CARL)),
        ("warden", "GET", f"/v1/one-time-calls/{north}"),
        ("warden", "POST", f"/v1/one-time-calls/{north}/decision"),
        ("warden", "POST", "/v1/one-time-calls/no-such/decision"),
        ("counselor", "POST", path_of("999999")),
    ):
        sent: Any = {"nonsense": 1} if method == "POST" else None
        answer = await people.call(role, method, path, json=sent, facilities=[FACILITY])
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), path


@pytest.mark.feature("F54")
async def test_it_goes_along_with_the_person(people: World) -> None:
    one_time_call_id = await granted_call(people)
    await people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))
    path = f"/v1/one-time-calls/{one_time_call_id}"
    assert (await people.call("warden", "GET", path, facilities=[FACILITY])).status_code == 404
    found = await people.call("warden", "GET", path, facilities=[NORTH])
    assert (found.status_code, found.json()["state"]) == (200, "granted")


async def test_one_that_nobody_uses_expires_by_the_clock_alone(people: World) -> None:
    one_time_call_id = await granted_call(people)
    people.clock.advance(24 * 3600 - 0.001)
    assert (await read_call(people, one_time_call_id))["state"] == "granted"
    people.clock.advance(0.001)
    assert (await read_call(people, one_time_call_id))["state"] == "expired"
    (listed,) = (await people.call("counselor", "GET", path_of())).json()["items"]
    assert listed["state"] == "expired"
