"""How do tests ask that a number be called no more, and decide about it?"""

from typing import Any

import httpx

from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import parse_pin_keys
from callgate.flows.track_removal import token_digests
from tests.conftest import World
from tests.seeding import FACILITY, NOON, NUMBER, PIN_KEY

PATH = "/v1/removal-requests"


def removal_body(number: str = NUMBER, /, **changes: Any) -> dict[str, Any]:
    """A letter about everybody at the seeded facility, as a counselor enters it; None leaves a field out."""
    body = {
        "facility_id": FACILITY,
        "number": number,
        "requester_name": "Ruth Doe",
        "received_on": "2026-11-20",
        "channel": "letter",
        "letter_reference": "IN-1187",
        "identity_checked": True,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def removal_request_row(request_id: str, number: str = NUMBER, /, **changes: Any) -> dict[str, Any]:
    """An open request without a block; its token is `token-of-` and its id."""
    row = {
        "request_id": request_id,
        "facility_id": FACILITY,
        "number": number,
        "requester_name": "Ruth Doe",
        "received_on": "2026-11-18",
        "channel": "letter",
        "identity_checked": True,
        "state": "open",
        "due_on": "2026-11-25",
        "listed_for": 0,
        "token_digest": token_digests(parse_pin_keys(PIN_KEY), f"token-of-{request_id}")[0],
        "created_by": "m.okafor",
        "created_role": "counselor",
        "created_at": to_milliseconds(NOON),
    }
    return row | changes


async def ask_removal(world: World, number: str = NUMBER, /, *, role: str = "counselor", **changes: Any) -> Any:
    """One request, whatever becomes of it."""
    sent = {name: changes.pop(name) for name in ("facilities", "headers", "subject") if name in changes}
    return await world.call(role, "POST", PATH, json=removal_body(number, **changes), **sent)


async def take_in(world: World, number: str = NUMBER, /, **changes: Any) -> dict[str, Any]:
    """One request that must be accepted."""
    answer = await ask_removal(world, number, **changes)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def rule(
    world: World, request_id: str, decision: str, scope: str | None = "facility", **sent: Any
) -> httpx.Response:
    """One decision by the warden, whatever becomes of it."""
    body = {"decision": decision, "note": "a telephone bill was seen"} | ({} if scope is None else {"scope": scope})
    return await world.call("warden", "POST", f"{PATH}/{request_id}/decision", json=body, **sent)


async def grant(world: World, request_id: str, scope: str = "facility") -> dict[str, Any]:
    """A grant that must be accepted."""
    answer = await rule(world, request_id, "grant", scope)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def refuse(world: World, request_id: str) -> dict[str, Any]:
    """A refusal that must be accepted."""
    answer = await rule(world, request_id, "refuse", None)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def blocks_of(world: World, request_id: str) -> list[dict[str, Any]]:
    """The blocks that stand because of the request."""
    found = (await world.call("warden", "GET", "/v1/blocks?state=in_force&limit=200")).json()["items"]
    return [block for block in found if block["request_id"] == request_id]
