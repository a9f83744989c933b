"""A price is kept as it was given, stands within the federal cap, and never beside another for the same call."""

from typing import Any

from tests.conftest import World
from tests.places import TARIFF, audit_trail, code_of, in_full_width, put_facility, put_tariff

PATH = "/v1/facilities/osborn/tariffs/collect"


async def test_a_tariff_is_put_read_and_listed_with_its_amounts_as_given(world: World) -> None:
    await put_facility(world)
    first = await put_tariff(world, per_minute="0.210", connection_fee="0")
    expected = {"facility_id": "osborn", "tariff": "collect", **TARIFF, "per_minute": "0.210", "connection_fee": "0"}
    assert (first.status_code, first.json()) == (201, expected)
    later = await put_tariff(world, effective_until="2026-12-01")
    read = await world.call("operator", "GET", PATH)
    assert (later.status_code, read.json(), read.headers["etag"]) == (200, later.json(), later.headers["etag"])
    await put_tariff(world, "prepaid", payment_types=["prepaid", "debit"])
    page = (await world.call("operator", "GET", "/v1/facilities/osborn/tariffs?limit=1")).json()
    assert [item["tariff"] for item in page["items"]] == ["collect"]
    rest = await world.call("operator", "GET", f"/v1/facilities/osborn/tariffs?cursor={page['next_cursor']}")
    assert [item["tariff"] for item in rest.json()["items"]] == ["prepaid"]
    trail = [event["object_id"] for event in await audit_trail(world) if event["action"] == "put_tariff"]
    assert trail == ["osborn/collect", "osborn/collect", "osborn/prepaid"]


async def test_media_left_out_are_all_of_them(world: World) -> None:
    await put_facility(world)
    body = {name: value for name, value in TARIFF.items() if name != "media"}
    answer = await world.call("operator", "PUT", PATH, json=body)
    assert (answer.status_code, answer.json()["media"]) == (201, ["voice", "tty", "relay"])


async def test_a_tariff_needs_its_facility_and_belongs_to_it_alone(world: World) -> None:
    assert (await put_tariff(world)).status_code == 404
    await put_facility(world)
    await put_facility(world, "enfield")
    assert (await put_tariff(world)).status_code == 201
    assert (await put_tariff(world, facility_id="enfield")).status_code == 201
    assert (await world.call("operator", "GET", "/v1/facilities/osborn/tariffs/prepaid")).status_code == 404


async def test_exactly_the_cap_is_allowed_and_a_millionth_more_is_not(world: World) -> None:
    await put_facility(world, rate_cap_tier="prison")
    above = await put_tariff(world, per_minute="0.110001")
    assert (above.status_code, code_of(above)) == (422, "rate_above_cap")
    told = above.json()
    assert (told["broken"], told["cap_per_minute"], told["first_day"]) == ("per_minute", "0.11", "2026-04-06")
    assert told["errors"][0]["pointer"] == "/per_minute"
    assert "0.11 USD a minute" in told["detail"]
    assert "2026-04-06" in told["detail"]
    assert (await put_tariff(world, per_minute="0.11")).status_code == 201
    # Until the day before the cap fell, its older figure holds.
    older: dict[str, Any] = {"effective_from": "2025-01-01", "payment_types": ["prepaid"]}
    assert (await put_tariff(world, "old", per_minute="0.14", effective_until="2026-04-07", **older)).status_code == 422
    assert (await put_tariff(world, "old", per_minute="0.14", effective_until="2026-04-06", **older)).status_code == 201


async def test_a_connection_fee_is_refused_where_the_cap_rules_forbid_one(world: World) -> None:
    await put_facility(world, rate_cap_tier="extremely_small_jail")
    above = await put_tariff(world, per_minute="0.05", connection_fee="0.01")
    assert (above.status_code, code_of(above)) == (422, "rate_above_cap")
    assert (above.json()["broken"], above.json()["errors"][0]["pointer"]) == ("connection_fee", "/connection_fee")
    assert (await put_tariff(world, per_minute="0.05", connection_fee="0.000000")).status_code == 201


