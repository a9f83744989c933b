"""How is a decision kept, with its call and what came of it? Append-only."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, insert, select

from callgate.store.batch import Insertion, insert_all
from callgate.store.calls_revoked import revoke_call
from callgate.store.database import Transaction
from callgate.store.rows import add_row
from callgate.store.tables import calls, decisions, policy_versions, revocations


class DecisionRow(NamedTuple):
    """A row of the log, under the names of its columns: the whole case and every finding, and no PIN in any form."""

    decision_id: str
    switch_id: str
    call_id: str
    decided_at: int
    facility_id: str | None
    station_id: str
    inmate_id: str | None
    number: str | None
    decision: str
    reason: str | None
    call_class: str | None
    policy: str | None
    policy_hash: str | None
    setup_time: int | None
    fingerprint: str
    answer: str
    findings: str
    facts: str


class CallRow(NamedTuple):
    """A row of a call that was allowed, under the names of its columns."""

    decision_id: str
    switch_id: str
    call_id: str
    facility_id: str
    station_id: str
    inmate_id: str | None
    number: str | None
    call_class: str | None
    local_day: str
    authorized_at: int
    expires_at: int
    end_by: int
    max_duration_seconds: int
    quote: str | None
    state: str
    frees_at: int
    counted_seconds: int
    one_time_call_id: str | None


async def record_decisions(
    transaction: Transaction,
    *,
    decided: Sequence[DecisionRow],
    allowed: Sequence[CallRow],
    throttles: Insertion,
) -> None:
    """Append decisions and the calls that were allowed, and write what wrong PINs made of the throttles.

    In the order of their keys, so that two batches never wait for each other.
    """
    await insert_all(
        transaction,
        Insertion(decisions, DecisionRow._fields, sorted(decided, key=_key)),
        Insertion(calls, CallRow._fields, sorted(allowed, key=_key)),
        throttles,
    )


_key: Final = attrgetter("switch_id", "call_id")


async def record_revocation(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Append why an allowed call is refused by later facts, and mark the call."""
    await transaction.execute(insert(revocations), [dict(row)])
    await revoke_call(transaction, decision_id=row["decision_id"], reason=row["reason"], now_ms=row["revoked_at"])


async def keep_policy_version(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Keep one policy's document, once for each content, however many nodes start at a time."""
    await add_row(transaction, policy_versions, row)


async def find_revocation(transaction: Transaction, decision_id: str) -> Row[Any] | None:
    """Why an allow was taken back; None: it was not."""
    return (await transaction.execute(select(revocations).where(revocations.c.decision_id == decision_id))).first()


async def find_policy_document(transaction: Transaction, content_hash: str) -> str | None:
    """The law of that content, as it was kept."""
    query = select(policy_versions.c.document).where(policy_versions.c.content_hash == content_hash)
    return (await transaction.execute(query)).scalar_one_or_none()
