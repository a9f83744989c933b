"""Which facts stand about these attempts, now?

Each fact is one `Lookup`, and all that hang on place, person, number and key share one statement, whatever the batch
holds: a further one is a constant in `case_lookups`, a line in `_FACTS` and a field of `Facts`. No fact is cached.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypedDict

from callgate.domain.case import (
    Block,
    CommonNumber,
    Facility,
    ListEntry,
    OneTimeCall,
    Person,
    Restriction,
    Shutoff,
    Station,
    Usage,
)
from callgate.domain.pin import FacilityThrottle, StationThrottle
from callgate.domain.rates import Tariff
from callgate.store.batch import Rows, look_up, look_up_all
from callgate.store.case_lookups import (
    BLOCKS,
    COMMONS,
    ENTRIES,
    FACILITIES,
    ONE_TIME_CALLS,
    ORPHANS,
    PEOPLE,
    PEOPLE_BY_PIN,
    PLACES,
    REPEATS,
    RESTRICTIONS,
    SHUTOFFS,
    SWITCHES,
    TARIFFS,
    USAGE,
)
from callgate.store.case_rows import (
    SwitchRow,
    block_of,
    common_of,
    entry_of,
    facility_of,
    one_time_call_of,
    person_of,
    restriction_of,
    shutoff_of,
    station_of,
    switch_of,
    usage_of,
)
from callgate.store.database import Record, Transaction
from callgate.store.statements import Statement
from callgate.store.tariffs import tariff_of
from callgate.store.throttles import FACILITY_THROTTLES, STATION_THROTTLES, facility_throttle_of, station_throttle_of

_TELEPHONES: Final = (PLACES, STATION_THROTTLES, FACILITY_THROTTLES)
_FACTS: Final = (
    SHUTOFFS,
    ENTRIES,
    ONE_TIME_CALLS,
    COMMONS,
    BLOCKS,
    RESTRICTIONS,
    USAGE,
    TARIFFS,
    REPEATS,
    ORPHANS,
)


class AskedFacts(TypedDict):
    """What to look up for one attempt, once its place, its person and its number are known.

    `since`, `day`, `week`, `month`: local days as `YYYY-MM-DD`; usage is summed from the first of them on.
    `switch_id`, `call_id`: the key of the attempt; its own call is left out of its usage.
    """

    i: int
    facility_id: str | None
    unit: str | None
    inmate_id: str | None
    number: str | None
    switch_id: str
    call_id: str
    since: str
    day: str
    week: str
    month: str
    earliest: str
    latest: str
    now: int


class Facts(NamedTuple):
    """The facts of one attempt about its place, its person, its number and its key, in the order of `_FACTS`.

    `repeat`: what was decided under its key before, with its call and its revocation.
    `is_orphan`: a call of its key was reported ended that was never asked about.
    """

    shutoffs: tuple[Shutoff, ...]
    entry: ListEntry | None
    one_time: OneTimeCall | None
    common: CommonNumber | None
    blocks: tuple[Block, ...]
    restrictions: tuple[Restriction, ...]
    usage: Usage
    tariffs: tuple[Tariff, ...]
    repeat: Record | None
    is_orphan: bool


class Callers(NamedTuple):
    """Who asks: telephones and people by position, switches and throttles by id; what is unknown is not there."""

    places: Mapping[int, tuple[Station, Facility]]
    people: Mapping[int, Person]
    switches: Mapping[str, SwitchRow]
    station_throttles: Mapping[str, StationThrottle]
    facility_throttles: Mapping[str, FacilityThrottle]


async def load_places(transaction: Transaction, station_ids: Sequence[str]) -> dict[int, tuple[Station, Facility]]:
    """The telephones asked about and where they stand, by position; an unknown one is not there."""
    rows = await look_up(transaction, PLACES, [{"i": i, "station_id": name} for i, name in enumerate(station_ids)])
    return {row.i: (station_of(row), facility_of(row)) for row in rows}


async def find_facility(transaction: Transaction, facility_id: str) -> Facility | None:
    """One facility as a decision sees it."""
    rows = await look_up(transaction, FACILITIES, [{"i": 0, "facility_id": facility_id}])
    return facility_of(rows[0]) if rows else None


async def load_callers(
    transaction: Transaction,
    *,
    station_ids: Sequence[str],
    digests: Sequence[Sequence[str]],
    switch_ids: Iterable[str],
    after: Sequence[Statement] = (),
) -> tuple[Callers, Sequence[Rows]]:
    """Which telephones ask, whose PIN has one of these digests, and what binds the switches beyond their tokens?

    `after`: the locks to take first, in the same exchange; their rows are given back too.
    """
    named = sorted(set(switch_ids))
    taken, (stations, people, switches) = await look_up_all(
        transaction,
        (_TELEPHONES, [{"i": i, "station_id": name} for i, name in enumerate(station_ids)]),
        ((PEOPLE_BY_PIN,), [{"i": i, "digest": digest} for i, several in enumerate(digests) for digest in several]),
        ((SWITCHES,), [{"i": i, "switch_id": name} for i, name in enumerate(named)]),
        after=after,
    )
    places, of_stations, of_facilities = {}, {}, {}
    for i, (found, station_throttle, facility_throttle) in stations:
        for row in found:
            station, facility = places[i] = (station_of(row), facility_of(row))
            if station.station_id not in of_stations:
                of_stations[station.station_id] = station_throttle_of(station_throttle)
            if facility.facility_id not in of_facilities:
                of_facilities[facility.facility_id] = facility_throttle_of(facility_throttle)
    callers = Callers(
        places=places,
        people={i: person_of(row) for i, (rows,) in people for row in rows},
        switches={named[i]: switch_of(row) for i, (rows,) in switches for row in rows},
        station_throttles=of_stations,
        facility_throttles=of_facilities,
    )
    return callers, taken


async def load_people(transaction: Transaction, inmate_ids: Sequence[str]) -> dict[int, Person]:
    """These people, by position."""
    rows = await look_up(transaction, PEOPLE, [{"i": i, "inmate_id": name} for i, name in enumerate(inmate_ids)])
    return {row.i: person_of(row) for row in rows}


async def load_switches(transaction: Transaction, switch_ids: Iterable[str]) -> dict[str, SwitchRow]:
    """The registered ones among these switches, by id."""
    named = sorted(set(switch_ids))
    rows = await look_up(transaction, SWITCHES, [{"i": i, "switch_id": name} for i, name in enumerate(named)])
    return {named[row.i]: switch_of(row) for row in rows}


async def load_facts(transaction: Transaction, asked: Sequence[AskedFacts]) -> dict[int, Facts]:
    """Everything else, by position: one statement for the whole batch."""
    _, (found,) = await look_up_all(transaction, (_FACTS, asked))
    return {i: _facts(*rows) for i, rows in found}


def _facts(  # noqa: PLR0913, PLR0917 - one for each of `_FACTS`, in their order
    shutoffs: Sequence[Any],
    entries: Sequence[Any],
    one_times: Sequence[Any],
    commons: Sequence[Any],
    blocks: Sequence[Any],
    restrictions: Sequence[Any],
    usages: Sequence[Any],
    tariffs: Sequence[Any],
    repeats: Sequence[Any],
    orphans: Sequence[Any],
) -> Facts:
    return Facts(
        shutoffs=tuple(map(shutoff_of, shutoffs)),
        entry=next(map(entry_of, entries), None),
        one_time=next(map(one_time_call_of, one_times), None),
        common=next(map(common_of, commons), None),
        blocks=tuple(map(block_of, blocks)),
        restrictions=tuple(map(restriction_of, restrictions)),
        usage=next(map(usage_of, usages)),
        tariffs=tuple(map(tariff_of, tariffs)),
        repeat=repeats[0] if repeats else None,
        is_orphan=bool(orphans),
    )
