"""Where do migrations run, and how carefully?

On PostgreSQL a migration waits for a lock for five seconds at most: a queue of calls behind an ALTER TABLE would be an
outage. The connection is handed in by `callgate migrate` (or by a test); without one, CALLGATE_DATABASE_URL is used.
"""

from alembic import context
from sqlalchemy import Connection, text

from callgate.settings import load_settings
from callgate.store.database import open_sync
from callgate.store.tables import metadata

_LOCK_TIMEOUT = "5s"


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        context.run_migrations()


def _run() -> None:
    given = context.config.attributes.get("connection")
    if isinstance(given, Connection):
        _migrate(given)
        return
    with open_sync(load_settings().database_url) as connection:
        _migrate(connection)
        connection.commit()


_run()
