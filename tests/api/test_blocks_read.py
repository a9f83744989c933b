"""Who may set and read blocks, of which places, and how are they listed?"""

from typing import Any

import pytest

from tests.conftest import World
from tests.people import (
    CARL,
    ERIC,
    FREE,
    NORTH,
    block_body,
    of_facility,
    of_system,
    seed_people,
    set_block,
)
from tests.places import code_of
from tests.seeding import ANNA, FACILITY, NUMBER, OTHER_NUMBER


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def refused(
    people: World, role: str = "warden", *, facilities: list[str] | None = None, **changes: Any
) -> tuple[int, str]:
    """How this block is refused; and nothing is kept."""
    answer = await people.call(role, "POST", "/v1/blocks", json=block_body(NUMBER, **changes), facilities=facilities)
    assert (await people.call("warden", "GET", "/v1/blocks")).json()["items"] == []
    return answer.status_code, code_of(answer)


async def test_who_may_set_and_read_blocks(people: World) -> None:
    block = await set_block(people, NUMBER)
    may = {"warden", "security", "victim_services"}
    for method, path in (("POST", "/v1/blocks"), ("GET", "/v1/blocks"), ("GET", f"/v1/blocks/{block['block_id']}")):
        for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"):
            body: Any = {} if method == "POST" else None
            answer = await people.call(role, method, path, json=body)
            assert (answer.status_code == 403) == (role not in may), (role, path)


async def test_the_whole_systems_blocks_need_a_token_for_every_facility(people: World) -> None:
    both = [FACILITY, NORTH]
    assert await refused(people, facilities=both, **of_system()) == (403, "system_scope")
    # Whoever may not write for the system learns nothing about the number by trying.
    assert await refused(people, facilities=both, **of_system(number="1", unit="A")) == (403, "system_scope")


async def test_places_and_people_elsewhere_are_404_and_unknown_places_are_too(people: World) -> None:
    for changes in (
        {"inmate_id": CARL},
        of_facility(facility_id=NORTH),
        of_facility(facility_id="nowhere"),
        {"scope": "unit", "inmate_id": None, "facility_id": NORTH, "unit": "A"},
    ):
        assert await refused(people, facilities=[FACILITY], **changes) == (404, "not_found"), changes
    assert await refused(people, **of_facility(facility_id="nowhere")) == (422, "facility_unknown")


async def test_a_block_elsewhere_is_404_before_the_body_is_looked_at(people: World) -> None:
    person = await set_block(people, NUMBER, inmate_id=CARL)
    place = await set_block(people, NUMBER, **of_facility(facility_id=NORTH))
    for block_id in (person["block_id"], place["block_id"], "none"):
        for method, path in (("GET", ""), ("POST", "/lift"), ("POST", "/exceptions")):
            body: Any = {"nonsense": 1} if method == "POST" else None
            answer = await people.call(
                "warden", method, f"/v1/blocks/{block_id}{path}", json=body, facilities=[FACILITY]
            )
            assert (answer.status_code, code_of(answer)) == (404, "not_found")


async def test_a_list_shows_what_concerns_the_facilities_that_the_token_covers(people: World) -> None:
    made = {
        name: (await set_block(people, NUMBER, **changes))["block_id"]
        for name, changes in {
            "anna": {},
            "released": {"inmate_id": ERIC},
            "carl": {"inmate_id": CARL, "kind": "victim"},
            "unknown": {"inmate_id": "999999"},
            "here": of_facility(),
            "north": of_facility(facility_id=NORTH),
            "system": of_system(number=OTHER_NUMBER),
        }.items()
    }

    async def listed(query: str = "", facilities: list[str] | None = None) -> set[str]:
        answer = await people.call("security", "GET", f"/v1/blocks{query}", facilities=facilities)
        assert answer.status_code == 200, answer.text
        names = {block_id: name for name, block_id in made.items()}
        return {names[item["block_id"]] for item in answer.json()["items"]}

    assert await listed() == set(made)
    assert await listed(facilities=[FACILITY]) == {"anna", "released", "unknown", "here", "system"}
    assert await listed(facilities=[NORTH]) == {"carl", "unknown", "north", "system"}
    assert await listed(f"?facility_id={NORTH}") == {"carl", "north"}
    assert await listed("?scope=facility") == {"here", "north"}
    assert await listed("?kind=victim") == {"carl"}
    assert await listed(f"?inmate_id={ANNA}") == {"anna"}
    assert await listed(f"?inmate_id={CARL}", facilities=[FACILITY]) == set()
    for spelling in ("%2B18605550124", "860-555-0124", "+18605550124"):
        assert await listed(f"?number={spelling}") == {"system"}, spelling
    people.clock.advance(1)
    papers = {"authority": "a", "evidence_reference": "b"}
    await people.call("security", "POST", f"/v1/blocks/{made['anna']}/lift", json=papers)
    assert await listed("?state=lifted") == {"anna"}
    assert await listed("?state=expired") == set()
    assert await listed("?state=in_force") == set(made) - {"anna"}

    elsewhere = await people.call("security", "GET", f"/v1/blocks?facility_id={NORTH}", facilities=[FACILITY])
    assert (elsewhere.status_code, code_of(elsewhere)) == (404, "not_found")
    nonsense = await people.call("security", "GET", "/v1/blocks?number=12345678901234567890")
    assert (nonsense.status_code, code_of(nonsense)) == (422, "number_not_valid")


async def test_blocks_are_listed_newest_first_page_by_page(people: World) -> None:
    made = []
    for number in FREE[:3]:
        made.append((await set_block(people, number))["block_id"])
        people.clock.advance(1)
    page = (await people.call("warden", "GET", "/v1/blocks?limit=2")).json()
    rest = (await people.call("warden", "GET", f"/v1/blocks?limit=2&cursor={page['next_cursor']}")).json()
    assert [item["block_id"] for item in page["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_a_repeated_key_sets_one_block(people: World) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = block_body(NUMBER)
    first = await people.call("warden", "POST", "/v1/blocks", json=body, headers=headers)
    again = await people.call("warden", "POST", "/v1/blocks", json=body, headers=headers)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")
    assert len((await people.call("warden", "GET", "/v1/blocks")).json()["items"]) == 1


async def test_a_block_is_on_the_trail_of_the_place_it_concerns(people: World) -> None:
    for changes, place in (
        ({}, FACILITY),
        ({"inmate_id": CARL}, NORTH),
        (of_facility(), FACILITY),
        ({"inmate_id": "999999"}, None),
        (of_system(), None),
    ):
        block = await set_block(people, NUMBER, **changes)
        event = (await people.call("security", "GET", "/v1/audit-events?limit=1")).json()["items"][0]
        del block["calls_revoked"]
        assert (event["action"], event["object_type"], event["object_id"]) == ("set_block", "block", block["block_id"])
        assert (event["facility_id"], event["before"], event["after"]) == (place, None, block)
        people.clock.advance(1)
