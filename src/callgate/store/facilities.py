"""Which facilities are there, and under which terms does each stand?"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from callgate.domain.case import Hours, Limits
from callgate.store.database import Transaction
from callgate.store.rows import put_row
from callgate.store.tables import facilities

LIMIT_NAMES: tuple[str, ...] = Limits.__slots__


async def find_facility(transaction: Transaction, facility_id: str) -> Row[Any] | None:
    """The facility's row, or None."""
    query = select(facilities).where(facilities.c.facility_id == facility_id)
    return (await transaction.execute(query)).one_or_none()


async def load_facility(transaction: Transaction, facility_id: str) -> Row[Any]:
    """The row, which must be there."""
    return (await transaction.execute(select(facilities).where(facilities.c.facility_id == facility_id))).one()


async def list_facilities(
    transaction: Transaction, *, facility_ids: Collection[str] | None, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """These facilities (None: all) by id, from the one behind `after` on."""
    query = select(facilities).order_by(facilities.c.facility_id).limit(limit)
    if facility_ids is not None:
        query = query.where(facilities.c.facility_id.in_(facility_ids))
    if after is not None:
        query = query.where(facilities.c.facility_id > after)
    return (await transaction.execute(query)).all()


async def put_facility(  # noqa: PLR0913 - one argument a column
    transaction: Transaction,
    facility_id: str,
    *,
    name: str,
    time_zone: str,
    profile: str,
    hours: Hours | None,
    region: str,
    rate_cap_tier: str | None,
    limits: Limits | None,
) -> None:
    """Write the whole row; limits that name no ceiling are none."""
    named = None if limits is None else named_limits(limits)
    values = {
        "facility_id": facility_id,
        "name": name,
        "time_zone": time_zone,
        "profile": profile,
        "hours_open": None if hours is None else hours.open,
        "hours_close": None if hours is None else hours.close,
        "region": region,
        "rate_cap_tier": rate_cap_tier,
        "limits": json.dumps(named, separators=(",", ":")) if named else None,
    }
    await put_row(transaction, facilities, values)


def named_limits(limits: Limits) -> Mapping[str, int]:
    """The ceilings that are set, by name."""
    found = {name: getattr(limits, name) for name in LIMIT_NAMES}
    return {name: value for name, value in found.items() if value is not None}


def limits_of(row: Row[Any]) -> Limits | None:
    """The facility's own ceilings; None where it has none."""
    return None if row.limits is None else Limits(**json.loads(row.limits))


def hours_of(row: Row[Any]) -> Hours | None:
    """The window of a facility's or a station's row; None where it has none of its own."""
    return None if row.hours_open is None else Hours(open=row.hours_open, close=row.hours_close)
