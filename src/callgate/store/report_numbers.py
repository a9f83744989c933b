"""Which numbers and which PINs stand out? Read for reports; a hotline and a call to one are in none of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, distinct, func, select

from callgate.store.database import Record, Transaction
from callgate.store.tables import calls, common_numbers, decisions, inmates, list_entries

_OPEN_STATES = ("active", "pending_warden")
_SEVERAL = 2

# The case of an attempt is compact JSON; a quote inside a text of it is escaped, so that none of these can be faked.
_PIN_WAS = '%"pin":"{}"%'
_RELEASED = '%"status":"released"%'


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """Which page of a report is asked for?

    Args:
        facility_ids: of these alone; None: of all.
        since_ms: from this instant on, in milliseconds since 1970.
        until_ms: before this one.
        after: the last name of the page before.
        limit: rows at most.
    """

    facility_ids: Collection[str] | None
    since_ms: int
    until_ms: int
    after: str | None
    limit: int


async def list_numbers_on_several_lists(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """Each holding of a number that several people here hold: `number, inmate_id, facility_id, kind, state, since`.

    `limit` counts numbers, not holdings.
    """
    e, i = list_entries.c, inmates.c
    held = and_(
        e.state.in_(_OPEN_STATES), i.inmate_id == e.inmate_id, _here(i.facility_id, asked), _no_hotline(e.number)
    )
    shared = (
        select(e.number)
        .join(inmates, i.inmate_id == e.inmate_id)
        .where(held)
        .group_by(e.number)
        .having(func.count(distinct(e.inmate_id)) >= _SEVERAL)
    )
    numbers = _page(shared, e.number, asked).subquery()
    query = (
        select(e.number, e.inmate_id, i.facility_id, e.kind, e.state, e.since)
        .join(inmates, i.inmate_id == e.inmate_id)
        .join(numbers, numbers.c.number == e.number)
        .where(held)
        .order_by(e.number, e.inmate_id)
    )
    return await _all(transaction, query)


async def list_numbers_called_by_several(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """Who called a number that several called: `number, inmate_id, calls, answered, first_at, last_at` for each pair.

    `limit` counts numbers, not pairs.
    """
    c = calls.c
    placed = and_(
        c.inmate_id.is_not(None),
        c.call_class != "hotline",
        c.authorized_at >= asked.since_ms,
        c.authorized_at < asked.until_ms,
        _here(c.facility_id, asked),
        _no_hotline(c.number),
    )
    several = select(c.number).where(placed).group_by(c.number).having(func.count(distinct(c.inmate_id)) >= _SEVERAL)
    numbers = _page(several, c.number, asked).subquery()
    query = (
        select(
            c.number,
            c.inmate_id,
            func.count().label("calls"),
            func.count(c.answered_at).label("answered"),
            func.min(c.authorized_at).label("first_at"),
            func.max(c.authorized_at).label("last_at"),
        )
        .join(numbers, numbers.c.number == c.number)
        .where(placed)
        .group_by(c.number, c.inmate_id)
        .order_by(c.number, c.inmate_id)
    )
    return await _all(transaction, query)


async def list_refused_pins(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """Telephones where a PIN was refused: `station_id, facility_id, missing, unknown, locked, not_here, last_at`."""
    d = decisions.c
    query = (
        select(
            d.station_id,
            d.facility_id,
            *(_count(d.facts.like(_PIN_WAS.format(word))).label(word) for word in ("missing", "unknown", "locked")),
            _count(d.facts.like(_PIN_WAS.format("matched"))).label("not_here"),
            func.max(d.decided_at).label("last_at"),
        )
        .where(_refused(asked))
        .group_by(d.station_id, d.facility_id)
    )
    return await _all(transaction, _page(query, d.station_id, asked))


async def list_pins_not_here(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """People whose PIN was tried where they are not: `inmate_id, facility_id, released, elsewhere, last_at` a place.

    `limit` counts people, not places.
    """
    d = decisions.c
    tried = and_(_refused(asked), d.inmate_id.is_not(None))
    people = _page(select(d.inmate_id).where(tried).group_by(d.inmate_id), d.inmate_id, asked).subquery()
    released = d.facts.like(_RELEASED)
    query = (
        select(
            d.inmate_id,
            d.facility_id,
            _count(released).label("released"),
            _count(~released).label("elsewhere"),
            func.max(d.decided_at).label("last_at"),
        )
        .join(people, people.c.inmate_id == d.inmate_id)
        .where(tried)
        .group_by(d.inmate_id, d.facility_id)
        .order_by(d.inmate_id, d.facility_id)
    )
    return await _all(transaction, query)


async def list_released(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """People released in that time and not back: `inmate_id, facility_id, as_of, numbers` still on their list."""
    i, e = inmates.c, list_entries.c
    numbers = (
        select(func.count())
        .where(e.inmate_id == i.inmate_id, e.state.in_(_OPEN_STATES))
        .correlate(inmates)
        .scalar_subquery()
    )
    query = select(i.inmate_id, i.facility_id, i.as_of, numbers.label("numbers")).where(
        i.status == "released", i.as_of >= asked.since_ms, i.as_of < asked.until_ms, _here(i.facility_id, asked)
    )
    return await _all(transaction, _page(query, i.inmate_id, asked))


def _refused(asked: ReportAsked) -> ColumnElement[bool]:
    d = decisions.c
    return and_(
        d.reason == "pin_not_accepted",
        d.decided_at >= asked.since_ms,
        d.decided_at < asked.until_ms,
        d.facility_id.is_not(None),
        _here(d.facility_id, asked),
    )


def _here(facility_id: ColumnElement[Any], asked: ReportAsked) -> ColumnElement[bool]:
    return facility_id.is_not(None) if asked.facility_ids is None else facility_id.in_(asked.facility_ids)


def _no_hotline(number: ColumnElement[Any]) -> ColumnElement[bool]:
    return number.not_in(
        select(common_numbers.c.number).where(common_numbers.c.kind == "hotline", common_numbers.c.state == "in_force")
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _page(query: Select[Any], name: ColumnElement[Any], asked: ReportAsked) -> Select[Any]:
    query = query if asked.after is None else query.where(name > asked.after)
    return query.order_by(name).limit(asked.limit)


async def _all(transaction: Transaction, query: Select[Any]) -> Sequence[Record]:
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found
