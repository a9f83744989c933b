"""What was decided before, and how is a new decision kept? Append-only."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from callgate.store.batch import Lookup, insert_batch, look_up
from callgate.store.calls import revoke_call
from callgate.store.database import Transaction
from callgate.store.tables import calls, decisions, policy_versions, revocations

_REPEATS = Lookup(
    keys=(("switch_id", "text"), ("call_id", "text")),
    select=(
        "d.decision_id, d.decided_at, d.decision, d.reason, d.fingerprint, d.answer, d.call_class, d.inmate_id, "
        "d.facility_id, c.state, c.expires_at, c.revoked_at, r.answer AS revoked_answer, r.reason AS revoked_reason"
    ),
    source=(
        "decisions d LEFT JOIN calls c ON c.decision_id = d.decision_id "
        "LEFT JOIN revocations r ON r.decision_id = d.decision_id"
    ),
    where="d.switch_id = a.switch_id AND d.call_id = a.call_id",
)
_ORPHANS = Lookup(
    keys=(("switch_id", "text"), ("call_id", "text")),
    select="e.event_id",
    source="call_events e",
    where="e.switch_id = a.switch_id AND e.call_id = a.call_id AND e.decision_id IS NULL AND e.type = 'ended'",
)


async def load_repeats(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> Mapping[int, Row[Any]]:
    """The decisions already made under these (switch, call_id) keys, by position, with their calls and revocations."""
    return {row.i: row for row in await look_up(transaction, _REPEATS, _asked(keys))}


async def load_orphans(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> frozenset[int]:
    """At which positions has a call been reported ended that was never asked about?"""
    return frozenset(row.i for row in await look_up(transaction, _ORPHANS, _asked(keys)))


async def record_decisions(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append decisions, in the order of their keys so that two batches never wait for each other."""
    await insert_batch(transaction, decisions, sorted(rows, key=lambda row: (row["switch_id"], row["call_id"])))


async def record_calls(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append the calls that were allowed."""
    await insert_batch(transaction, calls, sorted(rows, key=lambda row: (row["switch_id"], row["call_id"])))


async def record_revocation(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Append why an allowed call is refused by later facts, and mark the call."""
    await transaction.execute(insert(revocations), [dict(row)])
    await revoke_call(transaction, decision_id=row["decision_id"], reason=row["reason"], now_ms=row["revoked_at"])


async def keep_policy_version(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Keep one policy's document, once for each content."""
    known = select(policy_versions.c.content_hash).where(policy_versions.c.content_hash == row["content_hash"])
    if (await transaction.execute(known)).first() is None:
        await transaction.execute(insert(policy_versions), [dict(row)])


async def find_revocation(transaction: Transaction, decision_id: str) -> Row[Any] | None:
    """Why an allow was taken back; None: it was not."""
    return (await transaction.execute(select(revocations).where(revocations.c.decision_id == decision_id))).first()


async def find_policy_document(transaction: Transaction, content_hash: str) -> str | None:
    """The law of that content, as it was kept."""
    query = select(policy_versions.c.document).where(policy_versions.c.content_hash == content_hash)
    return (await transaction.execute(query)).scalar_one_or_none()


def _asked(keys: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    return [{"i": i, "switch_id": switch_id, "call_id": call_id} for i, (switch_id, call_id) in enumerate(keys)]
