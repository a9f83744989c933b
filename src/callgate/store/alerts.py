"""What did callgate notice that staff must be told of?"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import TextClause, select, text, tuple_

from callgate.store.database import Transaction
from callgate.store.tables import alerts

_COLUMNS: Final = (
    ("alert_id", "text"),
    ("raised_at", "bigint"),
    ("kind", "text"),
    ("facility_id", "text"),
    ("subject", "text"),
    ("detail", "text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `raised_at`: milliseconds since 1970; `detail`: a JSON object, as text."""

    alert_id: str
    raised_at: int
    kind: str
    facility_id: str | None
    subject: str
    detail: str


async def record_alerts(transaction: Transaction, raised: Sequence[Alert]) -> tuple[str, ...]:
    """Append these, perhaps none: one statement in any case, where its absence would tell something.

    Returns:
        The kinds of those that were new.
    """
    batch = {"batch": json.dumps([asdict(alert) for alert in raised])}
    return tuple((await transaction.execute(_insertion(transaction), batch)).scalars())


async def list_raised(transaction: Transaction, asked: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of these kinds and subjects were told before?"""
    query = select(alerts.c.kind, alerts.c.subject).where(tuple_(alerts.c.kind, alerts.c.subject).in_(asked))
    return frozenset((row.kind, row.subject) for row in await transaction.execute(query))


async def list_alerts(
    transaction: Transaction, *, facility_ids: Sequence[str] | None, kind: str | None, before: str | None, limit: int
) -> tuple[Alert, ...]:
    """Alerts, newest first, of these facilities (None: of all, and of what belongs to no facility).

    `kind` None: of any. `before`: the last alert id of the page before.
    """
    query = select(alerts).order_by(alerts.c.alert_id.desc()).limit(limit)
    if facility_ids is not None:
        query = query.where(alerts.c.facility_id.in_(facility_ids))
    if kind is not None:
        query = query.where(alerts.c.kind == kind)
    if before is not None:
        query = query.where(alerts.c.alert_id < before)
    return tuple(Alert(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


def _insertion(transaction: Transaction) -> TextClause:
    names = ", ".join(name for name, _ in _COLUMNS)
    if transaction.dialect.name == "sqlite":
        fields = ", ".join(f"json_extract(value, '$.{name}')" for name, _ in _COLUMNS)
        source = "json_each(:batch) WHERE true"  # without it SQLite reads ON CONFLICT as a join's condition
    else:
        fields = ", ".join(f"x.{name}" for name, _ in _COLUMNS)
        typed = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        source = f"jsonb_to_recordset(CAST(:batch AS jsonb)) AS x({typed})"
    return text(f"INSERT INTO alerts ({names}) SELECT {fields} FROM {source} ON CONFLICT DO NOTHING RETURNING kind")
