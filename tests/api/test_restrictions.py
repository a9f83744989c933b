"""What must a restriction say, when does it hold, and which calls does it stop?"""

from typing import Any

import httpx
import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARL, ERIC, FREE, hotline_row, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_STATION, PINS, entry_row, fill

PATH = f"/v1/inmates/{ANNA}/restrictions"
RESTRICTION: dict[str, Any] = {
    "kind": "disciplinary",
    "starts_at": "2026-11-20T17:00:00.000Z",
    "ends_at": "2026-11-21T17:00:00.000Z",
    "authority": "hearing officer",
    "case_number": "DR-2026-4471",
    "bars_privileged": False,
    "finding": None,
}
ATTORNEY = FREE[0]


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(ANNA, ATTORNEY, kind="attorney")])
    return world


async def restrict(people: World, role: str = "security", inmate_id: str = ANNA, **changes: Any) -> httpx.Response:
    return await people.call(role, "POST", f"/v1/inmates/{inmate_id}/restrictions", json=RESTRICTION | changes)


async def hears(people: World, call_id: str, **changes: Any) -> str:
    """The decision, or the reason class; the call is over at once."""
    answer = await decide(people, call_id, **changes)
    if answer["decision"] == "allow":
        await tell(people, call_id, "ended", 1)
    return str(answer["reason"] or answer["decision"])


async def test_a_restriction_is_answered_as_it_can_be_read(people: World) -> None:
    answer = await restrict(people)
    body = answer.json()
    assert (answer.status_code, body.pop("calls_revoked"), body.pop("warnings")) == (201, 0, [])
    assert body == {
        "restriction_id": body["restriction_id"],
        "inmate_id": ANNA,
        **RESTRICTION,
        "state": "in_force",
        "created_by": "security",
        "created_at": "2026-11-20T17:00:00.000Z",
        "ended_at": None,
        "ended_by": None,
        "end_note": None,
    }
    read = await people.call("warden", "GET", f"/v1/restrictions/{body['restriction_id']}")
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, body, answer.headers["etag"])
    listed = await people.call("warden", "GET", PATH)
    assert listed.json() == {"items": [body], "next_cursor": None}


@pytest.mark.feature("F34")
async def test_what_a_restriction_must_say(people: World) -> None:
    required = ("kind", "starts_at", "ends_at", "authority", "case_number")
    for name in required:
        body = {key: value for key, value in RESTRICTION.items() if key != name}
        answer = await people.call("warden", "POST", PATH, json=body)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), name
    malformed: tuple[dict[str, Any], ...] = (
        {"ends_at": None},
        {"kind": "punishment"},
        {"bars_privileged": "no"},
        {"length_days": 30},
    )
    for changes in malformed:
        assert code_of(await restrict(people, **changes)) == "malformed_request", changes
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"ends_at": RESTRICTION["starts_at"]}, "ends_before_it_starts"),
        ({"ends_at": "2026-11-20T16:59:59.999Z"}, "ends_before_it_starts"),
        ({"bars_privileged": True}, "finding_missing"),
    )
    for changes, code in refused:
        answer = await restrict(people, **changes)
        assert (answer.status_code, code_of(answer)) == (422, code), changes
    assert (await people.call("warden", "GET", PATH)).json()["items"] == []
    whole = {name: RESTRICTION[name] for name in required}
    assert (await people.call("warden", "POST", PATH, json=whole)).json()["bars_privileged"] is False


@pytest.mark.feature("F34")
async def test_it_holds_between_its_dates_and_nothing_need_lift_it(people: World) -> None:
    dates = {"starts_at": "2026-11-20T17:01:00.000Z", "ends_at": "2026-11-20T17:02:00.000Z"}
    restriction_id = (await restrict(people, **dates)).json()["restriction_id"]

    async def state() -> str:
        return str((await people.call("warden", "GET", f"/v1/restrictions/{restriction_id}")).json()["state"])

    people.clock.advance(59.999)
    assert (await hears(people, "c1"), await state()) == ("allow", "scheduled")
    people.clock.advance(0.001)
    assert (await hears(people, "c2"), await state()) == ("calls_restricted", "in_force")
    people.clock.advance(59.999)
    assert (await hears(people, "c3"), await state()) == ("calls_restricted", "in_force")
    people.clock.advance(0.001)
    assert (await hears(people, "c4"), await state()) == ("allow", "over")


