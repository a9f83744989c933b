"""How does a switch ask about a number that something stands against: in every way, and whatever else is in the way?"""

from datetime import timedelta
from typing import Any, Final

from tests.conformance.observing import HIDDEN_NUMBER, Observer
from tests.conformance.roles_table import EXPECTED
from tests.conformance.twin_causes import (
    ANOTHER_NUMBER,
    PAUL,
    PINS,
    QUIN,
    UNIT_B_STATION,
    Cause,
    hidden,
    of_the_facility,
)
from tests.people import NORTH_STATION
from tests.seeding import OTHER_STATION, STATION

FORM: Final = "application/x-www-form-urlencoded"
SPELLINGS: Final = (HIDDEN_NUMBER, HIDDEN_NUMBER.removeprefix("+1"), HIDDEN_NUMBER.removeprefix("+"))
SWITCH: Final = "/v1/switches/{switch_id}"


async def register_switch(observer: Observer) -> None:
    """The switch that asks has a row of its own, so that it can be told to end calls."""
    body = {"name": "Kamailio", "facilities": ["*"], "revoke_url": None}
    await observer.ask("operator", "PUT", SWITCH.format(switch_id="sw-1"), template=SWITCH, json=body)


async def call(observer: Observer, call_id: str, inmate_id: str | None, **changes: Any) -> None:
    """One attempt, at the first telephone, to the hidden number."""
    body = {"call_id": call_id, "station_id": STATION, "called_number": HIDDEN_NUMBER, "pin": PINS.get(inmate_id or "")}
    sent = {name: value for name, value in (body | changes).items() if value is not None}
    await observer.ask("switch", "POST", "/v1/authorize", json=sent)


async def tell(observer: Observer, call_id: str, kind: str, number: int, **changes: Any) -> None:
    """One event of a call."""
    at = observer.world.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body: dict[str, Any] = {"call_id": call_id, "type": kind, "sequence_number": number, "occurred_at": at}
    if kind == "ended":
        body |= {"duration_seconds": 60, "cause": "completed"}
    await observer.ask("switch", "POST", "/v1/call-events", json=body | changes)


async def call_in_every_way(observer: Observer, name: str) -> None:
    """Attempts that must be refused, whatever else stands against them, and what follows an attempt."""
    for position, number in enumerate(SPELLINGS):
        await call(observer, f"{name}-spelled-{position}", PAUL, called_number=number)
    await call(observer, f"{name}-spelled-0", PAUL)  # again
    await call(observer, f"{name}-spelled-0", PAUL, requested_duration_seconds=60)  # another content
    await call(observer, f"{name}-unit", PAUL, station_id=UNIT_B_STATION)
    await call(observer, f"{name}-cellmate", QUIN, station_id=OTHER_STATION)
    await call(observer, f"{name}-north", PAUL, station_id=NORTH_STATION)
    await call(observer, f"{name}-no-pin", None)
    await call(observer, f"{name}-wrong-pin", None, pin="000111222")
    for changes in ({"payment_type": "debit"}, {"payment_type": "free"}, {"media": "tty"}):
        await call(observer, f"{name}-{'-'.join(changes.values())}", PAUL, **changes)
    await call(observer, f"{name}-short", PAUL, requested_duration_seconds=30)
    await call(observer, f"{name}-other-digits", PAUL, called_number=f"{HIDDEN_NUMBER}9")
    await call_in_every_dialect(observer, name)
    for position, event in enumerate(("answered", "called_party_block", "ended")):
        await tell(observer, f"{name}-unit", event, position)


async def call_another_number(observer: Observer, name: str) -> None:
    """A call that is allowed, one beside it, and the report that the first was diverted to the hidden number."""
    await call(observer, f"{name}-free", PAUL, called_number=ANOTHER_NUMBER)
    await call(observer, f"{name}-meanwhile", PAUL, station_id=OTHER_STATION)
    await tell(observer, f"{name}-free", "answered", 1)
    await tell(observer, f"{name}-free", "three_way_suspected", 2)
    await tell(observer, f"{name}-free", "diverted", 3, diverted_to=HIDDEN_NUMBER)
    await tell(observer, f"{name}-free", "progress", 4)
    await tell(observer, f"{name}-free", "ended", 5)


