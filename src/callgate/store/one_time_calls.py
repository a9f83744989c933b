"""Who asked for a call to a number beside the list, what became of it, and which call used it?"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update

from callgate.store.database import Transaction
from callgate.store.tables import calls, one_time_calls


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCall:
    """One request for a call and what was decided about it; its instants are milliseconds since 1970.

    `used_decision_id`: the call that used it up; None: none did, or none was answered.
    """

    one_time_call_id: str
    inmate_id: str
    number: str
    kind: str
    reason: str
    state: str
    asked_by: str
    asked_at: int
    decided_by: str | None = None
    decided_at: int | None = None
    decision_note: str | None = None
    expires_at: int | None = None
    used_decision_id: str | None = None


_KEPT = tuple(name for name in OneTimeCall.__slots__ if name != "used_decision_id")


async def insert_one_time_call(transaction: Transaction, asked: OneTimeCall) -> None:
    """Append a request."""
    await transaction.execute(insert(one_time_calls), [{name: getattr(asked, name) for name in _KEPT}])


async def find_one_time_call(transaction: Transaction, one_time_call_id: str) -> OneTimeCall | None:
    """One of them; None: there is no such."""
    query = _query().where(one_time_calls.c.one_time_call_id == one_time_call_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else OneTimeCall(**row._mapping)  # noqa: SLF001 - its public name


async def list_one_time_calls(
    transaction: Transaction, inmate_id: str, *, before: str | None, limit: int
) -> tuple[OneTimeCall, ...]:
    """This person's, newest first; `before`: the last id of the page before."""
    o = one_time_calls.c
    query = _query().where(o.inmate_id == inmate_id).order_by(o.one_time_call_id.desc()).limit(limit)
    if before is not None:
        query = query.where(o.one_time_call_id < before)
    return tuple(OneTimeCall(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name


async def decide_one_time_call(
    transaction: Transaction,
    one_time_call_id: str,
    *,
    state: str,
    decided_by: str,
    decided_at_ms: int,
    note: str,
    expires_at_ms: int | None,
) -> None:
    """Note what was decided. `expires_at_ms`: of a grant, None of a refusal."""
    decided = {
        "state": state,
        "decided_by": decided_by,
        "decided_at": decided_at_ms,
        "decision_note": note,
        "expires_at": expires_at_ms,
    }
    await transaction.execute(
        update(one_time_calls).where(one_time_calls.c.one_time_call_id == one_time_call_id).values(**decided)
    )


def _query() -> Select[Any]:
    # The same measure as at the gate: whatever was talked, even if nobody told when it began.
    used = (
        select(func.min(calls.c.decision_id))
        .where(
            calls.c.one_time_call_id == one_time_calls.c.one_time_call_id,
            or_(calls.c.answered_at.is_not(None), calls.c.counted_seconds > 0),
        )
        .scalar_subquery()
    )
    return select(*(one_time_calls.c[name] for name in _KEPT), used.label("used_decision_id"))
