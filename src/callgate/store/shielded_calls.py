"""Which running calls does a person's arrival in a unit end, their own and those of everyone beside them?

A shield stands where its person is, so a booking, a move or a return takes it along. One statement, whatever it finds.
"""

from sqlalchemy import and_, exists, or_, update

from callgate.domain.roles import VICTIM_CLASS
from callgate.store.database import Transaction
from callgate.store.tables import block_exceptions, blocks, calls


async def revoke_calls_on_arrival(
    transaction: Transaction, *, inmate_id: str, facility_id: str, unit: str, reason: str, now_ms: int
) -> int:
    """Mark the running calls revoked that this person's being here, in this unit, refuses; answer how many.

    Those of everybody at the facility to a number that a victim-class block on this person protects, but for whoever
    was excepted by name; and the person's own to a number that is blocked for the unit. The facility's own blocks need
    no look: whoever comes from elsewhere has no call left that runs.

    Args:
        reason: the class that a new attempt would be refused with.
    """
    b, x = blocks.c, block_exceptions.c
    in_force = and_(b.number == calls.c.number, b.lifted_at.is_(None), or_(b.until.is_(None), b.until > now_ms))
    excepted = exists().where(
        x.block_id == b.block_id,
        x.inmate_id == calls.c.inmate_id,
        x.inmate_id != inmate_id,
        or_(x.until.is_(None), x.until > now_ms),
    )
    shielded = exists().where(
        in_force, b.scope == "inmate", b.inmate_id == inmate_id, b.kind.in_(sorted(VICTIM_CLASS)), ~excepted
    )
    of_unit = exists().where(in_force, b.scope == "unit", b.facility_id == facility_id, b.unit == unit)
    statement = (
        update(calls)
        .where(
            calls.c.state.in_(("authorized", "answered")),
            calls.c.frees_at > now_ms,
            calls.c.revoked_at.is_(None),
            calls.c.call_class.in_(("social", "privileged")),
            calls.c.facility_id == facility_id,
            or_(shielded, and_(calls.c.inmate_id == inmate_id, of_unit)),
        )
        .values(revoked_at=now_ms, revoked_reason=reason)
    )
    return (await transaction.execute(statement)).rowcount
