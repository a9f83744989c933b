"""Are the tables as this version needs them, and how do they get there?"""

from pathlib import Path
from secrets import token_hex

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from callgate.store.database import Transaction, open_sync

_HERE = Path(__file__).resolve().parent.parent
_INSTALLED = _HERE / "_migrations"
_CHECKOUT = _HERE.parent.parent / "migrations"
_PROBE = text(
    "INSERT INTO idempotency_keys (subject, route, key, fingerprint, created_at) VALUES ('', 'readyz', :key, '', 0)"
)
_UNPROBE = text("DELETE FROM idempotency_keys WHERE subject = '' AND route = 'readyz' AND key = :key")


def migrate(url: str) -> str:
    """Bring the tables to this version and answer its revision; doing it again changes nothing."""
    with open_sync(url) as connection:
        migrate_connection(connection)
        connection.commit()
        return head_revision()


def migrate_connection(connection: Connection) -> None:
    """The same inside a connection that somebody else opened and will commit."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def head_revision() -> str:
    """The revision that this version of callgate was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        message = "no migrations were shipped with this installation"
        raise RuntimeError(message)
    return head


def knows_revision(revision: str) -> bool:
    """Is this the revision of this version, or one that it can bring up to its own?"""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return revision in known


def find_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None: never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


async def find_revision_now(transaction: Transaction) -> str | None:
    """The same from a running service."""
    return await transaction.run_sync(find_revision)


async def probe_writable(transaction: Transaction) -> None:
    """Prove that this transaction can be committed durably, by writing a row and taking it out again.

    An update that finds no row would prove less: its commit writes nothing, so it neither meets a full disk nor waits
    for a standby that is gone.

    Raises:
        StoreUnavailable: it cannot.
    """
    probe = {"key": token_hex(8)}
    await transaction.execute(_PROBE, probe)
    await transaction.execute(_UNPROBE, probe)


def _config() -> Config:
    folder = _CHECKOUT if (_CHECKOUT / "env.py").exists() else _INSTALLED
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
