"""What does a facility itself charge, from which day to which?"""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select

from callgate.domain.rates import Tariff
from callgate.store.database import Transaction
from callgate.store.rows import put_row
from callgate.store.tables import tariffs


async def find_tariff(transaction: Transaction, *, facility_id: str, tariff: str) -> Tariff | None:
    """The facility's tariff of this name, or None."""
    query = select(tariffs).where(tariffs.c.facility_id == facility_id, tariffs.c.tariff == tariff)
    row = (await transaction.execute(query)).one_or_none()
    return None if row is None else tariff_of(row)


async def list_tariffs(
    transaction: Transaction, *, facility_id: str, after: str | None = None, limit: int | None = None
) -> Sequence[Tariff]:
    """The facility's tariffs by name, from the one behind `after` on; without a limit, all of them."""
    query = select(tariffs).where(tariffs.c.facility_id == facility_id).order_by(tariffs.c.tariff).limit(limit)
    if after is not None:
        query = query.where(tariffs.c.tariff > after)
    return [tariff_of(row) for row in (await transaction.execute(query)).all()]


async def put_tariff(transaction: Transaction, *, facility_id: str, tariff: Tariff) -> None:
    """Write the whole row."""
    until = tariff.effective_until
    values = {
        "facility_id": facility_id,
        "tariff": tariff.tariff,
        "payment_types": json.dumps(tariff.payment_types),
        "media": json.dumps(tariff.media),
        "destination": tariff.destination,
        "currency": tariff.currency,
        "per_minute": tariff.per_minute,
        "connection_fee": tariff.connection_fee,
        "increment_seconds": tariff.increment_seconds,
        "payer": tariff.payer,
        "effective_from": tariff.effective_from.isoformat(),
        "effective_until": None if until is None else until.isoformat(),
    }
    await put_row(transaction, tariffs, values)


def tariff_of(row: Row[Any]) -> Tariff:
    """The value of a row, however it was read."""
    return _tariff(
        row.tariff,
        row.payment_types,
        row.media,
        row.destination,
        row.currency,
        row.per_minute,
        row.connection_fee,
        row.increment_seconds,
        row.payer,
        row.effective_from,
        row.effective_until,
    )


# A facility's prices come with each of its attempts. Remembered is how a row reads and not what is in force: every
# column is an argument, and the row was read just now.
@lru_cache(maxsize=1024)
def _tariff(  # noqa: PLR0913, PLR0917 - the columns
    tariff: str,
    payment_types: str,
    media: str,
    destination: str,
    currency: str,
    per_minute: str,
    connection_fee: str,
    increment_seconds: int,
    payer: str,
    effective_from: str,
    effective_until: str | None,
) -> Tariff:
    return Tariff(
        tariff=tariff,
        payment_types=tuple(json.loads(payment_types)),
        media=tuple(json.loads(media)),
        destination=destination,
        currency=currency,
        per_minute=per_minute,
        connection_fee=connection_fee,
        increment_seconds=increment_seconds,
        payer=payer,
        effective_from=date.fromisoformat(effective_from),
        effective_until=None if effective_until is None else date.fromisoformat(effective_until),
    )
