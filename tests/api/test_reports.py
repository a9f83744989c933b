"""Does each report hold exactly what a small world made by hand must show, and never a hotline call?"""

import csv
from io import StringIO
from typing import Any

import httpx
import pytest

from callgate.domain.instants import to_milliseconds
from callgate.store.database import open_sync
from callgate.store.tables import facilities
from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARL, CARLS_PIN, DORA, ERIC, FREE, NORTH, NORTH_STATION, hotline_row, seed_people
from tests.places import code_of
from tests.seeding import (
    ANNA,
    BORIS,
    FACILITY,
    NOON,
    NUMBER,
    OTHER_STATION,
    PINS,
    STATION,
    entry_row,
    fill,
    inmate_row,
    pin_row,
)

SHARED, COMMON = FREE[0], FREE[1]
HOUR, DAY = 3600, 86_400
ALL = (
    "numbers-on-several-lists",
    "numbers-called-by-several",
    "refused-pins",
    "pins-not-here",
    "released",
    "removal-clock",
    "list-waits",
    "unused-safeguards",
    "missed-floors",
)


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def ask(people: World, report: str, query: str = "", *, role: str = "warden", **sent: Any) -> httpx.Response:
    answer = await people.call(role, "GET", f"/v1/reports/{report}{query}", **sent)
    assert answer.status_code == 200, answer.text
    return answer


async def items(people: World, report: str, query: str = "", **sent: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(people, report, query, **sent)).json()["items"]
    return found


def ms(seconds: float = 0) -> int:
    return to_milliseconds(NOON) + int(seconds * 1000)


# --------------------------------------------------------------------------------------------------- numbers and lists


@pytest.mark.feature("F51")
async def test_a_number_on_two_lists_is_told_and_one_on_a_single_list_or_of_a_hotline_is_not(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        list_entries=[
            entry_row(ANNA, SHARED, since=ms(-DAY)),
            entry_row(BORIS, SHARED, state="pending_warden", kind="attorney"),
            entry_row(DORA, SHARED, state="removed"),
            entry_row(CARL, SHARED),
            entry_row(CARL, NUMBER, state="refused"),
            *(entry_row(name, COMMON) for name in (ANNA, BORIS)),
        ],
        common_numbers=[hotline_row(COMMON)],
    )

    found = await items(people, "numbers-on-several-lists")
    here = await items(people, "numbers-on-several-lists", f"?facility_id={FACILITY}")
    north = await items(people, "numbers-on-several-lists", f"?facility_id={NORTH}")

    assert found == [
        {
            "number": SHARED,
            "lists": 3,
            "waiting": 1,
            "kinds": ["attorney", "social"],
            "first_since": "2026-11-19T17:00:00.000Z",
            "inmate_ids": [ANNA, BORIS, CARL],
        }
    ]
    assert [(item["lists"], item["inmate_ids"]) for item in here] == [(2, [ANNA, BORIS])]
    assert north == []


@pytest.mark.feature("F51", "F40")
async def test_a_number_that_two_people_called_is_told_with_how_often_and_a_hotline_never(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        list_entries=[entry_row(BORIS, NUMBER), entry_row(BORIS, SHARED)],
        common_numbers=[hotline_row(COMMON)],
    )
    for i, (station, pin, number) in enumerate(
        (
            (STATION, PINS[ANNA], NUMBER),
            (OTHER_STATION, PINS[BORIS], NUMBER),
            (OTHER_STATION, PINS[BORIS], NUMBER),
            (OTHER_STATION, PINS[BORIS], SHARED),
            (STATION, PINS[ANNA], COMMON),
            (OTHER_STATION, PINS[BORIS], COMMON),
        )
    ):
        answer = await decide(people, f"c{i}", station_id=station, pin=pin, called_number=number)
        assert answer["decision"] == "allow"
        await tell(people, f"c{i}", "answered", 1)
        await tell(people, f"c{i}", "ended", 2, duration_seconds=60, cause="completed")
        people.clock.advance(HOUR)

    found = await items(people, "numbers-called-by-several")

    assert found == [
        {
            "number": NUMBER,
            "people": 2,
            "calls": 3,
            "answered": 3,
            "first_at": "2026-11-20T17:00:00.000Z",
            "last_at": "2026-11-20T19:00:00.000Z",
            "inmate_ids": [ANNA, BORIS],
        }
    ]
    assert await items(people, "numbers-called-by-several", "?until=2026-11-19") == []
    assert await items(people, "numbers-called-by-several", "?since=2026-11-21&until=2026-11-21") == []
    assert len(await items(people, "numbers-called-by-several", "?since=2026-11-20&until=2026-11-20")) == 1
    assert await items(people, "numbers-called-by-several", f"?facility_id={NORTH}") == []


