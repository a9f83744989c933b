"""Who stands on the report of restrictions, since when and until when, and who reads it?"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callgate.domain.instants import to_milliseconds
from tests.conftest import World
from tests.people import CARL, DORA, ERIC, NORTH, seed_people
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, facility_row, fill, inmate_row

PATH = "/v1/reports/restrictions"
NEW_YORK = ZoneInfo("America/New_York")


def noon(days: float) -> datetime:
    """So many days after the day of these tests, at the same hour of the facility's clock."""
    wall = datetime(2026, 11, 20, 12) + timedelta(days=days)  # noqa: DTZ001 - the wall clock's own arithmetic
    return wall.replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


def restriction_row(inmate_id: str, first: float, days: float, **changes: Any) -> dict[str, Any]:
    row = {
        "restriction_id": f"r-{inmate_id}-{first}-{days}",
        "inmate_id": inmate_id,
        "kind": "disciplinary",
        "starts_at": to_milliseconds(noon(first)),
        "ends_at": to_milliseconds(noon(first + days)),
        "authority": "hearing officer",
        "case_number": "DR-1",
        "bars_privileged": False,
        "created_by": "s.ward",
        "ended_at": None,
        "created_at": to_milliseconds(noon(0)),
    }
    return row | changes


async def report(people: World, query: str = "", *, role: str = "warden", **sent: Any) -> dict[str, dict[str, Any]]:
    answer = await people.call(role, "GET", f"{PATH}{query}", **sent)
    assert answer.status_code == 200, answer.text
    return {item["inmate_id"]: item for item in answer.json()["items"]}


@pytest.mark.feature("F36")
async def test_whoever_is_over_a_limit_or_past_the_release_stands_on_it_and_nobody_else(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        inmates=[
            inmate_row("300001", projected_release="2027-01-08"),
            inmate_row("300002", projected_release="2027-01-09"),
            inmate_row("300003", projected_release=None),
        ],
        restrictions=[
            restriction_row(ANNA, 0, 60),
            restriction_row(ANNA, 60, 31),
            restriction_row(BORIS, 0, 90),
            restriction_row(DORA, -190, 100),
            restriction_row(DORA, -80, 81),
            restriction_row(ERIC, 0, 500),  # released
            restriction_row(CARL, 0, 200),
            restriction_row("300001", 41.5, 9),
            restriction_row("300002", 41.5, 9),
            restriction_row("300003", 0, 300, ended_at=to_milliseconds(noon(-1))),
        ],
    )
    found = await report(people)
    assert {name: item["exceeds"] for name, item in found.items()} == {
        ANNA: ["stacked_in_a_row"],
        DORA: ["days_in_year"],
        CARL: ["stacked_in_a_row", "days_in_year"],
        "300001": ["past_projected_release"],
    }
    assert found[ANNA] == {
        "inmate_id": ANNA,
        "facility_id": FACILITY,
        "exceeds": ["stacked_in_a_row"],
        "days_in_a_row": 91,
        "days_in_year": 91,
        "limits": {"days_in_a_row": 90, "days_in_year": 180},
        "until": "2027-02-19T17:00:00.000Z",
        "past_projected_release": False,
    }
    assert (found[DORA]["days_in_a_row"], found[DORA]["days_in_year"]) == (81, 181)
    assert found["300001"]["past_projected_release"] is True


@pytest.mark.feature("F36")
async def test_a_row_leaves_the_report_when_it_ends_and_a_year_when_its_days_have_passed(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        restrictions=[restriction_row(ANNA, 0, 91), restriction_row(BORIS, 0, 181)],
    )
    people.clock.advance(91 * 86_400 - 0.001)
    assert set(await report(people)) == {ANNA, BORIS}
    people.clock.advance(0.001)
    found = await report(people)
    assert {name: item["exceeds"] for name, item in found.items()} == {BORIS: ["stacked_in_a_row", "days_in_year"]}
    people.clock.advance(100 * 86_400)  # into summer time
    (over,) = (await report(people)).values()
    assert (over["exceeds"], over["until"], over["days_in_a_row"], over["days_in_year"]) == (
        ["days_in_year"],
        None,
        0,
        181,
    )
    people.clock.advance(174 * 86_400)  # the 365th day after it began
    assert set(await report(people)) == {BORIS}
    people.clock.advance(86_400)
    assert await report(people) == {}


