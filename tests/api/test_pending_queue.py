"""What waits for the warden, how old is it, and when is it late?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import World
from tests.pending import COUNSELOR, REFUSED, decide_number, submit
from tests.people import CARL, DORA, FREE, NORTH, addition, change_list, seed_people, set_block, told
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, entry_row, facility_row, fill, inmate_row

QUEUE = "/v1/pending-numbers"


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def queue(people: World, query: str = "", **sent: Any) -> list[dict[str, Any]]:
    """The queue as a warden reads it."""
    answer = await people.call("warden", "GET", QUEUE + query, **sent)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.feature("F10", "F38")
async def test_a_number_that_waits_is_shown_with_its_age_and_its_term(people: World) -> None:
    change_id = await submit(people, DORA, FREE[0], kind="attorney", subject=COUNSELOR)
    await change_list(people, ANNA, add=(FREE[1],))  # waits for nobody
    assert await queue(people) == [
        {
            "change_id": change_id,
            "submitted_by": COUNSELOR,
            "facility_id": FACILITY,
            "inmate_id": DORA,
            **addition(FREE[0], kind="attorney"),
            "since": "2026-11-20T17:00:00.000Z",
            "age_days": 0,
            "age_business_days": 0,
            "due_on": "2026-11-25",
            "overdue": False,
        }
    ]


@pytest.mark.feature("F10", "F38")
async def test_it_ages_by_the_calendar_of_the_facility_and_is_late_once_its_last_day_is_over(people: World) -> None:
    people.clock.set(at("2026-11-20T23:59:59.999-05:00"))  # a Friday; the 21st by UTC
    await submit(people, DORA, FREE[0])
    for instant, age, business, overdue in (
        ("2026-11-21T00:00:00-05:00", 1, 0, False),
        ("2026-11-22T23:59:59.999-05:00", 2, 0, False),
        ("2026-11-23T00:00:00-05:00", 3, 1, False),
        ("2026-11-25T23:59:59.999-05:00", 5, 3, False),
        ("2026-11-26T00:00:00-05:00", 6, 4, True),
        ("2026-11-30T12:00:00-05:00", 10, 6, True),
    ):
        people.clock.set(at(instant))
        (shown,) = await queue(people)
        assert (shown["age_days"], shown["age_business_days"], shown["overdue"]) == (age, business, overdue), instant
        assert shown["due_on"] == "2026-11-25"


async def test_what_was_decided_or_taken_off_waits_no_more_and_a_block_changes_nothing(people: World) -> None:
    change_id = await submit(people, DORA, *FREE[:4])
    await set_block(people, FREE[0], inmate_id=DORA)
    await decide_number(people, change_id, FREE[1])
    await decide_number(people, change_id, FREE[2], REFUSED)
    await people.call("warden", "POST", f"/v1/inmates/{DORA}/list-removals", json={"number": FREE[3], "note": "n"})
    assert [shown["number"] for shown in await queue(people)] == [FREE[0]]


async def test_what_waits_longest_comes_first_page_by_page(people: World, database_url: str) -> None:
    await submit(people, CARL, FREE[5])
    people.clock.advance(1)
    await submit(people, DORA, *FREE[:3])
    # One that came by no change is not lost, wherever its id would stand.
    fill(database_url, list_entries=[entry_row(ANNA, FREE[6], state="pending_warden", kind="attorney", entry_id="zzz")])
    whole = await queue(people)
    assert [shown["number"] for shown in whole] == [FREE[5], FREE[6], *FREE[:3]]
    assert (whole[1]["change_id"], whole[1]["submitted_by"]) == (None, None)
    pages: list[dict[str, Any]] = []
    cursors: list[str | None] = []
    query = "?limit=2"
    for _ in range(3):
        answer = (await people.call("warden", "GET", QUEUE + query)).json()
        pages += answer["items"]
        cursors.append(answer["next_cursor"])
        query = f"?limit=2&cursor={cursors[-1]}"
    assert (pages, cursors[-1]) == (whole, None)
    for wrong in ("x", "WyJhIiwiYiJd", "WyIxMjM0NTY3ODkwMTIzNDU2IiwiYiJd"):
        refused = await people.call("warden", "GET", f"{QUEUE}?cursor={wrong}")
        assert (refused.status_code, code_of(refused)) == (422, "cursor_not_valid")


async def test_only_wardens_read_it_each_of_their_own_places_where_the_person_is_now(people: World) -> None:
    await submit(people, CARL, FREE[0])
    await submit(people, DORA, FREE[1])
    for role in ("counselor", "security", "victim_services", "auditor", "operator", "switch"):
        assert (await people.call(role, "GET", QUEUE)).status_code == 403
    assert [shown["inmate_id"] for shown in await queue(people, facilities=[FACILITY])] == [DORA]
    assert [shown["inmate_id"] for shown in await queue(people, f"?facility_id={NORTH}")] == [CARL]
    assert await queue(people, "?facility_id=nowhere") == []
    foreign = await people.call("warden", "GET", f"{QUEUE}?facility_id={NORTH}", facilities=[FACILITY])
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")
    people.clock.advance(1)
    await people.call("operator", "PUT", f"/v1/inmates/{CARL}", json=told(FACILITY))
    assert [shown["inmate_id"] for shown in await queue(people, facilities=[FACILITY])] == [CARL, DORA]


async def test_of_somebody_released_nothing_is_shown_until_they_are_back(people: World) -> None:
    await submit(people, DORA, FREE[0])
    for status, count in (("released", 0), ("active", 1)):
        people.clock.advance(1)
        await people.call("operator", "PUT", f"/v1/inmates/{DORA}", json=told(FACILITY, status=status))
        assert len(await queue(people)) == count


async def test_a_queue_over_several_time_zones_ages_each_number_by_its_own(people: World, database_url: str) -> None:
    fill(database_url, facilities=[facility_row("guam-ci", time_zone="Pacific/Guam")])
    fill(database_url, inmates=[inmate_row("300002", "guam-ci")])
    await submit(people, DORA, FREE[0])
    await submit(people, "300002", FREE[1])  # a Saturday morning there
    people.clock.advance(8 * 3600)  # still Friday in New York, still Saturday in Guam
    ages = {shown["inmate_id"]: (shown["age_days"], shown["due_on"]) for shown in await queue(people)}
    assert ages == {DORA: (0, "2026-11-25"), "300002": (0, "2026-11-25")}
    people.clock.set(at("2026-11-22T00:00:00+10:00"))  # Sunday in Guam, Saturday in New York
    assert {shown["inmate_id"]: shown["age_days"] for shown in await queue(people)} == {DORA: 1, "300002": 1}
    people.clock.set(at("2026-11-26T00:00:00+10:00"))  # Thursday in Guam alone
    assert {shown["inmate_id"]: shown["overdue"] for shown in await queue(people)} == {DORA: False, "300002": True}
