"""Cases thrown with dice that are loaded for the edges at which rules change their mind.

Ids come from pools so small that things meet each other; instants lie on a rule's edge or a millisecond beside it;
every field of a `Case` is thrown, also those that most cases do not need. In every pool the plainest choice stands
first, because that is what a byte of zero picks, and Hypothesis shrinks towards zero.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from callgate.domain.case import (
    Block,
    CommonNumber,
    Facility,
    Hours,
    Limits,
    ListEntry,
    OneTimeCall,
    Person,
    Restriction,
    Shutoff,
    Station,
    Usage,
)
from callgate.domain.number import Number, NumberKind, NumberProblem
from callgate.domain.rates import DESTINATIONS, MEDIA, PAYMENT_TYPES, Tariff

T = TypeVar("T")

HERE, ELSEWHERE = "osborn", "cheshire"
CALLER, CELLMATE = "300112", "300999"
BLOCK_KINDS = (
    *("called_party", "victim", "court_order", "protected_person"),
    *("guardian", "investigation", "facility"),
)

_MILLISECOND = timedelta(milliseconds=1)
_ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "UTC")
# Ordinary days, both clock changes of 2026 and the days around them, ends of months, of the year and of paid calls.
_DAYS = (
    *("2026-06-10", "2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01", "2026-11-02"),
    *("2026-12-31", "2027-01-01", "2028-02-29", "2022-06-30", "2022-07-01"),
)
_CLOCKS = (
    *("00:00:00", "01:30:00", "02:00:00", "02:30:00", "05:59:59", "06:00:00", "07:00:00", "08:30:00"),
    *("21:00:00", "22:00:00", "23:00:00", "23:00:01", "23:59:59"),
)
_LAST_MINUTES = ("22:45:00", "22:50:00", "22:51:00", "22:59:00", "22:59:59", "21:50:00", "21:59:59")
WINDOWS = (("06:00", "23:00"), ("00:00", "24:00"), ("00:00", "23:00"), ("07:00", "22:00"), ("00:00", "02:30"))
_WALL_TIMES = ("00:00", "24:00", "23:00", "06:00", "01:30", "02:00", "02:30", "08:30", "12:00", "21:00", "22:50")
_BESIDE = tuple(
    sign * timedelta(milliseconds=by) for by in (3_600_000, 1, 1000, 40 * 86_400_000, 0) for sign in (1, -1)
)
CEILINGS = (None, None, 300, 90, 10, 1, 0)
_CALLS = (0, 1, 9, 10, 11)
_SECONDS = (0, 59, 60, 90 * 60 - 1, 90 * 60, 299 * 60, 300 * 60 - 1, 300 * 60, 400 * 60)


class Dice:
    """One byte a throw; when the bytes are spent every throw is the plainest."""

    def __init__(self, thrown: bytes) -> None:
        self._thrown = iter(thrown)
        self.one_in = 4

    def pick(self, pool: Sequence[T]) -> T:
        """One of these, the first by a byte of zero."""
        return pool[next(self._thrown, 0) % len(pool)]

    def seldom(self) -> bool:
        """Yes, one time in `one_in`: where everything is odd, the first check refuses and the rest is never seen."""
        return next(self._thrown, 0) % self.one_in == self.one_in - 1

    def instant_near(self, now: datetime) -> datetime:
        """Just before, at or just after `now`, or far on either side."""
        return now + self.pick(_BESIDE)

    def maybe_instant_near(self, now: datetime) -> datetime | None:
        """The same, or none half the time."""
        return self.instant_near(now) if self.pick((False, True)) else None

    def few(self, make: Callable[[], T]) -> tuple[T, ...]:
        """Mostly none, else up to three."""
        return tuple(make() for _ in range(self.pick((1, 2, 3)))) if self.seldom() else ()


def any_instant(dice: Dice, time_zone: str) -> datetime:
    """An instant of a decision: half the time noon, else on an edge of the facility's wall clock."""
    clock = dice.pick((("12:00:00",), ("12:00:00",), _LAST_MINUTES, _CLOCKS))
    wall = datetime.fromisoformat(f"{dice.pick(_DAYS)} {dice.pick(clock)}")
    edge = wall.replace(tzinfo=ZoneInfo(time_zone), fold=dice.pick((0, 1))).astimezone(UTC)
    return edge + dice.pick((0, -1, 1, 500)) * _MILLISECOND


def any_hours(dice: Dice) -> Hours:
    """A well-formed daily window."""
    first = dice.pick(_WALL_TIMES)
    second = dice.pick([wall for wall in _WALL_TIMES if wall != first])
    return Hours(open=min(first, second), close=max(first, second))


def any_limits(dice: Dice) -> Limits:
    """A facility's own ceilings, nothing and zero among them."""
    return Limits(
        calls_per_day=dice.pick(CEILINGS),
        calls_per_week=dice.pick(CEILINGS),
        calls_per_month=dice.pick(CEILINGS),
        minutes_per_day=dice.pick(CEILINGS),
        minutes_per_month=dice.pick(CEILINGS),
    )


def any_facility(dice: Dice) -> Facility:
    """The facility of the telephone."""
    return Facility(
        facility_id=HERE,
        profile="ct-doc",
        time_zone=dice.pick(_ZONES),
        region="US",
        hours=any_hours(dice) if dice.seldom() else None,
        limits=any_limits(dice) if dice.seldom() else None,
        has_own_tariffs=dice.seldom(),
    )


