"""In which order is a list change refused, how long may a list be, and when may it change again?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import World
from tests.people import (
    DORA,
    ERIC,
    FREE,
    NORTH,
    addition,
    change_list,
    hotline_row,
    read_list,
    seed_people,
    set_block,
    told,
)
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, NUMBER, OTHER_NUMBER, facility_row, fill, inmate_row

TEN = FREE[:10]


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


# ------------------------------------------------------------------------------------------------------ what is refused


async def refused(people: World, inmate_id: str, **change: Any) -> tuple[int, str]:
    """How this change is refused; and it changes nothing, not even the record of submissions."""
    before = (await read_list(people, inmate_id)).text
    answer = await change_list(people, inmate_id, **change)
    assert (await read_list(people, inmate_id)).text == before
    kept = await people.call("counselor", "GET", f"/v1/inmates/{inmate_id}/list-changes")
    assert answer.json()["code"] not in kept.text
    return answer.status_code, code_of(answer)


async def test_a_number_that_cannot_be_one_is_422(people: World) -> None:
    for add, remove, pointer in (
        (("860555015",), (), "/add/0/number"),
        ((FREE[0], "*67 8605550151"), (), "/add/1/number"),
        (("+18005550123",), (), "/add/0/number"),  # toll-free
        (("911",), (), "/add/0/number"),
        (("+442079460958",), (), "/add/0/number"),  # a region that is not open
        ((FREE[0],), ("CALLMOM",), "/remove/0"),
    ):
        answer = await change_list(people, DORA, add=add, remove=remove)
        assert (answer.status_code, code_of(answer)) == (422, "number_not_valid")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert not any(number in answer.text for number in (*add, *remove))
    assert (await read_list(people, DORA)).json()["numbers"] == []


async def test_the_same_number_twice_is_422(people: World) -> None:
    for add, remove, pointer in (
        ((FREE[0], "8605550150"), (), "/add/1/number"),
        ((NUMBER,), (NUMBER,), "/remove/0"),
        ((), (NUMBER, "860-555-0123"), "/remove/1"),
    ):
        answer = await change_list(people, ANNA, add=add, remove=remove)
        assert (answer.status_code, code_of(answer)) == (422, "number_twice")
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_hotline_in_force_cannot_be_listed(people: World, database_url: str) -> None:
    places = (None, FACILITY, NORTH)
    fill(
        database_url,
        common_numbers=[hotline_row(FREE[position], facility_id=place) for position, place in enumerate(places)],
    )
    for position in range(len(places)):
        assert await refused(people, DORA, add=(FREE[position],)) == (422, "hotline_number")


async def test_a_hotline_that_is_only_proposed_and_a_privileged_number_can_be_listed(
    people: World, database_url: str
) -> None:
    proposed = hotline_row(FREE[0], state="proposed", confirmed_by=None, confirmed_at=None)
    fill(database_url, common_numbers=[proposed, hotline_row(FREE[1], kind="privileged")])
    answer = await change_list(people, DORA, add=(FREE[0], FREE[1]))
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["added", "added"]


async def test_what_is_listed_already_and_what_is_not_listed_are_422(people: World) -> None:
    assert await refused(people, ANNA, add=(FREE[0], NUMBER)) == (422, "already_listed")
    assert await refused(people, ANNA, remove=(FREE[0],)) == (422, "not_listed")
    assert await refused(people, ANNA, remove=(OTHER_NUMBER,)) == (422, "not_listed")  # it stands on Boris's


async def test_the_list_of_a_released_person_is_closed(people: World) -> None:
    assert await refused(people, ERIC, add=(FREE[0],)) == (409, "person_released")


MALFORMED: tuple[Any, ...] = (
    {},
    {"add": [], "remove": []},
    {"add": [addition(FREE[0], kind="friend")]},
    {"add": [addition(FREE[0], name="")]},
    {"add": [addition(FREE[0], name="a\x00b")]},
    {"add": [addition(FREE[0], note="x")]},
    {"add": [{"number": FREE[0]}]},
    {"add": FREE[0]},
    {"add": [addition(FREE[0])], "replace": []},
    {"remove": [8605550150]},
    {"remove": None},
    {"add": [addition(f"+1860555{n:04}") for n in range(100, 151)]},
)


async def test_a_malformed_or_empty_change_is_422(people: World) -> None:
    for body in MALFORMED:
        answer = await people.call("counselor", "POST", f"/v1/inmates/{DORA}/list-changes", json=body)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), body
        assert "0150" not in answer.text
    assert (await read_list(people, DORA)).json()["numbers"] == []


async def test_the_first_cause_in_the_order_of_the_contract_is_told(people: World, database_url: str) -> None:
    await change_list(people, DORA, add=TEN[:9])
    await change_list(people, DORA, add=(TEN[9],))  # full, and changed today
    fill(database_url, common_numbers=[hotline_row(FREE[10])])
    await set_block(people, FREE[11], inmate_id=DORA)
    faults = [
        ("number_not_valid", {"add": ("1",), "remove": ()}),
        ("number_twice", {"add": (FREE[12], FREE[12]), "remove": ()}),
        ("hotline_number", {"add": (FREE[10],), "remove": ()}),
        ("number_not_valid", {"add": ("+18005550123",), "remove": ()}),
        ("already_listed", {"add": (TEN[0],), "remove": ()}),
        ("not_listed", {"add": (), "remove": (FREE[13],)}),
    ]
    for position, (code, _) in enumerate(faults):
        later = [fault for _, fault in faults[position:]]
        add = tuple(number for fault in later for number in fault["add"])
        remove = tuple(number for fault in later for number in fault["remove"])
        assert await refused(people, DORA, add=(*add, FREE[11]), remove=remove) == (422, code)
    assert await refused(people, DORA, add=(FREE[11],)) == (409, "change_too_soon")
    people.clock.advance(30 * 86400)
    assert await refused(people, DORA, add=(FREE[11],)) == (409, "list_full")


# ------------------------------------------------------------------------------------------------------------ the limit


@pytest.mark.feature("F08")
async def test_nine_and_ten_numbers_fit_and_eleven_do_not(people: World, database_url: str) -> None:
    for count, status in ((9, 201), (10, 201), (11, 409)):
        inmate_id = f"31000{count}"
        fill(database_url, inmates=[inmate_row(inmate_id)])
        answer = await change_list(people, inmate_id, add=FREE[:count])
        assert answer.status_code == status
        assert (await read_list(people, inmate_id)).json()["used"] == (count if status == 201 else 0)
        if status == 409:
            assert code_of(answer) == "list_full"
            assert (answer.json()["used"], answer.json()["limit"]) == (0, 10)


async def test_a_number_that_comes_off_frees_its_place_in_the_same_change(people: World) -> None:
    await change_list(people, DORA, add=TEN)
    assert (await change_list(people, DORA, add=FREE[10:12], remove=(TEN[0],))).status_code == 409
    answer = await change_list(people, DORA, add=FREE[10:12], remove=TEN[:2])
    assert (answer.status_code, answer.json()["used"]) == (201, 10)


async def test_every_number_submitted_counts_even_one_that_would_be_struck_out(people: World) -> None:
    await change_list(people, DORA, add=TEN[:9])
    await set_block(people, FREE[10], inmate_id=DORA)
    assert await refused(people, DORA, add=(FREE[10], FREE[11])) == (409, "list_full")
    answer = await change_list(people, DORA, add=(FREE[10],))
    assert (answer.json()["outcomes"][0]["outcome"], answer.json()["used"]) == ("not_approved", 9)


@pytest.mark.feature("F08")
async def test_pending_numbers_take_a_place_and_legal_ones_as_the_profile_says(people: World) -> None:
    await change_list(people, DORA, add=tuple(addition(number, kind="confined_person") for number in TEN))
    assert (await read_list(people, DORA)).json()["used"] == 10
    answer = await change_list(people, DORA, add=(addition(FREE[10], kind="attorney"),))
    assert (answer.status_code, answer.json()["used"]) == (201, 10)  # ct-doc does not count lawyers


@pytest.mark.feature("F08", "F54")
async def test_a_list_longer_than_its_new_place_allows_can_shrink_and_not_grow(
    people: World, database_url: str
) -> None:
    # New York gives 15 places, Connecticut ten.
    fill(database_url, facilities=[facility_row("ny-ci", profile="ny-doccs")])
    fill(database_url, inmates=[inmate_row("300001", "ny-ci")])
    assert (await change_list(people, "300001", add=FREE[:13])).status_code == 201
    moved = await people.call("operator", "PUT", "/v1/inmates/300001", json=told(FACILITY))
    assert moved.status_code == 200, moved.text
    listed = (await read_list(people, "300001")).json()
    assert (listed["used"], listed["limit"]) == (13, 10)
    assert await refused(people, "300001", add=(FREE[13],), remove=FREE[:2]) == (409, "list_full")
    answer = await change_list(people, "300001", remove=FREE[:2])
    assert (answer.status_code, answer.json()["used"]) == (201, 11)


# --------------------------------------------------------------------------------------------------------- the interval


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


INTERVALS = (
    # Across the night when clocks go back: 30 days are 721 hours.
    ("2026-10-20T23:59:59.999-04:00", "2026-11-18T23:59:59.999-05:00", "2026-11-19T00:00:00-05:00", "2026-11-19"),
    # Across the night when they go forward: 719 hours.
    ("2027-02-20T00:00:00-05:00", "2027-03-21T23:59:59.999-04:00", "2027-03-22T00:00:00-04:00", "2027-03-22"),
)


@pytest.mark.feature("F09")
async def test_a_change_is_refused_until_the_last_second_of_day_29_and_open_at_the_first_of_day_30(
    people: World,
) -> None:
    await change_list(people, DORA, add=(FREE[0],))
    for position, (changed, last_refused, opens, opens_on) in enumerate(INTERVALS):
        people.clock.set(at(changed))
        answer = await change_list(people, DORA, add=(FREE[1 + 2 * position],))
        assert answer.json()["next_change_on"] == opens_on
        people.clock.set(at(last_refused))
        answer = await change_list(people, DORA, add=(FREE[2 + 2 * position],))
        assert (answer.status_code, code_of(answer)) == (409, "change_too_soon")
        assert answer.json()["next_change_on"] == opens_on
        assert (await read_list(people, DORA)).json()["next_change_on"] == opens_on
        people.clock.set(at(opens))
        assert (await read_list(people, DORA)).json()["next_change_on"] is None
        assert (await change_list(people, DORA, add=(FREE[2 + 2 * position],))).status_code == 201


async def test_the_first_list_ever_submitted_is_no_change_even_with_every_number_struck_out(people: World) -> None:
    await set_block(people, FREE[0], inmate_id=DORA)
    first = await change_list(people, DORA, add=(FREE[0],))
    assert (first.json()["outcomes"][0]["outcome"], first.json()["next_change_on"]) == ("not_approved", None)
    second = await change_list(people, DORA, add=(FREE[1],))
    assert (second.status_code, second.json()["next_change_on"]) == (201, "2026-12-20")


async def test_a_change_with_every_number_struck_out_is_one(people: World) -> None:
    await set_block(people, FREE[0], inmate_id=DORA)
    await change_list(people, DORA, add=(FREE[1],))
    struck = await change_list(people, DORA, add=(FREE[0],))
    assert struck.json()["next_change_on"] == "2026-12-20"
    assert await refused(people, DORA, add=(FREE[2],)) == (409, "change_too_soon")


async def test_a_list_that_was_not_submitted_here_is_no_first_one(people: World) -> None:
    # Anna's came by other ways, so what is submitted now changes it.
    assert (await change_list(people, ANNA, add=(FREE[0],))).json()["next_change_on"] == "2026-12-20"


@pytest.mark.feature("F09")
async def test_staff_removals_move_no_date(people: World) -> None:
    await change_list(people, DORA, add=FREE[:2])
    removed = await people.call(
        "security", "POST", f"/v1/inmates/{DORA}/list-removals", json={"number": FREE[0], "note": "n"}
    )
    assert (removed.status_code, removed.json()["next_change_on"]) == (200, None)
    changed = await change_list(people, DORA, add=(FREE[2],))
    assert (changed.status_code, changed.json()["next_change_on"]) == (201, "2026-12-20")
    people.clock.advance(86400)
    await people.call("warden", "POST", f"/v1/inmates/{DORA}/list-removals", json={"number": FREE[1], "note": "n"})
    assert (await read_list(people, DORA)).json()["next_change_on"] == "2026-12-20"
