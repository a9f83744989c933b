"""What do the rows of a case's lookups say, as values?"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row

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
from callgate.domain.instants import from_milliseconds

FOREVER_MS: Final = 9_000_000_000_000_000
"""Stands for "no end" where the latest of several ends is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRow:
    """What binds a registered switch beyond its token. `facilities`: None for all."""

    facilities: frozenset[str] | None
    tokens_not_before_ms: int | None

    def takes_token_of(self, issued_at_ms: int) -> bool:
        """Is a token of that instant still taken?"""
        return self.tokens_not_before_ms is None or issued_at_ms >= self.tokens_not_before_ms


def _hours(opens: str | None, closes: str | None) -> Hours | None:
    return None if opens is None or closes is None else Hours(open=opens, close=closes)


def station_of(row: Row[Any]) -> Station:
    """The value of a row of its lookup."""
    return _station(row.station_id, row.facility_id, row.unit, row.media, row.enabled, row.hours_open, row.hours_close)


# The same few telephones, places and prices come with every batch. Remembered is how a row reads and not what is
# true: every column is an argument, and the row was read just now.
@lru_cache(maxsize=4096)
def _station(
    station_id: str, facility_id: str, unit: str, media: str, enabled: int, opens: str | None, closes: str | None
) -> Station:
    return Station(
        station_id=station_id,
        facility_id=facility_id,
        unit=unit,
        media=media,
        enabled=bool(enabled),
        hours=_hours(opens, closes),
    )


def facility_of(row: Row[Any]) -> Facility:
    """The value of a row of its lookup."""
    return _facility(
        row.facility_id,
        row.profile,
        row.time_zone,
        row.region,
        row.facility_open,
        row.facility_close,
        row.limits,
        row.has_own_tariffs,
    )


@lru_cache(maxsize=1024)
def _facility(
    facility_id: str,
    profile: str,
    time_zone: str,
    region: str,
    opens: str | None,
    closes: str | None,
    limits: str | None,
    has_own_tariffs: int,
) -> Facility:
    return Facility(
        facility_id=facility_id,
        profile=profile,
        time_zone=time_zone,
        region=region,
        hours=_hours(opens, closes),
        limits=None if limits is None else Limits(**json.loads(limits)),
        has_own_tariffs=bool(has_own_tariffs),
    )


def person_of(row: Row[Any]) -> Person:
    """The value of a row of its lookup."""
    return Person(inmate_id=row.inmate_id, facility_id=row.facility_id, unit=row.unit, status=row.status)


def switch_of(row: Row[Any]) -> SwitchRow:
    """The value of a row of its lookup."""
    named = json.loads(row.facilities)
    return SwitchRow(
        facilities=None if named == ["*"] else frozenset(named), tokens_not_before_ms=row.tokens_not_before
    )


def entry_of(row: Row[Any]) -> ListEntry:
    """The value of a row of its lookup."""
    return ListEntry(kind=row.kind, state=row.state)


def one_time_call_of(row: Row[Any]) -> OneTimeCall:
    """The value of a row of its lookup."""
    return OneTimeCall(one_time_call_id=row.one_time_call_id, expires_at=from_milliseconds(row.until))


def common_of(row: Row[Any]) -> CommonNumber:
    """The value of a row of its lookup."""
    return CommonNumber(kind=row.kind, facility_id=row.facility_id)


def shutoff_of(row: Row[Any]) -> Shutoff:
    """The value of a row of its lookup."""
    return Shutoff(shutoff_id=row.shutoff_id, scope=row.scope, ends_at=from_milliseconds(row.ends_at), unit=row.unit)


def block_of(row: Row[Any]) -> Block:
    """The value of a row of its lookup."""
    excepted = row.excepted_until
    return Block(
        block_id=row.block_id,
        scope=row.scope,
        kind=row.kind,
        inmate_id=row.inmate_id,
        facility_id=row.facility_id,
        unit=row.unit,
        until=from_milliseconds(row.until),
        subject_here=bool(row.subject_here),
        excepted=excepted > 0,
        excepted_until=None if excepted in (0, FOREVER_MS) else from_milliseconds(excepted),
    )


def restriction_of(row: Row[Any]) -> Restriction:
    """The value of a row of its lookup."""
    return Restriction(
        restriction_id=row.restriction_id,
        kind=row.kind,
        starts_at=from_milliseconds(row.starts_at),
        ends_at=from_milliseconds(row.ends_at),
        bars_privileged=bool(row.bars_privileged),
    )


def usage_of(row: Row[Any]) -> Usage:
    """The value of a row of its lookup."""
    return Usage(
        live_until=from_milliseconds(row.live_until),
        calls_today=row.calls_today or 0,
        calls_this_week=row.calls_this_week or 0,
        calls_this_month=row.calls_this_month or 0,
        seconds_today=row.seconds_today or 0,
        seconds_this_month=row.seconds_this_month or 0,
        last_started_at=from_milliseconds(row.last_started_at),
        last_ended_at=from_milliseconds(row.last_ended_at),
    )
