"""What is of another facility is 404 before the body is looked at, 403 to a role without the permission, on no list."""

from typing import Any

import pytest

from tests.conformance.objects import VICTIM_BLOCK
from tests.conformance.roles_table import EXPECTED, ROLES
from tests.conformance.sending import BODIES, GARBAGE, Furnished, dumps, send
from tests.people import CARL, NORTH
from tests.seeding import FACILITY

NAMES_AN_OBJECT = sorted(name for name in EXPECTED if "{" in name)
# Nobody was called, audited or alerted about up north, nobody's restrictions pile up there, and nothing of a report.
REPORTS_OF_NOTHING = (
    "restrictions",
    "numbers-on-several-lists",
    "numbers-called-by-several",
    "refused-pins",
    "pins-not-here",
)
SHOWS_NO_OBJECT = {f"GET /v1/{noun}" for noun in ("calls", "audit-events", "alerts")} | {
    f"GET /v1/reports/{name}" for name in (*REPORTS_OF_NOTHING, "released")
}
MAKES_NONE = [name for name in NAMES_AN_OBJECT if not name.startswith("PUT")]


@pytest.mark.parametrize("name", NAMES_AN_OBJECT)
async def test_an_object_of_another_facility_is_404_before_the_body_is_looked_at(
    furnished: Furnished, name: str
) -> None:
    world, _, north = furnished
    role = min(EXPECTED[name])
    content = None if name.startswith("GET") else GARBAGE
    status, problem = await send(world, name, north, role=role, content=content, facilities=[FACILITY])
    assert (status, problem["code"]) == (404, "not_found")
    assert "errors" not in problem


@pytest.mark.parametrize("name", NAMES_AN_OBJECT)
async def test_an_object_of_another_facility_is_403_to_a_role_without_the_permission(
    furnished: Furnished, name: str
) -> None:
    world, _, north = furnished
    for role in set(ROLES) - EXPECTED[name]:
        status, _problem = await send(world, name, north, role=role, content=GARBAGE, facilities=[FACILITY])
        assert status == 403, role


@pytest.mark.parametrize("name", MAKES_NONE)
async def test_an_object_that_is_not_there_sounds_like_one_of_another_facility(furnished: Furnished, name: str) -> None:
    world, _, north = furnished
    role, content = min(EXPECTED[name]), None if name.startswith("GET") else GARBAGE
    nowhere = {key: "+18605550199" if key == "number" else f"no-{value}"[:60] for key, value in north.items()}
    _, foreign = await send(world, name, north, role=role, content=content, facilities=[FACILITY])
    status, missing = await send(world, name, nowhere, role=role, content=content, facilities=[FACILITY])
    assert status == 404
    assert {**missing, "instance": ""} == {**foreign, "instance": ""}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("POST /v1/decisions/preview", {"inmate_id": CARL, "called_number": "+18605550160"}),
        ("PUT /v1/inmates/{inmate_id}", {**BODIES["PUT /v1/inmates/{inmate_id}"], "facility_id": NORTH}),
        ("PUT /v1/common-numbers/{number}", {**BODIES["PUT /v1/common-numbers/{number}"], "facility_id": NORTH}),
        ("PUT /v1/switches/{switch_id}", {"name": "Kamailio", "facilities": [NORTH]}),
        ("POST /v1/blocks", {**BODIES["POST /v1/blocks"], "facility_id": NORTH}),
        ("POST /v1/blocks", {**BODIES["POST /v1/blocks"], "scope": "inmate", "facility_id": None, "inmate_id": CARL}),
        ("POST /v1/removal-requests", {**BODIES["POST /v1/removal-requests"], "facility_id": NORTH}),
        ("POST /v1/removal-requests", {**BODIES["POST /v1/removal-requests"], "inmate_id": CARL}),
        ("POST /v1/blocks/{block_id}/exceptions", {"inmate_id": CARL, "note": "a sister", "until": "indefinite"}),
    ],
)
async def test_a_facility_in_the_body_that_the_token_does_not_cover_is_404(
    furnished: Furnished, name: str, body: dict[str, Any]
) -> None:
    world, here, _ = furnished
    ids = {**here, "block_id": VICTIM_BLOCK}
    role = min(EXPECTED[name])
    status, _ = await send(world, name, ids, role=role, content=dumps(body), facilities=[FACILITY])
    assert status == 404


@pytest.mark.parametrize(
    "name",
    [
        f"GET /v1/{noun}"
        for noun in (
            "calls",
            "blocks",
            "shutoffs",
            "audit-events",
            "alerts",
            "inmates",
            "pending-numbers",
            "removal-requests",
        )
    ],
)
async def test_a_list_of_another_facility_is_404(furnished: Furnished, name: str) -> None:
    world, here, _ = furnished
    asked = f"{name}?facility_id={NORTH}"
    assert (await send(world, asked, here, role=min(EXPECTED[name])))[0] == 200
    assert (await send(world, asked, here, role=min(EXPECTED[name]), facilities=[FACILITY]))[0] == 404


async def test_a_list_shows_nothing_of_another_facility(furnished: Furnished) -> None:
    world, here, north = furnished
    for name in EXPECTED:
        if not name.startswith("GET") or "{" in name:
            continue
        role = min(EXPECTED[name])
        _, whole = await send(world, f"{name}?limit=200", here, role=role)
        _, narrow = await send(world, f"{name}?limit=200", here, role=role, facilities=[FACILITY])
        ids = {value for key, value in north.items() if key != "tariff"}
        assert not any(f'"{each}"' in dumps(narrow).decode() for each in ids), name
        if name not in SHOWS_NO_OBJECT:
            assert any(f'"{each}"' in dumps(whole).decode() for each in ids), name