# ---------------------------------------------------------------------------------------------------------------- pins


@pytest.mark.feature("F51")
async def test_refused_pins_are_counted_by_telephone_and_cause_and_no_pin_is_told(
    people: World, database_url: str
) -> None:
    fill(database_url, pins=[pin_row(ERIC, "482915073")], common_numbers=[hotline_row(COMMON)])
    await decide(people, "h1", pin="123459876", called_number=COMMON)
    await decide(people, "m1", pin=None)
    await decide(people, "e1", pin="482915073")
    await decide(people, "n1", pin=CARLS_PIN, station_id=OTHER_STATION)
    for i in range(6):
        await decide(people, f"u{i}", pin="123459876")

    answer = await ask(people, "refused-pins")

    found = {item["station_id"]: item for item in answer.json()["items"]}
    assert set(found) == {STATION, OTHER_STATION}
    counted = {name: found[STATION][name] for name in ("missing", "unknown", "locked", "not_here")}
    assert counted["missing"] == 1
    assert (counted["not_here"], found[OTHER_STATION]["not_here"]) == (1, 1)
    assert counted["unknown"] + counted["locked"] == 6
    assert counted["locked"] >= 1
    assert "123459876" not in answer.text
    people_found = await items(people, "pins-not-here")
    assert [(item["inmate_id"], item["released"], item["held_elsewhere"]) for item in people_found] == [
        (ERIC, 1, 0),
        (CARL, 0, 1),
    ]
    assert all(item["facility_ids"] == [FACILITY] for item in people_found)


@pytest.mark.feature("F51", "F55")
async def test_whoever_was_released_in_those_days_is_told_with_what_their_list_holds(
    people: World, database_url: str
) -> None:
    fill(database_url, list_entries=[entry_row(ERIC, SHARED), entry_row(ERIC, COMMON, state="removed")])

    found = await items(people, "released")

    assert found == [
        {"inmate_id": ERIC, "facility_id": FACILITY, "released_at": "2026-11-20T17:00:00.000Z", "numbers": 1}
    ]
    assert await items(people, "released", "?until=2026-11-19") == []


# --------------------------------------------------------------------------------------------------------------- waits


def request_row(name: str, *, taken_in: float, decided: float | None = None, **changes: Any) -> dict[str, Any]:
    row = {
        "request_id": name,
        "facility_id": FACILITY,
        "number": SHARED,
        "requester_name": "R. Doe",
        "received_on": "2026-11-16",
        "channel": "letter",
        "identity_checked": True,
        "state": "open" if decided is None else "granted",
        "due_on": "2026-11-18",
        "listed_for": 0,
        "token_digest": name,
        "created_by": "v.ruiz",
        "created_role": "victim_services",
        "created_at": ms(taken_in),
        "decided_by": None if decided is None else "w.lamb",
        "decided_at": None if decided is None else ms(decided),
        "decided_on": None if decided is None else "2026-11-18",
    }
    return row | changes


@pytest.mark.feature("F19", "F51")
async def test_the_removal_clock_shows_median_and_percentile_late_and_overdue(people: World, database_url: str) -> None:
    fill(
        database_url,
        removal_requests=[
            *(request_row(f"r{i}", taken_in=-4 * DAY, decided=-4 * DAY + i * HOUR) for i in range(1, 20)),
            request_row("late", taken_in=-4 * DAY, decided=-DAY, decided_on="2026-11-19"),
            request_row("waits", taken_in=-4 * DAY),
            request_row("in-time", taken_in=-DAY, received_on="2026-11-19", due_on="2026-11-20"),
            request_row("long-ago", taken_in=-40 * DAY, decided=-30 * DAY),
        ],
    )

    found = {item["facility_id"]: item for item in await items(people, "removal-clock")}

    assert found[FACILITY] == {
        "facility_id": FACILITY,
        "taken_in": 22,
        "decided": 20,
        "decided_late": 1,
        "open": 2,
        "overdue": 1,
        "hours_median": 10.0,
        "hours_p95": 19.0,
        "days_median": 2,
        "days_p95": 2,
        "oldest_open_days": 4,
    }
    assert (found[NORTH]["taken_in"], found[NORTH]["hours_median"], found[NORTH]["oldest_open_days"]) == (0, None, None)