async def test_a_facility_without_a_size_is_not_capped(world: World) -> None:
    await put_facility(world)
    assert (await put_tariff(world, per_minute="5.00", connection_fee="3.95")).status_code == 201


async def test_two_prices_for_one_call_on_one_day_are_refused(world: World) -> None:
    await put_facility(world)
    await put_tariff(
        world, effective_from="2026-01-01", effective_until="2026-07-01", payment_types=["collect", "prepaid"]
    )
    overlapping: list[dict[str, Any]] = [
        {"effective_from": "2026-06-30"},
        {"effective_from": "2025-01-01", "effective_until": "2026-01-02"},
        {"effective_from": "2025-01-01"},
        {"effective_from": "2026-03-01", "effective_until": "2026-03-02", "payment_types": ["debit", "prepaid"]},
        {"effective_from": "2026-03-01", "media": ["relay"]},
    ]
    for changes in overlapping:
        answer = await put_tariff(world, "second", **changes)
        assert (answer.status_code, code_of(answer), answer.json()["tariff"]) == (409, "tariff_overlaps", "collect")
    apart: list[dict[str, Any]] = [
        {"effective_from": "2026-07-01"},
        {"effective_from": "2025-01-01", "effective_until": "2026-01-01"},
        {"payment_types": ["debit", "free"]},
        {"destination": "international"},
    ]
    for i, changes in enumerate(apart):
        assert (await put_tariff(world, f"apart-{i}", **changes)).status_code == 201, changes
    # A tariff does not overlap itself: it may be lengthened up to the next one, and no further.
    assert (await put_tariff(world, effective_until="2026-07-01")).status_code == 200
    assert (await put_tariff(world, effective_until="2026-07-02")).status_code == 409


MALFORMED: dict[str, Any] = {
    "payment_types": [[], ["cash"], "collect", None, [1]],
    "media": [[], ["video"], "voice"],
    "destination": ["local", None],
    "currency": ["usd", "US", "USDX", None],
    "per_minute": [
        "0,21",
        ".21",
        "0.",
        "-0.21",
        "+0.21",
        "1e2",
        "0.1234567",
        "00.21",
        "1234567890",
        0.21,
        "",
        in_full_width("0.21"),
    ],
    "connection_fee": [0, "free", None],
    "increment_seconds": [0, 3601, 60.0, "60", True],
    "payer": ["nobody", None],
    "effective_from": ["2026-02-30", "2026-1-1", "20260101", "2026-W01-1", "0000-01-01", 20260101, None],
    "effective_until": ["tomorrow", "2026-12-01T00:00:00Z"],
}


async def test_a_malformed_tariff_is_422(world: World) -> None:
    await put_facility(world)
    for field, values in MALFORMED.items():
        for value in values:
            answer = await put_tariff(world, **{field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), (field, value)
    assert (await world.call("operator", "GET", "/v1/facilities/osborn/tariffs")).json()["items"] == []


async def test_a_tariff_that_ends_before_it_begins_or_repeats_itself_is_422(world: World) -> None:
    await put_facility(world)
    for until in ("2026-01-01", "2025-12-31"):
        answer = await put_tariff(world, effective_until=until)
        assert (answer.status_code, code_of(answer)) == (422, "dates_not_valid")
    assert (await put_tariff(world, effective_until="2026-01-02")).status_code == 201
    twice = await put_tariff(world, payment_types=["collect", "collect"])
    assert (twice.status_code, code_of(twice)) == (422, "tariff_not_valid")


async def test_if_match_protects_a_tariff(world: World) -> None:
    await put_facility(world)
    seen = (await put_tariff(world)).headers["etag"]
    for tag, status in (('"other"', 412), (seen, 200), (seen, 412)):
        body = TARIFF | {"per_minute": "0.20"}
        answer = await world.call("operator", "PUT", PATH, json=body, headers={"If-Match": tag})
        assert answer.status_code == status
