"""What does a shut-off stop, where, until when, and who may end it?"""

from typing import Any

import httpx
import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARLS_PIN, FREE, NORTH, NORTH_STATION, hotline_row, seed_people
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_NUMBER, PINS, entry_row, fill, station_row

PATH = f"/v1/facilities/{FACILITY}/shutoffs"
SHUTOFF: dict[str, Any] = {"reason": "disturbance", "ends_at": "2026-11-20T18:00:00.000Z"}
UNIT_B = "demo-ci-b1"
WHO: dict[str, dict[str, Any]] = {
    "unit A": {},
    "unit B": {"station_id": UNIT_B, "pin": PINS[BORIS], "called_number": OTHER_NUMBER},
    "north": {"station_id": NORTH_STATION, "pin": CARLS_PIN},
}


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(
        database_url,
        stations=[station_row(UNIT_B, unit="B")],
        list_entries=[entry_row("200001", NUMBER), entry_row(ANNA, FREE[0], kind="attorney")],
        common_numbers=[hotline_row(FREE[1])],
    )
    return world


async def shut_off(people: World, path: str = PATH, role: str = "warden", **changes: Any) -> httpx.Response:
    return await people.call(role, "POST", path, json=SHUTOFF | changes)


async def stopped(people: World, tag: str) -> set[str]:
    """Where no call goes through just now; calls that do are over at once."""
    found = set()
    for name, who in WHO.items():
        answer = await decide(people, f"{tag}-{name}", **who)
        if answer["decision"] == "allow":
            await tell(people, f"{tag}-{name}", "ended", 1)
        else:
            assert answer["reason"] == "not_in_service"
            found.add(name)
    return found


async def test_a_shutoff_is_answered_as_it_can_be_read(people: World) -> None:
    for path, changes, place in (
        (PATH, {"unit": "A"}, {"scope": "unit", "facility_id": FACILITY, "unit": "A"}),
        (PATH, {"unit": None}, {"scope": "facility", "facility_id": FACILITY, "unit": None}),
        (PATH, {}, {"scope": "facility", "facility_id": FACILITY, "unit": None}),
        ("/v1/shutoffs", {}, {"scope": "system", "facility_id": None, "unit": None}),
    ):
        answer = await shut_off(people, path, **changes)
        body = answer.json()
        assert (answer.status_code, body.pop("calls_revoked")) == (201, 0)
        assert body == {
            "shutoff_id": body["shutoff_id"],
            **place,
            **SHUTOFF,
            "starts_at": "2026-11-20T17:00:00.000Z",
            "state": "in_force",
            "created_by": "warden",
            "ended_at": None,
            "ended_by": None,
            "end_note": None,
        }
        read = await people.call("operator", "GET", f"/v1/shutoffs/{body['shutoff_id']}")
        assert (read.status_code, read.json(), read.headers["etag"]) == (200, body, answer.headers["etag"])


async def test_what_a_shutoff_must_say(people: World) -> None:
    for path in (PATH, "/v1/shutoffs"):
        for body in (
            {},
            {"reason": "r"},
            {"ends_at": SHUTOFF["ends_at"]},
            SHUTOFF | {"reason": " "},
            SHUTOFF | {"x": 1},
        ):
            answer = await people.call("warden", "POST", path, json=body)
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), body
        over = await shut_off(people, path, ends_at="2026-11-20T17:00:00.000Z")
        assert (over.status_code, code_of(over)) == (422, "ends_at_is_over")
        assert (await shut_off(people, path, ends_at="2026-11-20T17:00:00.001Z")).status_code == 201
    system = await shut_off(people, "/v1/shutoffs", unit="A")
    assert (system.status_code, code_of(system)) == (422, "malformed_request")


async def test_each_scope_stops_its_telephones_until_its_end_and_ends_by_itself(people: World) -> None:
    for position, (path, changes, silent) in enumerate(
        (
            (PATH, {"unit": "A"}, {"unit A"}),
            (PATH, {"unit": "C"}, set()),
            (PATH, {}, {"unit A", "unit B"}),
            ("/v1/shutoffs", {}, set(WHO)),
        )
    ):
        ends_at = people.clock.now().replace(second=59, microsecond=0)
        text = ends_at.isoformat().replace("+00:00", "Z")
        assert (await shut_off(people, path, ends_at=text, **changes)).status_code == 201
        assert await stopped(people, f"a{position}") == silent
        people.clock.advance(58.999)
        assert await stopped(people, f"b{position}") == silent
        people.clock.advance(0.001)
        assert await stopped(people, f"c{position}") == set()
        people.clock.advance(1)


async def test_hotlines_ring_through_and_attorneys_do_not(people: World) -> None:
    await shut_off(people, "/v1/shutoffs")
    assert (await decide(people, "c1", called_number=FREE[1], pin=None))["decision"] == "allow"
    assert (await decide(people, "c2", called_number=FREE[0]))["reason"] == "not_in_service"


async def test_running_calls_are_revoked_but_hotlines(people: World) -> None:
    for name, who in WHO.items():
        await decide(people, name, **who)
    await decide(people, "hotline", called_number=FREE[1], pin=None)
    assert (await shut_off(people, unit="A")).json()["calls_revoked"] == 1
    assert (await shut_off(people)).json()["calls_revoked"] == 1
    assert (await shut_off(people, "/v1/shutoffs")).json()["calls_revoked"] == 1
    actions = {name: (await tell(people, name, "answered", 1))["action"] for name in (*WHO, "hotline")}
    assert actions == dict.fromkeys(WHO, "terminate") | {"hotline": "continue"}


