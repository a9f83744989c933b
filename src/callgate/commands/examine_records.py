"""Is the database, and what stands in it, as it should be?"""

import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from callgate.commands.findings import Found, fail, info, named, ok, warn
from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import digits_needed, is_space_large_enough
from callgate.domain.policy import Policy
from callgate.domain.rates import CapPeriod, find_cap_breach
from callgate.store import inspection
from callgate.store.inspection import FacilityTerms
from callgate.store.migrate import head_revision
from callgate.store.reading import Reading

_CLOCK_APART_MILLISECONDS_MAX: Final = 1000


def examine_database(reading: Reading, now: datetime) -> Iterator[Found]:
    """The server or file, the tables, and the clock beside ours."""
    if reading.dialect.name == "sqlite":
        mode = inspection.sqlite_journal_mode(reading)
        advice = "Another program changed it; the next `callgate serve` sets it right."
        yield ok("journal", "WAL") if mode == "wal" else fail("journal", f"journal_mode is {mode}, not WAL", advice)
    else:
        yield from _postgres(reading)
    apart = abs(inspection.database_milliseconds(reading) - to_milliseconds(now))
    told = f"{apart} ms from the database's"
    if apart > _CLOCK_APART_MILLISECONDS_MAX:
        yield fail("clock", told, "Let both machines keep time by NTP: windows and tokens are judged by the clock.")
    else:
        yield ok("clock", told)


def examine_migrations(reading: Reading) -> Found:
    """Are the tables those of this version?"""
    found, wanted = inspection.revision(reading), head_revision()
    if found is None:
        return fail("migrations", "the database has no tables", "Run `callgate migrate`.")
    if found == wanted:
        return ok("migrations", f"at {found}")
    advice = "Run `callgate migrate`; where the database is the newer of the two, install that version of callgate."
    return fail("migrations", f"at {found}, and this version needs {wanted}", advice)


def examine_contents(reading: Reading, *, profiles: Mapping[str, Policy], caps: Sequence[CapPeriod]) -> Iterator[Found]:
    """What stands in the tables; they must be those of this version.

    Args:
        profiles: as loaded; empty where they could not be.
    """
    open_tables = inspection.tables_without_guard(reading)
    if open_tables:
        advice = "Somebody removed their triggers: find out who, and bring them back from a fresh migration."
        yield fail("append_only", f"could be altered: {named(open_tables)}", advice)
    else:
        yield ok("append_only", "every log refuses updates and deletes")
    try:
        terms = inspection.list_facility_terms(reading)
    except ValueError:
        yield fail("facilities", "a tariff's row cannot be read", "Put that tariff again through the API.")
        return
    yield from _facilities(terms, profiles)
    yield from _zones({one.time_zone for one in terms})
    yield from _caps(terms, profiles, caps)
    yield _pins(inspection.load_pin_use(reading), [profiles[one.profile] for one in terms if one.profile in profiles])


def _postgres(reading: Reading) -> Iterator[Found]:
    version = inspection.postgres_version(reading)
    told = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < inspection.POSTGRES_VERSION_MIN:
        yield fail("postgresql", told, "callgate needs PostgreSQL 15 or newer.")
    else:
        yield ok("postgresql", told)
    off = [name for name, value in inspection.postgres_durability(reading).items() if value == "off"]
    if off:
        advice = "Switch it on: an answer must not leave before its record is on disk."
        yield fail("durability", f"off: {', '.join(off)}", advice)
    else:
        yield ok("durability", "fsync, full_page_writes and synchronous_commit are on")


def _facilities(terms: Sequence[FacilityTerms], profiles: Mapping[str, Policy]) -> Iterator[Found]:
    if not terms:
        yield info("facilities", "there is none yet")
        return
    lost = [one.facility_id for one in terms if one.profile not in profiles]
    if lost:
        advice = "Every call there is refused: bring the profile's file back, or give the facility another profile."
        yield fail("facilities", f"their profile is not loaded: {named(lost)}", advice)
    else:
        yield ok("facilities", f"{len(terms)}, each with a profile that is loaded")


def _zones(names: set[str]) -> Iterator[Found]:
    unreadable = sorted(name for name in names if _find_zone(name) is None)
    if unreadable:
        advice = "Every call there is refused: give the facility an IANA zone that tzdata knows."
        yield fail("time_zones", f"cannot be read: {named(unreadable)}", advice)
    elif names:
        yield ok("time_zones", f"of all facilities: {named(sorted(names))}")


def _caps(terms: Sequence[FacilityTerms], profiles: Mapping[str, Policy], caps: Sequence[CapPeriod]) -> Iterator[Found]:
    without = [one.facility_id for one in terms if one.rate_cap_tier is None]
    if without:
        advice = "Give each its rate_cap_tier, unless nobody is charged there."
        yield warn("rate_caps", f"not checked, because the facility has no tier: {named(without)}", advice)
    broken = []
    for one in terms:
        law = profiles.get(one.profile)
        charged = one.tariffs or (law.tariffs if law is not None else ())
        breaches = (find_cap_breach(tariff, tier=one.rate_cap_tier, caps=caps) for tariff in charged)
        broken += [f"{one.facility_id} from {breach.day}" for breach in breaches if breach is not None][:1]
    if broken:
        advice = "Lower it, or end it before that day."
        yield fail("rate_caps", f"a tariff is above the federal cap: {named(broken)}", advice)
    elif len(without) < len(terms):
        yield ok("rate_caps", "every tariff of a facility with a tier is within them")


def _pins(use: inspection.PinUse, laws: Sequence[Policy]) -> Found:
    lengths = [law.pin_length for law in laws]
    if use.shortest_length is not None:
        lengths.append(use.shortest_length)
    if not lengths:
        return info("pin_space", "nobody has a PIN yet")
    shortest = min(lengths)
    told = f"{shortest} digits for {use.active_inmates} people"
    if is_space_large_enough(shortest, use.active_inmates):
        return ok("pin_space", told)
    needed = digits_needed(use.active_inmates)
    return fail("pin_space", told, f"Issue PINs of {needed} digits or more, and set pin.length to that in the profile.")


def _find_zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None
