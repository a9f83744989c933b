"""Is every staff POST about people answered once under its Idempotency-Key, and written once?"""

from typing import Any

import pytest

from tests.conftest import World
from tests.people import DORA, FREE, addition, block_body, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER

PAPERS = {"authority": "order vacated", "evidence_reference": "DOC-2026-1"}
SHUTOFF = {"reason": "disturbance", "ends_at": "2026-11-20T18:00:00Z"}
RESTRICTION = {
    "kind": "disciplinary",
    "starts_at": "2026-11-20T17:00:00Z",
    "ends_at": "2026-11-21T17:00:00Z",
    "authority": "hearing officer",
    "case_number": "DR-1",
}


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def posts(people: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Every POST that this file is about, each ready to be accepted once and not a second time without its key."""
    victim = (await set_block(people, FREE[0], kind="victim", inmate_id=DORA))["block_id"]
    other = (await set_block(people, FREE[1]))["block_id"]
    path = f"/v1/inmates/{ANNA}/restrictions"
    restriction = (await people.call("warden", "POST", path, json=RESTRICTION)).json()["restriction_id"]
    shutoff = (await people.call("warden", "POST", "/v1/shutoffs", json=SHUTOFF)).json()["shutoff_id"]
    exception = {"inmate_id": BORIS, "note": "n", "until": "indefinite"}
    return [
        ("counselor", f"/v1/inmates/{DORA}/list-changes", {"add": [addition(FREE[5])]}),
        ("warden", f"/v1/inmates/{ANNA}/list-removals", {"number": NUMBER, "note": "n"}),
        ("warden", "/v1/blocks", block_body(FREE[2])),
        ("warden", f"/v1/blocks/{victim}/exceptions", exception),
        ("warden", f"/v1/blocks/{victim}/lift", PAPERS),
        ("warden", f"/v1/blocks/{other}/lift", PAPERS),
        ("warden", path, RESTRICTION),
        ("warden", f"/v1/restrictions/{restriction}/end", {"note": "n"}),
        ("warden", "/v1/shutoffs", SHUTOFF),
        ("warden", f"/v1/facilities/{FACILITY}/shutoffs", SHUTOFF),
        ("warden", f"/v1/shutoffs/{shutoff}/end", {"note": "n"}),
    ]


async def test_a_repeated_key_gives_the_first_answer_again_and_writes_nothing(people: World) -> None:
    for role, path, body in await posts(people):
        headers = {"Idempotency-Key": "the-same-key-on-every-route"}
        first = await people.call(role, "POST", path, json=body, headers=headers)
        assert first.status_code in {200, 201, 202}, (path, first.text)
        assert "idempotent-replayed" not in first.headers
        trail = (await people.call("security", "GET", "/v1/audit-events")).text
        people.clock.advance(1)
        again = await people.call(role, "POST", path, json=body, headers=headers)
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        assert again.headers["idempotent-replayed"] == "true"
        assert (await people.call("security", "GET", "/v1/audit-events")).text == trail
        other = await people.call(role, "POST", path, json={**body, "note": "another"}, headers=headers)
        assert (other.status_code, code_of(other)) in {(422, "idempotency_key_reused"), (422, "malformed_request")}
