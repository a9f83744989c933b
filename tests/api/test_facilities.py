"""A facility stands under one law, and its own terms only narrow it."""

import asyncio
import json
from typing import Any

from tests.conftest import World
from tests.places import FACILITY, audit_trail, code_of, put_facility, put_tariff

PATH = "/v1/facilities/osborn"


async def test_a_first_put_is_201_and_a_later_one_200_and_both_can_be_read(world: World) -> None:
    first = await put_facility(world)
    assert (first.status_code, first.json()) == (201, {"facility_id": "osborn", **FACILITY})
    changes: dict[str, Any] = {
        "name": "Osborn CI",
        "hours": {"open": "08:00", "close": "21:30"},
        "rate_cap_tier": "prison",
        "limits": {"calls_per_day": 3, "minutes_per_month": 0},
    }
    later = await put_facility(world, **changes)
    limits = dict.fromkeys(("calls_per_week", "calls_per_month", "minutes_per_day"))
    expected = {"facility_id": "osborn", **FACILITY, **changes, "limits": changes["limits"] | limits}
    assert (later.status_code, later.json()) == (200, expected)
    read = await world.call("operator", "GET", PATH)
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, expected, later.headers["etag"])
    assert first.headers["etag"] != later.headers["etag"]
    assert later.headers["etag"].startswith('"')


async def test_what_is_left_out_is_as_the_profile_has_it(world: World) -> None:
    body = {"name": "Osborn", "time_zone": "America/New_York", "profile": "ct-doc"}
    answer = await world.call("operator", "PUT", PATH, json=body)
    assert answer.json() == {"facility_id": "osborn", **FACILITY, "name": "Osborn"}


async def test_limits_that_name_no_ceiling_are_none(world: World) -> None:
    assert (await put_facility(world, limits={"calls_per_day": None})).json()["limits"] is None


async def test_what_the_law_needs_cannot_be_left_out(world: World) -> None:
    for field in ("name", "time_zone", "profile"):
        body = {name: value for name, value in FACILITY.items() if name != field}
        answer = await world.call("operator", "PUT", PATH, json=body)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request")
        errors = [{"pointer": f"/{field}", "code": "missing", "message": "This field is required."}]
        assert answer.json()["errors"] == errors


MALFORMED: dict[str, Any] = {
    "name": ["", " ", "a\nb", "nul\x00", "x" * 201, 7, None, ["Osborn"]],
    "time_zone": ["", 5, "x" * 65],
    "profile": ["", "ct doc", "../caps", 1],
    "hours": [[], {"open": "08:00"}, {"open": "8:00", "close": "21:00"}, {"open": "08:00", "close": "24:01"}],
    "region": ["us", "USA", "U1", None],
    "rate_cap_tier": ["jail", ""],
    "limits": [{"calls_per_day": -1}, {"calls_per_day": 1.0}, {"calls_per_day": "1"}, {"calls_per_year": 1}, 3],
    "owner": ["unknown field"],
}


