"""What must be there before the day begins? Put there by the API alone, each thing by whoever may."""

from typing import Any, Final

from callgate.commands.demo.desk import Desk
from callgate.commands.demo.people import (
    ATTORNEY,
    FACILITY,
    HOTLINE,
    PEOPLE,
    STATIONS,
    SWITCH,
    Person,
)
from callgate.commands.terminal import Refusal

_FIRST_ERROR: Final = 400
FACILITY_ROW: Final[dict[str, Any]] = {
    "name": "Demo Correctional Institution",
    "time_zone": "America/New_York",
    "profile": "ct-doc",
    "hours": None,
    "region": "US",
    "rate_cap_tier": None,
    "limits": None,
}
# The rate that the regulation was first written against: 0.21 a minute, 3.15 for 15. In Connecticut it is history.
_PAYERS: Final = (("collect", "called_party"), ("prepaid", "prepaid_account"))


def set_up(desk: Desk) -> None:
    """Register places, prices, people, PINs, lists and the numbers that are everybody's.

    Raises:
        Refusal: the service took one of them not.
    """
    desk.deal_pins()
    _put(desk, f"/v1/facilities/{FACILITY}", FACILITY_ROW)
    _put(
        desk,
        f"/v1/switches/{SWITCH}",
        {"name": "Demo switch", "facilities": [FACILITY], "revoke_url": None, "tokens_not_before": None},
    )
    for payment_type, payer in _PAYERS:
        _put(desk, f"/v1/facilities/{FACILITY}/tariffs/demo-{payment_type}", tariff_row(payment_type, payer))
    for station_id, unit, enabled in STATIONS:
        station = {"unit": unit, "media": "voice", "hours": None, "enabled": enabled}
        _put(desk, f"/v1/facilities/{FACILITY}/stations/{station_id}", station)
    for number, kind, name in (
        (ATTORNEY, "privileged", "Hill & Stone, attorneys"),
        (HOTLINE, "hotline", "PREA hotline"),
    ):
        proposal = {"facility_id": FACILITY, "kind": kind, "name": name, "verified_by": "Called back, 2026-11-02"}
        _put(desk, f"/v1/common-numbers/{number}", proposal)
        _do(desk, "warden", "POST", f"/v1/common-numbers/{number}/confirm", {"note": "The papers were read."})
    for person in PEOPLE:
        _book(desk, person)


def _book(desk: Desk, person: Person) -> None:
    row = {
        "facility_id": FACILITY,
        "unit": person.unit,
        "status": "active",
        "name": person.name,
        "date_of_birth": None,
        "projected_release": None,
    }
    _put(desk, f"/v1/inmates/{person.inmate_id}", row)
    _do(desk, "operator", "POST", f"/v1/inmates/{person.inmate_id}/pin", {"pin": desk.pin_of(person)})
    numbers = [
        {"number": number, "name": name, "relationship": relationship, "kind": "social"}
        for number, name, relationship in person.numbers
    ]
    _do(desk, "counselor", "POST", f"/v1/inmates/{person.inmate_id}/list-changes", {"add": numbers, "remove": []})


def tariff_row(payment_type: str, payer: str) -> dict[str, Any]:
    """The body of a tariff for one way to pay, at the demonstration's price."""
    return {
        "payment_types": [payment_type],
        "destination": "domestic",
        "currency": "USD",
        "per_minute": "0.21",
        "connection_fee": "0.00",
        "increment_seconds": 60,
        "payer": payer,
        "effective_from": "2026-01-01",
        "effective_until": None,
    }


def _put(desk: Desk, path: str, body: dict[str, Any]) -> None:
    _do(desk, "operator", "PUT", path, body)


def _do(desk: Desk, role: str, method: str, path: str, body: dict[str, Any]) -> None:
    response = desk.as_staff(role, method, path, body)
    if response.status_code >= _FIRST_ERROR:
        code = response.json().get("code")
        raise Refusal(f"The set-up failed at {method} {path}, asked as {role}: {response.status_code} {code}.")
