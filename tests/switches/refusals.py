"""Who is refused, and by which class? Each is made anew for the test of one switch, with the SIP status that is due."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from callgate.domain.instants import to_wire
from tests.switches.gate import Gate, Person, utc_now


def disabled_station(gate: Gate) -> Person:
    return gate.book(gate.put_station("off-1", enabled=False))


def after_hours(gate: Gate) -> Person:
    gate.put_facility("night-ci", hour=3)
    return gate.book(gate.put_station("night-1", "night-ci"), "night-ci")


def wrong_pin(gate: Gate) -> Person:
    person = gate.book(gate.put_station("guess-1"))
    return replace(person, pin=f"{(int(person.pin) + 7) % 10**10:010d}")


def restricted(gate: Gate) -> Person:
    person = gate.book(gate.put_station("bench-1"))
    body = {
        "kind": "disciplinary",
        "starts_at": to_wire(utc_now() - timedelta(hours=1)),
        "ends_at": to_wire(utc_now() + timedelta(days=1)),
        "authority": "hearing officer",
        "case_number": "DR-1",
        "bars_privileged": False,
        "finding": None,
    }
    gate.ask("security", "POST", f"/v1/inmates/{person.inmate_id}/restrictions", body)
    return person


def unlisted(gate: Gate) -> Person:
    return gate.book(gate.put_station("bench-1"), is_listed=False)


def premium(gate: Gate) -> Person:
    return replace(gate.book(gate.put_station("bench-1")), number="9005550130")


def listed(gate: Gate) -> Person:
    return gate.book(gate.put_station("bench-1"))


REFUSED: Final = {
    "not_in_service": (disabled_station, 603),
    "outside_calling_hours": (after_hours, 480),
    "pin_not_accepted": (wrong_pin, 403),
    "calls_restricted": (restricted, 603),
    "number_not_valid": (premium, 603),
    "number_not_available": (unlisted, 603),
    "rate_unavailable": (listed, 603),
}
