"""Is nothing left out of the matrix? Asked of the served document, so that a new route is in it by itself."""

from string import Formatter

from tests.conformance.objects import VICTIM_BLOCK
from tests.conformance.roles_table import EXPECTED, PUBLIC
from tests.conformance.sending import BODIES, Furnished, dumps, send
from tests.people import CARL, NORTH
from tests.seeding import FACILITY

ELSEWHERE = {"facility_id": NORTH, "inmate_id": CARL}


async def test_every_path_parameter_names_an_object_here_and_another_one_up_north(furnished: Furnished) -> None:
    _, here, north = furnished
    named = {each for name in (*EXPECTED, *PUBLIC) for _, each, _, _ in Formatter().parse(name) if each}
    assert named <= here.keys()
    assert named <= north.keys()
    assert {each for each in named if here[each] == north[each]} <= {"tariff"}  # a facility's own, by name


async def test_every_list_that_takes_a_facility_is_404_for_one_that_the_token_does_not_cover(
    furnished: Furnished,
) -> None:
    world, here, _ = furnished
    asked = []
    for path, item in world.app.openapi()["paths"].items():
        parameters = item.get("get", {}).get("parameters", ())
        if "{" in path or not any(each.get("name") == "facility_id" for each in parameters):
            continue
        name, role = f"GET {path}", min(EXPECTED[f"GET {path}"])
        for facilities, status in ((None, 200), ([FACILITY], 404)):
            found, _ = await send(world, f"{name}?facility_id={NORTH}", here, role=role, facilities=facilities)
            assert found == status, name
        asked.append(name)
    assert len(asked) >= 6


async def test_every_body_that_names_a_facility_or_a_person_is_404_for_one_that_the_token_does_not_cover(
    furnished: Furnished,
) -> None:
    world, here, _ = furnished
    asked = []
    for name, body in BODIES.items():
        ids = {**here, "block_id": VICTIM_BLOCK} if name.endswith("/exceptions") else here
        for field, elsewhere in ELSEWHERE.items():
            if body.get(field) is None:
                continue
            content = dumps({**body, field: elsewhere})
            found, _ = await send(world, name, ids, role=min(EXPECTED[name]), content=content, facilities=[FACILITY])
            assert found == 404, (name, field)
            asked.append((name, field))
    assert len(asked) >= 5
