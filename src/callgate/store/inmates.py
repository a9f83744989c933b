"""Who is held where?"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from callgate.store.database import Transaction
from callgate.store.rows import add_row, put_row
from callgate.store.tables import inmates


async def find_inmate(transaction: Transaction, inmate_id: str) -> Row[Any] | None:
    """The person's row, or None."""
    return (await transaction.execute(select(inmates).where(inmates.c.inmate_id == inmate_id))).one_or_none()


async def load_inmate(transaction: Transaction, inmate_id: str) -> Row[Any]:
    """The row, which must be there."""
    return (await transaction.execute(select(inmates).where(inmates.c.inmate_id == inmate_id))).one()


async def list_inmates(
    transaction: Transaction,
    *,
    facility_ids: Collection[str] | None,
    status: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The people of these facilities (None: of all) by id, from the one behind `after` on."""
    query = select(inmates).order_by(inmates.c.inmate_id).limit(limit)
    if facility_ids is not None:
        query = query.where(inmates.c.facility_id.in_(facility_ids))
    if status is not None:
        query = query.where(inmates.c.status == status)
    if after is not None:
        query = query.where(inmates.c.inmate_id > after)
    return (await transaction.execute(query)).all()


async def count_active_inmates(transaction: Transaction) -> int:
    """How many people are held in the whole deployment?"""
    query = select(func.count()).select_from(inmates).where(inmates.c.status == "active")
    return int((await transaction.execute(query)).scalar_one())


async def put_inmate(  # noqa: PLR0913 - one argument a column
    transaction: Transaction,
    inmate_id: str,
    *,
    facility_id: str,
    unit: str,
    status: str,
    name: str,
    date_of_birth: date | None,
    projected_release: date | None,
    as_of_ms: int,
    is_new: bool,
) -> bool:
    """Write the whole row; False: `is_new` was wrong, somebody else wrote the person first, and nothing was written."""
    values = {
        "inmate_id": inmate_id,
        "facility_id": facility_id,
        "unit": unit,
        "status": status,
        "name": name,
        "date_of_birth": None if date_of_birth is None else date_of_birth.isoformat(),
        "projected_release": None if projected_release is None else projected_release.isoformat(),
        "as_of": as_of_ms,
    }
    if is_new:
        return await add_row(transaction, inmates, values)
    await put_row(transaction, inmates, values)
    return True
