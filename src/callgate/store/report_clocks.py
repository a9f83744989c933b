"""How long did people wait for staff, which safeguards were used, and who had too little of the telephone?"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from callgate.store.database import Record, Transaction
from callgate.store.report_numbers import ReportAsked
from callgate.store.tables import (
    audit_events,
    calls,
    decisions,
    facilities,
    inmates,
    list_entries,
    removal_requests,
    restrictions,
    shutoffs,
)

_OPEN_STATES = ("active", "pending_warden")


async def list_facilities_asked(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """The page's facilities by name, each with `profile` and `time_zone`."""
    f = facilities.c
    query: Select[Any] = select(f.facility_id, f.profile, f.time_zone, f.hours_open, f.limits, f.rate_cap_tier)
    if asked.facility_ids is not None:
        query = query.where(f.facility_id.in_(asked.facility_ids))
    if asked.after is not None:
        query = query.where(f.facility_id > asked.after)
    found: Sequence[Record] = (await transaction.execute(query.order_by(f.facility_id).limit(asked.limit))).all()
    return found


async def list_removals_taken_in(
    transaction: Transaction, facility_ids: Collection[str], *, since_ms: int, until_ms: int
) -> Sequence[Record]:
    """Removal requests of that time: `facility_id, received_on, due_on, decided_on, created_at, decided_at`."""
    r = removal_requests.c
    query: Select[Any] = select(r.facility_id, r.received_on, r.due_on, r.decided_on, r.created_at, r.decided_at).where(
        r.facility_id.in_(facility_ids), r.created_at >= since_ms, r.created_at < until_ms
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


async def list_decided_numbers(
    transaction: Transaction, facility_ids: Collection[str], *, since_ms: int, until_ms: int
) -> Sequence[Record]:
    """Numbers that a warden decided in that time, and those that wait now: `facility_id, since, decided_at`."""
    e, i = list_entries.c, inmates.c
    decided = and_(e.decided_at >= since_ms, e.decided_at < until_ms)
    query: Select[Any] = (
        select(i.facility_id, e.since, e.decided_at)
        .join(inmates, i.inmate_id == e.inmate_id)
        .where(i.facility_id.in_(facility_ids), or_(decided, e.state == "pending_warden"))
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


async def list_uses(
    transaction: Transaction, facility_ids: Collection[str], *, since_ms: int, until_ms: int
) -> Sequence[Record]:
    """What staff did there in that time: `facility_id, action, uses, last_at`; of the whole system: no facility."""
    a = audit_events.c
    query: Select[Any] = (
        select(a.facility_id, a.action, func.count().label("uses"), func.max(a.occurred_at).label("last_at"))
        .where(
            or_(a.facility_id.in_(facility_ids), a.facility_id.is_(None)),
            a.occurred_at >= since_ms,
            a.occurred_at < until_ms,
        )
        .group_by(a.facility_id, a.action)
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


async def list_people_held(transaction: Transaction, asked: ReportAsked) -> Sequence[Record]:
    """People held now: `inmate_id, facility_id, unit, profile, time_zone, numbers`."""
    i, f, e = inmates.c, facilities.c, list_entries.c
    numbers = (
        select(func.count())
        .where(e.inmate_id == i.inmate_id, e.state.in_(_OPEN_STATES))
        .correlate(inmates)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(i.inmate_id, i.facility_id, i.unit, f.profile, f.time_zone, numbers.label("numbers"))
        .join(facilities, f.facility_id == i.facility_id)
        .where(i.status == "active")
    )
    if asked.facility_ids is not None:
        query = query.where(i.facility_id.in_(asked.facility_ids))
    if asked.after is not None:
        query = query.where(i.inmate_id > asked.after)
    found: Sequence[Record] = (await transaction.execute(query.order_by(i.inmate_id).limit(asked.limit))).all()
    return found


async def list_talk(
    transaction: Transaction, inmate_ids: Collection[str], *, first_day: str, last_day: str
) -> Sequence[Record]:
    """What they talked on these local days, hotlines aside: `inmate_id, local_day, answered, talk_seconds`."""
    c = calls.c
    query: Select[Any] = (
        select(
            c.inmate_id,
            c.local_day,
            func.count(c.answered_at).label("answered"),
            func.coalesce(func.sum(c.talk_seconds), 0).label("talk_seconds"),
        )
        .where(
            c.inmate_id.in_(inmate_ids),
            c.local_day >= first_day,
            c.local_day <= last_day,
            c.call_class != "hotline",
        )
        .group_by(c.inmate_id, c.local_day)
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


async def list_denials(
    transaction: Transaction, inmate_ids: Collection[str], *, since_ms: int, until_ms: int
) -> Sequence[Record]:
    """Why they were denied in that time: `inmate_id, reason, denials`."""
    d = decisions.c
    query: Select[Any] = (
        select(d.inmate_id, d.reason, func.count().label("denials"))
        .where(d.decided_at >= since_ms, d.decided_at < until_ms, d.inmate_id.in_(inmate_ids), d.decision == "deny")
        .group_by(d.inmate_id, d.reason)
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found


async def list_restricted_between(
    transaction: Transaction, inmate_ids: Collection[str], *, since_ms: int, until_ms: int
) -> frozenset[str]:
    """Which of them had a restriction in force at some time between?"""
    r = restrictions.c
    query = select(r.inmate_id).where(
        r.inmate_id.in_(inmate_ids),
        r.starts_at < until_ms,
        r.ends_at > since_ms,
        or_(r.ended_at.is_(None), r.ended_at > since_ms),
        or_(r.ended_at.is_(None), r.ended_at > r.starts_at),
    )
    return frozenset((await transaction.execute(query)).scalars())


async def list_shutoffs_between(transaction: Transaction, *, since_ms: int, until_ms: int) -> Sequence[Record]:
    """Shut-offs that ran at some time between: `scope, facility_id, unit`."""
    s = shutoffs.c
    query: Select[Any] = select(s.scope, s.facility_id, s.unit).where(
        s.starts_at < until_ms, s.ends_at > since_ms, or_(s.ended_at.is_(None), s.ended_at > since_ms)
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found
