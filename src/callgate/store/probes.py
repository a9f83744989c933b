"""Who was refused a number, how many different ones in one day, and on which facts?

Read from the decision log alone. Refusals of a hotline's number are left out: nobody is identified there, and nobody is
to be watched there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, literal_column, select, tuple_

from callgate.domain.verdict import Reason
from callgate.store.batch import Lookup, look_up
from callgate.store.database import Transaction
from callgate.store.tables import decisions, facilities

# Written out and no parameter: the planner must see that the partial indexes hold these rows.
_REFUSED: Final = f"reason = '{Reason.NUMBER_NOT_AVAILABLE}'"
_WINDOW: Final = "d.decided_at >= a.since AND d.decided_at < a.before"
_KEYS: Final = (("who", "text"), ("since", "bigint"), ("before", "bigint"))
_NUMBERS: Final = "count(DISTINCT d.number) AS numbers"

OF_PERSON: Final = Lookup(
    keys=_KEYS,
    select=_NUMBERS,
    source="decisions d",
    where=f"d.{_REFUSED} AND d.inmate_id = a.who AND {_WINDOW}",
)
OF_STATION: Final = Lookup(
    keys=_KEYS,
    select=_NUMBERS,
    source="decisions d",
    where=f"d.{_REFUSED} AND d.station_id = a.who AND d.inmate_id IS NOT NULL AND {_WINDOW}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedNumber:
    """One attempt of somebody identified that was refused for its number.

    `facts`: the recorded case, as text. `profile`, `time_zone`: of the facility as it stands now.
    """

    decision_id: str
    decided_at: int
    inmate_id: str
    station_id: str
    facility_id: str
    profile: str
    time_zone: str
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOf:
    """A person or a station, and the milliseconds at which a local day begins and the next one does."""

    who: str
    since: int
    before: int


async def list_refused_among(transaction: Transaction, decision_ids: Sequence[str]) -> tuple[RefusedNumber, ...]:
    """Those of these decisions that refused a number, oldest first."""
    return await _read(transaction, _refused().where(decisions.c.decision_id.in_(decision_ids)))


async def find_first_decided(transaction: Transaction, *, since_ms: int, before_ms: int) -> int | None:
    """The instant of the first decision of that time; None: there is none."""
    d = decisions.c
    query = select(d.decided_at).where(d.decided_at >= since_ms, d.decided_at < before_ms).order_by(d.decided_at)
    return (await transaction.execute(query.limit(1))).scalar_one_or_none()


async def list_refused_between(
    transaction: Transaction, *, since_ms: int, before_ms: int, after: tuple[int, str], limit: int
) -> tuple[RefusedNumber, ...]:
    """The refusals of that time, oldest first; `after`: instant and id of the last one of the page before."""
    query = _refused_between(since_ms=since_ms, before_ms=before_ms, after=after, limit=limit)
    return await _read(transaction, query)


async def count_numbers(transaction: Transaction, lookup: Lookup, days: Sequence[DayOf]) -> list[int]:
    """How many different numbers was each refused in its day? `lookup`: `OF_PERSON` or `OF_STATION`."""
    asked = [{"i": i, "who": day.who, "since": day.since, "before": day.before} for i, day in enumerate(days)]
    return [row.numbers for row in sorted(await look_up(transaction, lookup, asked), key=lambda row: row.i)]


def _refused() -> Select[Any]:
    d, f = decisions.c, facilities.c
    return (
        select(d.decision_id, d.decided_at, d.inmate_id, d.station_id, d.facility_id, f.profile, f.time_zone, d.facts)
        .join_from(decisions, facilities, f.facility_id == d.facility_id)
        .where(literal_column(f"decisions.{_REFUSED}"), d.inmate_id.is_not(None))
        .order_by(d.decided_at, d.decision_id)
    )


def _refused_between(*, since_ms: int, before_ms: int, after: tuple[int, str], limit: int) -> Select[Any]:
    d = decisions.c
    query = _refused().where(d.decided_at >= max(since_ms, after[0]), d.decided_at < before_ms)
    return query.where(tuple_(d.decided_at, d.decision_id) > after).limit(limit)


async def _read(transaction: Transaction, query: Select[Any]) -> tuple[RefusedNumber, ...]:
    return tuple(RefusedNumber(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name
