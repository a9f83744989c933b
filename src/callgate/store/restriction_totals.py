"""From when to when did people really go without calls, and who of them is held where?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, false, func, literal, or_, select, text

from callgate.store.database import Transaction
from callgate.store.tables import facilities, inmates, restrictions

SPELLS_MAX = 2000
"""Of one person the latest so many are added up; nobody has a tenth of them, and a total must stay cheap."""

_SLACK_MS = 2 * 60 * 60 * 1000
"""What a restriction may be longer on the wall clock, a clock change and the gap to the next one included."""

_r = restrictions.c
_REAL_END = case((_r.ended_at < _r.ends_at, _r.ended_at), else_=_r.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedSpell:
    """One restriction as far as it ran or will run; instants are milliseconds since 1970."""

    inmate_id: str
    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedPerson:
    """Somebody held here who has, had or will have a restriction. `projected_release`: `YYYY-MM-DD`."""

    inmate_id: str
    facility_id: str
    profile: str
    time_zone: str
    projected_release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAsked:
    """Who of those held is asked for? `facility_ids` None: at any facility.

    `since_ms`: with a restriction that ran past this instant. `now_ms`: this instant. `total_ms`: whose restrictions
    come to more than this; None: no total is too much.
    """

    facility_ids: Collection[str] | None
    since_ms: int
    now_ms: int
    total_ms: int | None


async def list_spells(transaction: Transaction, inmate_id: str) -> tuple[RestrictedSpell, ...]:
    """This person's restrictions as they really ran, the latest first; one ended before it began is not among them."""
    query = (
        select(_r.inmate_id, _r.starts_at, _REAL_END.label("ends_at"))
        .where(_r.inmate_id == inmate_id, _r.starts_at < _REAL_END)
        .order_by(_r.ends_at.desc())
        .limit(SPELLS_MAX)
    )
    return tuple(RestrictedSpell(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def list_spells_of(transaction: Transaction, inmate_ids: Sequence[str]) -> tuple[RestrictedSpell, ...]:
    """The same for several people, in no order."""
    query = select(_r.inmate_id, _r.starts_at, _REAL_END.label("ends_at")).where(
        _r.inmate_id.in_(inmate_ids), _r.starts_at < _REAL_END
    )
    return tuple(RestrictedSpell(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - as above


async def list_restricted_people(
    transaction: Transaction, asked: PeopleAsked, *, after: str | None, limit: int
) -> tuple[RestrictedPerson, ...]:
    """Those who may be over a limit or past their release, by id, from the one behind `after` on.

    May: what is added up here counts what overlaps twice. It only spares the caller those who are far from either.
    """
    i, f = inmates.c, facilities.c
    own = (_r.inmate_id == i.inmate_id, _r.starts_at < _REAL_END)
    recent = exists().where(*own, _r.ends_at > asked.since_ms, asked.since_ms < _REAL_END)
    total = select(func.sum(_REAL_END - _r.starts_at + _SLACK_MS)).where(*own).scalar_subquery()
    past_release = exists().where(*own, asked.now_ms < _REAL_END, i.projected_release <= _utc_day(transaction))
    far = total > asked.total_ms if asked.total_ms is not None else false()
    query = (
        select(i.inmate_id, i.facility_id, f.profile, f.time_zone, i.projected_release)
        .join(facilities, f.facility_id == i.facility_id)
        .where(i.status == "active", recent, or_(far, past_release))
        .order_by(i.inmate_id)
        .limit(limit)
    )
    if asked.facility_ids is not None:
        query = query.where(i.facility_id.in_(asked.facility_ids))
    if after is not None:
        query = query.where(i.inmate_id > after)
    return tuple(RestrictedPerson(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


def _utc_day(transaction: Transaction) -> ColumnElement[str]:
    """On which day of UTC does it end? At the facility that is the same, the day before or the day after."""
    if transaction.dialect.name == "sqlite":
        return func.date(_REAL_END / literal(1000.0), "unixepoch", "+1 day")
    ends = func.timezone("UTC", func.to_timestamp(_REAL_END / literal(1000.0)))
    return func.to_char(ends + text("interval '1 day'"), "YYYY-MM-DD")
