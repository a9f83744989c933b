"""Who lives where the faults happen? People with a PIN and a number each, a number nobody may call, many telephones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from callgate.clock import SystemClock
from callgate.domain.instants import to_milliseconds
from tests.seeding import block_row, entry_row, facility_row, fill, inmate_row, pin_row, station_row
from tests.switches.gate import zone_where_it_is

OPEN, ELSEWHERE = "open-ci", "other-ci"
SWITCH: Final = "outage-switch"
BLOCKED: Final = "+18605559999"
# Called again and again by two telephones each.
CALLERS: Final = 8
# Each is asked for rarely, to see whether a new decision can be had.
PROBES: Final = 40
# At the other facility.
STRANGERS: Final = 4


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a telephone."""

    inmate_id: str
    pin: str = field(repr=False)
    number: str
    station_id: str

    def body(self, call_id: str, *, number: str | None = None, station_id: str | None = None) -> dict[str, Any]:
        """The attempt that this person makes."""
        return {
            "call_id": call_id,
            "station_id": station_id or self.station_id,
            "pin": self.pin,
            "called_number": number or self.number,
        }


def _people(first: int, count: int) -> tuple[Person, ...]:
    return tuple(
        Person(f"{i:06d}", f"{537_000_000 + i * 7919}", f"+1860555{i:04d}", f"t-{i}")
        for i in range(first, first + count)
    )


CALLING: Final = _people(100, CALLERS)
PROBING: Final = _people(300, PROBES)
STRANGE: Final = _people(600, STRANGERS)


def other_station(person: Person) -> str:
    """A second telephone beside this person's."""
    return f"{person.station_id}-b"


def people_the_town(url: str) -> None:
    """Write them all into an empty, migrated database.

    It is about noon in both places, in zones of their own, so that calling hours hold whenever this runs.
    """
    fill(
        url,
        facilities=[
            facility_row(OPEN, time_zone=zone_where_it_is(12)),
            facility_row(ELSEWHERE, time_zone=zone_where_it_is(13)),
        ],
        stations=[station_row(station, facility) for station, facility in _stations()],
        inmates=[inmate_row(one.inmate_id, OPEN) for one in CALLING + PROBING]
        + [inmate_row(one.inmate_id, ELSEWHERE) for one in STRANGE],
        pins=[pin_row(one.inmate_id, one.pin) for one in CALLING + PROBING + STRANGE],
        # The blocked number stands on every caller's list: only the block keeps it from them.
        list_entries=[entry_row(one.inmate_id, one.number) for one in CALLING + PROBING + STRANGE]
        + [entry_row(one.inmate_id, BLOCKED) for one in CALLING],
        # Set just now: a clock that goes back must not undo it.
        blocks=[block_row(BLOCKED, effective_at=to_milliseconds(SystemClock().now()) - 1000)],
    )


def _stations() -> Iterator[tuple[str, str]]:
    for one in CALLING + PROBING:
        yield one.station_id, OPEN
        yield other_station(one), OPEN
    for one in STRANGE:
        yield one.station_id, ELSEWHERE
