"""Which facts make up the case of each attempt?

One loader for every decision: a new attempt, a repeat decided again, a preview. It needs the place and the person
first, since the region says how the number reads and the zone says which day it is.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from callgate.domain.case import Case, Facility, Person, PinState, Station
from callgate.domain.hours import first_day_of_month, first_day_of_week, local_day
from callgate.domain.instants import to_milliseconds
from callgate.domain.number import Number
from callgate.domain.policy import Policy
from callgate.store.cases import AskedFacts, Facts, load_facts
from callgate.store.database import Record, Transaction

_DAY: Final = timedelta(days=1)


class Subject(NamedTuple):
    """One attempt with its place, person and number known.

    `call_id`: "" where no call is asked for.
    `covered`: the token, and the switch's row, cover the station's facility.
    """

    switch_id: str
    covered: bool
    station: Station | None
    facility: Facility | None
    policy: Policy | None
    person: Person | None
    pin: PinState
    number: Number
    payment_type: str
    media: str | None
    requested_duration_seconds: int | None
    call_id: str = ""


class Gathered(NamedTuple):
    """One case, and what is known of its key beside it: as `Facts` has them."""

    case: Case
    repeat: Record | None
    is_orphan: bool


async def gather_cases(transaction: Transaction, subjects: Sequence[Subject], *, now: datetime) -> list[Case]:
    """Load every remaining fact of the whole batch and build the cases, in order."""
    return [one.case for one in await gather(transaction, subjects, now=now)]


async def gather(transaction: Transaction, subjects: Sequence[Subject], *, now: datetime) -> list[Gathered]:
    """Load the cases of attempts with what was decided under their keys before, in order."""
    found = await load_facts(transaction, [_asked(i, subject, now) for i, subject in enumerate(subjects)])
    return [
        Gathered(_case(subject, facts, now), facts.repeat, facts.is_orphan)
        for subject, facts in zip(subjects, (found[i] for i in range(len(subjects))), strict=True)
    ]


def day_of(facility: Facility, now: datetime) -> str:
    """The facility's local day, `YYYY-MM-DD`; by UTC where its zone cannot be read (every check of it then denies)."""
    return _day(facility, now).isoformat()


def _day(facility: Facility | None, now: datetime) -> date:
    try:
        zone = ZoneInfo(facility.time_zone) if facility is not None else ZoneInfo("UTC")
    except (KeyError, OSError, ValueError):
        return now.astimezone(UTC).date()
    return local_day(zone, now)


def _asked(i: int, subject: Subject, now: datetime) -> AskedFacts:
    return {
        "i": i,
        "facility_id": None if subject.facility is None else subject.facility.facility_id,
        "unit": None if subject.station is None else subject.station.unit,
        "inmate_id": None if subject.person is None else subject.person.inmate_id,
        "number": subject.number.e164,
        "switch_id": subject.switch_id,
        "call_id": subject.call_id,
        **_days(_day(subject.facility, now), has_ceilings=_has_ceilings(subject)),
        "now": to_milliseconds(now),
    }


class _Days(TypedDict):
    since: str
    day: str
    week: str
    month: str
    earliest: str
    latest: str


@lru_cache(maxsize=64)  # a batch sees two or three days
def _days(day: date, *, has_ceilings: bool) -> _Days:
    week, month = first_day_of_week(day), first_day_of_month(day)
    # Without ceilings only a call that still runs matters, and that is from yesterday at the oldest.
    since = min(week, month) if has_ceilings else day - _DAY
    return {
        "since": since.isoformat(),
        "day": day.isoformat(),
        "week": week.isoformat(),
        "month": month.isoformat(),
        "earliest": (day - _DAY).isoformat(),
        "latest": (day + _DAY).isoformat(),
    }


def _has_ceilings(subject: Subject) -> bool:
    if subject.facility is not None and subject.facility.limits is not None:
        return True
    return subject.policy is not None and subject.policy.quotas.has_any


def _case(subject: Subject, facts: Facts, now: datetime) -> Case:
    media = subject.media or (subject.station.media if subject.station is not None else "voice")
    return Case(
        decided_at=now,
        switch_id=subject.switch_id,
        covered=subject.covered,
        payment_type=subject.payment_type,
        media=media,
        requested_duration_seconds=subject.requested_duration_seconds,
        number=subject.number,
        pin=subject.pin,
        station=subject.station,
        facility=subject.facility,
        person=subject.person,
        shutoffs=facts.shutoffs,
        restrictions=facts.restrictions,
        entry=facts.entry,
        common=facts.common,
        blocks=facts.blocks,
        usage=facts.usage,
        tariffs=facts.tariffs,
        one_time=facts.one_time,
    )