@pytest.mark.feature("F35")
async def test_it_stops_social_calls_and_privileged_ones_only_by_a_finding(people: World, database_url: str) -> None:
    fill(database_url, common_numbers=[hotline_row(FREE[1])])
    await restrict(people)
    assert await hears(people, "c1") == "calls_restricted"
    assert await hears(people, "c2", called_number=ATTORNEY) == "allow"
    await restrict(people, bars_privileged=True, finding="used an attorney's line to reach a barred person")
    assert await hears(people, "c3", called_number=ATTORNEY) == "calls_restricted"
    assert await hears(people, "c4", called_number=FREE[1], pin=None) == "allow"
    assert await hears(people, "c5", pin=PINS[BORIS], called_number="+18605550124") == "allow"


@pytest.mark.feature("F35")
async def test_running_calls_are_revoked_as_far_as_it_reaches(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[entry_row(BORIS, NUMBER)])
    await decide(people, "boris", pin=PINS[BORIS], station_id=OTHER_STATION)
    await decide(people, "attorney", called_number=ATTORNEY)
    barring: dict[str, Any] = {"bars_privileged": True, "finding": "its own"}
    later: dict[str, Any] = {"starts_at": "2026-11-20T17:00:00.001Z", **barring}
    assert (await restrict(people, **later)).json()["calls_revoked"] == 0
    assert (await restrict(people)).json()["calls_revoked"] == 0
    assert (await restrict(people, **barring)).json()["calls_revoked"] == 1
    assert (await restrict(people, **barring)).json()["calls_revoked"] == 0
    assert (await tell(people, "attorney", "answered", 1))["action"] == "terminate"
    assert (await tell(people, "boris", "answered", 1))["action"] == "continue"


async def test_a_running_social_call_is_revoked(people: World) -> None:
    await decide(people, "c1")
    assert (await restrict(people)).json()["calls_revoked"] == 1
    assert (await tell(people, "c1", "answered", 1))["action"] == "terminate"


