"""Was this staff request answered before?"""

from dataclasses import dataclass

from sqlalchemy import select, update

from callgate.store.database import Transaction
from callgate.store.rows import add_row
from callgate.store.tables import idempotency_keys as keys


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What was answered under a key. `body` is None while the first request of that key has not finished."""

    fingerprint: str
    status: int | None
    body: str | None


async def claim_key(
    transaction: Transaction, *, subject: str, route: str, key: str, fingerprint: str, now_ms: int
) -> KeptAnswer | None:
    """Claim the key for this request, or find what was answered under it.

    A second request of the same key waits here until the first has committed or rolled back.

    Returns:
        None: the key was free and is now claimed by this transaction.
    """
    claim = {"subject": subject, "route": route, "key": key, "fingerprint": fingerprint, "created_at": now_ms}
    if await add_row(transaction, keys, claim):
        return None
    found = await transaction.execute(
        select(keys.c.fingerprint, keys.c.status, keys.c.body).where(
            keys.c.subject == subject, keys.c.route == route, keys.c.key == key
        )
    )
    row = found.one()
    return KeptAnswer(fingerprint=row.fingerprint, status=row.status, body=row.body)


async def keep_answer(transaction: Transaction, *, subject: str, route: str, key: str, status: int, body: str) -> None:
    """Keep what this request is about to be answered."""
    await transaction.execute(
        update(keys)
        .where(keys.c.subject == subject, keys.c.route == route, keys.c.key == key)
        .values(status=status, body=body)
    )