@pytest.mark.feature("F10", "F51")
async def test_list_waits_are_those_of_decided_numbers_and_what_waits_now_stands_beside_them(
    people: World, database_url: str
) -> None:
    waited = [2, 4, 30]
    fill(
        database_url,
        list_entries=[
            *(
                entry_row(ANNA, FREE[i + 2], since=ms(-2 * DAY), decided_at=ms(-2 * DAY + hours * HOUR))
                for i, hours in enumerate(waited)
            ),
            entry_row(BORIS, SHARED, state="pending_warden", since=ms(-36 * HOUR), decided_at=None),
            entry_row(CARL, SHARED, state="pending_warden", since=ms(-HOUR), decided_at=None),
        ],
    )

    found = {item["facility_id"]: item for item in await items(people, "list-waits")}

    assert found[FACILITY] == {
        "facility_id": FACILITY,
        "decided": 3,
        "hours_median": 4.0,
        "hours_p95": 30.0,
        "waiting": 1,
        "waiting_hours_longest": 36.0,
        "waiting_since": "2026-11-19T05:00:00.000Z",
    }
    assert (found[NORTH]["decided"], found[NORTH]["waiting"]) == (0, 1)


# -------------------------------------------------------------------------------------------------- floors, safeguards


def talked_row(name: str, inmate_id: str | None, seconds: int, **changes: Any) -> dict[str, Any]:
    row = {
        "decision_id": name,
        "switch_id": "sw-1",
        "call_id": name,
        "facility_id": FACILITY,
        "station_id": STATION,
        "inmate_id": inmate_id,
        "number": NUMBER,
        "call_class": "social",
        "local_day": "2026-11-19",
        "authorized_at": ms(-DAY),
        "expires_at": ms(-DAY + 120),
        "end_by": ms(-DAY + 900),
        "max_duration_seconds": 5400,
        "state": "ended",
        "frees_at": ms(-DAY),
        "answered_at": ms(-DAY),
        "ended_at": ms(-DAY + seconds),
        "talk_seconds": seconds,
        "counted_seconds": seconds,
    }
    return row | changes


def decision_row(name: str, inmate_id: str | None, **changes: Any) -> dict[str, Any]:
    row = {
        "decision_id": name,
        "switch_id": "sw-1",
        "call_id": name,
        "decided_at": ms(-DAY),
        "facility_id": FACILITY,
        "station_id": STATION,
        "inmate_id": inmate_id,
        "decision": "allow",
        "reason": None,
        "call_class": None,
        "fingerprint": "-",
        "answer": "{}",
        "findings": "[]",
        "facts": "{}",
    }
    return row | changes


@pytest.mark.feature("F30", "F51", "F40")
async def test_a_missed_floor_is_told_with_every_cause_and_one_that_was_reached_is_not(
    people: World, database_url: str
) -> None:
    fill(
        database_url,
        decisions=[
            decision_row("full", ANNA),
            decision_row("short", BORIS),
            decision_row("hot", None, call_class="hotline"),
            decision_row("denied", DORA, decision="deny", reason="outside_calling_hours"),
            decision_row("day-before", DORA, decision="deny", reason="limit_reached", decided_at=ms(-2 * DAY)),
        ],
        calls=[
            talked_row("full", ANNA, 5400),
            talked_row("short", BORIS, 5399),
            talked_row("hot", None, 5400, call_class="hotline"),
        ],
    )

    found = {item["inmate_id"]: item for item in await items(people, "missed-floors", "?day=2026-11-19")}

    assert set(found) == {BORIS, DORA, CARL}  # Anna had her ninety minutes, Eric is not held
    assert found[BORIS] == {
        "inmate_id": BORIS,
        "facility_id": FACILITY,
        "day": "2026-11-19",
        "missed": ["minutes_per_day"],
        "floor_minutes_per_day": 90,
        "floor_calls_per_month": None,
        "talk_seconds": 5399,
        "calls": 1,
        "calls_this_month": 1,
        "causes": ["talked_less"],
        "denied_by": {},
    }
    assert (found[DORA]["causes"], found[DORA]["denied_by"]) == (["list_empty", "denied"], {"outside_calling_hours": 1})
    assert found[CARL]["causes"] == ["list_empty"]