async def test_a_malformed_field_is_422_and_nothing_is_kept(world: World) -> None:
    for field, values in MALFORMED.items():
        for value in values:
            answer = await put_facility(world, **{field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), (field, value)
    assert (await world.call("operator", "GET", PATH)).status_code == 404
    assert await audit_trail(world) == []


async def test_the_longest_name_is_200_characters(world: World) -> None:
    assert (await put_facility(world, name="é" * 200)).json()["name"] == "é" * 200


UNLAWFUL: list[tuple[dict[str, Any], str, str]] = [
    ({"profile": "ct-doc2"}, "profile_unknown", "/profile"),
    ({"time_zone": "America/Hartford"}, "time_zone_unknown", "/time_zone"),
    ({"time_zone": "Factory"}, "time_zone_unknown", "/time_zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone_unknown", "/time_zone"),
    ({"region": "ZZ"}, "region_not_supported", "/region"),
    ({"hours": {"open": "08:00", "close": "08:00"}}, "hours_not_valid", "/hours"),
    ({"hours": {"open": "22:00", "close": "07:00"}}, "hours_not_valid", "/hours"),
    ({"hours": {"open": "24:00", "close": "24:00"}}, "hours_not_valid", "/hours"),
    ({"hours": {"open": "05:59", "close": "21:00"}}, "hours_wider_than_policy", "/hours"),
    ({"hours": {"open": "08:00", "close": "23:01"}}, "hours_wider_than_policy", "/hours"),
    ({"hours": {"open": "08:00", "close": "24:00"}}, "hours_wider_than_policy", "/hours"),
    ({"profile": "bop", "limits": {"minutes_per_month": 401}}, "limits_wider_than_policy", "/limits/minutes_per_month"),
]


async def test_terms_that_the_law_does_not_allow_are_refused_with_the_field(world: World) -> None:
    for changes, code, pointer in UNLAWFUL:
        answer = await put_facility(world, **changes)
        assert (answer.status_code, code_of(answer)) == (422, code), changes
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await world.call("operator", "GET", PATH)).status_code == 404


LAWFUL: list[dict[str, Any]] = [
    {"hours": {"open": "06:00", "close": "23:00"}},
    {"hours": {"open": "22:59", "close": "23:00"}},
    {"profile": "bop", "hours": {"open": "00:00", "close": "24:00"}},
    {"profile": "bop", "limits": {"minutes_per_month": 400, "calls_per_day": 1_000_000}},
    {"time_zone": "Pacific/Chatham", "region": "NZ"},
]


async def test_terms_exactly_as_wide_as_the_law_are_taken(world: World) -> None:
    for i, changes in enumerate(LAWFUL):
        answer = await put_facility(world, f"facility-{i}", **changes)
        assert answer.status_code == 201, changes


async def test_changing_the_jurisdiction_is_one_word_and_the_own_terms_must_fit_it(world: World) -> None:
    await put_facility(world, hours={"open": "06:30", "close": "21:00"})
    refused = await put_facility(world, hours={"open": "06:30", "close": "21:00"}, profile="ny-doccs")
    assert (refused.status_code, code_of(refused)) == (422, "hours_wider_than_policy")
    assert (await world.call("operator", "GET", PATH)).json()["profile"] == "ct-doc"
    taken = await put_facility(world, hours={"open": "07:00", "close": "21:00"}, profile="ny-doccs")
    assert (taken.status_code, taken.json()["profile"]) == (200, "ny-doccs")


async def test_a_size_whose_cap_an_own_tariff_breaks_is_refused_and_says_which(world: World) -> None:
    await put_facility(world)
    await put_tariff(world, "collect", per_minute="0.12")
    refused = await put_facility(world, rate_cap_tier="prison")
    assert (refused.status_code, code_of(refused)) == (422, "rate_above_cap")
    told = refused.json()
    assert (told["tariff"], told["broken"], told["cap_per_minute"]) == ("collect", "per_minute", "0.11")
    assert told["first_day"] == "2026-04-06"
    assert told["errors"][0]["pointer"] == "/rate_cap_tier"
    assert (await put_facility(world, rate_cap_tier="medium_jail")).status_code == 200


async def test_if_match_protects_what_the_caller_has_not_seen(world: World) -> None:
    async def put(tag: str, name: str) -> int:
        answer = await world.call("operator", "PUT", PATH, json=FACILITY | {"name": name}, headers={"If-Match": tag})
        return answer.status_code

    assert await put("*", "early") == 412
    seen = (await put_facility(world)).headers["etag"]
    assert await put('"other"', "blind") == 412
    assert await put(seen, "one") == 200
    assert await put(seen, "two") == 412
    assert await put(f'"other", {(await world.call("operator", "GET", PATH)).headers["etag"]}', "three") == 200
    assert await put("*", "four") == 200


