"""A telephone stands at one facility, under an id that nobody else has."""

import asyncio
from typing import Any

from tests.conftest import World
from tests.places import STATION, audit_trail, code_of, put_facility, put_station

PATH = "/v1/facilities/osborn/stations/osb-1"


async def test_a_station_is_put_read_and_listed(world: World) -> None:
    await put_facility(world)
    first = await put_station(world)
    assert (first.status_code, first.json()) == (201, {"station_id": "osb-1", "facility_id": "osborn", **STATION})
    later = await put_station(
        world, unit="West 2", media="tty", hours={"open": "08:00", "close": "20:00"}, enabled=False
    )
    assert later.status_code == 200
    read = await world.call("operator", "GET", PATH)
    assert (read.json(), read.headers["etag"]) == (later.json(), later.headers["etag"])
    assert (read.json()["enabled"], read.json()["unit"], read.json()["media"]) == (False, "West 2", "tty")
    for name in ("osb-2", "osb-3"):
        await put_station(world, name)
    page = (await world.call("operator", "GET", "/v1/facilities/osborn/stations?limit=2")).json()
    assert [item["station_id"] for item in page["items"]] == ["osb-1", "osb-2"]
    rest = await world.call("operator", "GET", f"/v1/facilities/osborn/stations?limit=2&cursor={page['next_cursor']}")
    assert ([item["station_id"] for item in rest.json()["items"]], rest.json()["next_cursor"]) == (["osb-3"], None)
    trail = [event for event in await audit_trail(world) if event["object_type"] == "station"]
    assert [event["object_id"] for event in trail] == ["osb-1", "osb-1", "osb-2", "osb-3"]


async def test_a_station_id_of_another_facility_is_409_and_names_no_place(world: World) -> None:
    await put_facility(world)
    await put_facility(world, "enfield")
    await put_station(world)
    taken = await put_station(world, facility_id="enfield", unit="B")
    assert (taken.status_code, code_of(taken)) == (409, "station_elsewhere")
    assert "osborn" not in taken.text
    # Under the other facility it is not there at all, to read as to write over.
    assert (await world.call("operator", "GET", "/v1/facilities/enfield/stations/osb-1")).status_code == 404
    assert (await world.call("operator", "GET", "/v1/facilities/enfield/stations")).json()["items"] == []
    assert (await world.call("operator", "GET", PATH)).json()["unit"] == "A"


async def test_a_station_of_a_facility_outside_the_token_is_404(world: World) -> None:
    await put_facility(world)
    await put_facility(world, "enfield")
    await put_station(world)
    for path in (PATH, "/v1/facilities/enfield/stations/osb-1"):
        for method in ("PUT", "GET"):
            body = {"not": "looked at"} if method == "PUT" else None
            answer = await world.call("operator", method, path, json=body, facilities=["enfield"])
            assert (answer.status_code, code_of(answer)) == (404, "not_found")


async def test_of_two_facilities_that_take_one_id_at_once_exactly_one_gets_it(world: World) -> None:
    for i in range(6):
        await put_facility(world, f"f{i}")
    answers = await asyncio.gather(*(put_station(world, facility_id=f"f{i}") for i in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {code_of(answer) for answer in answers if answer.status_code == 409} == {"station_elsewhere"}


async def test_a_station_needs_its_facility(world: World) -> None:
    for path in (PATH, "/v1/facilities/osborn/stations"):
        assert (await world.call("operator", "GET", path)).status_code == 404
    answer = await put_station(world)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


async def test_a_stations_hours_only_narrow_the_facilitys_and_the_profiles(world: World) -> None:
    await put_facility(world)
    for hours, status in ((("06:00", "23:00"), 201), (("05:59", "23:00"), 422), (("06:00", "23:01"), 422)):
        answer = await put_station(world, hours={"open": hours[0], "close": hours[1]})
        assert answer.status_code == status, hours
    await put_facility(world, hours={"open": "08:00", "close": "21:30"})
    for hours, status in ((("08:00", "21:30"), 200), (("07:59", "21:30"), 422), (("08:00", "21:31"), 422)):
        answer = await put_station(world, hours={"open": hours[0], "close": hours[1]})
        assert answer.status_code == status, hours
    refused = await put_station(world, hours={"open": "07:00", "close": "21:00"})
    assert (code_of(refused), refused.json()["errors"][0]["pointer"]) == ("hours_wider_than_policy", "/hours")
    assert "08:00 to 21:30" in refused.json()["detail"]


MALFORMED: dict[str, Any] = {
    "unit": ["", " ", "x" * 65, "a\x00", 1, None],
    "media": ["video", "", None, ["voice"]],
    "hours": [{"open": "08:00"}, {"open": "08:00", "close": "09:00", "note": "x"}, "08:00-09:00"],
    "enabled": [1, "true", None],
    "note": ["unknown field"],
}


async def test_a_malformed_station_is_422(world: World) -> None:
    await put_facility(world)
    for field, values in MALFORMED.items():
        for value in values:
            answer = await put_station(world, **{field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), (field, value)
    bad_id = await world.call("operator", "PUT", "/v1/facilities/osborn/stations/a%20b", json=STATION)
    assert (bad_id.status_code, code_of(bad_id)) == (422, "malformed_request")


async def test_if_match_protects_a_station(world: World) -> None:
    await put_facility(world)
    seen = (await put_station(world)).headers["etag"]
    for tag, status in (('"other"', 412), (seen, 200), (seen, 412)):
        body = STATION | {"unit": f"after {status}"}
        answer = await world.call("operator", "PUT", PATH, json=body, headers={"If-Match": tag})
        assert answer.status_code == status
