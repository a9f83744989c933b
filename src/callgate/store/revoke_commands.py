"""Which revoked calls still run, and how far has each one's switch been told?

That a switch must be told stands on the call: `revoked_at` without an end. Whatever revokes a call has thereby put the
command out in the same commit, and no second table can disagree with it. `revoke_commands` only counts the tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text, update

from callgate.store.database import Record, Transaction
from callgate.store.tables import calls, revoke_commands, switches

_OPEN_MAX = 1000

_CLAIM = text(
    "INSERT INTO revoke_commands (decision_id, tries, next_try_at) VALUES (:decision_id, 1, :next_try_at) "
    "ON CONFLICT (decision_id) DO UPDATE SET tries = revoke_commands.tries + 1, next_try_at = :next_try_at "
    "WHERE revoke_commands.next_try_at <= :now AND revoke_commands.settled_at IS NULL RETURNING decision_id"
)
_SETTLE = text(
    "INSERT INTO revoke_commands (decision_id, tries, next_try_at, settled_at) VALUES (:decision_id, 0, :now, :now) "
    "ON CONFLICT (decision_id) DO UPDATE SET settled_at = coalesce(revoke_commands.settled_at, :now)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCommand:
    """One running call that its switch must end. Instants are milliseconds since 1970.

    `revoke_url`: where the switch is told; None: it fetches its commands, or is not registered.
    `keys`: what signs the message, the present key first.
    `next_try_at`: when it may be told again; None: it never was.
    """

    decision_id: str
    switch_id: str
    call_id: str
    facility_id: str
    revoked_at: int
    revoke_url: str | None
    keys: tuple[str, ...]
    tries: int
    next_try_at: int | None

    def is_due(self, now_ms: int) -> bool:
        """Is it time to tell the switch, or to tell it again?"""
        return self.next_try_at is None or self.next_try_at <= now_ms


async def list_open_commands(transaction: Transaction, *, now_ms: int) -> Sequence[OpenCommand]:
    """Revoked calls that still run as far as anybody told, the oldest revocation first; a thousand at most."""
    c, k, s = calls.c, revoke_commands.c, switches.c
    query = (
        select(
            c.decision_id,
            c.switch_id,
            c.call_id,
            c.facility_id,
            c.revoked_at,
            s.revoke_url,
            s.webhook_secret,
            s.webhook_secret_before,
            s.webhook_secret_before_until,
            k.tries,
            k.next_try_at,
        )
        .join_from(calls, switches, s.switch_id == c.switch_id, isouter=True)
        .join(revoke_commands, k.decision_id == c.decision_id, isouter=True)
        .where(
            c.revoked_at.is_not(None),
            c.state.in_(("authorized", "answered")),
            c.frees_at > now_ms,
            k.settled_at.is_(None),
        )
        .order_by(c.revoked_at, c.decision_id)
        .limit(_OPEN_MAX)
    )
    rows = (await transaction.execute(query)).all()
    return [
        OpenCommand(
            decision_id=row.decision_id,
            switch_id=row.switch_id,
            call_id=row.call_id,
            facility_id=row.facility_id,
            revoked_at=row.revoked_at,
            revoke_url=row.revoke_url,
            keys=_keys(row.webhook_secret, row.webhook_secret_before, row.webhook_secret_before_until, now_ms),
            tries=row.tries or 0,
            next_try_at=row.next_try_at,
        )
        for row in rows
    ]


async def claim_command(transaction: Transaction, decision_id: str, *, now_ms: int, next_try_at_ms: int) -> bool:
    """Take on this try, unless another worker just did or it was settled meanwhile."""
    values = {"decision_id": decision_id, "now": now_ms, "next_try_at": next_try_at_ms}
    return (await transaction.execute(_CLAIM, values)).first() is not None


async def note_result(
    transaction: Transaction, decision_id: str, *, result: str, delivered_at_ms: int | None, next_try_at_ms: int
) -> None:
    """Keep how the try went, and when the next one may be made."""
    values: dict[str, object] = {"last_result": result, "next_try_at": next_try_at_ms}
    if delivered_at_ms is not None:
        values["delivered_at"] = delivered_at_ms
    await transaction.execute(
        update(revoke_commands).where(revoke_commands.c.decision_id == decision_id).values(values)
    )


async def find_commanded_call(transaction: Transaction, *, decision_id: str, switch_id: str) -> Record | None:
    """This switch's revoked call: `facility_id`, and `revoked_at` in milliseconds; None: it has no such."""
    query = select(calls.c.facility_id, calls.c.revoked_at).where(
        calls.c.decision_id == decision_id, calls.c.switch_id == switch_id, calls.c.revoked_at.is_not(None)
    )
    found: Record | None = (await transaction.execute(query)).first()  # type: ignore[assignment]  # a row of named columns
    return found


async def find_settled_at(transaction: Transaction, decision_id: str) -> int | None:
    """When did the switch say that it has ended the call? None: it did not."""
    query = select(revoke_commands.c.settled_at).where(revoke_commands.c.decision_id == decision_id)
    return (await transaction.execute(query)).scalar_one_or_none()


async def settle_command(transaction: Transaction, decision_id: str, *, now_ms: int) -> None:
    """Keep that the switch says it has ended the call; the first time counts."""
    await transaction.execute(_SETTLE, {"decision_id": decision_id, "now": now_ms})


def _keys(present: str | None, before: str | None, before_until: int | None, now_ms: int) -> tuple[str, ...]:
    if present is None:
        return ()
    if before is None or before_until is None or before_until <= now_ms:
        return (present,)
    return (present, before)
