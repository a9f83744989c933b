"""Which records is everything measured on, and what is asked of them?

Everything follows from one seed, so that two runs ask the same questions of the same records. Each person calls once
in a run: whoever called keeps the PIN busy for two minutes, and a run that asked again would measure refusals.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from callgate.domain.instants import to_milliseconds
from tests.seeding import NOON, block_row, entry_row, facility_row, fill, inmate_row, pin_row, station_row

SEED: Final = 20261120
FACILITIES: Final = 10
STATIONS: Final = 500
NUMBERS_EACH: Final = 10
HOTLINE: Final = "+18005550199"
PREMIUM: Final = "+19002345678"

# How often each kind is asked, in a thousand, and what must be answered: `allow`, or the class of the refusal.
KINDS: Final[Mapping[str, tuple[int, str]]] = {
    "listed": (860, "allow"),
    "attorney": (30, "allow"),
    "hotline": (10, "allow"),
    "unlisted": (50, "number_not_available"),
    "blocked": (10, "number_not_available"),
    "restricted": (10, "calls_restricted"),
    "wrong_pin": (10, "pin_not_accepted"),
    "premium": (10, "number_not_valid"),
    "debit": (10, "rate_unavailable"),
}
# A hundred wrong PINs at one facility in an hour lock every telephone there, and the run would measure locks.
WRONG_PINS_MAX: Final = 90 * FACILITIES

_AREAS: Final = ("203", "475", "860", "959")
_AREA_OF_NOBODY: Final = "212"  # on nobody's list
_AREA_OF_THE_BLOCKED: Final = "413"  # a blocked number stands on one list: it would be refused to whoever else has it
_EXCHANGES: Final = tuple(each for each in range(200, 1000) if each % 100 != 11 and each not in (555, 976))  # noqa: PLR2004 - N11, directory and charged exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with a PIN and a list, and what the one call of this run is to be."""

    inmate_id: str
    facility: int
    station: int
    pin: str
    numbers: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its kind and its body."""

    kind: str
    body: Mapping[str, Any]


def people_of(count: int) -> tuple[Person, ...]:
    """Who is there? The same people for the same count."""
    random = Random(SEED)
    pins = random.sample(range(10**8, 10**9), count)
    kinds = random.choices([*KINDS], weights=[weight for weight, _ in KINDS.values()], k=count)
    return tuple(
        _person(random, i, pin=str(pin), kind=kind) for i, (pin, kind) in enumerate(zip(pins, kinds, strict=True))
    )


def _person(random: Random, i: int, *, pin: str, kind: str) -> Person:
    facility = i % FACILITIES
    areas = [_AREA_OF_THE_BLOCKED if kind == "blocked" else random.choice(_AREAS)]
    areas += random.choices(_AREAS, k=NUMBERS_EACH - 1)
    return Person(
        inmate_id=f"{100_000 + i}",
        facility=facility,
        station=facility + FACILITIES * random.randrange(STATIONS // FACILITIES),
        pin=pin,
        numbers=tuple({_number(random, area): None for area in areas}),
        kind=kind,
    )


def _number(random: Random, area: str) -> str:
    return f"+1{area}{random.choice(_EXCHANGES)}{random.randrange(10_000):04d}"


def asks_of(people: Sequence[Person]) -> Iterator[Ask]:
    """What is asked, in order: one call of each person."""
    random = Random(SEED + 1)
    wrong = 0
    for i, person in enumerate(people):
        kind = person.kind
        if kind == "wrong_pin":
            wrong += 1
            kind = kind if wrong <= WRONG_PINS_MAX else "listed"
        # Wrong PINs go round the telephones: five at one of them would lock it for everyone.
        station = wrong % STATIONS if kind == "wrong_pin" else person.station
        called = _called(random, person, kind)
        body = {
            "call_id": f"bench-{i:07d}@switch",
            "station_id": _station_id(station),
            "pin": "0" + person.pin[1:] if kind == "wrong_pin" else person.pin,
            "called_number": called if random.random() < 0.7 else called.removeprefix("+1"),  # noqa: PLR2004 - a share
            "setup_time": "2026-11-20T17:00:00.000Z",
        }
        if kind == "hotline":
            del body["pin"]
        if kind == "debit":
            body["payment_type"] = "debit"
        yield Ask(kind, body)


def _called(random: Random, person: Person, kind: str) -> str:
    if kind == "hotline":
        return HOTLINE
    if kind == "premium":
        return PREMIUM
    if kind == "unlisted":
        return _number(random, _AREA_OF_NOBODY)
    # The first number of a list is the one that may be an attorney's or blocked.
    return person.numbers[0] if kind in ("attorney", "blocked") else random.choice(person.numbers[1:])


def fill_records(url: str, people: Sequence[Person]) -> None:
    """Write the whole world into a migrated, empty database."""
    fill_places(url)
    fill(
        url,
        inmates=[inmate_row(person.inmate_id, _facility_id(person.facility)) for person in people],
        pins=[pin_row(person.inmate_id, person.pin) for person in people],
        list_entries=[row for person in people for row in _entry_rows(person)],
    )
    fill_what_binds(url, people)


def fill_places(url: str) -> None:
    """Write where the telephones stand, what calls cost there, and the number that everyone may call."""
    places = range(FACILITIES)
    fill(
        url,
        facilities=[facility_row(_facility_id(i), name=f"Facility {i}") for i in places],
        stations=[station_row(_station_id(i), _facility_id(i % FACILITIES)) for i in range(STATIONS)],
        tariffs=[_tariff_row(i) for i in places],
        common_numbers=[_hotline_row()],
    )


def fill_what_binds(url: str, people: Sequence[Person]) -> None:
    """Write the blocks and restrictions of these people, who are in the records already."""
    fill(
        url,
        blocks=[block_row(person.numbers[0]) for person in people if person.kind == "blocked"],
        restrictions=[_restriction_row(person) for person in people if person.kind == "restricted"],
    )


def _facility_id(i: int) -> str:
    return f"facility-{i:02d}"


def _station_id(i: int) -> str:
    return f"station-{i:03d}"


def _entry_rows(person: Person) -> Iterator[dict[str, Any]]:
    for i, number in enumerate(person.numbers):
        kind = "attorney" if i == 0 and person.kind == "attorney" else "social"
        yield entry_row(person.inmate_id, number, kind=kind)


def _tariff_row(i: int) -> dict[str, Any]:
    return {
        "facility_id": _facility_id(i),
        "tariff": "ct-2012",
        "payment_types": json.dumps(["collect", "prepaid"]),
        "media": json.dumps(["voice", "tty", "relay"]),
        "destination": "domestic",
        "currency": "USD",
        "per_minute": "0.21",
        "connection_fee": "0.00",
        "increment_seconds": 60,
        "payer": "called_party",
        "effective_from": "2012-07-01",
        "effective_until": None,
    }


def _hotline_row() -> dict[str, Any]:
    now_ms = to_milliseconds(NOON)
    return {
        "number": HOTLINE,
        "facility_id": None,
        "kind": "hotline",
        "name": "Reporting line",
        "verified_by": "bench",
        "state": "in_force",
        "proposed_by": "one",
        "proposed_at": now_ms,
        "confirmed_by": "another",
        "confirmed_at": now_ms,
        "confirm_note": None,
    }


def _restriction_row(person: Person) -> dict[str, Any]:
    return {
        "restriction_id": f"restriction-{person.inmate_id}",
        "inmate_id": person.inmate_id,
        "kind": "disciplinary",
        "starts_at": to_milliseconds(NOON - timedelta(days=1)),
        "ends_at": to_milliseconds(NOON + timedelta(days=30)),
        "authority": "bench",
        "case_number": "1",
        "bars_privileged": False,
        "finding": None,
        "created_by": "bench",
        "created_at": to_milliseconds(NOON - timedelta(days=1)),
    }
