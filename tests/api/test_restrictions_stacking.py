"""When does entering a restriction warn, of what, and who is told beside whoever entered it?"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import update

from callgate.domain.instants import to_wire
from callgate.store.database import open_sync
from callgate.store.tables import inmates
from tests.asking import decide
from tests.conftest import World
from tests.people import CARL, seed_people
from tests.seeding import ANNA, FACILITY

ROW, YEAR, RELEASE = "stacked_in_a_row", "days_in_year", "past_projected_release"


def noon(days: float) -> datetime:
    """So many days after the day of these tests, at the same hour of the facility's clock."""
    wall = datetime(2026, 11, 20, 12) + timedelta(days=days)  # noqa: DTZ001 - the wall clock's own arithmetic
    return wall.replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def restrict(people: World, starts_at: datetime, ends_at: datetime, **changes: Any) -> httpx.Response:
    body = {
        "kind": "disciplinary",
        "starts_at": to_wire(starts_at),
        "ends_at": to_wire(ends_at),
        "authority": "hearing officer",
        "case_number": "DR-2026-4471",
    }
    inmate_id = changes.pop("inmate_id", ANNA)
    sent = changes.pop("headers", None)
    path = f"/v1/inmates/{inmate_id}/restrictions"
    answer = await people.call("security", "POST", path, json=body | changes, headers=sent)
    assert answer.status_code == 201, answer.text
    return answer


async def warned(people: World, first: float, days: float, **changes: Any) -> dict[str, tuple[int, int]]:
    """The codes that this entry is answered with, each with its days and limit."""
    answer = await restrict(people, noon(first), noon(first + days), **changes)
    return {it["code"]: (it["days"], it["limit"]) for it in answer.json()["warnings"]}


async def alerts(people: World) -> list[dict[str, Any]]:
    items = (await people.call("warden", "GET", "/v1/alerts")).json()["items"]
    return [item for item in items if item["kind"] == "restrictions_stacked"]


def expect_release(url: str, day: str) -> None:
    with open_sync(url) as connection:
        connection.execute(update(inmates).where(inmates.c.inmate_id == ANNA).values(projected_release=day))
        connection.commit()


@pytest.mark.feature("F36")
@pytest.mark.parametrize(("days", "expected"), [(89, {}), (90, {}), (90.00001, {ROW: (91, 90)}), (91, {ROW: (91, 90)})])
async def test_days_in_a_row_below_the_limit_at_it_and_above(
    people: World, days: float, expected: dict[str, tuple[int, int]]
) -> None:
    assert await warned(people, 0, days) == expected


@pytest.mark.feature("F36")
async def test_restrictions_that_touch_or_overlap_pile_up_and_are_refused_no_more_than_one_alone(people: World) -> None:
    assert await warned(people, 0, 60) == {}
    assert await warned(people, 60, 30, kind="investigation") == {}
    # Within what there is already: nothing is added.
    assert await warned(people, 0, 90) == {}
    assert await warned(people, 89, 2) == {ROW: (91, 90)}
    assert await warned(people, -10, 10) == {ROW: (101, 90)}
    # A day apart is another row, and of another person another still.
    assert await warned(people, 92, 30) == {}
    assert await warned(people, 0, 90, inmate_id=CARL) == {}


@pytest.mark.feature("F36")
async def test_one_that_was_ended_early_counts_as_far_as_it_ran(people: World) -> None:
    long = (await restrict(people, noon(0), noon(88))).json()
    coming = (await restrict(people, noon(88), noon(90))).json()
    people.clock.advance(10 * 86_400)
    for made in (long, coming):
        path = f"/v1/restrictions/{made['restriction_id']}/end"
        assert (await people.call("warden", "POST", path, json={"note": "reversed"})).status_code == 200
    # Ten days ran, and the one that never began is nothing.
    assert await warned(people, 10, 80) == {}
    assert await warned(people, 90, 1) == {ROW: (91, 90)}


