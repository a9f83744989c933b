"""Who is held where, told in any order and any number of times, and who may read it."""

import asyncio
import json
from typing import Any

import pytest

from tests.conftest import World
from tests.places import INMATE, audit_trail, code_of, put, put_facility, put_inmate

PATH = "/v1/inmates/204418"


async def test_a_person_is_put_and_read_as_last_told(world: World) -> None:
    await put_facility(world)
    first = await put_inmate(world, as_of="2026-11-20T11:00:00.5-05:00")
    expected = {"inmate_id": "204418", **INMATE, "as_of": "2026-11-20T16:00:00.500Z"}
    assert (first.status_code, first.json()) == (201, expected)
    read = await world.call("operator", "GET", PATH)
    assert (read.json(), read.headers["etag"]) == (expected, first.headers["etag"])
    later = await put_inmate(world, unit="B", projected_release="2027-02-28", as_of="2026-11-20T16:00:00.501Z")
    assert (later.status_code, later.json()["unit"], later.json()["projected_release"]) == (200, "B", "2027-02-28")
    trail = [event for event in await audit_trail(world) if event["action"] == "put_inmate"]
    assert [json.loads(event["after"]) for event in trail] == [first.json(), later.json()]


@pytest.mark.feature("F54", "F55")
async def test_what_is_older_than_what_is_known_is_stale_and_a_repeat_changes_nothing(world: World) -> None:
    await put_facility(world)
    known = await put_inmate(world, as_of="2026-11-20T16:00:00.000Z")
    stale = await put_inmate(world, unit="B", as_of="2026-11-20T15:59:59.999Z")
    assert (stale.status_code, code_of(stale)) == (409, "stale")
    assert stale.json()["errors"][0]["pointer"] == "/as_of"
    repeat = await put_inmate(world, as_of="2026-11-20T16:00:00.000Z")
    assert (repeat.status_code, repeat.json(), repeat.headers["etag"]) == (200, known.json(), known.headers["etag"])
    assert len([event for event in await audit_trail(world) if event["action"] == "put_inmate"]) == 1
    # At the same instant with other content it is a correction; a millisecond later it is news.
    for unit, instant in (("B", "2026-11-20T16:00:00.000Z"), ("C", "2026-11-20T16:00:00.001Z")):
        answer = await put_inmate(world, unit=unit, as_of=instant)
        assert (answer.status_code, answer.json()["unit"]) == (200, unit)


async def test_without_an_instant_it_holds_now_and_wins_over_a_feed_whose_clock_is_ahead(world: World) -> None:
    await put_facility(world)
    first = await put_inmate(world)
    assert first.json()["as_of"] == "2026-11-20T17:00:00.002Z"
    await put_inmate(world, unit="B", as_of="2026-11-20T18:00:00Z")
    by_hand = await put_inmate(world, unit="C")
    assert (by_hand.status_code, by_hand.json()["unit"]) == (200, "C")
    assert by_hand.json()["as_of"] == "2026-11-20T18:00:00.001Z"
    # What the feed said is now older than that, so it does not win by being sent again.
    replayed = await put_inmate(world, unit="B", as_of="2026-11-20T18:00:00Z")
    assert (replayed.status_code, code_of(replayed)) == (409, "stale")
    again = await put_inmate(world, unit="C")
    assert (again.status_code, again.headers["etag"]) == (200, by_hand.headers["etag"])


@pytest.mark.feature("F54", "F55")
async def test_a_move_and_a_release_are_what_the_next_reader_sees(world: World) -> None:
    await put_facility(world)
    await put_facility(world, "enfield")
    await put_inmate(world)
    moved = await put_inmate(world, facility_id="enfield", unit="7")
    assert (moved.status_code, moved.json()["facility_id"]) == (200, "enfield")
    released = await put_inmate(world, facility_id="enfield", unit="7", status="released")
    assert released.json()["status"] == "released"
    trail = [event for event in await audit_trail(world) if event["object_id"] == "204418"]
    assert [event["facility_id"] for event in trail] == ["osborn", "enfield", "enfield"]


async def test_a_person_at_a_facility_outside_the_token_is_404_before_the_body_is_looked_at(world: World) -> None:
    await put_facility(world)
    await put_facility(world, "enfield")
    await put_inmate(world)
    for method, path, body in (
        ("GET", PATH, None),
        ("PUT", PATH, {"not": "looked at"}),
        ("PUT", PATH, INMATE | {"facility_id": "enfield"}),
        ("POST", f"{PATH}/pin", {"not": "looked at"}),
        ("GET", "/v1/inmates/nobody", None),
        ("POST", "/v1/inmates/nobody/pin", {"not": "looked at"}),
    ):
        answer = await world.call("operator", method, path, json=body, facilities=["enfield"])
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), (method, path)


async def test_a_body_may_only_name_a_facility_that_is_there_and_covered(world: World) -> None:
    await put_facility(world)
    unknown = await put_inmate(world, facility_id="nowhere")
    assert (unknown.status_code, code_of(unknown)) == (422, "facility_unknown")
    assert unknown.json()["errors"][0]["pointer"] == "/facility_id"
    answers = []
    for named in ("nowhere", "osborn", "enfield"):
        answer = await put(world, PATH, INMATE | {"facility_id": named}, facilities=["enfield"])
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
        answers.append({name: value for name, value in answer.json().items() if name != "instance"})
    assert answers[0] == answers[1] == answers[2]
    assert (await world.call("operator", "GET", PATH)).status_code == 404