async def test_staff_end_it_before_its_time(people: World) -> None:
    shutoff_id = (await shut_off(people)).json()["shutoff_id"]
    path = f"/v1/shutoffs/{shutoff_id}/end"
    assert code_of(await people.call("warden", "POST", path, json={})) == "malformed_request"
    people.clock.advance(1)
    answer = await people.call("security", "POST", path, json={"note": "count cleared"}, subject="s.ward")
    body = answer.json()
    assert (answer.status_code, body["state"], body["ended_at"]) == (200, "ended", "2026-11-20T17:00:01.000Z")
    assert (body["ended_by"], body["end_note"]) == ("s.ward", "count cleared")
    assert await stopped(people, "after") == set()
    again = await people.call("security", "POST", path, json={"note": "n"})
    assert (again.status_code, code_of(again)) == (409, "already_over")
    over = (await shut_off(people, ends_at="2026-11-20T17:00:02Z")).json()["shutoff_id"]
    people.clock.advance(1)
    late = await people.call("security", "POST", f"/v1/shutoffs/{over}/end", json={"note": "n"})
    assert (late.status_code, code_of(late)) == (409, "already_over")


async def test_the_whole_systems_need_a_token_for_every_facility(people: World) -> None:
    both = [FACILITY, NORTH]
    for body in (SHUTOFF, {**SHUTOFF, "ends_at": "2020-01-01T00:00:00Z"}):
        answer = await people.call("warden", "POST", "/v1/shutoffs", json=body, facilities=both)
        assert (answer.status_code, code_of(answer)) == (403, "system_scope")
    shutoff_id = (await shut_off(people, "/v1/shutoffs")).json()["shutoff_id"]
    assert (await people.call("warden", "GET", f"/v1/shutoffs/{shutoff_id}", facilities=both)).status_code == 200
    ended = await people.call("warden", "POST", f"/v1/shutoffs/{shutoff_id}/end", json={"note": "n"}, facilities=both)
    assert (ended.status_code, code_of(ended)) == (403, "system_scope")


async def test_who_may_and_where(people: World) -> None:
    shutoff_id = (await shut_off(people)).json()["shutoff_id"]
    elsewhere = (await shut_off(people, f"/v1/facilities/{NORTH}/shutoffs")).json()["shutoff_id"]
    for method, path in (
        ("POST", PATH),
        ("GET", PATH),
        ("POST", "/v1/shutoffs"),
        ("GET", "/v1/shutoffs"),
        ("GET", f"/v1/shutoffs/{shutoff_id}"),
        ("POST", f"/v1/shutoffs/{shutoff_id}/end"),
    ):
        for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"):
            body: Any = {} if method == "POST" else None
            answer = await people.call(role, method, path, json=body)
            assert (answer.status_code == 403) == (role not in {"warden", "security", "operator"}), (role, path)
    for method, path in (
        ("POST", f"/v1/facilities/{NORTH}/shutoffs"),
        ("GET", f"/v1/facilities/{NORTH}/shutoffs"),
        ("GET", f"/v1/shutoffs?facility_id={NORTH}"),
        ("GET", f"/v1/shutoffs/{elsewhere}"),
        ("POST", f"/v1/shutoffs/{elsewhere}/end"),
        ("POST", "/v1/facilities/nowhere/shutoffs"),
    ):
        sent: Any = {"nonsense": 1} if method == "POST" else None
        answer = await people.call("warden", method, path, json=sent, facilities=[FACILITY])
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), path


async def test_lists_show_what_concerns_the_facilities_that_the_token_covers(people: World) -> None:
    made = {}
    for name, path in (("here", PATH), ("north", f"/v1/facilities/{NORTH}/shutoffs"), ("system", "/v1/shutoffs")):
        made[(await shut_off(people, path)).json()["shutoff_id"]] = name
        people.clock.advance(1)

    async def listed(path: str, facilities: list[str] | None = None) -> list[str]:
        answer = await people.call("security", "GET", path, facilities=facilities)
        return [made[item["shutoff_id"]] for item in answer.json()["items"]]

    assert await listed("/v1/shutoffs") == ["system", "north", "here"]
    assert await listed("/v1/shutoffs", [FACILITY]) == ["system", "here"]
    assert await listed(f"/v1/shutoffs?facility_id={NORTH}") == ["system", "north"]
    assert await listed(PATH) == ["system", "here"]
    page = (await people.call("security", "GET", "/v1/shutoffs?limit=2")).json()
    assert await listed(f"/v1/shutoffs?limit=2&cursor={page['next_cursor']}") == ["here"]


async def test_both_writes_are_on_the_trail(people: World) -> None:
    shutoff_id = (await shut_off(people)).json()["shutoff_id"]
    people.clock.advance(1)
    await people.call("warden", "POST", f"/v1/shutoffs/{shutoff_id}/end", json={"note": "n"})
    ended, made = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert [(event["action"], event["object_id"], event["facility_id"]) for event in (made, ended)] == [
        ("shut_off", shutoff_id, FACILITY),
        ("end_shutoff", shutoff_id, FACILITY),
    ]
    assert (ended["before"], ended["after"]["state"]) == (made["after"], "ended")


async def test_a_repeated_key_shuts_off_once(people: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await people.call("warden", "POST", PATH, json=SHUTOFF, headers=headers)
    again = await people.call("warden", "POST", PATH, json=SHUTOFF, headers=headers)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")
    assert len((await people.call("warden", "GET", PATH)).json()["items"]) == 1