@pytest.mark.feature("F34")
async def test_one_that_lies_in_the_past_is_kept_and_has_no_effect(people: World) -> None:
    past = {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-20T17:00:00Z"}
    answer = await restrict(people, **past)
    assert (answer.status_code, answer.json()["state"]) == (201, "over")
    assert await hears(people, "c1") == "allow"


@pytest.mark.feature("F34")
async def test_staff_end_it_before_its_time(people: World) -> None:
    restriction_id = (await restrict(people)).json()["restriction_id"]
    path = f"/v1/restrictions/{restriction_id}/end"
    assert code_of(await people.call("warden", "POST", path, json={})) == "malformed_request"
    people.clock.advance(1)
    answer = await people.call("warden", "POST", path, json={"note": "reversed"}, subject="w.lamb")
    body = answer.json()
    assert (answer.status_code, body["state"], body["ended_at"]) == (200, "ended", "2026-11-20T17:00:01.000Z")
    assert (body["ended_by"], body["end_note"]) == ("w.lamb", "reversed")
    assert (await people.call("warden", "GET", f"/v1/restrictions/{restriction_id}")).headers["etag"] == answer.headers[
        "etag"
    ]
    assert await hears(people, "c1") == "allow"
    again = await people.call("warden", "POST", path, json={"note": "n"})
    assert (again.status_code, code_of(again)) == (409, "already_over")


@pytest.mark.feature("F34")
async def test_one_that_is_over_cannot_be_ended_and_one_that_has_not_begun_never_does(people: World) -> None:
    over = (await restrict(people, ends_at="2026-11-20T17:00:01Z")).json()["restriction_id"]
    coming = (await restrict(people, starts_at="2026-11-20T18:00:00Z")).json()["restriction_id"]
    people.clock.advance(1)
    refused = await people.call("warden", "POST", f"/v1/restrictions/{over}/end", json={"note": "n"})
    assert (refused.status_code, code_of(refused)) == (409, "already_over")
    ended = await people.call("warden", "POST", f"/v1/restrictions/{coming}/end", json={"note": "n"})
    assert ended.status_code == 200
    people.clock.advance(3600)
    assert await hears(people, "c1") == "allow"


async def test_if_match_guards_the_one_that_was_read(people: World) -> None:
    restriction_id = (await restrict(people)).json()["restriction_id"]
    path = f"/v1/restrictions/{restriction_id}/end"
    stale = await people.call("warden", "POST", path, json={"note": "n"}, headers={"If-Match": '"other"'})
    assert (stale.status_code, code_of(stale)) == (412, "changed_since_read")


async def test_who_may_and_where(people: World) -> None:
    restriction_id = (await restrict(people)).json()["restriction_id"]
    elsewhere = (await restrict(people, inmate_id=CARL)).json()["restriction_id"]
    assert (await restrict(people, inmate_id=ERIC)).status_code == 201  # released: it waits for their return
    routes = (("POST", PATH), ("GET", PATH), ("GET", f"/v1/restrictions/{restriction_id}"))
    for method, path in (*routes, ("POST", f"/v1/restrictions/{restriction_id}/end")):
        for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"):
            body: Any = {} if method == "POST" else None
            answer = await people.call(role, method, path, json=body)
            assert (answer.status_code == 403) == (role not in {"warden", "security"}), (role, path)
    for method, path in (
        ("POST", f"/v1/inmates/{CARL}/restrictions"),
        ("GET", f"/v1/inmates/{CARL}/restrictions"),
        ("GET", f"/v1/restrictions/{elsewhere}"),
        ("POST", f"/v1/restrictions/{elsewhere}/end"),
        ("POST", "/v1/inmates/999999/restrictions"),
    ):
        sent: Any = {"nonsense": 1} if method == "POST" else None
        answer = await people.call("warden", method, path, json=sent, facilities=[FACILITY])
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), path


async def test_they_are_listed_newest_first_page_by_page(people: World) -> None:
    made = []
    for _ in range(3):
        made.append((await restrict(people)).json()["restriction_id"])
        people.clock.advance(1)
    page = (await people.call("warden", "GET", f"{PATH}?limit=2")).json()
    rest = (await people.call("warden", "GET", f"{PATH}?limit=2&cursor={page['next_cursor']}")).json()
    assert [item["restriction_id"] for item in page["items"] + rest["items"]] == made[::-1]


async def test_both_writes_are_on_the_trail(people: World) -> None:
    restriction_id = (await restrict(people)).json()["restriction_id"]
    people.clock.advance(1)
    await people.call("warden", "POST", f"/v1/restrictions/{restriction_id}/end", json={"note": "n"})
    ended, made = (await people.call("security", "GET", "/v1/audit-events")).json()["items"]
    assert [(event["action"], event["object_id"], event["facility_id"]) for event in (made, ended)] == [
        ("restrict_calls", restriction_id, FACILITY),
        ("end_restriction", restriction_id, FACILITY),
    ]
    assert (made["before"], made["after"]["state"], made["after"].pop("warnings")) == (None, "in_force", [])
    assert (ended["before"], ended["after"]["state"]) == (made["after"], "ended")


async def test_a_blocked_number_has_no_privilege_under_a_restriction(people: World) -> None:
    await restrict(people)
    await set_block(people, ATTORNEY)
    assert await hears(people, "c1", called_number=ATTORNEY) == "calls_restricted"
