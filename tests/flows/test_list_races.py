"""When several people write one list at the same time: who wins, what do the others hear, and is anything half done?

Each race is run twice: as it comes, and with everyone waiting at the door of the same person until all have arrived.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest

from callgate.store.locks import own_inmate
from tests.asking import decide
from tests.conftest import World
from tests.pending import REFUSED, decide_number, read_change, submit
from tests.people import DORA, FREE, change_list, read_list, seed_people
from tests.places import code_of
from tests.seeding import ANNA, NUMBER

WAITING_SECONDS = 0.2


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def at_once(
    people: World, inmate_id: str, *requests: Coroutine[Any, Any, httpx.Response], held: bool
) -> list[httpx.Response]:
    """Send all of these; `held`: while another write owns the person, so that every one of them has begun before."""
    if not held:
        return list(await asyncio.gather(*requests))
    async with people.deployment.database.write() as transaction:
        await own_inmate(transaction, inmate_id)
        tasks = [asyncio.ensure_future(request) for request in requests]
        await asyncio.sleep(WAITING_SECONDS)
        assert not any(task.done() for task in tasks)
    return list(await asyncio.gather(*tasks))


def statuses(answers: list[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def refusals(answers: list[httpx.Response]) -> set[str]:
    return {code_of(answer) for answer in answers if answer.status_code >= 400}


async def history(people: World, inmate_id: str) -> list[dict[str, Any]]:
    answer = await people.call("warden", "GET", f"/v1/inmates/{inmate_id}/phone-list/history")
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.feature("F09", "F10")
@pytest.mark.parametrize("held", [False, True], ids=["as it comes", "held"])
async def test_of_many_counselors_one_changes_the_list_and_the_others_nothing(
    people: World,
    held: bool,  # noqa: FBT001 - a table
) -> None:
    numbers = FREE[:5]
    requests = [change_list(people, ANNA, add=(number,), remove=(NUMBER,)) for number in numbers]
    answers = await at_once(people, ANNA, *requests, held=held)
    assert statuses(answers) == [201, *[422] * 4]  # the others find the number to remove gone
    assert refusals(answers) == {"not_listed"}
    (won,) = (answer.json() for answer in answers if answer.status_code == 201)
    listed = (await read_list(people, ANNA)).json()
    assert [each["number"] for each in listed["numbers"]] == [won["outcomes"][0]["number"]]
    changes = (await people.call("counselor", "GET", f"/v1/inmates/{ANNA}/list-changes")).json()["items"]
    assert [each["change_id"] for each in changes] == [won["change_id"]]
    trail = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert len(trail) == 1


@pytest.mark.feature("F09", "F10")
@pytest.mark.parametrize("held", [False, True], ids=["as it comes", "held"])
async def test_of_many_counselors_who_only_add_one_wins_and_the_others_hear_that_it_is_too_soon(
    people: World,
    held: bool,  # noqa: FBT001 - a table
) -> None:
    etag = (await read_list(people, ANNA)).headers["etag"]
    requests = [change_list(people, ANNA, add=(number,)) for number in FREE[:3]]
    requests += [change_list(people, ANNA, add=(number,), headers={"If-Match": etag}) for number in FREE[3:5]]
    answers = await at_once(people, ANNA, *requests, held=held)
    assert statuses(answers)[0] == 201
    assert set(statuses(answers)[1:]) <= {409, 412}
    assert refusals(answers) <= {"change_too_soon", "changed_since_read"}
    assert (await read_list(people, ANNA)).json()["used"] == 2
    assert len(await history(people, ANNA)) == 2


@pytest.mark.feature("F12")
@pytest.mark.parametrize("held", [False, True], ids=["as it comes", "held"])
async def test_of_two_wardens_one_decides_and_the_other_hears_so(
    people: World,
    held: bool,  # noqa: FBT001 - a table
) -> None:
    change_id = await submit(people, ANNA, *FREE[:4])
    for number in FREE[:4]:
        answers = await at_once(
            people,
            ANNA,
            decide_number(people, change_id, number, subject="w.lamb"),
            decide_number(people, change_id, number, REFUSED, subject="w.vega"),
            held=held,
        )
        assert statuses(answers) == [200, 409]
        assert refusals(answers) == {"already_decided"}
        (won,) = (answer.json() for answer in answers if answer.status_code == 200)
        (entry,) = (each for each in await history(people, ANNA) if each["number"] == number)
        assert (entry["state"], entry["decided_by"], entry["decision_reason"]) == (
            won["state"],
            won["decided_by"],
            won["reason"],
        )
        heard = await decide(people, f"call-{number}", called_number=number)
        assert (heard["decision"] == "allow") == (won["state"] == "active")
        people.clock.advance(200)  # nobody answered, so the PIN is free again
    assert (await read_change(people, change_id))["state"] == "applied"


@pytest.mark.feature("F12")
@pytest.mark.parametrize("held", [False, True], ids=["as it comes", "held"])
@pytest.mark.parametrize("body", [None, REFUSED], ids=["approve", "refuse"])
async def test_a_counselor_who_takes_it_off_and_a_warden_who_decides_it_never_half_do_it(
    people: World,
    held: bool,  # noqa: FBT001 - a table
    body: Any,
) -> None:
    change_id = await submit(people, DORA, FREE[0])
    taken_off, decided = await at_once(
        people,
        DORA,
        change_list(people, DORA, add=(FREE[1],), remove=(FREE[0],)),
        decide_number(people, change_id, FREE[0], body),
        held=held,
    )
    entries = {each["number"]: each for each in await history(people, DORA)}
    entry = entries[FREE[0]]
    if decided.status_code == 409:  # the counselor was first
        assert (taken_off.status_code, code_of(decided)) == (201, "no_longer_pending")
        assert (entry["state"], entry["decided_at"], entry["ended_by"]) == ("removed", None, "list_change")
    elif body is None:  # approved, and then taken off
        assert (taken_off.status_code, decided.status_code) == (201, 200)
        assert (entry["state"], entry["decided_by"], entry["ended_by"]) == ("removed", "w.lamb", "list_change")
    else:  # refused, so that the change names a number that is not listed
        assert (taken_off.status_code, code_of(taken_off), decided.status_code) == (422, "not_listed", 200)
        assert (entry["state"], entry["ended_by"]) == ("refused", "warden")
    assert (FREE[1] in entries) == (taken_off.status_code == 201)
    assert (await read_change(people, change_id))["state"] == "applied"


@pytest.mark.parametrize("held", [False, True], ids=["as it comes", "held"])
async def test_a_number_that_staff_remove_while_it_is_decided_is_off_the_list(
    people: World,
    held: bool,  # noqa: FBT001 - a table
) -> None:
    change_id = await submit(people, DORA, FREE[0])
    removal = {"number": FREE[0], "note": "n"}
    removed, decided = await at_once(
        people,
        DORA,
        people.call("security", "POST", f"/v1/inmates/{DORA}/list-removals", json=removal),
        decide_number(people, change_id, FREE[0]),
        held=held,
    )
    assert removed.status_code == 200
    assert decided.status_code in (200, 409)
    assert (await read_list(people, DORA)).json()["numbers"] == []
    (entry,) = await history(people, DORA)
    assert (entry["state"], entry["decided_at"] is None) == ("removed", decided.status_code == 409)