@pytest.mark.feature("F36")
@pytest.mark.parametrize(("days", "expected"), [(29, {}), (30, {}), (31, {YEAR: (181, 180)})])
async def test_days_of_any_year_that_it_is_part_of(
    people: World, days: int, expected: dict[str, tuple[int, int]]
) -> None:
    for first in (0, 70):
        assert await warned(people, first, 60) == {}
    assert await warned(people, 140, 30) == {}
    assert await warned(people, 330, days) == expected


@pytest.mark.feature("F36")
async def test_the_day_of_the_projected_release_is_the_last_that_it_may_last(people: World, database_url: str) -> None:
    expect_release(database_url, "2026-12-31")
    midnight = datetime.fromisoformat("2027-01-01T05:00:00+00:00")  # the end of that day in New York
    for ends_at in (midnight - timedelta(milliseconds=1), midnight):
        assert (await restrict(people, noon(0), ends_at)).json()["warnings"] == []
    (warning,) = (await restrict(people, noon(0), midnight + timedelta(milliseconds=1))).json()["warnings"]
    assert warning["code"] == RELEASE
    assert (warning["days"], warning["limit"]) == (None, None)
    assert "2026-12-31" in warning["detail"]


@pytest.mark.feature("F36")
async def test_a_warning_says_what_it_comes_to_and_the_restriction_holds_all_the_same(people: World) -> None:
    answer = await restrict(people, noon(0), noon(200), bars_privileged=True, finding="its own")
    body = answer.json()
    assert [(it["code"], it["limit"]) for it in body["warnings"]] == [(ROW, 90), (YEAR, 180)]
    assert body["warnings"][0]["detail"] == (
        "This person is without calls for 200 days in a row, with the restrictions it joins; the profile asks for a "
        "second look at more than 90. The restriction was kept as entered. End one before its time if this is not "
        "meant."
    )
    assert (await decide(people, "c1"))["reason"] == "calls_restricted"
    read = await people.call("warden", "GET", f"/v1/restrictions/{body['restriction_id']}")
    assert read.headers["etag"] == answer.headers["etag"]
    assert "warnings" not in read.json()
    event = (await people.call("security", "GET", "/v1/audit-events")).json()["items"][0]
    assert (event["action"], event["after"]["warnings"]) == ("restrict_calls", body["warnings"])


@pytest.mark.feature("F36")
async def test_of_two_that_are_entered_at_once_the_second_warns(people: World) -> None:
    for round_ in range(3):
        first = 400 * round_
        told = await asyncio.gather(warned(people, first, 50), warned(people, first + 50, 50))
        assert sorted(map(len, told)) == [0, 1]


@pytest.mark.feature("F36")
async def test_each_that_warns_raises_one_alert_and_the_others_none(people: World) -> None:
    await restrict(people, noon(0), noon(90))
    assert await alerts(people) == []
    key = {"Idempotency-Key": "k-1"}
    over = (noon(0), noon(91))
    made = await restrict(people, *over, headers=key)
    again = await restrict(people, *over, headers=key)
    assert (again.headers["idempotent-replayed"], again.json()) == ("true", made.json())
    (alert,) = await alerts(people)
    assert (alert["facility_id"], alert["subject"]) == (FACILITY, made.json()["restriction_id"])
    assert alert["detail"] == {"inmate_id": ANNA, "warnings": [ROW], "days_in_a_row": 91, "days_in_year": 91}
    await restrict(people, *over)
    assert len(await alerts(people)) == 2


@pytest.mark.feature("F36")
async def test_an_auditor_reads_the_totals_of_an_investigation_and_not_whose_they_are(people: World) -> None:
    await restrict(people, noon(0), noon(100), kind="investigation")
    event = (await people.call("auditor", "GET", "/v1/audit-events")).json()["items"][0]
    assert (event["after"]["kind"], event["after"]["inmate_id"], event["after"]["case_number"]) == (
        "protected",
        None,
        None,
    )
    assert [it["code"] for it in event["after"]["warnings"]] == [ROW]


async def test_a_profile_that_is_no_more_warns_of_nothing_and_refuses_nothing(people: World) -> None:
    deployment = people.deployment
    kept = dict(deployment.policies)
    object.__setattr__(deployment, "policies", {})
    try:
        assert await warned(people, 0, 400) == {}
    finally:
        object.__setattr__(deployment, "policies", kept)
