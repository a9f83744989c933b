"""At which instants do rules go wrong? The moments that the generator prefers to all others."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random

from callgate.domain.policy import Policy
from tests.oracle.naive_clock import zone_named

MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

# Among them: no change of clocks at all, changes at midnight, by half an hour, southern summers, quarter-hour offsets,
# and the first zone of all to begin a day.
ZONES = (
    *("America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu"),
    *("America/St_Johns", "America/Havana", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe"),
    *("Europe/London", "Asia/Kolkata", "Pacific/Chatham", "Pacific/Kiritimati", "Atlantic/Azores"),
)
FIRST_DAY = date(2021, 12, 25)
DAYS = 2190  # six years: each month, each weekday, a leap day, and the tariffs of 2022 and 2025
SLIPS = (*(-SECOND, -MS, timedelta(), MS, SECOND), timedelta(milliseconds=-999), timedelta(seconds=-2))


@lru_cache(maxsize=len(ZONES))
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """List the instants at which this zone moved its clocks, to the minute."""
    found = []
    noon = datetime.combine(FIRST_DAY, time(12), tzinfo=UTC)
    for instant in (noon + n * DAY for n in range(DAYS)):
        early, late = instant, instant + DAY
        if offset(early, zone) == offset(late, zone):
            continue
        while late - early > timedelta(minutes=1):
            middle = early + timedelta(minutes=(late - early) // timedelta(minutes=2))
            early, late = (early, middle) if offset(middle, zone) != offset(early, zone) else (middle, late)
        found.append(late)
    return tuple(found)


def offset(instant: datetime, zone: str) -> timedelta:
    return instant.astimezone(zone_named(zone)).utcoffset() or timedelta()


def at_wall(rng: Random, day: date, minute: int, zone: str) -> datetime:
    """Answer when the wall shows this minute on this day; where it does so twice, either time."""
    wall = datetime.combine(day, time(), tzinfo=zone_named(zone)) + timedelta(minutes=minute)
    return wall.replace(fold=rng.randrange(2)).astimezone(UTC)


def any_day(rng: Random, policy: Policy, zone: str) -> date:
    """Answer a day: any, near a change of clocks, where a week, month or year turns, or where a tariff does."""
    roll = rng.random()
    changes = clock_changes(zone)
    if roll < 0.2 and changes:
        return rng.choice(changes).astimezone(zone_named(zone)).date() + rng.choice((-1, 0, 0, 0, 1)) * DAY
    if roll < 0.3:
        first = date(rng.randint(2022, 2027), rng.randint(1, 12), 1)
        return first - rng.randrange(2) * DAY
    if roll < 0.4 and policy.tariffs:
        return rng.choice(policy.tariffs).effective_from + rng.choice((-1, 0, 1)) * DAY
    return FIRST_DAY + rng.randrange(DAYS) * DAY


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def any_instant(rng: Random, *, policy: Policy, zone: str, opens: int, closes: int) -> datetime:
    """Answer an instant: somewhere in the hours, at one of their ends, shortly before it, or in a night of change."""
    day = any_day(rng, policy, zone)
    roll = rng.random()
    if roll < 0.57:
        instant = at_wall(rng, day, rng.randrange(opens, closes), zone)
        return instant + timedelta(milliseconds=rng.choice((0, 0, 1, 999, rng.randrange(60_000))))
    if roll < 0.72:
        return at_wall(rng, day, rng.choice((opens, closes, closes, 0, 1440)), zone) + rng.choice(SLIPS)
    if roll < 0.94:
        cap = policy.call_cap_seconds
        before = rng.choice((rng.randrange(1, 2 * cap), rng.randrange(1, 120), 1, 600, cap, cap + 120, 2 * cap))
        return at_wall(rng, day, closes, zone) - before * SECOND + rng.choice(SLIPS)
    changes = clock_changes(zone)
    if not changes:
        return at_wall(rng, day, rng.randrange(1440), zone)
    return rng.choice(changes) + rng.randint(-100, 100) * timedelta(minutes=1) + rng.choice(SLIPS)


def around(rng: Random, now: datetime) -> datetime:
    """Answer an instant at which something ends or begins: mostly hard by `now`."""
    far = timedelta(seconds=rng.randrange(1, 40 * 86_400))
    return now + rng.choice((-MS, timedelta(), MS, -SECOND, SECOND, far, -far))


def after(rng: Random, now: datetime) -> datetime:
    return now + rng.choice((MS, SECOND, DAY, timedelta(seconds=rng.randrange(1, 40 * 86_400))))


def not_after(rng: Random, now: datetime) -> datetime:
    return now - rng.choice((timedelta(), MS, SECOND, DAY, timedelta(seconds=rng.randrange(40 * 86_400))))