@pytest.mark.feature("F36")
async def test_an_early_end_takes_its_days_off_the_report(people: World, database_url: str) -> None:
    fill(database_url, restrictions=[restriction_row(ANNA, 0, 91)])
    assert set(await report(people)) == {ANNA}
    (item,) = (await people.call("warden", "GET", f"/v1/inmates/{ANNA}/restrictions")).json()["items"]
    path = f"/v1/restrictions/{item['restriction_id']}/end"
    assert (await people.call("warden", "POST", path, json={"note": "reversed"})).status_code == 200
    assert await report(people) == {}


async def test_it_shows_the_facilities_that_the_token_covers_and_page_by_page(people: World, database_url: str) -> None:
    ids = [f"4000{i:02}" for i in range(25)]
    fill(
        database_url,
        inmates=[inmate_row(name) for name in ids],
        restrictions=[
            restriction_row(CARL, 0, 91),
            *(restriction_row(name, 0, 91 if i % 2 else 10) for i, name in enumerate(ids)),
        ],
    )
    odd = ids[1::2]
    assert list(await report(people)) == [CARL, *odd]
    assert list(await report(people, facilities=[FACILITY])) == odd
    assert list(await report(people, f"?facility_id={NORTH}")) == [CARL]
    elsewhere = await people.call("warden", "GET", f"{PATH}?facility_id={NORTH}", facilities=[FACILITY])
    assert (elsewhere.status_code, code_of(elsewhere)) == (404, "not_found")
    paged: list[str] = []
    query = "?limit=5"
    while True:
        page = (await people.call("warden", "GET", f"{PATH}{query}")).json()
        assert len(page["items"]) <= 5
        paged += [item["inmate_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=5&cursor={page['next_cursor']}"
    assert paged == [CARL, *odd]


async def test_what_only_the_wall_clock_makes_too_long_is_found(people: World, database_url: str) -> None:
    minute = 60 / 86_400
    fill(
        database_url,
        restrictions=[
            restriction_row(ANNA, 0, 45),
            restriction_row(ANNA, 45 + minute, 45),  # the gap makes it a minute too long
            restriction_row(BORIS, 60, 90 + minute),  # an hour of it is skipped in spring
            restriction_row(DORA, 60, 90),
        ],
    )
    assert set(await report(people)) == {ANNA, BORIS}


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Kiritimati", 10), ("Pacific/Pago_Pago", 11)])
async def test_the_day_of_the_release_is_the_facilitys_own_at_both_ends_of_the_earth(
    people: World, database_url: str, zone: str, hour: int
) -> None:
    # Midnight at fourteen hours ahead is 10:00 of the day before, and at eleven behind 11:00 of the day.
    ends = datetime(2027, 1, 9 if hour == 10 else 10, hour, tzinfo=UTC)
    fill(
        database_url,
        facilities=[facility_row("far", time_zone=zone)],
        inmates=[inmate_row(f"60000{i}", "far", projected_release="2027-01-09") for i in range(2)],
        restrictions=[
            restriction_row("600000", 0, 1, ends_at=to_milliseconds(ends)),
            restriction_row("600001", 0, 1, ends_at=to_milliseconds(ends) + 1),
        ],
    )
    assert set(await report(people)) == {"600001"}


async def test_many_who_are_not_on_it_stand_before_one_who_is(people: World, database_url: str) -> None:
    short = [f"5{i:05}" for i in range(450)]
    fill(
        database_url,
        inmates=[inmate_row(name) for name in (*short, "600000")],
        restrictions=[
            # Twice the same fifty days: what may be too much, and is not.
            *(restriction_row(name, 0, 50, restriction_id=f"{name}-{n}") for name in short for n in range(2)),
            restriction_row("600000", 0, 91),
        ],
    )
    assert list(await report(people)) == ["600000"]


async def test_wardens_security_and_auditors_read_it_and_find_no_case_in_it(people: World, database_url: str) -> None:
    fill(
        database_url,
        restrictions=[restriction_row(ANNA, 0, 91, kind="investigation", case_number="IN-7", authority="the unit")],
    )
    seen = [await people.call(role, "GET", PATH) for role in ("warden", "security", "auditor")]
    assert {answer.text for answer in seen} == {seen[0].text}
    for secret in ("IN-7", "the unit", "investigation"):
        assert secret not in seen[0].text
    for role in ("switch", "counselor", "victim_services", "operator"):
        assert (await people.call(role, "GET", PATH)).status_code == 403