async def test_nobody_but_an_operator_reads_or_writes_places(world: World) -> None:
    await put_facility(world)
    singles = [PATH, f"{PATH}/stations/one", f"{PATH}/tariffs/one"]
    lists = ["/v1/facilities", f"{PATH}/stations", f"{PATH}/tariffs"]
    asked = [("PUT", path) for path in singles] + [("GET", path) for path in (*singles, *lists)]
    for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor"):
        for method, path in asked:
            answer = await world.call(role, method, path, json={"not": "looked at"} if method == "PUT" else None)
            assert (answer.status_code, code_of(answer)) == (403, "not_permitted")


async def test_a_facility_outside_the_token_is_404_before_the_body_is_looked_at(world: World) -> None:
    await put_facility(world)
    for method in ("GET", "PUT"):
        for path in (PATH, "/v1/facilities/nowhere", f"{PATH}/stations/x", f"{PATH}/tariffs/x"):
            answer = await world.call(
                "operator", method, path, json={"not": "looked at"} if method == "PUT" else None, facilities=["enfield"]
            )
            assert (answer.status_code, code_of(answer)) == (404, "not_found")
    unsigned = await world.client.get(PATH)
    assert (unsigned.status_code, code_of(unsigned)) == (401, "token_not_accepted")


async def test_a_token_that_names_a_facility_may_register_it(world: World) -> None:
    answer = await world.call("operator", "PUT", PATH, json=FACILITY, facilities=["osborn"])
    assert answer.status_code == 201


async def test_lists_page_by_cursor_and_show_what_the_token_covers(world: World) -> None:
    names = ["a", "b", "c", "d", "e"]
    for name in names:
        await put_facility(world, name)
    seen: list[str] = []
    cursor, pages = "", 0
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        body = (await world.call("operator", "GET", f"/v1/facilities{query}")).json()
        seen += [item["facility_id"] for item in body["items"]]
        cursor, pages = body["next_cursor"], pages + 1
    assert (seen, pages) == (names, 3)
    exact = (await world.call("operator", "GET", "/v1/facilities?limit=5")).json()
    assert (len(exact["items"]), exact["next_cursor"]) == (5, None)
    covered = (await world.call("operator", "GET", "/v1/facilities", facilities=["d", "b", "zz"])).json()
    assert [item["facility_id"] for item in covered["items"]] == ["b", "d"]
    assert covered["items"][0] == (await world.call("operator", "GET", "/v1/facilities/b")).json()


async def test_a_page_that_cannot_be_is_422(world: World) -> None:
    # The second of these cursors says NUL, which a database refuses; the third holds a number.
    for query in ("limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=WyJcdTAwMDAiXQ", "cursor=WzFd"):
        for path in ("/v1/facilities", "/v1/inmates", "/v1/switches", "/v1/common-numbers"):
            assert (await world.call("operator", "GET", f"{path}?{query}")).status_code == 422, (path, query)
    assert (await world.call("operator", "GET", "/v1/facilities?limit=200")).status_code == 200


async def test_every_change_is_on_the_trail_and_a_repeat_leaves_none(world: World) -> None:
    first = (await put_facility(world)).json()
    await put_facility(world)
    later = (await put_facility(world, name="Osborn CI")).json()
    await put_facility(world, time_zone="nowhere")
    trail = await audit_trail(world)
    assert [(event["action"], event["object_id"], event["facility_id"]) for event in trail] == [
        ("put_facility", "osborn", "osborn")
    ] * 2
    assert trail[0]["before"] is None
    assert [json.loads(trail[0]["after"]), json.loads(trail[1]["before"]), json.loads(trail[1]["after"])] == [
        first,
        first,
        later,
    ]
    assert (trail[0]["author"], trail[0]["role"]) == ("operator", "operator")


async def test_of_two_first_puts_at_once_exactly_one_is_201(world: World) -> None:
    answers = await asyncio.gather(*(put_facility(world, name=f"name {i}") for i in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    shown = (await world.call("operator", "GET", PATH)).json()
    assert shown in [answer.json() for answer in answers]
    assert len(await audit_trail(world)) == 6
