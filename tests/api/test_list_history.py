"""Does the history of a list hold every entry, and tell each reader no more than they may know?"""

from typing import Any

import pytest

from tests.conftest import World
from tests.pending import APPROVED, COUNSELOR, REFUSED, decide_number, submit
from tests.people import CARL, DORA, FREE, alike, change_list, seed_people, set_block
from tests.places import code_of
from tests.removals import take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, entry_row, fill

READERS = ("counselor", "operator", "auditor", "warden", "security", "victim_services")
GUARDS = ("warden", "security", "victim_services")
CUSTODY = ("warden", "security")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def history(people: World, inmate_id: str, role: str = "warden", query: str = "") -> list[dict[str, Any]]:
    answer = await people.call(role, "GET", f"/v1/inmates/{inmate_id}/phone-list/history{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def remove(people: World, inmate_id: str, number: str, **sent: Any) -> None:
    body = {"number": number, "note": "disconnected"}
    answer = await people.call("warden", "POST", f"/v1/inmates/{inmate_id}/list-removals", json=body, **sent)
    assert answer.status_code == 200, answer.text


async def grant_removal(people: World, number: str, **asked: Any) -> str:
    request_id: str = (await take_in(people, number, **asked))["request_id"]
    scope = "inmate" if "inmate_id" in asked else "facility"
    body = {"decision": "grant", "scope": scope, "note": "a telephone bill was seen"}
    path = f"/v1/removal-requests/{request_id}/decision"
    answer = await people.call("warden", "POST", path, json=body, subject="w.lamb")
    assert answer.status_code == 200, answer.text
    return request_id


@pytest.mark.feature("F10")
async def test_every_entry_that_ever_stood_there_is_told_with_all_that_became_of_it(people: World) -> None:
    first = await submit(people, DORA, *FREE[:3], kind="attorney", subject=COUNSELOR)
    people.clock.advance(1)
    await decide_number(people, first, FREE[0], APPROVED)
    await decide_number(people, first, FREE[1], REFUSED)
    people.clock.advance(1)
    second = await change_list(people, DORA, add=(FREE[3],), remove=(FREE[0],), subject="t.lindqvist")
    people.clock.advance(1)
    await remove(people, DORA, FREE[3], subject="w.lamb")
    late, waiting, refused, approved = await history(people, DORA)
    nothing = dict.fromkeys(
        (
            *("decided_at", "decided_by", "decision_reason", "evidence_reference"),
            *("ended_at", "ended_by", "ended_author", "ended_note"),
        )
    )
    plain = {"name": "Ruth Doe", "relationship": "mother", **nothing}
    submitted = plain | {"kind": "attorney", "change_id": first, "submitted_by": COUNSELOR}
    submitted |= {"since": "2026-11-20T17:00:00.000Z"}
    decided = {"decided_at": "2026-11-20T17:00:01.000Z", "decided_by": "w.lamb"}
    assert [each.pop("entry_id") > "" for each in (late, waiting, refused, approved)] == [True] * 4
    assert waiting == submitted | {"number": FREE[2], "state": "pending_warden"}
    assert approved == submitted | decided | {
        "number": FREE[0],
        "state": "removed",
        "decision_reason": "Called back.",
        "evidence_reference": "Bar roll 417-22",
        "ended_at": "2026-11-20T17:00:02.000Z",
        "ended_by": "list_change",
        "ended_author": "t.lindqvist",
    }
    assert refused == submitted | decided | {
        "number": FREE[1],
        "state": "refused",
        "decision_reason": "identity_not_verified",
        "ended_at": "2026-11-20T17:00:01.000Z",
        "ended_by": "warden",
        "ended_author": "w.lamb",
    }
    assert late == plain | {
        "number": FREE[3],
        "kind": "social",
        "state": "removed",
        "since": "2026-11-20T17:00:02.000Z",
        "change_id": second.json()["change_id"],
        "submitted_by": "t.lindqvist",
        "ended_at": "2026-11-20T17:00:03.000Z",
        "ended_by": "staff",
        "ended_author": "w.lamb",
        "ended_note": "disconnected",
    }


async def test_it_is_read_newest_first_page_by_page_and_is_one_persons_alone(people: World) -> None:
    for number in FREE[:5]:
        await change_list(people, DORA, add=(number,))
        people.clock.advance(30 * 86400)
    whole = await history(people, DORA)
    assert [entry["number"] for entry in whole] == list(FREE[4::-1])
    answer = await people.call("auditor", "GET", f"/v1/inmates/{DORA}/phone-list/history?limit=3")
    rest = await history(people, DORA, query=f"?limit=3&cursor={answer.json()['next_cursor']}")
    assert answer.json()["items"] + rest == whole
    (came_otherwise,) = await history(people, ANNA)
    assert (came_otherwise["change_id"], came_otherwise["submitted_by"], came_otherwise["state"]) == (
        None,
        None,
        "active",
    )
    assert await history(people, CARL) == []


async def test_who_reads_it_and_that_somebody_elsewhere_is_404(people: World) -> None:
    for role in (*READERS, "switch"):
        answer = await people.call(role, "GET", f"/v1/inmates/{ANNA}/phone-list/history")
        assert answer.status_code == (200 if role in READERS else 403), role
    answer = await people.call("warden", "GET", f"/v1/inmates/{CARL}/phone-list/history", facilities=[FACILITY])
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


@pytest.mark.feature("F19")
async def test_what_the_owner_had_taken_off_reads_like_any_staff_removal_to_whoever_does_not_guard_them(
    people: World, database_url: str
) -> None:
    fill(database_url, list_entries=[entry_row(BORIS, FREE[0])])
    request_id = await grant_removal(people, NUMBER, inmate_id=ANNA)
    await remove(people, BORIS, FREE[0], subject="w.lamb")
    for role in READERS:
        entries = [*await history(people, ANNA, role), *await history(people, BORIS, role)]
        by_owner, by_staff = [entry for entry in entries if entry["state"] == "removed"]
        numbers = by_owner["number"], by_staff["number"]
        assert numbers == (NUMBER, FREE[0])
        if role in GUARDS:
            assert (by_owner["ended_by"], by_staff["ended_by"]) == ("owner", "staff")
            notes = by_owner["ended_note"], by_staff["ended_note"]
            owners = f"The number's owner asked for it: removal request {request_id}."
            assert notes == ((owners, "disconnected") if role in CUSTODY else (None, None))
            continue
        assert (by_owner["ended_by"], by_owner["ended_note"]) == ("staff", None)
        one, other = [alike(str(entry), number=entry["number"]) for entry in (by_owner, by_staff)]
        assert one == other


@pytest.mark.feature("F37", "F56")
async def test_one_refusal_reads_like_another_to_the_counselor_and_the_auditor_sees_that_it_was_no_punishment(
    people: World,
) -> None:
    change_id = await submit(people, DORA, *FREE[:2])
    await set_block(people, FREE[0], kind="victim", inmate_id=BORIS)
    reasons = ("contact_declined", "not_attorney_of_record")
    for number, reason in zip(FREE, reasons, strict=False):
        body = {"decision": "refuse", "reason": reason, "evidence_reference": "E-1"}
        assert (await decide_number(people, change_id, number, body)).status_code == 200
    for role in READERS:
        seen = await history(people, DORA, role)
        told = [(entry["decision_reason"], entry["evidence_reference"]) for entry in reversed(seen)]
        knows = role in (*GUARDS, "auditor")
        assert told == [(reason, "E-1") if knows else (None, None) for reason in reasons], role
    one, other = [
        alike(str(entry), number=number)
        for entry, number in zip(reversed(await history(people, DORA, "counselor")), FREE, strict=False)
    ]
    assert one == other


async def test_no_block_is_seen_in_it(people: World) -> None:
    before = await history(people, ANNA, "counselor")
    for kind in ("victim", "called_party"):
        await set_block(people, NUMBER, kind=kind)
    assert await history(people, ANNA, "counselor") == before
