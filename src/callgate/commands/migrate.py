"""`callgate migrate`: bring the tables to this version."""

from callgate.commands.terminal import examples, say
from callgate.settings import load_settings
from callgate.store import migrate as store
from callgate.store.database import open_sync, serving_alone
from callgate.store.reading import told_plainly

EXAMPLES = examples("callgate migrate")


def migrate() -> None:
    """Bring the tables to this version of callgate.

    Safe to repeat. The embedded database is migrated by `callgate serve` too and must not be in use; on PostgreSQL run
    this before the new version serves.
    """
    url = load_settings().database_url
    with told_plainly(), serving_alone(url):
        before = _find_revision(url)
        after = store.migrate(url)
    if before == after:
        say(f"The tables are at {after} already; nothing was changed.")
    else:
        say(f"The tables were brought from {before or 'nothing'} to {after}.")


def _find_revision(url: str) -> str | None:
    with open_sync(url) as connection:
        return store.find_revision(connection)
