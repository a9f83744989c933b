"""Do the migrations make the tables that the code writes to, and do they keep what was there?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, column, insert, inspect, select, table, text
from sqlalchemy.exc import DBAPIError

from callgate.store.database import open_sync
from callgate.store.migrate import find_revision, head_revision, migrate
from callgate.store.tables import APPEND_ONLY, metadata
from tests.postgres import create_database, drop_database

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
FIRST = "a6c1917f6310"

# One row of every table of the first revision, as that revision wrote it.
OLD_ROWS: dict[str, dict[str, Any]] = {
    "facilities": {
        "facility_id": "f",
        "name": "F",
        "time_zone": "America/New_York",
        "profile": "ct-doc",
        "region": "US",
    },
    "stations": {"station_id": "s", "facility_id": "f", "unit": "A", "media": "voice", "enabled": True},
    "inmates": {"inmate_id": "i", "facility_id": "f", "unit": "A", "status": "active", "name": "I", "as_of": 1},
    "list_entries": {
        "entry_id": "e",
        "inmate_id": "i",
        "number": "+18605550123",
        "name": "N",
        "relationship": "sister",
        "kind": "social",
        "state": "active",
        "since": 1,
    },
    "blocks": {
        "block_id": "b",
        "number": "+18605550123",
        "scope": "inmate",
        "inmate_id": "i",
        "kind": "victim",
        "authority": "a",
        "note": "n",
        "effective_at": 1,
        "created_by": "w",
        "created_role": "warden",
    },
    "policy_versions": {
        "content_hash": "h",
        "profile": "ct-doc",
        "version": "v",
        "document": "{}",
        "first_seen_at": 1,
    },
    "decisions": {
        "decision_id": "d",
        "switch_id": "sw",
        "call_id": "c",
        "decided_at": 1,
        "station_id": "s",
        "decision": "allow",
        "fingerprint": "p",
        "answer": "{}",
        "findings": "[]",
        "facts": "{}",
    },
    "calls": {
        "decision_id": "d",
        "switch_id": "sw",
        "call_id": "c",
        "facility_id": "f",
        "station_id": "s",
        "number": "+18605550123",
        "call_class": "social",
        "local_day": "2026-11-20",
        "authorized_at": 1,
        "expires_at": 2,
        "end_by": 3,
        "max_duration_seconds": 900,
        "state": "authorized",
        "frees_at": 2,
        "counted_seconds": 0,
    },
    "call_events": {
        "event_id": "ce",
        "switch_id": "sw",
        "call_id": "c",
        "sequence_number": 0,
        "type": "answered",
        "occurred_at": 1,
        "received_at": 1,
        "body": "{}",
    },
    "revocations": {
        "decision_id": "d",
        "revoked_at": 1,
        "reason": "number_not_available",
        "answer": "{}",
        "findings": "[]",
        "facts": "{}",
    },
    "audit_events": {
        "event_id": "ae",
        "occurred_at": 1,
        "author": "w",
        "role": "warden",
        "action": "set_block",
        "object_type": "block",
        "object_id": "b",
    },
    "alerts": {"alert_id": "al", "raised_at": 1, "kind": "pin_guessing", "subject": "d", "detail": "{}"},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with no table in it, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'callgate.db'}"
        return
    server: str = request.getfixturevalue("postgres_url")
    url = create_database(server)
    yield url
    drop_database(server, url)


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with open_sync(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def add_row(connection: Connection, name: str, row: dict[str, Any]) -> None:
    connection.execute(insert(table(name, *map(column, row))).values(row))


def read_rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(text("*")).select_from(table(name))).mappings()]


def test_the_migrations_make_exactly_the_tables_of_the_code(empty_url: str) -> None:
    migrate(empty_url)
    with open_sync(empty_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        # What the comparison does not look at.
        for each in metadata.tables.values():
            found = {check["name"] for check in inspect(connection).get_check_constraints(each.name)}
            wanted = {str(it.name) for it in each.constraints if isinstance(it, CheckConstraint)}
            assert found == wanted, each.name


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    assert migrate(empty_url) == migrate(empty_url) == head_revision()
    with open_sync(empty_url) as connection:
        assert find_revision(connection) == head_revision()


def test_an_upgrade_keeps_every_row_as_it_was(empty_url: str) -> None:
    upgrade(empty_url, FIRST)
    with open_sync(empty_url) as connection:
        for name, row in OLD_ROWS.items():
            add_row(connection, name, row)
        connection.commit()
        before = {name: read_rows(connection, name) for name in OLD_ROWS}
    migrate(empty_url)
    with open_sync(empty_url) as connection:
        for name, (old,) in before.items():
            (after,) = read_rows(connection, name)
            assert {key: after[key] for key in old} == old, name
            assert all(after[key] is None for key in after.keys() - old.keys()), name


@pytest.mark.parametrize("log", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {log} SET {key} = {key}", "DELETE FROM {log}"])
def test_the_logs_refuse_every_change_after_an_upgrade(empty_url: str, log: str, statement: str) -> None:
    upgrade(empty_url, FIRST)
    with open_sync(empty_url) as connection:
        for name, row in OLD_ROWS.items():
            add_row(connection, name, row)
        connection.commit()
    migrate(empty_url)
    with open_sync(empty_url) as connection:
        key = next(iter(OLD_ROWS[log]))
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement.format(log=log, key=key)))
        connection.rollback()
        assert len(read_rows(connection, log)) == 1


def test_the_files_sort_in_the_order_in_which_they_run() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    revisions = reversed(list(ScriptDirectory.from_config(config).walk_revisions()))
    names = [Path(revision.path).name for revision in revisions]
    assert names == sorted(names)
    assert names[0].startswith("2026-11-22-0900_")
