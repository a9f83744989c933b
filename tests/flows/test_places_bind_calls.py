"""What an operator writes is what the next call is decided on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.asking import decide
from tests.conftest import World, open_world
from tests.places import put_facility, put_inmate, put_station, put_tariff

NUMBER = "+18605550123"
HOTLINE = "+18005550123"
PERSON = "204418"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The real application with time to answer: what is asked here is what it answers, not how fast."""
    async with open_world(database_url, deadline_seconds=10.0) as opened:
        yield opened


async def issue_pin(world: World, body: dict[str, Any] | None = None) -> str:
    answer = await world.call("operator", "POST", f"/v1/inmates/{PERSON}/pin", json=body or {})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["pin"])


async def a_place_to_call_from(world: World) -> str:
    """A facility with a telephone, a price and a person with one listed number; answers the PIN."""
    await put_facility(world)
    await put_station(world)
    await put_tariff(world)
    await put_inmate(world)
    listed = {"number": NUMBER, "name": "Ruth Doe", "relationship": "mother", "kind": "social"}
    changes = {"add": [listed], "remove": []}
    answer = await world.call("counselor", "POST", f"/v1/inmates/{PERSON}/list-changes", json=changes)
    assert answer.status_code == 201, answer.text
    return await issue_pin(world)


async def call(world: World, name: str, pin: str | None, **changes: Any) -> dict[str, Any]:
    asked = {"station_id": "osb-1", "pin": pin, "called_number": NUMBER, "payment_type": "collect"} | changes
    answer = await decide(world, name, **asked)
    if answer["decision"] == "allow":
        # The call is over at once, so that the next is not refused for it.
        ended = {"call_id": name, "type": "ended", "sequence_number": 1, "duration_seconds": 0, "cause": "no_answer"}
        event = ended | {"occurred_at": world.clock.now().isoformat()}
        reported = await world.call("switch", "POST", "/v1/call-events", json=event, subject="sw-1")
        assert reported.status_code == 200, reported.text
    return answer


async def reason(world: World, name: str, pin: str | None, **changes: Any) -> str | None:
    answer: str | None = (await call(world, name, pin, **changes))["reason"]
    return answer


async def test_a_registered_place_allows_a_call_at_its_own_price(world: World) -> None:
    pin = await a_place_to_call_from(world)
    answer = await call(world, "c1", pin)
    assert (answer["decision"], answer["max_duration_seconds"]) == ("allow", 900)
    assert (answer["rate_quote"]["per_minute"], answer["rate_quote"]["max_charge"]) == ("0.21", "3.15")
    await put_tariff(world, per_minute="0.050")
    assert (await call(world, "c2", pin))["rate_quote"]["per_minute"] == "0.050"
    await put_tariff(world, effective_until="2026-11-20")
    assert await reason(world, "c3", pin) == "rate_unavailable"


async def test_the_places_terms_bind_the_next_call(world: World) -> None:
    pin = await a_place_to_call_from(world)
    await put_station(world, enabled=False)
    assert await reason(world, "c1", pin) == "not_in_service"
    await put_station(world, hours={"open": "13:00", "close": "20:00"})
    assert await reason(world, "c2", pin) == "outside_calling_hours"
    await put_station(world)
    await put_facility(world, hours={"open": "06:00", "close": "12:00"})
    assert await reason(world, "c3", pin) == "outside_calling_hours"
    await put_facility(world, limits={"calls_per_day": 0})
    assert await reason(world, "c4", pin) == "limit_reached"
    await put_facility(world, profile="ny-doccs")
    answer = await call(world, "c5", pin)
    assert (answer["decision"], answer["policy"].partition("@")[0]) == ("allow", "ny-doccs")
    await put_facility(world)
    assert await reason(world, "c6", pin) is None


@pytest.mark.feature("F04", "F55")
async def test_a_pin_dies_with_the_next_one_with_a_release_and_with_a_move(world: World) -> None:
    first = await a_place_to_call_from(world)
    second = await issue_pin(world)
    assert await reason(world, "c1", first) == "pin_not_accepted"
    assert await reason(world, "c2", second) is None
    await put_facility(world, "enfield")
    await put_inmate(world, PERSON, facility_id="enfield")
    assert await reason(world, "c3", second) == "pin_not_accepted"
    await put_inmate(world, PERSON)
    assert await reason(world, "c4", second) is None
    await put_inmate(world, PERSON, status="released")
    assert await reason(world, "c5", second) == "pin_not_accepted"
    await put_inmate(world, PERSON)
    world.clock.advance(3600)  # the wrong ones are forgotten
    assert await reason(world, "c6", second) == "pin_not_accepted"
    assert await reason(world, "c7", await issue_pin(world)) is None


async def test_a_common_number_is_common_once_two_people_said_so(world: World) -> None:
    await a_place_to_call_from(world)
    proposal = {"facility_id": None, "kind": "hotline", "name": "Crisis line", "verified_by": "its letter"}
    path = f"/v1/common-numbers/{HOTLINE}"

    async def dial(name: str) -> tuple[str, str | None]:
        answer = await call(world, name, None, called_number=HOTLINE)
        return answer["decision"], answer["call_class"]

    assert await dial("c1") == ("deny", None)
    assert (await world.call("operator", "PUT", path, json=proposal, subject="o.perez")).status_code == 201
    assert await dial("c2") == ("deny", None)
    confirmed = await world.call("warden", "POST", f"{path}/confirm", json={"note": "called back"}, subject="w.lamb")
    assert confirmed.status_code == 200
    assert await dial("c3") == ("allow", "hotline")
    changed = await world.call("operator", "PUT", path, json=proposal | {"name": "Another"}, subject="o.perez")
    assert changed.json()["state"] == "proposed"
    assert await dial("c4") == ("deny", None)


async def test_a_registered_switch_is_bound_by_its_row_beside_its_token(world: World) -> None:
    pin = await a_place_to_call_from(world)
    row: dict[str, Any] = {"name": "x", "facilities": ["enfield"], "revoke_url": None, "tokens_not_before": None}
    assert await reason(world, "c1", pin) is None
    await world.call("operator", "PUT", "/v1/switches/sw-1", json=row)
    assert await reason(world, "c2", pin) == "not_in_service"
    await world.call("operator", "PUT", "/v1/switches/sw-1", json=row | {"facilities": ["osborn"]})
    assert await reason(world, "c3", pin) is None
