"""Does an approval sleep under restrictive status and wake by itself, and who is told until when?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.pending import decide_number, restrict, submit
from tests.people import FREE, change_list, read_list, seed_people
from tests.places import code_of
from tests.seeding import ANNA, NUMBER

CONFINED = FREE[0]
READERS = ("counselor", "operator", "auditor", "victim_services", "warden", "security")
CUSTODY = ("warden", "security")


@pytest.fixture
async def people(world: World, database_url: str) -> World:
    """Anna's brother, who is confined elsewhere, is on her list and approved."""
    seed_people(database_url)
    change_id = await submit(world, ANNA, CONFINED)
    assert (await decide_number(world, change_id, CONFINED)).status_code == 200
    return world


async def findings(people: World, call_id: str, number: str = CONFINED) -> tuple[str, str | None]:
    """What was told, and what the list check had found."""
    answer = await decide(people, call_id, called_number=number)
    why = (await people.call("warden", "GET", f"/v1/decisions/{answer['decision_id']}")).json()
    (found,) = (finding["reason"] for finding in why["findings"] if finding["check"] == "phone_list")
    if answer["decision"] == "allow":
        await tell(people, call_id, "ended", 1, cause="no_answer", duration_seconds=0)
    return answer["reason"] or "allow", found


async def shown(people: World, role: str = "warden") -> dict[str, tuple[bool, str | None]]:
    answer = await people.call(role, "GET", f"/v1/inmates/{ANNA}/phone-list")
    return {each["number"]: (each["suspended"], each["suspended_until"]) for each in answer.json()["numbers"]}


@pytest.mark.feature("F12")
@pytest.mark.parametrize("kind", ["disciplinary", "investigation"])
async def test_it_sleeps_between_the_dates_of_the_status_and_nobody_has_to_wake_it(people: World, kind: str) -> None:
    await restrict(people, ANNA, hours=(1, 2), kind=kind)
    until = "2026-11-20T19:00:00.000Z"
    awake, asleep = (False, None), (True, until)
    for call_id, seconds, heard, found, standing in (
        ("before", 3599.999, "allow", None, awake),
        ("begins", 0.001, "calls_restricted", "approval_suspended", asleep),
        ("lasts", 3599.999, "calls_restricted", "approval_suspended", asleep),
        ("over", 0.001, "allow", None, awake),
    ):
        people.clock.advance(seconds)
        assert await findings(people, call_id) == (heard, found), call_id
        assert await shown(people) == {NUMBER: awake, CONFINED: standing}, call_id
    # The list itself never changed: nothing was decided, nothing was taken off.
    history = (await people.call("warden", "GET", f"/v1/inmates/{ANNA}/phone-list/history")).json()["items"]
    assert {each["state"] for each in history} == {"active"}


@pytest.mark.feature("F12")
async def test_a_security_risk_group_suspends_no_approval_and_a_status_that_was_ended_none_any_more(
    people: World,
) -> None:
    await restrict(people, ANNA, hours=(0, 1), kind="security_risk_group")
    assert await findings(people, "risk") == ("calls_restricted", None)
    assert (await shown(people))[CONFINED] == (False, None)
    restriction_id = await restrict(people, ANNA, hours=(0, 9))
    assert (await shown(people))[CONFINED] == (True, "2026-11-21T02:00:00.000Z")
    people.clock.advance(3600)
    await people.call("warden", "POST", f"/v1/restrictions/{restriction_id}/end", json={"note": "reversed"})
    assert (await shown(people))[CONFINED] == (False, None)
    assert await findings(people, "ended") == ("allow", None)


@pytest.mark.feature("F12")
async def test_the_end_of_an_investigation_is_told_to_those_alone_who_may_read_restrictions(people: World) -> None:
    await restrict(people, ANNA, hours=(0, 1))
    for role in READERS:
        assert (await shown(people, role))[CONFINED] == (True, "2026-11-20T18:00:00.000Z"), role
    await restrict(people, ANNA, hours=(1, 2), kind="investigation")
    for role in READERS:
        until = "2026-11-20T19:00:00.000Z" if role in CUSTODY else None
        assert (await shown(people, role))[CONFINED] == (True, until), role
    # Nor by the trail of what a warden writes meanwhile.
    body = {"number": NUMBER, "note": "disconnected"}
    assert (await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json=body)).status_code == 200
    trail = (await people.call("auditor", "GET", "/v1/audit-events?limit=1")).json()["items"]
    assert "suspended" not in str(trail)


async def test_if_match_is_of_the_list_as_its_reader_saw_it(people: World) -> None:
    await restrict(people, ANNA, hours=(0, 1), kind="investigation")
    people.clock.advance(0.001)

    async def change(role: str, path: str, body: Any, etag: str) -> tuple[int, str]:
        answer = await people.call(role, "POST", f"/v1/inmates/{ANNA}/{path}", json=body, headers={"If-Match": etag})
        return answer.status_code, code_of(answer) if answer.status_code >= 400 else ""

    as_counselor = (await read_list(people, ANNA)).headers["etag"]
    as_warden = (await people.call("warden", "GET", f"/v1/inmates/{ANNA}/phone-list")).headers["etag"]
    removal = {"number": NUMBER, "note": "disconnected"}
    assert await change("warden", "list-removals", removal, as_counselor) == (412, "changed_since_read")
    assert await change("warden", "list-removals", removal, as_warden) == (200, "")
    as_counselor = (await read_list(people, ANNA)).headers["etag"]
    people.clock.advance(3600)  # the status is over, so the list reads differently
    answer = await change_list(people, ANNA, remove=(CONFINED,), headers={"If-Match": as_counselor})
    assert answer.status_code == 412


@pytest.mark.feature("F12")
async def test_the_warden_may_rescind_the_approval_meanwhile(people: World) -> None:
    await restrict(people, ANNA, hours=(0, 1))
    body = {"number": CONFINED, "note": "the contact would be a danger"}
    assert (await people.call("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", json=body)).status_code == 200
    people.clock.advance(3600)
    assert await findings(people, "rescinded") == ("number_not_available", "not_listed")
