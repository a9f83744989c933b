"""Which calls run now that nobody has revoked?"""

from collections.abc import Sequence

from sqlalchemy import select

from callgate.store.database import Record, Transaction
from callgate.store.tables import calls, decisions


async def list_live_calls(transaction: Transaction, *, now_ms: int, after: str, limit: int) -> Sequence[Record]:
    """Running social and privileged calls in the order of their decisions, with the case each was allowed under.

    A hotline call is left out: only a block for the whole system ends one, and that write ends it itself.

    `after`: the last decision id of the part before, or "".
    """
    c, d = calls.c, decisions.c
    query = (
        select(c.decision_id, c.switch_id, c.call_id, c.station_id, c.inmate_id, d.facts)
        .join_from(calls, decisions, d.decision_id == c.decision_id)
        .where(
            c.state.in_(("authorized", "answered")),
            c.frees_at > now_ms,
            c.revoked_at.is_(None),
            c.call_class != "hotline",
            c.decision_id > after,
        )
        .order_by(c.decision_id)
        .limit(limit)
    )
    found: Sequence[Record] = (await transaction.execute(query)).all()  # type: ignore[assignment]  # a row of named columns
    return found
