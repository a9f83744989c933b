"""Which places and people do tests begin with?"""

from typing import Any

import httpx

from callgate.store.audit import list_audit_events
from tests.conftest import World

FACILITY: dict[str, Any] = {
    "name": "Osborn Correctional Institution",
    "time_zone": "America/New_York",
    "profile": "ct-doc",
    "hours": None,
    "region": "US",
    "rate_cap_tier": None,
    "limits": None,
}
STATION: dict[str, Any] = {"unit": "A", "media": "voice", "hours": None, "enabled": True}
TARIFF: dict[str, Any] = {
    "payment_types": ["collect"],
    "media": ["voice", "tty", "relay"],
    "destination": "domestic",
    "currency": "USD",
    "per_minute": "0.21",
    "connection_fee": "0.00",
    "increment_seconds": 60,
    "payer": "called_party",
    "effective_from": "2026-01-01",
    "effective_until": None,
}
INMATE: dict[str, Any] = {
    "facility_id": "osborn",
    "unit": "A",
    "status": "active",
    "name": "Sam Doe",
    "date_of_birth": "1985-03-07",
    "projected_release": None,
}


async def put(world: World, path: str, body: dict[str, Any], **how: Any) -> httpx.Response:
    """One PUT by an operator, a millisecond after whatever was before it: the trail is in the order of time."""
    world.clock.advance(0.001)
    return await world.call("operator", "PUT", path, json=body, **how)


async def put_facility(world: World, facility_id: str = "osborn", **changes: Any) -> httpx.Response:
    return await put(world, f"/v1/facilities/{facility_id}", FACILITY | changes)


async def put_station(
    world: World, station_id: str = "osb-1", facility_id: str = "osborn", **changes: Any
) -> httpx.Response:
    path = f"/v1/facilities/{facility_id}/stations/{station_id}"
    return await put(world, path, STATION | changes)


async def put_tariff(
    world: World, tariff: str = "collect", facility_id: str = "osborn", **changes: Any
) -> httpx.Response:
    path = f"/v1/facilities/{facility_id}/tariffs/{tariff}"
    return await put(world, path, TARIFF | changes)


async def put_inmate(world: World, inmate_id: str = "204418", **changes: Any) -> httpx.Response:
    return await put(world, f"/v1/inmates/{inmate_id}", INMATE | changes)


async def audit_trail(world: World) -> list[dict[str, Any]]:
    """Every write so far, oldest first, as the trail has it."""
    async with world.deployment.database.read() as transaction:
        rows = await list_audit_events(transaction, facility_ids=None, after=None, limit=200)
    told = [dict(row._mapping) for row in rows]
    return sorted(told, key=lambda event: (event["occurred_at"], event["action"]))


def in_full_width(digits: str) -> str:
    """Digits that look like these and are others."""
    return "".join(chr(0xFF10 + int(digit)) if digit.isdigit() else digit for digit in digits)


def code_of(response: httpx.Response) -> str:
    """The stable name of what went wrong, and that the answer has every part of a problem."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "code"} <= body.keys()
    assert body["status"] == response.status_code
    return str(body["code"])
