"""A small state with every kind of place, person and number, and a day after day of attempts thrown at it from a seed.

The attempts come in rounds. Within a round no telephone and no person stands twice, so that a round can be asked all at
once: what is decided of one attempt never depends on which of the others came first.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.domain.instants import to_milliseconds
from tests.people import hotline_row
from tests.seeding import NOON, block_row, entry_row, facility_row, fill, inmate_row, pin_row, station_row

Row = dict[str, Any]
Body = dict[str, Any]

AWAY: Final = "away-ci"  # registered, and outside every token of these tests
PLACES: Final[dict[str, Row]] = {
    "own-ci": {"profile": "ct-doc"},
    "free-ci": {"profile": "ct-doc"},
    "few-ci": {
        "profile": "ct-doc",
        "limits": '{"calls_per_day":2,"minutes_per_day":20}',
        "hours_open": "08:00",
        "hours_close": "21:30",
    },
    "ny-ci": {"profile": "ny-doccs"},
    "fed-ci": {"profile": "bop"},
    "tex-ci": {"profile": "tdcj", "time_zone": "America/Chicago"},
}
TELEPHONES: Final[tuple[Row, ...]] = (
    {},
    {"unit": "B"},
    {},
    {"media": "tty"},
    {"media": "relay"},
    {"enabled": False},
    {"hours_open": "12:00", "hours_close": "12:30"},
    {"unit": "SHUT"},
)
PEOPLE: Final = ("plain", "other", "third", "restricted", "barred", "released", "counsel", "subject")

PLAIN: Final = 3  # so many of each, from the first on, have nothing about them that could refuse a call

LISTED: Final = tuple(f"+186055501{last}" for last in range(10, 14))
INVESTIGATED, FACILITY_BLOCKED, SHIELDED = "+18605550120", "+18605550121", "+18605550122"
ATTORNEY, COMMON, PENDING, UNLISTED = "+18605550123", "+18605550124", "+18605550125", "+18605550199"
HOTLINES: Final = ("+18005550142", "988")
UNAVAILABLE: Final = (INVESTIGATED, FACILITY_BLOCKED, SHIELDED, PENDING, UNLISTED)
AS_DIALLED: Final = ("(860) 555-0110", "8605550111", "1 860 555 0112", "860.555.0113", "1-860-555-0199")
NOT_VALID: Final = (
    *("911", "411", "1-900-555-0123", "*6718605550110", "1-800-FLOWERS", "18605550110,,123", "0", "+442079460958"),
    *("+18005550199", "abc", " ", "5550110", "+1", "976-1234", "+14165550123", "#31#8605550110", "8605550110x5"),
)
PAYMENTS: Final = (None, None, None, "collect", "prepaid", "debit", "free")
WALL_TIMES: Final = (
    *("12:00:00", "12:01:00", "12:02:00", "05:59:59", "06:00:00", "07:00:00", "07:59:59", "08:00:00", "10:30:00"),
    *("15:45:00", "21:15:01", "21:59:59", "22:50:00", "22:59:59", "23:00:00"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is asked at one instant."""

    at: datetime
    bodies: Sequence[Body]


def station_id(place: str, i: int) -> str:
    return f"{place}-{i}"


def inmate_id(place: str, person: str) -> str:
    return f"{place}-{person}"


def pin_of(place: str, person: str) -> str:
    """Ten digits, told by the names alone."""
    return str(random.Random(f"{place}/{person}").randrange(10**9, 10**10))


def seed_state(*urls: str) -> None:
    """Write all of it, to each of the databases alike."""
    places = [facility_row(place, **changes) for place, changes in PLACES.items()]
    ever = {"since": to_milliseconds(NOON)}
    stations = [
        station_row(station_id(place, i), place, **telephone)
        for place in PLACES
        for i, telephone in enumerate(TELEPHONES)
    ]
    inmates = [(place, person) for place in PLACES for person in PEOPLE]
    rows: dict[str, list[Row]] = {
        "facilities": [*places, facility_row(AWAY)],
        "stations": [*stations, station_row(station_id(AWAY, 0), AWAY)],
        "tariffs": _tariffs(),
        "inmates": [
            inmate_row(inmate_id(*who), who[0], unit="AB"[who[1] == "other"], status=_status(who[1])) for who in inmates
        ],
        "pins": [pin_row(inmate_id(*who), pin_of(*who)) for who in inmates],
        "list_entries": [
            entry_row(inmate_id(*who), number, **ever, **kind) for who in inmates for number, kind in _listed()
        ],
        "common_numbers": [
            *(hotline_row(number) for number in HOTLINES),
            hotline_row(COMMON, kind="privileged", name="The bar"),
        ],
        "blocks": [block_row(INVESTIGATED), *(block for place in PLACES for block in _blocks(place))],
        "restrictions": [
            _restriction(inmate_id(place, person)) for place in PLACES for person in ("restricted", "barred")
        ],
        "shutoffs": [_shutoff(place) for place in PLACES],
    }
    for url in urls:
        fill(url, **{table: _level(several) for table, several in rows.items()})


