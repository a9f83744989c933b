"""Which switches are registered, for which facilities, and where are they told that a call is revoked?"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from callgate.store.database import Transaction
from callgate.store.rows import put_row
from callgate.store.tables import switches


async def find_switch(transaction: Transaction, switch_id: str) -> Row[Any] | None:
    """The switch's row, its secret included, or None."""
    return (await transaction.execute(select(switches).where(switches.c.switch_id == switch_id))).one_or_none()


async def load_switch(transaction: Transaction, switch_id: str) -> Row[Any]:
    """The row, which must be there."""
    return (await transaction.execute(select(switches).where(switches.c.switch_id == switch_id))).one()


async def list_switches(transaction: Transaction, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Every switch by id, from the one behind `after` on."""
    query = select(switches).order_by(switches.c.switch_id).limit(limit)
    if after is not None:
        query = query.where(switches.c.switch_id > after)
    return (await transaction.execute(query)).all()


async def put_switch(
    transaction: Transaction,
    switch_id: str,
    *,
    name: str,
    facilities: Sequence[str],
    revoke_url: str | None,
    webhook_secret: str,
    tokens_not_before_ms: int | None,
) -> None:
    """Write the whole row."""
    values = {
        "switch_id": switch_id,
        "name": name,
        "facilities": json.dumps(list(facilities)),
        "revoke_url": revoke_url,
        "webhook_secret": webhook_secret,
        "tokens_not_before": tokens_not_before_ms,
    }
    await put_row(transaction, switches, values)


async def put_webhook_secret(
    transaction: Transaction, switch_id: str, *, secret: str, before: str, before_until_ms: int
) -> None:
    """Sign with this secret from now on, and with the one before it until then."""
    await transaction.execute(
        update(switches)
        .where(switches.c.switch_id == switch_id)
        .values(webhook_secret=secret, webhook_secret_before=before, webhook_secret_before_until=before_until_ms)
    )


def facilities_of(row: Row[Any]) -> tuple[str, ...]:
    """The facilities that the switch serves; `("*",)` for every one."""
    return tuple(json.loads(row.facilities))
