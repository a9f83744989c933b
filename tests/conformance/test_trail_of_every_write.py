"""Does every write of staff stand on the audit trail, with its author, role, and what it left?"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.conformance.objects import VICTIM_BLOCK
from tests.conformance.roles_table import BLOCK_LIFT_OTHER, EXPECTED, ROLES
from tests.conformance.sending import BODIES, SWITCH_ROUTES, Furnished, dumps, send
from tests.conftest import World

# What a switch settles was staff's doing, and stands on the trail as that.
BY_SWITCHES = {*SWITCH_ROUTES, "POST /v1/switches/self/commands/{command_id}/ack"}
ASKS_FOR_NOTHING = "POST /v1/switches/{switch_id}/webhook-secret"
# What is put as it stands already is no write.
OTHERWISE: Mapping[str, dict[str, str]] = {
    "PUT /v1/facilities/{facility_id}": {"name": "Another CI"},
    "PUT /v1/facilities/{facility_id}/stations/{station_id}": {"unit": "Z"},
    "PUT /v1/facilities/{facility_id}/tariffs/{tariff}": {"per_minute": "0.19"},
    "PUT /v1/inmates/{inmate_id}": {"name": "Another Name"},
    "PUT /v1/switches/{switch_id}": {"name": "Another"},
}


def trail(world: World) -> list[Any]:
    with open_sync(world.deployment.database.url) as connection:
        return list(connection.execute(select(t.audit_events).order_by(t.audit_events.c.event_id)))


async def test_every_route_that_writes_leaves_its_author_role_and_what_it_left(furnished: Furnished) -> None:
    world, here, _ = furnished
    written = 0
    for name, body in BODIES.items():
        if name in BY_SWITCHES:
            continue
        ids = {**here, "block_id": VICTIM_BLOCK} if name == "POST /v1/blocks/{block_id}/exceptions" else here
        allowed = BLOCK_LIFT_OTHER if name == "POST /v1/blocks/{block_id}/lift" else EXPECTED[name]
        role = next(role for role in ROLES if role in allowed)
        before = {event.event_id for event in trail(world)}
        status, found = await send(world, name, ids, role=role, content=dumps(body | OTHERWISE.get(name, {})))
        assert 200 <= status < 300, (name, found)
        new = [event for event in trail(world) if event.event_id not in before]
        assert new, name
        assert {(event.author, event.role) for event in new} == {(role, role)}, name
        assert all(event.action and event.object_type and event.object_id for event in new), name
        assert all(isinstance(json.loads(event.after), dict) for event in new), name
        assert all(event.before is None or isinstance(json.loads(event.before), dict) for event in new), name
        written += 1
    assert written > 20


async def test_what_a_role_may_not_and_what_is_malformed_leave_nothing(furnished: Furnished) -> None:
    world, here, _ = furnished
    before = len(trail(world))
    for name in BODIES:
        if name in BY_SWITCHES or name == ASKS_FOR_NOTHING:
            continue
        for role in ROLES:
            status, _found = await send(world, name, here, role=role, content=b'{"no such field": 1}')
            assert status >= 400, (name, role)
    assert len(trail(world)) == before