def _level(rows: list[Row]) -> list[Row]:
    """The same rows, each with every column that any of them names."""
    columns = {name for row in rows for name in row}
    return [{name: row.get(name) for name in columns} for row in rows]


def thrown_rounds(seed: int, *, rounds: int) -> Iterator[Round]:
    """Attempts, a round at a time, each later than the one before it."""
    dice = random.Random(seed)
    at = NOON.astimezone(ZoneInfo("America/New_York")).replace(hour=11)
    for i in range(rounds):
        wall_time = time.fromisoformat(WALL_TIMES[i % len(WALL_TIMES)])
        next_day = at.time() >= wall_time
        at = datetime.combine(at.date() + timedelta(days=next_day), wall_time, at.tzinfo)
        yield Round(at=at.astimezone(NOON.tzinfo), bodies=list(_round(dice, i)))


def _round(dice: random.Random, i: int) -> Iterator[Body]:
    for place in PLACES:
        people = list(PEOPLE)
        if dice.random() < 0.6:
            # Plain persons at plain telephones: were everything odd, nothing would ever be allowed.
            people[PLAIN:] = dice.sample(people[PLAIN:], len(people) - PLAIN)
        else:
            dice.shuffle(people)
        for telephone, person in enumerate(people):
            body = _attempt(dice, place, telephone, person)
            yield {"call_id": f"call-{i}-{place}-{telephone}"} | body
    for name, station in {"away": station_id(AWAY, 0), "nowhere": "nowhere"}.items():
        yield {"call_id": f"call-{i}-{name}", "station_id": station, "called_number": _any_number(dice)}


def _attempt(dice: random.Random, place: str, telephone: int, person: str) -> Body:
    odd = dice.choice(("nothing", "nothing", "number", "number", "number", "payment", "all"))
    body: Body = {
        "station_id": station_id(place, telephone),
        "pin": pin_of(place, person),
        "called_number": _any_number(dice) if odd in ("number", "all") else dice.choice(LISTED),
    }
    if odd in ("payment", "all"):
        body |= {
            "payment_type": dice.choice(PAYMENTS),
            "requested_duration_seconds": dice.choice((None, None, 1, 59, 900, 901, 86_400)),
            "setup_time": dice.choice((None, "2026-11-20T11:59:58-05:00", "2019-01-01T00:00:00.123456Z")),
            "x_added_by_a_script": dice.choice((None, "1")),
        }
    if odd == "all":
        body |= {
            "pin": dice.choice((body["pin"], None, "0000", "1234567890123456", pin_of("ny-ci", "barred"))),
            "media": dice.choice((None, "voice", "tty", "relay")),
        }
    return {name: value for name, value in body.items() if value is not None}


def _any_number(dice: random.Random) -> str:
    pool = dice.choice((LISTED, UNAVAILABLE, UNAVAILABLE, (ATTORNEY, COMMON), HOTLINES, AS_DIALLED, NOT_VALID))
    return dice.choice(pool)


def _status(person: str) -> str:
    return "released" if person == "released" else "active"


def _listed() -> Iterator[tuple[str, Row]]:
    for number in (*LISTED, INVESTIGATED, FACILITY_BLOCKED, SHIELDED):
        yield number, {}
    yield ATTORNEY, {"kind": "attorney"}
    yield PENDING, {"kind": "confined_person", "state": "pending_warden"}


def _blocks(place: str) -> Iterator[Row]:
    yield block_row(FACILITY_BLOCKED, scope="facility", facility_id=place, kind="facility")
    yield block_row(SHIELDED, scope="inmate", inmate_id=inmate_id(place, "subject"), kind="victim")


def _restriction(person: str) -> Row:
    return {
        "restriction_id": f"restriction-{person}",
        "inmate_id": person,
        "kind": "disciplinary",
        "starts_at": to_milliseconds(NOON),
        "ends_at": to_milliseconds(NOON + timedelta(days=365)),
        "authority": "hearing officer",
        "case_number": "DR-1",
        "bars_privileged": person.endswith("barred"),
        "finding": "used an attorney's line",
        "created_by": "w.lamb",
        "created_at": to_milliseconds(NOON),
    }


def _shutoff(place: str) -> Row:
    return {
        "shutoff_id": f"shutoff-{place}",
        "scope": "unit",
        "facility_id": place,
        "unit": "SHUT",
        "reason": "count",
        "starts_at": to_milliseconds(NOON - timedelta(days=1)),
        "ends_at": to_milliseconds(NOON + timedelta(days=365)),
        "created_by": "w.lamb",
    }


def _tariffs() -> list[Row]:
    row: Row = {
        "facility_id": "own-ci",
        "media": '["voice","tty"]',
        "destination": "domestic",
        "currency": "USD",
        "increment_seconds": 60,
        "payer": "called_party",
        "effective_from": "2026-01-01",
    }
    collect = {"tariff": "collect", "payment_types": '["collect"]', "per_minute": "0.21", "connection_fee": "0.00"}
    prepaid = {"tariff": "prepaid", "payment_types": '["prepaid"]', "per_minute": "0.0625", "connection_fee": "1"}
    by_second = {"increment_seconds": 1, "payer": "prepaid_account"}
    return [row | collect, row | prepaid | by_second]
