"""Who had less of the telephone on that day than the law's floor, and what stood in the way?

A floor never refuses a call and never grants one. Connecticut's is 90 minutes a day as far as standard operations
allow, the federal prisons' one call a month unless a specific sanction bars it: so the report counts what was talked
and names every cause that the records show, and leaves the judgement to its reader. A floor of the month is looked at
on the month's last day.

Clause: RULES F30 and D 9; the figures are the profiles' own, `facts.floor_minutes_per_day` and
`facts.floor_calls_per_month`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.domain.hours import first_day_of_month, local_day, start_of_local_day, start_of_next_day
from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.flows.reports.asked import zone_of
from callgate.policies import Floor, UnknownProfile, load_floor
from callgate.store.database import Record, Transaction
from callgate.store.report_clocks import (
    list_denials,
    list_people_held,
    list_restricted_between,
    list_shutoffs_between,
    list_talk,
)
from callgate.store.report_numbers import ReportAsked

_PEOPLE_AT_ONCE: Final = 100  # adding up must not keep a call waiting
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """One local day of one zone, and the part of its month up to its end."""

    day: str
    month: str
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the records say of a few people. Keyed by person."""

    talked: Mapping[str, int]
    calls_this_month: Mapping[str, int]
    answered: Mapping[str, int]
    denied: Mapping[str, Mapping[str, int]]
    restricted: frozenset[str]
    shutoffs: Sequence[Record]


async def read_missed_floors(deployment: Deployment, asked: ReportAsked, *, day: date) -> list[Mapping[str, Any]]:
    """The people held now who had less than their place's floor on that day, by their number.

    A day that is not over yet is nobody's: there is time left. Who came after it is there too, since only where people
    are now is known for certain.

    Args:
        day: of each facility's own calendar.
    """
    floors: dict[str, Floor] = {}
    found: list[Mapping[str, Any]] = []
    now = deployment.clock.now()
    page = replace(asked, limit=_PEOPLE_AT_ONCE)
    async with deployment.database.read() as transaction:
        while len(found) < asked.limit:
            people = await list_people_held(transaction, page)
            for person in people:
                if person.profile not in floors:
                    floors[person.profile] = _floor(deployment, person.profile)
            meant = [person for person in people if floors[person.profile].is_set and _has_ended(person, day, now)]
            found += await _missed(transaction, meant, floors, day)
            if len(people) < _PEOPLE_AT_ONCE:
                break
            page = replace(page, after=people[-1].inmate_id)
    return found[: asked.limit]


async def _missed(
    transaction: Transaction, people: Sequence[Record], floors: Mapping[str, Floor], day: date
) -> list[Mapping[str, Any]]:
    in_zone: dict[str, list[Record]] = defaultdict(list)
    for person in people:
        in_zone[person.time_zone].append(person)
    found = []
    for time_zone, several in in_zone.items():
        seen = await _look(transaction, several, _times(day, zone_of(time_zone)))
        found += [_item(person, floors[person.profile], seen, day) for person in several]
    return sorted((item for item in found if item is not None), key=lambda item: str(item["inmate_id"]))


async def _look(transaction: Transaction, people: Sequence[Record], times: _Times) -> _Seen:
    names = [person.inmate_id for person in people]
    span = {"since_ms": times.since_ms, "until_ms": times.until_ms}
    talk = await list_talk(transaction, names, first_day=times.month, last_day=times.day)
    denied: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await list_denials(transaction, names, **span):
        denied[row.inmate_id][row.reason] = int(row.denials)
    months: dict[str, int] = defaultdict(int)
    for row in talk:
        months[row.inmate_id] += int(row.answered)
    today = [row for row in talk if row.local_day == times.day]
    return _Seen(
        talked={row.inmate_id: int(row.talk_seconds) for row in today},
        calls_this_month=months,
        answered={row.inmate_id: int(row.answered) for row in today},
        denied=denied,
        restricted=await list_restricted_between(transaction, names, **span),
        shutoffs=await list_shutoffs_between(transaction, **span),
    )


def _item(person: Record, floor: Floor, seen: _Seen, day: date) -> Mapping[str, Any] | None:
    """This person's row; None: they had what the floor asks for."""
    name = person.inmate_id
    talked, calls = seen.talked.get(name, 0), seen.calls_this_month.get(name, 0)
    missed = []
    if floor.minutes_per_day is not None and talked < floor.minutes_per_day * _MINUTE:
        missed.append("minutes_per_day")
    if floor.calls_per_month is not None and calls < floor.calls_per_month and _ends_month(day):
        missed.append("calls_per_month")
    if not missed:
        return None
    return {
        "inmate_id": name,
        "facility_id": person.facility_id,
        "day": day.isoformat(),
        "missed": missed,
        "floor_minutes_per_day": floor.minutes_per_day,
        "floor_calls_per_month": floor.calls_per_month,
        "talk_seconds": talked,
        "calls": seen.answered.get(name, 0),
        "calls_this_month": calls,
        "causes": _causes(person, seen),
        "denied_by": dict(sorted(seen.denied.get(name, {}).items())),
    }


def _causes(person: Record, seen: _Seen) -> list[str]:
    """What the records show to have stood in the way; the last two say that it was nothing of ours."""
    name = person.inmate_id
    denied = name in seen.denied
    shown = (
        ("shut_off", any(_concerns(shutoff, person) for shutoff in seen.shutoffs)),
        ("restricted", name in seen.restricted),
        ("list_empty", person.numbers == 0),
        ("denied", denied),
    )
    causes = [word for word, holds in shown if holds]
    if not causes:
        causes.append("talked_less" if seen.answered.get(name, 0) else "did_not_call")
    return causes


def _concerns(shutoff: Record, person: Record) -> bool:
    if shutoff.scope == "system":
        return True
    return bool(shutoff.facility_id == person.facility_id and shutoff.unit in (None, person.unit))


def _floor(deployment: Deployment, profile: str) -> Floor:
    try:
        return load_floor(profile, directory=deployment.settings.policy_dir)
    except UnknownProfile:
        return Floor()


def _has_ended(person: Record, day: date, now: datetime) -> bool:
    return day < local_day(zone_of(person.time_zone), now)


def _times(day: date, zone: ZoneInfo) -> _Times:
    since = start_of_local_day(day, zone)
    return _Times(
        day=day.isoformat(),
        month=first_day_of_month(day).isoformat(),
        since_ms=to_milliseconds(since),
        until_ms=to_milliseconds(start_of_next_day(zone, since)),
    )


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).month != day.month


def yesterday(now: datetime) -> date:
    """The day before today, by UTC."""
    return now.astimezone(UTC).date() - timedelta(days=1)
