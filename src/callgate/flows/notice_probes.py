"""Is somebody trying numbers out, or dialling one that is protected from them?

Told to staff alone, and after the fact: the refusal itself is the same whatever its cause, so the log is asked only
once it is written, for every refused number on the same path. The local day and the thresholds are those of the
facility where the attempt was made.

Clause: RULES C.3, rule 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callgate.domain.alerts import AlertKind
from callgate.domain.hours import local_day, start_of_local_day
from callgate.domain.instants import from_milliseconds, to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.flows.raise_alerts import Alarm, raise_alerts
from callgate.flows.screening import is_protected
from callgate.store import probes as store
from callgate.store.batch import Lookup
from callgate.store.case_text import read_case
from callgate.store.probes import DayOf, RefusedNumber

AT_ONCE_MAX: Final = 50
"""Refusals looked at together: their recorded cases are read between two calls' decisions, so few at a time."""

_STRETCH: Final = timedelta(minutes=5)  # of a busy log one statement reads no more than this
_PAGES_MAX: Final = 500  # a whole day's stretches and 10,000 refusals; what is over, the next round reads
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """One person or one telephone on one local day, and the newest refusal seen of it."""

    subject: str
    numbers_max: int
    day: DayOf
    local_day: date
    latest: RefusedNumber


async def notice_probes(deployment: Deployment, decision_ids: Sequence[str]) -> None:
    """Look at decisions just made, and raise what they give cause for.

    Raises:
        StoreUnavailable: they could not be looked at, or nothing could be kept; the log still has them.
    """
    for i in range(0, len(decision_ids), AT_ONCE_MAX):
        async with deployment.database.read() as transaction:
            refused = await store.list_refused_among(transaction, decision_ids[i : i + AT_ONCE_MAX])
        await _look_at(deployment, refused)


async def look_through_log(deployment: Deployment, *, since: datetime, before: datetime) -> datetime:
    """Look at every refused number of that time again, as far as one round may, and raise what was not told.

    Returns:
        Up to when the log was looked through: `before`, or the instant from which the next round goes on.
    """
    pages = 0
    # Where nothing was decided there is nothing to look at: nights, and the days before the first call.
    while (begins := await _find_next(deployment, since, before)) is not None:
        since = begins
        until, after = min(since + _STRETCH, before), (0, "")
        while True:
            if pages == _PAGES_MAX:
                return from_milliseconds(after[0]) if after[0] else since
            pages += 1
            refused = await _page(deployment, since, until, after)
            await _look_at(deployment, refused)
            if len(refused) < AT_ONCE_MAX:
                break
            after = (refused[-1].decided_at, refused[-1].decision_id)
        since = until
    return before


async def _find_next(deployment: Deployment, since: datetime, before: datetime) -> datetime | None:
    """When was the first decision of that time? None: there is none."""
    async with deployment.database.read() as transaction:
        decided_at = await store.find_first_decided(
            transaction, since_ms=to_milliseconds(since), before_ms=to_milliseconds(before)
        )
    return from_milliseconds(decided_at)


async def _page(
    deployment: Deployment, since: datetime, until: datetime, after: tuple[int, str]
) -> tuple[RefusedNumber, ...]:
    async with deployment.database.read() as transaction:
        return await store.list_refused_between(
            transaction,
            since_ms=to_milliseconds(since),
            before_ms=to_milliseconds(until),
            after=after,
            limit=AT_ONCE_MAX,
        )


async def _look_at(deployment: Deployment, refused: Sequence[RefusedNumber]) -> None:
    if not refused:
        return
    alarms = [_dialled(one) for one in refused if _was_protected(one)]
    alarms += await _find_probing(deployment, _people(deployment, refused), store.OF_PERSON)
    alarms += await _find_probing(deployment, _stations(deployment, refused), store.OF_STATION)
    await raise_alerts(deployment, alarms)


def _was_protected(one: RefusedNumber) -> bool:
    """Did a victim-class block bind this caller, by the facts that were recorded?

    Asked of the case and not of the findings: a finding names the first block that binds, and an owner's may stand
    before a court's.
    """
    try:
        return is_protected(read_case(one.facts))
    except ValueError:
        return False  # a corrupt row was refused and has raised its own alarm


def _dialled(one: RefusedNumber) -> Alarm:
    return Alarm(
        kind=AlertKind.PROTECTED_NUMBER_DIALLED,
        subject=one.decision_id,
        facility_id=one.facility_id,
        detail={"decision_id": one.decision_id, "inmate_id": one.inmate_id, "station_id": one.station_id},
    )


async def _find_probing(deployment: Deployment, tried: Sequence[_Tried], lookup: Lookup) -> list[Alarm]:
    async with deployment.database.read() as transaction:
        counts = await store.count_numbers(transaction, lookup, [each.day for each in tried])
    who = "inmate_id" if lookup is store.OF_PERSON else "station_id"
    return [
        Alarm(
            kind=AlertKind.NUMBER_PROBING,
            subject=each.subject,
            facility_id=each.latest.facility_id,
            detail={
                who: each.day.who,
                "local_day": each.local_day.isoformat(),
                "numbers_tried": count,
                "decision_id": each.latest.decision_id,
            },
        )
        for each, count in zip(tried, counts, strict=True)
        if count >= each.numbers_max
    ]


def _people(deployment: Deployment, refused: Sequence[RefusedNumber]) -> list[_Tried]:
    return _by_subject(_tried(deployment, one, "person", one.inmate_id) for one in refused)


def _stations(deployment: Deployment, refused: Sequence[RefusedNumber]) -> list[_Tried]:
    return _by_subject(_tried(deployment, one, "station", one.station_id) for one in refused)


def _by_subject(each: Iterator[_Tried]) -> list[_Tried]:
    return list({tried.subject: tried for tried in each}.values())


def _tried(deployment: Deployment, one: RefusedNumber, kind: str, who: str) -> _Tried:
    zone = _zone(one.time_zone)
    day = local_day(zone, from_milliseconds(one.decided_at))
    return _Tried(
        # The place is part of it: who moves and goes on is a matter for both places' staff.
        subject=f"{kind}:{who}:{one.facility_id}:{day.isoformat()}",
        numbers_max=_numbers_max(deployment, one.profile, kind),
        day=DayOf(
            who=who,
            since=to_milliseconds(start_of_local_day(day, zone)),
            before=to_milliseconds(start_of_local_day(day + _DAY, zone)),
        ),
        local_day=day,
        latest=one,
    )


def _numbers_max(deployment: Deployment, profile: str, kind: str) -> int:
    """The threshold of the place's law; the strictest here where that law was taken away since."""
    named = deployment.policies.get(profile)
    policies = list(deployment.policies.values()) if named is None else [named]
    if kind == "person":
        return min(policy.probing_numbers_per_person for policy in policies)
    return min(policy.probing_numbers_per_station for policy in policies)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return ZoneInfo("UTC")  # every call there is refused until it is repaired, so this is about days before that