@pytest.mark.feature("F30")
async def test_a_restriction_and_a_shut_off_are_named_where_they_ran_on_that_day_and_not_beside_it(
    people: World, database_url: str
) -> None:
    midnight = ms() - 12 * HOUR * 1000  # of the 20th in New York
    restriction = {
        "restriction_id": "r1",
        "inmate_id": ANNA,
        "kind": "disciplinary",
        "starts_at": ms(-9 * DAY),
        "ends_at": midnight - DAY * 1000 + 1,  # a millisecond into the 19th
        "authority": "hearing officer",
        "case_number": "DR-1",
        "bars_privileged": False,
        "created_by": "s.ward",
        "created_at": ms(-9 * DAY),
    }
    shutoff = {
        "shutoff_id": "s1",
        "scope": "unit",
        "facility_id": FACILITY,
        "unit": "B",
        "reason": "search",
        "starts_at": midnight - 1,
        "ends_at": ms(),
        "created_by": "w.lamb",
    }
    fill(
        database_url,
        restrictions=[
            restriction,
            {**restriction, "restriction_id": "r2", "inmate_id": BORIS, "ends_at": midnight - DAY * 1000},
        ],
        shutoffs=[shutoff],
        list_entries=[entry_row(DORA, SHARED)],
    )

    found = {item["inmate_id"]: item["causes"] for item in await items(people, "missed-floors", "?day=2026-11-19")}

    assert found == {ANNA: ["restricted"], BORIS: ["did_not_call"], CARL: ["list_empty"], DORA: ["shut_off"]}


async def test_a_day_that_is_not_over_and_a_law_without_a_floor_miss_nothing(people: World, database_url: str) -> None:
    assert await items(people, "missed-floors", "?day=2026-11-20") == []
    people.clock.advance(11 * HOUR + 3599)
    assert await items(people, "missed-floors", "?day=2026-11-20") == []
    people.clock.advance(1)  # midnight in New York
    assert len(await items(people, "missed-floors", "?day=2026-11-20")) == 4
    with_no_floor = {"profile": "tdcj", "time_zone": "America/Chicago"}
    with open_sync(database_url) as connection:
        connection.execute(facilities.update().values(**with_no_floor))
        connection.commit()
    assert await items(people, "missed-floors", "?day=2026-11-19") == []


async def test_a_floor_of_the_month_is_looked_at_on_its_last_day_alone(people: World, database_url: str) -> None:
    with open_sync(database_url) as connection:
        connection.execute(facilities.update().values(profile="bop"))
        connection.commit()
    fill(
        database_url,
        decisions=[decision_row("one", ANNA)],
        calls=[talked_row("one", ANNA, 60, local_day="2026-10-01")],
    )

    last = {item["inmate_id"]: item for item in await items(people, "missed-floors", "?day=2026-10-31")}

    assert await items(people, "missed-floors", "?day=2026-10-30") == []
    assert set(last) == {BORIS, DORA, CARL}
    assert last[BORIS]["missed"] == ["calls_per_month"]


@pytest.mark.feature("F51")
async def test_safeguards_are_unused_until_somebody_uses_them(people: World) -> None:
    before = {item["facility_id"]: item for item in await items(people, "unused-safeguards")}
    body = {"unit": None, "reason": "count", "ends_at": "2026-11-20T18:00:00Z"}
    assert (await people.call("warden", "POST", f"/v1/facilities/{FACILITY}/shutoffs", json=body)).status_code == 201
    after = {item["facility_id"]: item for item in await items(people, "unused-safeguards")}
    later = {item["facility_id"]: item for item in await items(people, "unused-safeguards", "?until=2026-11-19")}

    assert "shut_offs" in before[FACILITY]["unused"]
    assert before[FACILITY]["last_used_at"] is None
    assert before[FACILITY]["not_set"] == ["own_hours", "own_limits", "rate_cap_tier"]
    assert "shut_offs" not in after[FACILITY]["unused"]
    assert after[FACILITY]["uses"] == {"shut_offs": 1}
    assert after[FACILITY]["last_used_at"] == "2026-11-20T17:00:00.000Z"
    assert after[NORTH] == before[NORTH]
    assert later[FACILITY] == before[FACILITY]


