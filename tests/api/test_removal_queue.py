"""Which requests wait, in which order, which are late, and what is written to whoever asked?"""

from typing import Any

import pytest

from tests.conftest import World
from tests.people import FREE, NORTH, hotline_row, seed_people
from tests.places import code_of
from tests.removals import PATH, grant, refuse, removal_request_row, take_in
from tests.seeding import ANNA, FACILITY, facility_row, fill

pytestmark = pytest.mark.feature("F19")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def queue(people: World, query: str = "", **sent: Any) -> list[dict[str, Any]]:
    answer = await people.call("warden", "GET", f"{PATH}{query}", **sent)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_what_arrived_first_stands_first_whenever_it_was_taken_in(people: World) -> None:
    late = await take_in(people, received_on="2026-11-19")
    early = await take_in(people, received_on="2026-11-10")
    today = await take_in(people)
    found = await queue(people, "?state=open")
    assert [item["request_id"] for item in found] == [each["request_id"] for each in (early, late, today)]
    assert [item["age_days"] for item in found] == [10, 1, 0]


async def test_a_request_is_overdue_from_the_day_after_its_last_day_on(people: World) -> None:
    """By the facility's calendar: in New York the 28th begins at 05:00 UTC."""
    await take_in(people)
    for day, hour, minute, age, overdue in (
        (26, 23, 0, 6, False),
        (27, 5, 0, 7, False),
        (28, 4, 59, 7, False),
        (28, 5, 0, 8, True),
        (29, 5, 0, 9, True),
    ):
        people.clock.set(people.clock.now().replace(day=day, hour=hour, minute=minute))
        (item,) = await queue(people)
        assert (item["due_on"], item["age_days"], item["overdue"]) == ("2026-11-27", age, overdue), (day, hour)


async def test_two_facilities_are_late_each_by_its_own_calendar(people: World, database_url: str) -> None:
    fill(
        database_url,
        facilities=[facility_row("honolulu-ci", time_zone="Pacific/Honolulu")],
        removal_requests=[removal_request_row("r-here"), removal_request_row("r-west", facility_id="honolulu-ci")],
    )
    people.clock.set(people.clock.now().replace(day=26, hour=9, minute=59))
    assert [item["overdue"] for item in await queue(people)] == [True, False]
    people.clock.advance(60)
    assert [item["overdue"] for item in await queue(people)] == [True, True]


async def test_a_request_that_is_decided_grows_no_older_and_is_not_overdue(people: World) -> None:
    body = await take_in(people, received_on="2026-11-01")
    assert [item["overdue"] for item in await queue(people, "?state=open")] == [True]
    await refuse(people, body["request_id"])
    people.clock.advance(10 * 86_400)
    (item,) = await queue(people, "?state=refused")
    assert (item["age_days"], item["overdue"]) == (19, False)


async def test_the_queue_is_of_one_state_one_facility_and_what_the_token_covers(people: World) -> None:
    opened, granted = await take_in(people, FREE[0]), await take_in(people, FREE[1])
    north = await take_in(people, FREE[2], facility_id=NORTH)
    await grant(people, granted["request_id"])

    def ids(items: list[dict[str, Any]]) -> set[str]:
        return {item["request_id"] for item in items}

    every = {body["request_id"] for body in (opened, granted, north)}
    assert ids(await queue(people)) == every
    assert ids(await queue(people, "?state=open")) == every - {granted["request_id"]}
    assert ids(await queue(people, "?state=granted")) == {granted["request_id"]}
    assert ids(await queue(people, f"?facility_id={NORTH}")) == {north["request_id"]}
    assert ids(await queue(people, facilities=[NORTH])) == {north["request_id"]}
    foreign = await people.call("warden", "GET", f"{PATH}?facility_id={FACILITY}", facilities=[NORTH])
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")
    wrong = await people.call("warden", "GET", f"{PATH}?state=pending")
    assert wrong.status_code == 422


async def test_the_queue_is_read_page_by_page(people: World) -> None:
    days = ("2026-11-12", "2026-11-10", "2026-11-12", "2026-11-11", "2026-11-12")
    taken_in = [await take_in(people, received_on=day) for day in days]
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await people.call("warden", "GET", f"{PATH}?limit=2{cursor}")).json()
        seen += [item["request_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 5
    assert set(seen) == {body["request_id"] for body in taken_in}
    for bad in ("x", "WyJhIl0", "W10"):
        answer = await people.call("warden", "GET", f"{PATH}?cursor={bad}")
        assert (answer.status_code, code_of(answer)) == (422, "cursor_not_valid")


# ------------------------------------------------------------------------------------------------------------- letters


async def letters(people: World, request_id: str) -> dict[str, Any]:
    answer = await people.call("victim_services", "GET", f"{PATH}/{request_id}/letters")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_letters_can_be_read_again_without_the_code(people: World) -> None:
    body = await take_in(people, requester_name="Ruth Doe", received_on="2026-11-18", inmate_id=ANNA)
    found = await letters(people, body["request_id"])
    assert found.keys() == {"request_id", "confirmation", "reply"}
    assert found["reply"] is None
    given = body["confirmation_letter"]
    for language in ("en", "es"):
        text = found["confirmation"][language]
        assert body["tracking_token"] in given[language]
        assert body["tracking_token"] not in text
        # But for the one paragraph they are the same letter.
        assert len(set(given[language].splitlines()) ^ set(text.splitlines())) == 2
        for told in ("Ruth Doe", "Demo CI", "+1 860-555-0123", body["request_id"], "2026"):
            assert told in text
        assert ANNA not in text


async def test_the_reply_is_there_once_it_is_decided_and_is_the_one_the_warden_was_given(people: World) -> None:
    replies = set()
    for decide_it in (grant, refuse):
        body = await take_in(people)
        before = await letters(people, body["request_id"])
        decided = await decide_it(people, body["request_id"])
        after = await letters(people, body["request_id"])
        assert after == before | {"reply": decided["reply_letter"]}
        replies.add(after["reply"]["es"].replace(body["request_id"], ""))
    assert len(replies) == 2


async def test_whoever_asked_about_a_common_number_is_not_told_that_it_was_stopped(
    people: World, database_url: str
) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[0], kind="privileged")])
    common, other = await take_in(people, FREE[0]), await take_in(people, FREE[1])
    texts = [(await letters(people, body["request_id"]))["confirmation"]["en"] for body in (common, other)]
    assert ["have not stopped calls" in text for text in texts] == [True, False]
    assert ["from now on" in text for text in texts] == [False, True]


async def test_the_letters_of_what_is_not_there_are_not_there(people: World) -> None:
    for path in ("nothing/letters", "nothing"):
        answer = await people.call("warden", "GET", f"{PATH}/{path}")
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
