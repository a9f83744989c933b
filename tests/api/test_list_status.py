"""What may the person inside know of their own list? Nothing that a block could change."""

from typing import Any

import pytest

from tests.conftest import World
from tests.one_time import BLOCKS
from tests.pending import REFUSED, decide_number, restrict, submit
from tests.people import CARL, DORA, FREE, addition, alike, change_list, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, NUMBER


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def status(people: World, inmate_id: str) -> dict[str, Any]:
    answer = await people.call("counselor", "GET", f"/v1/inmates/{inmate_id}/phone-list/status")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.feature("F15")
async def test_each_number_is_told_in_safe_words_in_two_languages_with_the_places_and_the_next_change(
    people: World,
) -> None:
    await set_block(people, FREE[3], inmate_id=ANNA)
    kinds = {FREE[0]: "attorney", FREE[1]: "confined_person", FREE[2]: "confined_person"}
    add: tuple[Any, ...] = (*(addition(number, kind=kind) for number, kind in kinds.items()), FREE[3])
    change_id = (await change_list(people, ANNA, add=add)).json()["change_id"]
    await decide_number(people, change_id, FREE[1])
    await decide_number(people, change_id, FREE[2], REFUSED)
    await restrict(people, ANNA, hours=(0, 1))
    found = await status(people, ANNA)
    assert (found["inmate_id"], found["limit"], found["used"], found["next_change_on"]) == (ANNA, 10, 2, "2026-12-20")
    assert found["places_text"]["en"] == "2 of the 10 places on your list are used."
    assert "2026-12-20" in found["next_change_text"]["es"]
    told = {each["number"]: (each["status"], each["text"]["en"]) for each in found["numbers"]}
    assert told == {
        NUMBER: ("on_list", "On your list. It can be called when calls are allowed."),
        FREE[0]: ("waiting_for_warden", "Waiting for the warden's decision."),
        FREE[1]: ("suspended", "On your list, but suspended during your restriction."),
    }
    assert [each["number"] for each in found["not_approved"]] == [FREE[2], FREE[3]]
    assert len({str((each["status"], each["text"])) for each in found["not_approved"]}) == 1
    people.clock.advance(3600)
    assert {each["status"] for each in (await status(people, ANNA))["numbers"]} == {"on_list", "waiting_for_warden"}


@pytest.mark.feature("F15")
async def test_only_the_last_change_tells_what_was_not_approved(people: World) -> None:
    await set_block(people, FREE[0], inmate_id=DORA)
    assert (await status(people, DORA))["not_approved"] == []
    await change_list(people, DORA, add=(FREE[0], FREE[1]))
    assert [each["number"] for each in (await status(people, DORA))["not_approved"]] == [FREE[0]]
    await change_list(people, DORA, add=(FREE[2],))
    assert (await status(people, DORA))["not_approved"] == []


@pytest.mark.feature("F15", "F16")
async def test_no_block_and_no_removal_for_its_cause_changes_a_word(people: World) -> None:
    before = await status(people, ANNA)
    for changes in BLOCKS.values():
        await set_block(people, NUMBER, **changes)
        assert await status(people, ANNA) == before


@pytest.mark.feature("F15")
async def test_struck_out_for_whatever_cause_and_refused_read_the_same(people: World) -> None:
    seen = []
    for position, changes in enumerate((*BLOCKS.values(), None)):
        number = f"+1860555{170 + position:04}"
        if changes is None:
            change_id = await submit(people, ANNA, number)
            await decide_number(people, change_id, number, REFUSED)
        else:
            await set_block(people, number, **changes)
            await change_list(people, ANNA, add=(number,))
        found = await status(people, ANNA)
        seen.append(alike(str(found), number=number, day=str(found["next_change_on"])))
        people.clock.advance(30 * 86400)
    assert len(set(seen)) == 1


async def test_who_reads_it_and_that_somebody_elsewhere_is_404(people: World) -> None:
    for role in ("counselor", "warden", "security", "victim_services", "auditor", "operator"):
        assert (await people.call(role, "GET", f"/v1/inmates/{ANNA}/phone-list/status")).status_code == 200
    assert (await people.call("switch", "GET", f"/v1/inmates/{ANNA}/phone-list/status")).status_code == 403
    answer = await people.call("warden", "GET", f"/v1/inmates/{CARL}/phone-list/status", facilities=[FACILITY])
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
