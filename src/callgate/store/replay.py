"""Which answers were given, and on which facts? Read for deciding them again, in pages and never all at once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from callgate.domain.instants import from_milliseconds, to_milliseconds
from callgate.store.reading import Reading, open_records, require_head
from callgate.store.tables import decisions, policy_versions, revocations

_PAGE = 500
_FOREVER = 2**62

Kind = Literal["decision", "revocation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One answer as it was recorded, with everything it was decided on.

    Args:
        kind: a decision, or the later denial of one that was allowed.
        decided_at: of this answer; for a revocation the instant of that.
        policy: `profile@version` as the row has it; a revocation's row has none.
        answer: the text that was sent.
        facts: the case as text.
        columns: what the row says a second time beside its answer, by the answer's member.
        subject: where, who and whom, as the row has them beside its case; empty for a revocation, whose row has none.
    """

    kind: Kind
    decision_id: str
    call_id: str
    decided_at: datetime
    policy: str | None
    policy_hash: str | None
    answer: str
    facts: str
    columns: Mapping[str, object]
    subject: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which answers are meant? Those from `since` on and before `until`; all of them where neither is given.

    Args:
        kind: these alone, where it is given.
    """

    since: datetime | None = None
    until: datetime | None = None
    decision_id: str | None = None
    kind: Kind | None = None


class Records:
    """The decision log of one database, for reading."""

    def __init__(self, connection: Reading) -> None:
        """Read through this connection."""
        self._connection = connection

    def documents(self) -> Mapping[str, str]:
        """Every policy that a decision may name: its document by its content hash."""
        rows = self._all(select(policy_versions.c.content_hash, policy_versions.c.document))
        return {row.content_hash: row.document for row in rows}

    def count(self, chosen: Chosen) -> int:
        """How many answers are meant?"""
        queries = (_bounded(_QUERIES[kind], chosen) for kind in _kinds(chosen))
        return sum(int(self._all(select(func.count()).select_from(query.subquery()))[0][0]) for query in queries)

    def each(self, chosen: Chosen) -> Iterator[Recorded]:
        """Every answer that is meant, oldest first, decisions before revocations."""
        for kind in _kinds(chosen):
            yield from map(_READ[kind], self._pages(_QUERIES[kind], chosen))

    def _pages(self, query: Select[Any], chosen: Chosen) -> Iterator[Row[Any]]:
        at, name = query.selected_columns["decided_at"], query.selected_columns["decision_id"]
        query = _bounded(query, chosen).order_by(at, name).limit(_PAGE)
        rows = self._all(query)
        while rows:
            yield from rows
            last = rows[-1]
            behind = or_(at > last.decided_at, and_(at == last.decided_at, name > last.decision_id))
            # The first condition says less than the second and lets the index begin at the right place.
            rows = self._all(query.where(at >= last.decided_at, behind)) if len(rows) == _PAGE else []

    def _all(self, query: Select[Any]) -> list[Row[Any]]:
        rows = list(self._connection.execute(query).all())
        # A long replay must not hold one transaction open: on PostgreSQL that keeps old rows from being cleared away.
        self._connection.rollback()
        return rows


@contextmanager
def open_log(url: str) -> Iterator[Records]:
    """Open the decision log of a database that may be in use.

    Raises:
        RecordsUnreadable: it cannot be read, or its tables are not those of this version.
    """
    with open_records(url) as connection:
        require_head(connection)
        yield Records(connection)


_DECISIONS = select(
    decisions.c.decision_id,
    decisions.c.call_id,
    decisions.c.decided_at,
    decisions.c.policy,
    decisions.c.policy_hash,
    decisions.c.answer,
    decisions.c.facts,
    decisions.c.decision,
    decisions.c.reason,
    decisions.c.call_class,
    decisions.c.facility_id,
    decisions.c.inmate_id,
    decisions.c.number,
)
_REVOCATIONS = select(
    revocations.c.decision_id,
    decisions.c.call_id,
    revocations.c.revoked_at.label("decided_at"),
    revocations.c.policy_hash,
    revocations.c.answer,
    revocations.c.facts,
    revocations.c.reason,
).join_from(revocations, decisions, decisions.c.decision_id == revocations.c.decision_id)


_QUERIES: Final[Mapping[Kind, Select[Any]]] = MappingProxyType({"decision": _DECISIONS, "revocation": _REVOCATIONS})


def _kinds(chosen: Chosen) -> tuple[Kind, ...]:
    return tuple(_QUERIES) if chosen.kind is None else (chosen.kind,)


def _bounded(query: Select[Any], chosen: Chosen) -> Select[Any]:
    at, name = query.selected_columns["decided_at"], query.selected_columns["decision_id"]
    since = 0 if chosen.since is None else to_milliseconds(chosen.since)
    until = _FOREVER if chosen.until is None else to_milliseconds(chosen.until)
    conditions: list[ColumnElement[bool]] = [at >= since, at < until]
    if chosen.decision_id is not None:
        conditions.append(name == chosen.decision_id)
    return query.where(*conditions)


def _decision(row: Row[Any]) -> Recorded:
    return Recorded(
        kind="decision",
        decision_id=row.decision_id,
        call_id=row.call_id,
        decided_at=from_milliseconds(row.decided_at),
        policy=row.policy,
        policy_hash=row.policy_hash,
        answer=row.answer,
        facts=row.facts,
        columns={"decision": row.decision, "reason": row.reason, "call_class": row.call_class},
        subject={"facility_id": row.facility_id, "inmate_id": row.inmate_id, "number": row.number},
    )


def _revocation(row: Row[Any]) -> Recorded:
    return Recorded(
        kind="revocation",
        decision_id=row.decision_id,
        call_id=row.call_id,
        decided_at=from_milliseconds(row.decided_at),
        policy=None,
        policy_hash=row.policy_hash,
        answer=row.answer,
        facts=row.facts,
        columns={"decision": "deny", "reason": row.reason},
        subject={},
    )


_READ: Final[Mapping[Kind, Callable[[Row[Any]], Recorded]]] = MappingProxyType(
    {"decision": _decision, "revocation": _revocation}
)
