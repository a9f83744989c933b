"""Who reads incidents and closes them: once, with a note, on the trail?"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from callgate.domain.instants import to_milliseconds
from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.asking import decide, tell
from tests.conftest import World
from tests.people import NORTH, hotline_row, seed_people
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, NOON, entry_row, fill

PATH = "/v1/incidents"
LAWYER, HOTLINE = "+18605550180", "+18605550181"
CLOSE = {"note": "The provider deleted the recording."}


def incident_row(incident_id: str, facility_id: str | None = FACILITY, **changes: Any) -> dict[str, Any]:
    row = {
        "incident_id": incident_id,
        "kind": "privileged_call_recorded",
        "subject": f"call-of-{incident_id}",
        "facility_id": facility_id,
        "detail": '{"switch_id": "sw-1"}',
        "state": "open",
        "opened_at": to_milliseconds(NOON),
    }
    return row | changes


CLOSED: dict[str, Any] = {
    "state": "closed",
    "closed_by": "w.lamb",
    "closed_at": to_milliseconds(NOON),
    "close_note": "done",
}


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    rows = [incident_row("i1"), incident_row("i2", NORTH), incident_row("i3")]
    rows.append(incident_row("i5", None))
    fill(database_url, incidents=rows)
    fill(database_url, incidents=[incident_row("i4", **CLOSED)])
    return world


async def listed(people: World, query: str = "", facilities: list[str] | None = None) -> list[str]:
    answer = await people.call("warden", "GET", f"{PATH}{query}", facilities=facilities)
    assert answer.status_code == 200, answer.text
    return [item["incident_id"] for item in answer.json()["items"]]


async def test_incidents_are_listed_newest_first_by_state_and_place(people: World) -> None:
    assert await listed(people) == ["i5", "i4", "i3", "i2", "i1"]
    assert await listed(people, "?state=open") == ["i5", "i3", "i2", "i1"]
    assert await listed(people, "?state=closed") == ["i4"]
    assert await listed(people, f"?facility_id={NORTH}") == ["i2"]
    assert await listed(people, f"?facility_id={FACILITY}&state=open") == ["i3", "i1"]
    assert await listed(people, facilities=[FACILITY]) == ["i4", "i3", "i1"]
    page = (await people.call("warden", "GET", f"{PATH}?limit=2")).json()
    assert await listed(people, f"?limit=2&cursor={page['next_cursor']}") == ["i3", "i2"]


async def test_what_the_token_does_not_cover_is_not_there(people: World) -> None:
    for incident_id in ("i2", "i5", "i9"):
        for method, path, body in (
            ("GET", f"{PATH}/{incident_id}", None),
            ("POST", f"{PATH}/{incident_id}/close", {"nonsense": 1}),
        ):
            answer = await people.call("warden", method, path, json=body, facilities=[FACILITY])
            assert (answer.status_code, code_of(answer)) == (404, "not_found")
    elsewhere = await people.call("warden", "GET", f"{PATH}?facility_id={NORTH}", facilities=[FACILITY])
    assert elsewhere.status_code == 404
    assert (await people.call("warden", "GET", f"{PATH}?state=half")).status_code == 422


async def test_an_incident_is_closed_once_with_its_note_and_on_the_trail(people: World) -> None:
    before = await people.call("security", "GET", f"{PATH}/i1")
    people.clock.advance(60)

    closed = await people.call("warden", "POST", f"{PATH}/i1/close", json=CLOSE, subject="w.lamb")
    again = await people.call("security", "POST", f"{PATH}/i1/close", json=CLOSE)
    after = await people.call("security", "GET", f"{PATH}/i1")

    assert closed.status_code == 200
    assert closed.json() == before.json() | {
        "state": "closed",
        "closed_by": "w.lamb",
        "closed_at": "2026-11-20T17:01:00.000Z",
        "close_note": CLOSE["note"],
    }
    assert (again.status_code, code_of(again)) == (409, "already_closed")
    assert after.json() == closed.json()
    assert after.headers["ETag"] == closed.headers["ETag"] != before.headers["ETag"]
    (event,) = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert (event["action"], event["author"], event["role"]) == ("close_incident", "w.lamb", "warden")
    assert (event["object_type"], event["object_id"], event["facility_id"]) == ("incident", "i1", FACILITY)
    assert (event["before"], event["after"]) == (before.json(), closed.json())


@pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": " "}, {"note": None}, {"note": "x" * 2001}, {"note": 1}])
async def test_a_closing_without_a_note_is_none(people: World, body: dict[str, Any]) -> None:
    answer = await people.call("warden", "POST", f"{PATH}/i1/close", json=body)

    assert answer.status_code == 422
    assert "i1" in await listed(people, "?state=open")


async def test_a_closing_of_what_was_not_read_is_refused(people: World) -> None:
    read = await people.call("warden", "GET", f"{PATH}/i1")
    stale = await people.call("warden", "POST", f"{PATH}/i1/close", json=CLOSE, headers={"If-Match": '"other"'})
    fresh = await people.call(
        "warden", "POST", f"{PATH}/i1/close", json=CLOSE, headers={"If-Match": read.headers["ETag"]}
    )

    assert (stale.status_code, fresh.status_code) == (412, 200)


async def test_a_repeated_key_is_answered_as_the_first_time(people: World) -> None:
    sent = {"json": CLOSE, "headers": {"Idempotency-Key": "k-1"}}
    first = await people.call("warden", "POST", f"{PATH}/i1/close", **sent)  # type: ignore[arg-type]  # a body and headers
    again = await people.call("warden", "POST", f"{PATH}/i1/close", **sent)  # type: ignore[arg-type]  # as above

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_of_two_who_close_at_once_one_is_told_so(people: World) -> None:
    answers = await asyncio.gather(
        *(people.call("warden", "POST", f"{PATH}/i1/close", json=CLOSE, subject=f"w.{i}") for i in range(8))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    closed_by = (await people.call("warden", "GET", f"{PATH}/i1")).json()["closed_by"]
    (event,) = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert event["author"] == closed_by


@pytest.mark.parametrize("role", ["switch", "counselor", "victim_services", "auditor", "operator"])
async def test_no_other_role_reads_or_closes_one(people: World, role: str) -> None:
    for method, path, body in (("GET", PATH, None), ("GET", f"{PATH}/i1", None), ("POST", f"{PATH}/i1/close", CLOSE)):
        assert (await people.call(role, method, path, json=body)).status_code == 403


# -------------------------------------------------------------------------------------------------- the report of a day

REPORT = "/v1/reports/privileged-recordings"


@pytest.mark.feature("F39")
async def test_a_days_report_holds_privileged_calls_against_what_was_reported_of_recording(
    people: World, database_url: str
) -> None:
    fill(database_url, list_entries=[entry_row(ANNA, LAWYER, kind="attorney")], common_numbers=[hotline_row(HOTLINE)])
    for i, recorded in enumerate((True, False, False, None)):
        await decide(people, f"c{i}", called_number=LAWYER)
        await tell(people, f"c{i}", "ended", 1, recorded=recorded)
    await decide(people, "social")
    await tell(people, "social", "ended", 1, recorded=True)
    await decide(people, "hotline", called_number=HOTLINE, pin=None)
    await tell(people, "hotline", "ended", 1, recorded=True)
    await decide(people, "running", called_number=LAWYER)

    async def lines(query: str = "", role: str = "warden", facilities: list[str] | None = None) -> list[dict[str, Any]]:
        answer = await people.call(role, "GET", f"{REPORT}{query}", facilities=facilities)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    nothing = {"finished": 0, "recorded": 0, "not_recorded": 0, "not_reported": 0, "incidents_open": 0}
    here = {"finished": 4, "recorded": 1, "not_recorded": 2, "not_reported": 1, "incidents_open": 1}
    at_noon = {"day": "2026-11-20"}
    north = {"facility_id": NORTH, **at_noon, **nothing}
    assert await lines("?day=2026-11-20") == [{"facility_id": FACILITY, **at_noon, **here}, north]
    assert await lines("?day=2026-11-20&limit=1") == [{"facility_id": FACILITY, **at_noon, **here}]
    assert await lines("?day=2026-11-20", facilities=[NORTH]) == [north]
    assert await lines(f"?day=2026-11-20&facility_id={NORTH}", role="auditor") == [north]
    assert [line["finished"] for line in await lines("?day=2026-11-19") + await lines("?day=2026-11-21")] == [0] * 4
    assert [line["day"] for line in await lines()] == ["2026-11-19"] * 2
    first = (await people.call("warden", "GET", f"{REPORT}?day=2026-11-20&limit=1")).json()
    assert await lines(f"?day=2026-11-20&cursor={first['next_cursor']}") == [north]


async def test_a_days_report_is_of_places_that_the_token_covers(people: World) -> None:
    elsewhere = await people.call("warden", "GET", f"{REPORT}?facility_id={NORTH}", facilities=[FACILITY])
    malformed = await people.call("warden", "GET", f"{REPORT}?day=2026-11-31")

    assert (elsewhere.status_code, malformed.status_code) == (404, 422)
    for role in ("switch", "counselor", "victim_services", "operator"):
        assert (await people.call(role, "GET", REPORT)).status_code == 403


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Kiritimati", 10), ("Pacific/Pago_Pago", 11)])
async def test_a_day_of_the_report_is_the_facilitys_own(people: World, database_url: str, zone: str, hour: int) -> None:
    fill(database_url, list_entries=[entry_row(ANNA, LAWYER, kind="attorney")])
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(time_zone=zone, profile="bop"))
        connection.commit()
    days = []
    for i, second in enumerate((-1, 0)):  # about midnight there
        people.clock.set(datetime(2026, 11, 20, hour, tzinfo=UTC) + timedelta(seconds=second))
        await decide(people, f"c{i}", called_number=LAWYER)
        await tell(people, f"c{i}", "ended", 1, recorded=False, duration_seconds=0, cause="no_answer")
    for day in ("2026-11-19", "2026-11-20", "2026-11-21"):
        items = (await people.call("warden", "GET", f"{REPORT}?day={day}")).json()["items"]
        days.append(items[0]["finished"])

    assert days == ([0, 1, 1] if hour == 10 else [1, 1, 0])