def any_station(dice: Dice) -> Station:
    """The telephone, nearly always of that facility and working."""
    return Station(
        station_id="A-14",
        facility_id=ELSEWHERE if dice.seldom() and dice.seldom() else HERE,
        unit=dice.pick("AB"),
        media=dice.pick(("voice", "voice", *MEDIA)),
        enabled=not (dice.seldom() and dice.seldom()),
        hours=any_hours(dice) if dice.seldom() else None,
    )


def any_person(dice: Dice) -> Person:
    """Whoever the PIN identified, nearly always active and here."""
    return Person(
        inmate_id=CALLER,
        facility_id=ELSEWHERE if dice.seldom() and dice.seldom() else HERE,
        unit=dice.pick("AB"),
        status="released" if dice.seldom() and dice.seldom() else "active",
    )


def any_shutoff(dice: Dice, now: datetime) -> Shutoff:
    """A shut-off that ended, is in force or ends this instant."""
    scope, unit = dice.pick(("unit", "facility", "system")), dice.pick((None, *"AB"))
    return Shutoff(shutoff_id="s-1", scope=scope, ends_at=dice.instant_near(now), unit=unit)


def any_restriction(dice: Dice, now: datetime) -> Restriction:
    """A restriction that has not begun, is in force or has ended."""
    edges = sorted((dice.instant_near(now), dice.instant_near(now)))
    return Restriction(
        restriction_id="r-1",
        kind=dice.pick(("disciplinary", "investigation", "security_risk_group")),
        starts_at=edges[0],
        ends_at=edges[1],
        bars_privileged=dice.pick((False, True)),
    )


def any_block(dice: Dice, now: datetime) -> Block:
    """A block of any kind and scope, about the caller, a cellmate, this place or another."""
    return Block(
        block_id=dice.pick(("b-1", "b-2")),
        scope=dice.pick(("inmate", "inmate", "unit", "facility", "system")),
        kind=dice.pick(BLOCK_KINDS),
        inmate_id=dice.pick((CELLMATE, CALLER, None)),
        facility_id=dice.pick((ELSEWHERE, HERE, None)),
        unit=dice.pick((None, *"AB")),
        until=dice.maybe_instant_near(now),
        subject_here=dice.pick((False, True)),
        excepted=dice.pick((False, True)),
        excepted_until=dice.maybe_instant_near(now),
    )


def any_entry(dice: Dice) -> ListEntry:
    """The number on the person's own list."""
    kinds = ("social", "social", "attorney", "consulate", "confined_person", "supervised_person")
    return ListEntry(kind=dice.pick(kinds), state="pending_warden" if dice.seldom() else "active")


def any_one_time_call(dice: Dice, now: datetime) -> OneTimeCall:
    """A one-time call that has run out, or is good for a little or a long while yet."""
    return OneTimeCall(one_time_call_id="o-1", expires_at=dice.instant_near(now))


def any_usage(dice: Dice, now: datetime) -> Usage:
    """What was used before, at the edges of the ceilings."""
    return Usage(
        live_until=dice.instant_near(now) if dice.pick((False, False, True)) else None,
        calls_today=dice.pick(_CALLS),
        calls_this_week=dice.pick(_CALLS),
        calls_this_month=dice.pick(_CALLS),
        seconds_today=dice.pick(_SECONDS),
        seconds_this_month=dice.pick(_SECONDS),
        last_started_at=dice.maybe_instant_near(now),
        last_ended_at=dice.maybe_instant_near(now),
    )


def any_number(dice: Dice) -> Number:
    """What was dialled: mostly an ordinary number, else one of another kind or region, or none."""
    if not dice.seldom():
        return Number(e164="+18605550123", region="US", kind=NumberKind.ORDINARY)
    if dice.seldom():
        return Number(problem=dice.pick(sorted(NumberProblem)))
    return Number(
        e164=dice.pick(("+18005550123", "+442079460123", "+14165550123", "988")),
        region=dice.pick(("US", "PR", "CA", "GB", None)),
        kind=dice.pick((NumberKind.ORDINARY, *NumberKind)),
    )


def any_tariff(dice: Dice) -> Tariff:
    """A tariff of the facility's own."""
    return Tariff(
        tariff=dice.pick(("own-a", "own-b")),
        payment_types=dice.pick((PAYMENT_TYPES, ("collect",), ("prepaid", "debit"))),
        destination=dice.pick(DESTINATIONS),
        currency=dice.pick(("USD", "JPY", "KWD")),
        per_minute=dice.pick(("0.21", "0.00", "0.0625", "1")),
        connection_fee=dice.pick(("0.00", "0.5")),
        increment_seconds=dice.pick((60, 6, 1)),
        payer=dice.pick(("called_party", "prepaid_account", "inmate", "agency")),
        effective_from=dice.pick((date(2015, 1, 1), date(2026, 6, 10))),
        effective_until=dice.pick((None, date(2030, 1, 1), date(2026, 11, 1))),
        media=dice.pick((MEDIA, ("voice",))),
    )


def any_common(dice: Dice) -> CommonNumber:
    """The number as everyone's, here or everywhere."""
    return CommonNumber(kind=dice.pick(("hotline", "privileged")), facility_id=dice.pick((None, HERE)))