async def call_in_every_dialect(observer: Observer, name: str) -> None:
    """The same attempt as switches send it that speak no JSON, or another one, and what RADIUS reports of it."""
    pin, number = PINS[PAUL], HIDDEN_NUMBER.removeprefix("+1")
    form = f"call_id={name}-form&station_id={STATION}&pin={pin}&called_number={number}"
    await observer.ask("switch", "POST", "/v1/authorize", content=form, headers={"Content-Type": FORM, "Accept": FORM})
    attributes = {
        "Acct-Session-Id": f"{name}-radius",
        "Calling-Station-Id": STATION,
        "Called-Station-Id": number,
        "User-Password": pin,
    }
    told = {"Acct-Session-Id": f"{name}-radius", "Acct-Status-Type": "Start"}
    for path, given in (("/v1/radius/authorize", attributes), ("/v1/radius/accounting", told)):
        if f"POST {path}" in EXPECTED:
            body = {each: {"type": "string", "value": [value]} for each, value in given.items()}
            await observer.ask("switch", "POST", path, json=body)
    if "POST /v1/freeswitch/dialplan" in EXPECTED:
        form = f"Unique-ID={name}-xml&variable_callgate_station_id={STATION}&variable_callgate_pin={pin}"
        content = f"{form}&Caller-Destination-Number={number}&Caller-Context=callgate"
        await observer.ask("switch", "POST", "/v1/freeswitch/dialplan", content=content, headers={"Content-Type": FORM})


async def call_against_other_reasons(observer: Observer, name: str) -> None:
    """Whatever is told before or after the number is told in its place."""
    world = observer.world
    await hidden(world, "security", "POST", f"/v1/inmates/{PAUL}/restrictions", json=_restriction(observer), status=201)
    await call(observer, f"{name}-restricted", PAUL)
    world.clock.advance(3601)
    await call(observer, f"{name}-after", PAUL)
    shut = {"unit": "B", "reason": "count", "ends_at": _later(observer, 60)}
    await observer.ask("operator", "POST", of_the_facility("/shutoffs"), template=_SHUTOFFS, json=shut)
    await call(observer, f"{name}-shut", PAUL, station_id=UNIT_B_STATION)
    world.clock.advance(61)
    day = world.clock.now()
    world.clock.set(day.replace(hour=9, minute=0, second=0) + timedelta(days=1))  # 04:00 in New York
    await call(observer, f"{name}-night", PAUL)
    world.clock.set(day + timedelta(days=1))


_SHUTOFFS: Final = "/v1/facilities/{facility_id}/shutoffs"


def _restriction(observer: Observer) -> dict[str, Any]:
    return {
        "kind": "disciplinary",
        "starts_at": _later(observer, 0),
        "ends_at": _later(observer, 3600),
        "authority": "hearing officer",
        "case_number": "DR-9",
        "bars_privileged": False,
        "finding": None,
    }


def _later(observer: Observer, seconds: int) -> str:
    instant = observer.world.clock.now() + timedelta(seconds=seconds)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def live_at_the_telephone(observer: Observer, cause: Cause) -> None:
    """Calls alone, for causes that a list would show."""
    observer.part = "calls"
    await cause.set(observer.world)
    await register_switch(observer)
    await call_in_every_way(observer, "calls")
    await call_against_other_reasons(observer, "reasons")
    await call_another_number(observer, "other")
    decision = "/v1/decisions/{decision_id}"
    for decision_id in observer.known["decision_id"]:
        await observer.ask("counselor", "GET", decision.format(decision_id=decision_id), template=decision)
    await observer.ask("switch", "POST", "/v1/call-events", json={"events": []})
