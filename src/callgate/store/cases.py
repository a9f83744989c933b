"""Which facts stand about these attempts, now?

Every fact of a whole batch is loaded in a fixed number of statements, one a noun, whatever the batch holds. Each takes
rows wider than the rules need (a block that ran out a moment ago, a restriction that starts tomorrow): what binds
is for the checks to say. Nothing here is cached.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row

from callgate.domain.case import (
    Block,
    CommonNumber,
    Facility,
    ListEntry,
    Person,
    Restriction,
    Shutoff,
    Station,
    Usage,
)
from callgate.domain.rates import Tariff
from callgate.domain.roles import VICTIM_CLASS
from callgate.store.batch import Lookup, batch_text, look_up, look_up_all
from callgate.store.case_rows import (
    FOREVER_MS,
    SwitchRow,
    block_of,
    facility_of,
    person_of,
    restriction_of,
    shutoff_of,
    station_of,
    switch_of,
    usage_of,
)
from callgate.store.database import Transaction
from callgate.store.tariffs import tariff_of

_VICTIM_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(VICTIM_CLASS))

_FACILITY_COLUMNS: Final = (
    "f.facility_id, f.profile, f.time_zone, f.region, f.hours_open AS facility_open, f.hours_close AS facility_close, "
    "f.limits, EXISTS (SELECT 1 FROM tariffs t WHERE t.facility_id = f.facility_id) AS has_own_tariffs"
)
_PLACES = Lookup(
    keys=(("station_id", "text"),),
    select=f"s.station_id, s.unit, s.media, s.enabled, s.hours_open, s.hours_close, {_FACILITY_COLUMNS}",
    source="stations s JOIN facilities f ON f.facility_id = s.facility_id",
    where="s.station_id = a.station_id",
)
_FACILITIES = Lookup(
    keys=(("facility_id", "text"),),
    select=_FACILITY_COLUMNS,
    source="facilities f",
    where="f.facility_id = a.facility_id",
)
_PEOPLE_BY_PIN = Lookup(
    keys=(("digest", "text"),),
    select="m.inmate_id, m.facility_id, m.unit, m.status",
    source="pins p JOIN inmates m ON m.inmate_id = p.inmate_id",
    where="p.digest = a.digest",
)
_PEOPLE = Lookup(
    keys=(("inmate_id", "text"),),
    select="m.inmate_id, m.facility_id, m.unit, m.status",
    source="inmates m",
    where="m.inmate_id = a.inmate_id",
)
_SWITCHES = Lookup(
    keys=(("switch_id", "text"),),
    select="s.facilities, s.tokens_not_before",
    source="switches s",
    where="s.switch_id = a.switch_id",
)
_SHUTOFFS = Lookup(
    keys=(("facility_id", "text"), ("unit", "text"), ("now", "bigint")),
    select="s.shutoff_id, s.scope, s.ends_at, s.unit",
    source="shutoffs s",
    where=(
        "s.ended_at IS NULL AND s.ends_at > a.now AND (s.scope = 'system' OR "
        "(s.facility_id = a.facility_id AND (s.scope = 'facility' OR s.unit = a.unit)))"
    ),
    limit=20,
)
_ENTRIES = Lookup(
    keys=(("inmate_id", "text"), ("number", "text")),
    select="e.kind, e.state",
    source="list_entries e",
    where="e.inmate_id = a.inmate_id AND e.number = a.number AND e.state IN ('active', 'pending_warden')",
)
_COMMONS = Lookup(
    keys=(("number", "text"), ("facility_id", "text")),
    select="n.kind, n.facility_id",
    source="common_numbers n",
    where="n.number = a.number AND n.state = 'in_force' AND (n.facility_id IS NULL OR n.facility_id = a.facility_id)",
)
_BLOCKS = Lookup(
    keys=(("number", "text"), ("inmate_id", "text"), ("facility_id", "text"), ("now", "bigint")),
    select=(
        "b.block_id, b.scope, b.kind, b.inmate_id, b.facility_id, b.unit, b.until, "
        "CASE WHEN m.status = 'active' AND m.facility_id = a.facility_id THEN 1 ELSE 0 END AS subject_here, "
        f"coalesce((SELECT max(coalesce(x.until, {FOREVER_MS})) FROM block_exceptions x WHERE x.block_id = b.block_id "
        "AND x.inmate_id = a.inmate_id AND (x.until IS NULL OR x.until > a.now)), 0) AS excepted_until"
    ),
    source="blocks b LEFT JOIN inmates m ON m.inmate_id = b.inmate_id",
    where=(
        "b.number = a.number AND b.lifted_at IS NULL AND (b.until IS NULL OR b.until > a.now) AND ("
        "b.scope = 'system' OR b.facility_id = a.facility_id OR b.inmate_id = a.inmate_id OR "
        f"(b.kind IN ({_VICTIM_KINDS}) AND m.status = 'active' AND m.facility_id = a.facility_id))"
    ),
    # A limit must never hide what binds behind what may not: direct blocks first, then shields without an exception.
    order=(
        "CASE WHEN b.scope <> 'inmate' THEN 0 WHEN b.inmate_id = a.inmate_id THEN 1 ELSE 2 END, "
        "excepted_until, b.block_id"
    ),
    limit=50,
)
_RESTRICTIONS = Lookup(
    keys=(("inmate_id", "text"), ("now", "bigint")),
    select="r.restriction_id, r.kind, r.starts_at, r.ends_at, r.bars_privileged",
    source="restrictions r",
    where="r.inmate_id = a.inmate_id AND r.ended_at IS NULL AND r.ends_at > a.now",
    order="r.starts_at, r.bars_privileged DESC, r.restriction_id",
    limit=50,
)
_COUNTS: Final = (
    "c.call_class = 'social' AND (c.state = 'answered' OR "
    "(c.state = 'ended' AND (c.answered_at IS NOT NULL OR c.counted_seconds > 0)))"
)
_SECONDS: Final = (
    "CASE WHEN c.call_class <> 'social' THEN 0 WHEN c.state = 'authorized' AND c.frees_at > a.now "
    "THEN c.max_duration_seconds ELSE c.counted_seconds END"
)
_USAGE = Lookup(
    keys=(
        ("inmate_id", "text"),
        ("own", "text"),
        ("since", "text"),
        ("day", "text"),
        ("week", "text"),
        ("month", "text"),
        ("now", "bigint"),
    ),
    select=(
        "max(CASE WHEN c.state IN ('authorized', 'answered') AND c.frees_at > a.now THEN c.frees_at END) "
        "AS live_until, "
        f"sum(CASE WHEN c.local_day >= a.day AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_today, "
        f"sum(CASE WHEN c.local_day >= a.week AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_this_week, "
        f"sum(CASE WHEN c.local_day >= a.month AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_this_month, "
        f"sum(CASE WHEN c.local_day >= a.day THEN {_SECONDS} ELSE 0 END) AS seconds_today, "
        f"sum(CASE WHEN c.local_day >= a.month THEN {_SECONDS} ELSE 0 END) AS seconds_this_month, "
        f"max(CASE WHEN {_COUNTS} THEN coalesce(c.answered_at, c.authorized_at) END) AS last_started_at, "
        f"max(CASE WHEN {_COUNTS} THEN coalesce(c.ended_at, c.end_by) END) AS last_ended_at"
    ),
    source="calls c",
    where="c.inmate_id = a.inmate_id AND c.local_day >= a.since AND c.decision_id <> a.own",
    grouped=True,
)
_TARIFFS = Lookup(
    keys=(("facility_id", "text"), ("earliest", "text"), ("latest", "text")),
    select=(
        "t.tariff, t.payment_types, t.media, t.destination, t.currency, t.per_minute, t.connection_fee, "
        "t.increment_seconds, t.payer, t.effective_from, t.effective_until"
    ),
    source="tariffs t",
    where=(
        "t.facility_id = a.facility_id AND t.effective_from <= a.latest "
        "AND (t.effective_until IS NULL OR t.effective_until > a.earliest)"
    ),
    order="t.effective_from DESC, t.tariff",
    limit=100,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFacts:
    """What to look up for one attempt, once its place, its person and its number are known.

    `since`, `day`, `week`, `month`: local days as `YYYY-MM-DD`; usage is summed from the first of them on.
    `own`: the decision whose own call is left out of its usage, or "".
    """

    i: int
    facility_id: str | None
    unit: str | None
    inmate_id: str | None
    number: str | None
    own: str
    since: str
    day: str
    week: str
    month: str
    earliest: str
    latest: str
    now: int


@dataclass(slots=True)
class Facts:
    """The facts of one attempt about its place, its person and its number."""

    shutoffs: tuple[Shutoff, ...] = ()
    entry: ListEntry | None = None
    common: CommonNumber | None = None
    blocks: tuple[Block, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    usage: Usage = field(default_factory=Usage)
    tariffs: tuple[Tariff, ...] = ()


async def load_places(transaction: Transaction, station_ids: Sequence[str]) -> dict[int, tuple[Station, Facility]]:
    """The telephones asked about and where they stand, by position; an unknown one is not there."""
    rows = await look_up(transaction, _PLACES, [{"i": i, "station_id": name} for i, name in enumerate(station_ids)])
    return {row.i: (station_of(row), facility_of(row)) for row in rows}


async def find_facility(transaction: Transaction, facility_id: str) -> Facility | None:
    """One facility as a decision sees it."""
    rows = await look_up(transaction, _FACILITIES, [{"i": 0, "facility_id": facility_id}])
    return facility_of(rows[0]) if rows else None


async def load_callers(
    transaction: Transaction, station_ids: Sequence[str], digests: Sequence[Sequence[str]]
) -> tuple[dict[int, tuple[Station, Facility]], dict[int, Person]]:
    """Which telephones ask, and whose PIN has one of these digests? Both by position; what is unknown is not there."""
    places, people = await look_up_all(
        transaction,
        (_PLACES, [{"i": i, "station_id": name} for i, name in enumerate(station_ids)]),
        (_PEOPLE_BY_PIN, [{"i": i, "digest": digest} for i, several in enumerate(digests) for digest in several]),
    )
    return (
        {row.i: (station_of(row), facility_of(row)) for row in places},
        {row.i: person_of(row) for row in people},
    )


async def load_people(transaction: Transaction, inmate_ids: Sequence[str]) -> dict[int, Person]:
    """These people, by position."""
    rows = await look_up(transaction, _PEOPLE, [{"i": i, "inmate_id": name} for i, name in enumerate(inmate_ids)])
    return {row.i: person_of(row) for row in rows}


async def load_switches(transaction: Transaction, switch_ids: Iterable[str]) -> dict[str, SwitchRow]:
    """The registered ones among these switches, by id."""
    named = sorted(set(switch_ids))
    rows = await look_up(transaction, _SWITCHES, [{"i": i, "switch_id": name} for i, name in enumerate(named)])
    return {named[row.i]: switch_of(row) for row in rows}


async def load_facts(transaction: Transaction, asked: Sequence[AskedFacts]) -> dict[int, Facts]:
    """Everything else, by position: seven statements for the whole batch."""
    found = {one.i: Facts() for one in asked}
    rows = batch_text([{name: getattr(one, name) for name in AskedFacts.__slots__} for one in asked])
    shutoffs, entries, commons, blocks, restrictions, usages, tariffs = await look_up_all(
        transaction,
        (_SHUTOFFS, rows),
        (_ENTRIES, rows),
        (_COMMONS, rows),
        (_BLOCKS, rows),
        (_RESTRICTIONS, rows),
        (_USAGE, rows),
        (_TARIFFS, rows),
    )
    for i, several in _grouped(shutoffs).items():
        found[i].shutoffs = tuple(shutoff_of(row) for row in several)
    for row in entries:
        found[row.i].entry = ListEntry(kind=row.kind, state=row.state)
    for row in commons:
        found[row.i].common = CommonNumber(kind=row.kind, facility_id=row.facility_id)
    for i, several in _grouped(blocks).items():
        found[i].blocks = tuple(block_of(row) for row in several)
    for i, several in _grouped(restrictions).items():
        found[i].restrictions = tuple(restriction_of(row) for row in several)
    for row in usages:
        found[row.i].usage = usage_of(row)
    for i, several in _grouped(tariffs).items():
        found[i].tariffs = tuple(tariff_of(row) for row in several)
    return found


def _grouped(rows: Iterable[Row[Any]]) -> Mapping[int, Sequence[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(row.i, []).append(row)
    return groups
