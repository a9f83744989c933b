"""Is a database that a test has given back like a new one for the next?"""

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests import spare_databases
from tests.seeding import NUMBER, block_row, fill, seed
from tests.spare_databases import SpareDatabases


@pytest.fixture
def databases(postgres_url: str, migrated_template: str) -> Iterator[SpareDatabases]:
    spare = SpareDatabases(postgres_url, template=migrated_template)
    yield spare
    spare.close()


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def test_the_next_test_has_the_same_one_without_a_row_in_it(databases: SpareDatabases) -> None:
    url = databases.take()
    seed(url)
    fill(url, blocks=[block_row(NUMBER)])
    databases.give_back(url)
    assert databases.take() == url
    with connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert len(tables) > 20
        for (name,) in tables:
            statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            (rows,) = connection.execute(statement).fetchone() or (None,)
            assert rows == (name == "alembic_version"), name
    seed(url)  # it takes what was in it before
    databases.give_back(url)


def test_what_guards_the_logs_still_does(databases: SpareDatabases) -> None:
    url = databases.take()
    databases.give_back(url)
    assert databases.take() == url
    with connect(url) as connection:
        enabled = connection.execute("SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal").fetchall()
    assert enabled
    assert {each for (each,) in enabled} == {"O"}
    databases.give_back(url)


def test_two_at_a_time_are_two(databases: SpareDatabases) -> None:
    one, other = databases.take(), databases.take()
    assert one != other
    databases.give_back(one)
    databases.give_back(other)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (a int)",
        "DROP TABLE alerts",
        "ALTER TABLE blocks ADD COLUMN another int",
        "ALTER TABLE blocks ALTER COLUMN note SET DEFAULT 'another'",
        "ALTER TABLE audit_events DISABLE TRIGGER USER",
        "CREATE INDEX another ON blocks (note)",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = 'another'",
        "DELETE FROM alembic_version",
    ],
)
def test_one_whose_shape_was_changed_is_dropped(databases: SpareDatabases, change: LiteralString) -> None:
    url = databases.take()
    with connect(url) as connection:
        connection.execute(change)
    databases.give_back(url)
    assert databases.take() != url


def test_one_that_has_settings_of_its_own_is_dropped(databases: SpareDatabases) -> None:
    url = databases.take()
    with connect(url) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE \"{name}\" SET synchronous_commit = 'off'")
    databases.give_back(url)
    assert databases.take() != url


def test_connections_that_a_test_left_open_are_ended(databases: SpareDatabases) -> None:
    url = databases.take()
    left = connect(url)
    left.execute("LOCK TABLE blocks")
    databases.give_back(url)
    assert databases.take() == url
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
    databases.give_back(url)


def test_one_with_very_many_rows_or_uses_is_dropped(databases: SpareDatabases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare_databases, "ROWS_MAX", 1)
    url = databases.take()
    fill(url, blocks=[block_row(NUMBER), block_row(NUMBER)])
    databases.give_back(url)
    assert databases.take() != url
    monkeypatch.setattr(spare_databases, "USES_MAX", 1)
    url = databases.take()
    databases.give_back(url)
    assert databases.take() != url
