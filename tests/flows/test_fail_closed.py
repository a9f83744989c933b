"""What fails is not allowed: a commit, a check, a row, a neighbour in the batch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from callgate.store import tables as t
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from tests.asking import ask, decide
from tests.conftest import World, open_world
from tests.seeding import BORIS, OTHER_NUMBER, OTHER_STATION, PINS, facility_row, fill, seed, station_row

SQLITE_FAILS_AT_COMMIT = (
    "CREATE TABLE promised (id TEXT REFERENCES inmates(inmate_id) DEFERRABLE INITIALLY DEFERRED)",
    """CREATE TRIGGER break_commit AFTER INSERT ON decisions WHEN new.call_id LIKE 'broken%'
       BEGIN INSERT INTO promised VALUES ('nobody'); END""",
)
POSTGRES_FAILS_AT_COMMIT = (
    """CREATE FUNCTION break_commit() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the commit fails'; END $$""",
    """CREATE CONSTRAINT TRIGGER break_commit AFTER INSERT ON decisions DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW WHEN (new.call_id LIKE 'broken%') EXECUTE FUNCTION break_commit()""",
)


@pytest.fixture
async def seeded(database_url: str) -> AsyncIterator[World]:
    seed(database_url)
    async with open_world(database_url) as world:
        yield world


def _run(url: str, *statements: str) -> None:
    with open_sync(url) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def _count(url: str, table: str) -> int:
    with open_sync(url) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


@pytest.mark.feature("F60")
async def test_a_commit_that_fails_is_503_and_no_allow(seeded: World, database_url: str) -> None:
    is_sqlite = database_url.startswith("sqlite")
    _run(database_url, *(SQLITE_FAILS_AT_COMMIT if is_sqlite else POSTGRES_FAILS_AT_COMMIT))

    response = await ask(seeded, "broken-1")

    assert response.status_code == 503
    assert response.json()["decision"] == "deny"
    assert response.headers["Retry-After"] == "1"
    assert _count(database_url, "decisions") == _count(database_url, "calls") == 0
    assert (await decide(seeded, "whole-1"))["decision"] == "allow"


async def test_an_attempt_that_cannot_be_kept_does_not_harm_its_batch(seeded: World, database_url: str) -> None:
    is_sqlite = database_url.startswith("sqlite")
    _run(database_url, *(SQLITE_FAILS_AT_COMMIT if is_sqlite else POSTGRES_FAILS_AT_COMMIT))
    theirs: dict[str, Any] = {"pin": PINS[BORIS], "called_number": OTHER_NUMBER, "station_id": OTHER_STATION}

    broken, whole, other = await asyncio.gather(
        ask(seeded, "broken-1"), ask(seeded, "whole-1", **theirs), ask(seeded, "whole-2", station_id="nowhere")
    )

    assert broken.status_code == 503
    assert whole.json()["decision"] == "allow"
    assert other.json()["reason"] == "not_in_service"


async def test_a_corrupt_row_denies_with_its_class_and_raises_an_alarm(seeded: World, database_url: str) -> None:
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(time_zone="America/Nowhere"))
        connection.commit()

    answer = await decide(seeded, "c1")
    await seeded.app.state.alarms.settled()
    alerts = await seeded.call("security", "GET", "/v1/alerts")

    assert answer["reason"] == "outside_calling_hours"
    assert "check_failed" in {alert["kind"] for alert in alerts.json()["items"]}


async def test_a_facility_whose_profile_is_gone_is_out_of_service(seeded: World, database_url: str) -> None:
    fill(
        database_url,
        facilities=[facility_row("lost-ci", profile="atlantis")],
        stations=[station_row("lost-1", "lost-ci")],
    )

    answer = await decide(seeded, "c1", station_id="lost-1")

    assert answer["reason"] == "not_in_service"
    assert answer["policy"] is None


@pytest.mark.feature("F50")
async def test_the_log_refuses_to_be_changed(seeded: World, database_url: str) -> None:
    await decide(seeded, "c1")

    for statement in ("UPDATE decisions SET decision = 'allow', reason = NULL", "DELETE FROM decisions"):
        with pytest.raises(Exception, match="append-only"):
            _run(database_url, statement)

    assert _count(database_url, "decisions") == 1


async def test_a_database_that_is_gone_is_503_and_service_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "gone.db"
    url = f"sqlite:///{path}"
    migrate(url)
    seed(url)
    async with open_world(url, deadline_seconds=1.0) as world:
        with open_sync(url) as connection:
            connection.execute(text("SELECT 1"))  # BEGIN IMMEDIATE: nobody else can write meanwhile
            busy = await ask(world, "c1")
        back = await ask(world, "c1")

    assert busy.status_code == 503
    assert back.json()["decision"] == "allow"
