"""Which owners of a number asked that it be called no more, and what became of it?

The tracking token itself is never here: only its keyed digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, insert, or_, select, update

from callgate.domain.hours import local_day
from callgate.domain.removal import is_overdue
from callgate.store.blocks import Block
from callgate.store.database import Transaction
from callgate.store.tables import alerts, blocks, facilities
from callgate.store.tables import removal_requests as requests

OPEN: Final = "open"
_EASTERNMOST: Final = timedelta(hours=14)  # no place on earth is further ahead of UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalRequest:
    """One request. Its instants are milliseconds since 1970, its days `YYYY-MM-DD` at the facility.

    `facility_name`, `profile` and `time_zone` are its facility's. `token_dies_at`: None while it is open.
    """

    request_id: str
    facility_id: str
    number: str
    inmate_id: str | None
    requester_name: str
    received_on: str
    channel: str
    letter_reference: str | None
    identity_checked: bool
    state: str
    due_on: str
    provisional_block_id: str | None
    listed_for: int
    token_digest: str = field(repr=False)
    token_dies_at: int | None = None
    created_by: str
    created_role: str
    created_at: int
    decided_by: str | None = None
    decided_at: int | None = None
    decided_on: str | None = None
    decided_scope: str | None = None
    decision_note: str | None = None
    facility_name: str
    profile: str
    time_zone: str

    def today(self, now: datetime) -> date:
        """Which day is it where the request lies?"""
        return local_day(ZoneInfo(self.time_zone), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests are asked for? None: any. `facility_ids`: those that the token covers."""

    facility_ids: Sequence[str] | None = None
    facility_id: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided, by whom and when; `token_dies_at_ms`: from then on the tracking token answers no more."""

    state: str
    by: str
    at_ms: int
    on: str
    scope: str | None
    note: str
    token_dies_at_ms: int


async def insert_request(transaction: Transaction, request: RemovalRequest) -> None:
    """Append a request."""
    await transaction.execute(
        insert(requests), [{column.name: getattr(request, column.name) for column in requests.columns}]
    )


async def find_request(transaction: Transaction, request_id: str) -> RemovalRequest | None:
    """One request; None: there is no such."""
    return _one((await transaction.execute(_all().where(requests.c.request_id == request_id))).first())


async def find_request_by_token(transaction: Transaction, digests: Sequence[str]) -> RemovalRequest | None:
    """The request whose token has one of these digests, dead or not; None: there is no such."""
    return _one((await transaction.execute(_all().where(requests.c.token_digest.in_(digests)))).first())


async def list_requests(
    transaction: Transaction, asked: RequestFilter, *, after: tuple[str, str] | None, limit: int
) -> tuple[RemovalRequest, ...]:
    """Requests, those received first before the others; `after`: day received and id of the last one before."""
    r = requests.c
    query = _all().order_by(r.received_on, r.request_id).limit(limit)
    if asked.facility_ids is not None:
        query = query.where(r.facility_id.in_(asked.facility_ids))
    if asked.facility_id is not None:
        query = query.where(r.facility_id == asked.facility_id)
    if asked.state is not None:
        query = query.where(r.state == asked.state)
    if after is not None:
        day, request_id = after
        query = query.where(or_(r.received_on > day, and_(r.received_on == day, r.request_id > request_id)))
    return _several((await transaction.execute(query)).all())


async def list_overdue(
    transaction: Transaction, *, now: datetime, alert_kind: str | None = None, limit: int = 500
) -> tuple[RemovalRequest, ...]:
    """Open requests whose last day is over at their facility, the latest ones first.

    Args:
        alert_kind: leave out those for which an alert of this kind, with the request's id as its subject, stands: so
            that a watch that alerts them is not kept from the next ones by those it has alerted.
        limit: no more than these are looked at.
    """
    r = requests.c
    query = _all().where(r.state == OPEN, r.due_on < (now + _EASTERNMOST).date().isoformat())
    if alert_kind is not None:
        told = select(alerts.c.alert_id).where(alerts.c.kind == alert_kind, alerts.c.subject == r.request_id)
        query = query.where(~told.exists())
    found = _several((await transaction.execute(query.order_by(r.due_on, r.request_id).limit(limit))).all())
    return tuple(each for each in found if is_overdue(date.fromisoformat(each.due_on), today=each.today(now)))


async def set_decided(transaction: Transaction, request_id: str, decided: Decided) -> bool:
    """Write down the decision; False: there was one already, and nothing was written."""
    statement = (
        update(requests)
        .where(requests.c.request_id == request_id, requests.c.state == OPEN)
        .values(
            state=decided.state,
            decided_by=decided.by,
            decided_at=decided.at_ms,
            decided_on=decided.on,
            decided_scope=decided.scope,
            decision_note=decided.note,
            token_dies_at=decided.token_dies_at_ms,
        )
    )
    return (await transaction.execute(statement)).rowcount == 1


async def list_undecided_among(transaction: Transaction, request_ids: Sequence[str]) -> frozenset[str]:
    """Which of these requests are open, so that the blocks they brought are provisional?"""
    query = select(requests.c.request_id).where(requests.c.request_id.in_(request_ids), requests.c.state == OPEN)
    return frozenset((await transaction.execute(query)).scalars())


async def list_blocks_of_request(transaction: Transaction, request_id: str) -> tuple[Block, ...]:
    """The blocks that the request brought and nobody lifted, those that a move made of them included, oldest first."""
    query = select(blocks).where(blocks.c.request_id == request_id, blocks.c.lifted_at.is_(None))
    rows = await transaction.execute(query.order_by(blocks.c.block_id))
    return tuple(Block(**row._mapping) for row in rows)  # noqa: SLF001 - its public name


def _all() -> Select[Any]:
    f = facilities.c
    columns = (*requests.columns, f.name.label("facility_name"), f.profile, f.time_zone)
    return select(*columns).join(facilities, f.facility_id == requests.c.facility_id)


def _one(row: Row[Any] | None) -> RemovalRequest | None:
    return None if row is None else RemovalRequest(**row._mapping)  # noqa: SLF001 - its public name


def _several(rows: Sequence[Row[Any]]) -> tuple[RemovalRequest, ...]:
    return tuple(RemovalRequest(**row._mapping) for row in rows)  # noqa: SLF001 - its public name