async def test_lists_page_and_filter_and_show_what_the_token_covers(world: World) -> None:
    for name in ("osborn", "enfield"):
        await put_facility(world, name)
    for i in range(5):
        place = "osborn" if i % 2 == 0 else "enfield"
        await put_inmate(world, f"10{i}", facility_id=place, status="released" if i == 4 else "active")

    async def listed(query: str, **how: Any) -> list[str]:
        body = (await world.call("operator", "GET", f"/v1/inmates{query}", **how)).json()
        return [item["inmate_id"] for item in body["items"]]

    assert await listed("") == ["100", "101", "102", "103", "104"]
    assert await listed("?facility_id=osborn") == ["100", "102", "104"]
    assert await listed("?facility_id=osborn&status=active") == ["100", "102"]
    assert await listed("?status=released") == ["104"]
    assert await listed("?facility_id=nowhere") == []
    assert await listed("", facilities=["enfield"]) == ["101", "103"]
    foreign = await world.call("operator", "GET", "/v1/inmates?facility_id=osborn", facilities=["enfield"])
    assert foreign.status_code == 404
    assert (await world.call("operator", "GET", "/v1/inmates?status=gone")).status_code == 422
    page = (await world.call("operator", "GET", "/v1/inmates?limit=3")).json()
    assert await listed(f"?limit=3&cursor={page['next_cursor']}") == ["103", "104"]


MALFORMED: dict[str, Any] = {
    "facility_id": ["", "a b", "x" * 65, None, 1],
    "unit": ["", "\t", "x" * 65, "a\x00", None],
    "status": ["paroled", None, True],
    "name": ["", " ", "x" * 201, "a\r\nb", None],
    "date_of_birth": ["1985-02-30", "07.03.1985", "1985-3-7", 19850307, "1985-03-07T00:00:00Z"],
    "projected_release": ["soon", "", 0],
    "as_of": ["2026-11-20", "2026-11-20T16:00:00", "2026-11-20 16:00:00Z", "2026-11-20T24:00:00Z", 1, "now"],
    "pin": ["493715"],
}


async def test_a_malformed_person_is_422_and_nothing_of_it_comes_back(world: World) -> None:
    await put_facility(world)
    for field, values in MALFORMED.items():
        for value in values:
            answer = await put(world, PATH, INMATE | {field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), (field, value)
            assert "493715" not in answer.text
    assert (await world.call("operator", "GET", PATH)).status_code == 404


async def test_instants_at_the_edge_of_what_can_be_said_are_422_or_kept(world: World) -> None:
    await put_facility(world)
    for instant, status in (
        ("9999-12-31T23:59:59-23:59", 422),
        ("0001-01-01T00:00:00+14:00", 422),
        ("0001-01-01T00:00:00Z", 201),
        ("9999-12-31T23:59:59.999999Z", 200),
    ):
        assert (await put_inmate(world, as_of=instant)).status_code == status, instant
    assert (await world.call("operator", "GET", PATH)).json()["as_of"] == "9999-12-31T23:59:59.999Z"


async def test_if_match_comes_before_staleness(world: World) -> None:
    await put_facility(world)
    seen = (await put_inmate(world)).headers["etag"]
    for tag, status in (('"other"', 412), (seen, 200), (seen, 412)):
        answer = await put(world, PATH, INMATE | {"unit": "B"}, headers={"If-Match": tag})
        assert answer.status_code == status


async def test_roles_other_than_the_operator_neither_read_nor_write_people(world: World) -> None:
    await put_facility(world)
    await put_inmate(world)
    for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor"):
        for method, path in (("PUT", PATH), ("GET", PATH), ("GET", "/v1/inmates")):
            answer = await world.call(role, method, path, json={} if method == "PUT" else None)
            assert (answer.status_code, code_of(answer)) == (403, "not_permitted")


async def test_moves_told_at_once_are_taken_in_one_after_the_other(world: World) -> None:
    places = [f"f{i}" for i in range(4)]
    for name in places:
        await put_facility(world, name)
    first = await asyncio.gather(*(put_inmate(world, facility_id=name, unit=name) for name in places))
    assert sorted(answer.status_code for answer in first) == [200, 200, 200, 201]
    moves = [put_inmate(world, facility_id=name, unit=f"{name}-{i}") for i in range(3) for name in places]
    answers = await asyncio.gather(*moves)
    assert {answer.status_code for answer in answers} == {200}
    shown = (await world.call("operator", "GET", PATH)).json()
    assert shown["unit"].startswith(shown["facility_id"])
    trail = [event for event in await audit_trail(world) if event["action"] == "put_inmate"]
    before = [None if event["before"] is None else json.loads(event["before"]) for event in trail]
    after = [json.loads(event["after"]) for event in trail]
    # Each began where another ended: nothing was overwritten unseen.
    assert len(trail) == 16
    for state in after:
        assert after.count(state) - before.count(state) == (1 if state == shown else 0)
