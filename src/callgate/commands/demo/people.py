"""Who and what is in the demonstration? Nobody real: the names are made up, and 555-01xx is kept free for fiction."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from callgate.domain.pin import generate_pin

ZONE: Final = ZoneInfo("America/New_York")
DAY: Final = date(2026, 11, 18)  # an ordinary Wednesday, far from a change of the clocks
FACILITY: Final = "demo-ci"
SWITCH: Final = "demo-switch"
PIN_DIGITS: Final = 9

MOTHER: Final = "+18605550101"
SISTER: Final = "+18605550102"
VICTIM: Final = "+18605550103"
FRIEND: Final = "+18605550104"
UNCLE: Final = "+18605550105"
STRANGER: Final = "+18605550106"
ATTORNEY: Final = "+18605550110"
HOTLINE: Final = "+18605550120"
PREMIUM: Final = "9005550130"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody made up, and whom they may call: number, name and relationship."""

    inmate_id: str
    name: str
    unit: str
    numbers: tuple[tuple[str, str, str], ...]


REYES: Final = Person(
    inmate_id="100001",
    name="Reyes",
    unit="A",
    numbers=((MOTHER, "Ana Reyes", "mother"), (SISTER, "Eva Reyes", "sister"), (VICTIM, "Lena Hart", "friend")),
)
COLE: Final = Person(
    inmate_id="100002",
    name="Cole",
    unit="A",
    numbers=((FRIEND, "Max Cole", "brother"), (VICTIM, "Lena Hart", "friend")),
)
PRICE: Final = Person(
    inmate_id="100003",
    name="Price",
    unit="B",
    numbers=((FRIEND, "Max Cole", "friend"), (UNCLE, "Tom Price", "uncle")),
)
PEOPLE: Final = (REYES, COLE, PRICE)

# Station, unit, and whether it is switched on.
STATIONS: Final = (("a-1", "A", True), ("a-2", "A", True), ("b-1", "B", True), ("b-2", "B", True), ("c-1", "C", False))


def instant(local_time: str, *, day: date = DAY) -> datetime:
    """The instant at which the demonstration's clocks show this time (`HH:MM:SS`)."""
    return datetime.combine(day, datetime.strptime(local_time, "%H:%M:%S").time(), ZONE).astimezone(UTC)  # noqa: DTZ007


def new_pin(person: Person) -> str:
    """A PIN for this run alone."""
    return generate_pin(PIN_DIGITS, inmate_id=person.inmate_id, date_of_birth=None, random_digits=random_digits)


def random_digits(count: int) -> str:
    """As many random digits."""
    return "".join(secrets.choice("0123456789") for _ in range(count))
