"""Which restrictive status is a person under, or will be?"""

from sqlalchemy import select

from callgate.domain.instants import from_milliseconds
from callgate.domain.phone_list import RESTRICTIVE_KINDS, RestrictiveStatus
from callgate.store.database import Transaction
from callgate.store.tables import restrictions


async def list_restrictive_statuses(
    transaction: Transaction, inmate_id: str, *, now_ms: int
) -> tuple[RestrictiveStatus, ...]:
    """Those in force or still to come; one that was ended has no effect any more."""
    r = restrictions.c
    query = select(r.kind, r.starts_at, r.ends_at).where(
        r.inmate_id == inmate_id, r.ends_at > now_ms, r.ended_at.is_(None), r.kind.in_(sorted(RESTRICTIVE_KINDS))
    )
    return tuple(
        RestrictiveStatus(
            kind=row.kind, starts_at=from_milliseconds(row.starts_at), ends_at=from_milliseconds(row.ends_at)
        )
        for row in await transaction.execute(query)
    )
