"""How is one operation asked, with a token of which role, and with which body?"""

import json
from typing import Any

from tests.conformance.objects import Ids, good_bodies, path_of
from tests.conformance.roles_table import ALWAYS_200
from tests.conftest import World
from tests.seeding import FACILITY, NOON

Furnished = tuple[World, Ids, Ids]
"""The application, and the ids of what is here and of what is up north."""

GARBAGE = b'{"number": "+1860555'
SWITCH_ROUTES = {
    "POST /v1/authorize",
    "POST /v1/call-events",
    "POST /v1/radius/authorize",
    "POST /v1/radius/accounting",
    *ALWAYS_200,
}
BODIES = dict(good_bodies({"facility_id": FACILITY}, now=NOON))


async def send(
    world: World,
    name: str,
    ids: Ids,
    *,
    role: str | None,
    content: bytes | None = None,
    facilities: list[str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """One request with a token of that role; None: without a token."""
    method, _, template = name.partition(" ")
    headers = {"Content-Type": "application/json"}
    if role is not None:
        headers["Authorization"] = f"Bearer {world.token(role, facilities=facilities)}"
    answer = await world.client.request(method, path_of(template, ids), content=content, headers=headers)
    found = answer.json() if answer.content else {}
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert found["status"] == answer.status_code
    return answer.status_code, found


def dumps(body: object) -> bytes:
    """A body as JSON."""
    return json.dumps(body).encode()