# ---------------------------------------------------------------------------------------------------- pages, csv, doors


async def test_a_page_ends_at_its_limit_and_names_the_next_in_json_and_in_csv(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(name, number) for name in (ANNA, BORIS) for number in FREE[:5]])
    first = (await ask(people, "numbers-on-several-lists", "?limit=2")).json()
    second = (await ask(people, "numbers-on-several-lists", f"?limit=2&cursor={first['next_cursor']}")).json()
    third = (await ask(people, "numbers-on-several-lists", f"?limit=2&cursor={second['next_cursor']}")).json()

    read = []
    query = "?limit=2"
    while query:
        answer = await ask(people, "numbers-on-several-lists", query, headers={"Accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        read += list(csv.DictReader(StringIO(answer.text)))
        link = answer.headers.get("link", "")
        query = link[link.index("?") : link.index(">")] if link else ""

    pages = [item for page in (first, second, third) for item in page["items"]]
    assert third["next_cursor"] is None
    assert [item["number"] for item in pages] == list(FREE[:5])
    assert [row["number"] for row in read] == list(FREE[:5])
    assert read[0] == {
        "number": FREE[0],
        "lists": "2",
        "waiting": "0",
        "kinds": "social",
        "first_since": "2026-11-20T17:00:00.000Z",
        "inmate_ids": f"{ANNA} {BORIS}",
    }


@pytest.mark.parametrize("report", ALL)
async def test_every_report_has_a_header_line_in_csv_even_when_it_is_empty(people: World, report: str) -> None:
    as_json = (await ask(people, report)).json()["items"]
    answer = await ask(people, report, headers={"Accept": "text/csv"})
    header, *lines = answer.text.splitlines()

    assert len(lines) == len(as_json)
    for item in as_json:
        assert header.split(",") == list(item)
    assert header.isascii()
    assert header


async def test_no_cell_begins_a_formula(people: World, database_url: str) -> None:
    fill(database_url, inmates=[inmate_row("=1+1", status="released")])

    answer = await ask(people, "released", headers={"Accept": "text/csv"})

    assert "'=1+1" in answer.text
    assert "\n=" not in answer.text


BAD = (
    ("?since=2026-11-20&until=2026-11-19", "stretch_not_valid"),
    ("?since=2025-01-01&until=2026-11-19", "stretch_not_valid"),
    ("?until=0001-01-01", "stretch_not_valid"),
    ("?cursor=nonsense", "cursor_not_valid"),
)


@pytest.mark.parametrize(("query", "code"), BAD)
async def test_a_stretch_or_a_cursor_that_is_none_is_refused(people: World, query: str, code: str) -> None:
    answer = await people.call("warden", "GET", f"/v1/reports/refused-pins{query}")

    assert (answer.status_code, code_of(answer)) == (422, code)


@pytest.mark.parametrize("report", ALL)
async def test_a_facility_that_the_token_does_not_cover_is_not_there(people: World, report: str) -> None:
    answer = await people.call("warden", "GET", f"/v1/reports/{report}?facility_id={NORTH}", facilities=[FACILITY])
    counselor = await people.call("counselor", "GET", f"/v1/reports/{report}")

    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert counselor.status_code == 403


@pytest.mark.feature("F40", "F51")
async def test_a_hotline_call_changes_no_report_at_all(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(COMMON)])
    queries = {report: "?day=2026-11-20" if report == "missed-floors" else "" for report in ALL}
    people.clock.advance(DAY)

    async def all_of_them() -> dict[str, Any]:
        return {report: await items(people, report, query) for report, query in queries.items()}

    before = await all_of_them()
    people.clock.advance(-DAY)
    for i, (station, pin) in enumerate(
        ((STATION, PINS[ANNA]), (OTHER_STATION, PINS[BORIS]), (NORTH_STATION, None), (STATION, "123459876"))
    ):
        answer = await decide(people, f"h{i}", station_id=station, pin=pin, called_number=COMMON)
        assert answer["call_class"] == "hotline"
        await tell(people, f"h{i}", "answered", 1)
        await tell(people, f"h{i}", "ended", 2, duration_seconds=300, cause="completed")
    people.clock.advance(DAY)

    assert await all_of_them() == before
