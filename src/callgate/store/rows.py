"""How is one whole row written, whether or not it was there?

Both databases know `ON CONFLICT`, which settles a race of two first writes where the row is, instead of failing the
transaction of the slower one.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from callgate.store.database import Transaction


async def add_row(transaction: Transaction, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row; False: one with the same key or another unique value is there, and nothing was written.

    Waits for a transaction that is about to write the same value.
    """
    dialect = sqlite if transaction.dialect.name == "sqlite" else postgresql
    key = next(iter(table.primary_key))
    # The row itself is asked for: a driver need not count what an insert did.
    added = await transaction.execute(dialect.insert(table).values(values).on_conflict_do_nothing().returning(key))
    return added.first() is not None


async def put_row(transaction: Transaction, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row, or give the one with the same primary key these values."""
    dialect = sqlite if transaction.dialect.name == "sqlite" else postgresql
    key = [column.name for column in table.primary_key]
    insert = dialect.insert(table).values(values)
    changed = {name: insert.excluded[name] for name in values if name not in key}
    await transaction.execute(insert.on_conflict_do_update(index_elements=key, set_=changed))
