"""Does `callgate doctor` find what is wrong with a database and what stands in it, and stay calm where nothing is?"""

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callgate.clock import SystemClock
from callgate.commands.examine_records import examine_database
from callgate.policies import load_profile
from callgate.store import inspection
from callgate.store.database import open_sync
from callgate.store.reading import open_records
from tests.command_line import Terminal
from tests.seeding import (
    PIN_KEY,
    TOKEN_KEY,
    facility_row,
    fill,
    inmate_row,
    pin_row,
    seed,
)

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    opened = Terminal(tmp_path, capsys, monkeypatch)
    opened.setting(token_key=TOKEN_KEY, pin_key=PIN_KEY)
    return opened


@pytest.fixture
def examined(terminal: Terminal, database_url: str) -> Callable[[], dict[str, list[dict[str, str]]]]:
    """Examines the database of the test, and answers the findings by check."""
    terminal.setting(database_url=database_url)

    def examine() -> dict[str, list[dict[str, str]]]:
        typed = terminal.type("doctor", "--json")
        answer = json.loads(typed.out)
        assert typed.code == (1 if answer["verdict"] == "fail" else 0)
        found: dict[str, list[dict[str, str]]] = {}
        for one in answer["checks"]:
            found.setdefault(one["check"], []).append(one)
        return found

    return examine


Examine = Callable[[], dict[str, list[dict[str, str]]]]


def verdicts(found: dict[str, list[dict[str, str]]], check: str) -> list[str]:
    return [one["verdict"] for one in found[check]]


def in_database(url: str, *statements: str) -> None:
    with open_sync(url) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def tariff_row(**changes: Any) -> dict[str, Any]:
    row = {
        "facility_id": "big-jail",
        "tariff": "collect",
        "payment_types": '["collect"]',
        "media": '["voice"]',
        "destination": "domestic",
        "currency": "USD",
        "per_minute": "0.10",
        "connection_fee": "0.00",
        "increment_seconds": 60,
        "payer": "called_party",
        "effective_from": "2026-05-01",
        "effective_until": None,
    }
    return row | changes


def _syncs(url: str) -> bool:
    if url.startswith("sqlite"):
        return True
    with open_sync(url) as connection:
        return str(connection.execute(text("SHOW fsync")).scalar_one()) == "on"


def test_a_sound_deployment_passes_on_both_databases(examined: Examine, database_url: str) -> None:
    seed(database_url)

    found = examined()

    failed = [one["check"] for several in found.values() for one in several if one["verdict"] == "fail"]
    # The tests' own server syncs nothing, and the doctor is right to say so.
    assert failed == ([] if _syncs(database_url) else ["durability"])
    for check in ("python", "sqlite_durability", "token_key", "pin_key", "clock", "migrations", "append_only"):
        assert verdicts(found, check) == ["ok"], check
    assert verdicts(found, "facilities") == ["ok"]
    assert verdicts(found, "pin_space") == ["ok"]
    assert found["pin_space"][0]["found"] == "9 digits for 2 people"
    assert ("journal" in found) == database_url.startswith("sqlite")
    assert ("durability" in found) == ("postgresql" in found) == (not database_url.startswith("sqlite"))


def test_what_is_wrong_with_the_tables_is_found_on_both_databases(examined: Examine, database_url: str) -> None:
    seed(database_url)
    drop = "DROP TRIGGER append_only_decisions_update"
    in_database(database_url, drop if database_url.startswith("sqlite") else "DROP TRIGGER append_only ON decisions")

    found = examined()

    assert verdicts(found, "append_only") == ["fail"]
    assert found["append_only"][0]["found"] == "could be altered: decisions"


def test_a_trigger_that_is_switched_off_is_found(examined: Examine, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        in_database(database_url, "DROP TRIGGER append_only_alerts_delete")
    else:
        in_database(database_url, "ALTER TABLE alerts DISABLE TRIGGER append_only")

    assert examined()["append_only"][0]["found"] == "could be altered: alerts"


def test_tables_of_another_version_are_found_and_not_read(examined: Examine, database_url: str) -> None:
    in_database(database_url, "UPDATE alembic_version SET version_num = 'elsewhere'")

    found = examined()

    assert verdicts(found, "migrations") == ["fail"]
    assert "callgate migrate" in found["migrations"][0]["advice"]
    assert "facilities" not in found


def test_a_database_without_tables_is_found(examined: Examine, database_url: str) -> None:
    in_database(database_url, "DROP TABLE alembic_version")

    assert examined()["migrations"][0]["found"] == "the database has no tables"


@pytest.mark.parametrize(
    ("people", "length", "verdict"), [(99, 7, "ok"), (100, 7, "ok"), (101, 7, "fail"), (1, 5, "ok"), (2, 5, "fail")]
)
@on_one_database
def test_a_pin_space_too_small_for_the_people_fails(
    examined: Examine, database_url: str, people: int, length: int, verdict: str
) -> None:
    pin = "908172635"[:length]
    fill(
        database_url,
        facilities=[facility_row()],
        inmates=[inmate_row(str(i)) for i in range(people)] + [inmate_row("gone", status="released")],
        pins=[pin_row("0", pin)],
    )

    found = examined()

    assert verdicts(found, "pin_space") == [verdict]
    assert found["pin_space"][0]["found"] == f"{length} digits for {people} people"


@on_one_database
def test_the_profiles_pin_length_counts_where_nobody_has_a_shorter_pin(
    examined: Examine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database_url, facilities=[facility_row()])
    length = load_profile("ct-doc").pin_length

    def with_people(people: int) -> dict[str, str]:
        use = inspection.PinUse(active_inmates=people, shortest_length=16)
        monkeypatch.setattr(inspection, "load_pin_use", lambda _: use)
        (one,) = examined()["pin_space"]
        assert one["found"] == f"{length} digits for {people} people"
        return one

    assert with_people(10 ** (length - 5))["verdict"] == "ok"
    assert with_people(10 ** (length - 5) + 1)["verdict"] == "fail"
    assert f"{length + 1} digits or more" in with_people(10 ** (length - 5) + 1)["advice"]


@on_one_database
def test_facilities_that_cannot_work_are_named(examined: Examine, database_url: str) -> None:
    fill(
        database_url,
        facilities=[
            facility_row("good"),
            facility_row("nowhere", time_zone="Mars/Olympus"),
            facility_row("lawless", profile="atlantis"),
        ],
    )

    found = examined()

    assert found["facilities"][0]["found"] == "their profile is not loaded: lawless"
    assert [one["found"] for one in found["time_zones"] if one["verdict"] == "fail"] == ["cannot be read: Mars/Olympus"]


@on_one_database
def test_a_facility_without_a_tier_is_a_warning_and_one_above_its_cap_fails(
    examined: Examine, database_url: str
) -> None:
    fill(
        database_url,
        facilities=[facility_row("no-tier", rate_cap_tier=None), facility_row("big-jail", rate_cap_tier="large_jail")],
        tariffs=[tariff_row()],
    )
    within = examined()
    in_database(database_url, "UPDATE tariffs SET per_minute = '0.101'")
    above = examined()

    assert verdicts(within, "rate_caps") == ["warn", "ok"]
    assert within["rate_caps"][0]["found"].endswith("no tier: no-tier")
    assert verdicts(above, "rate_caps") == ["warn", "fail"]
    assert above["rate_caps"][1]["found"] == "a tariff is above the federal cap: big-jail from 2026-05-01"


@on_one_database
def test_a_profiles_own_tariffs_are_held_to_the_caps_too(examined: Examine, database_url: str) -> None:
    fill(database_url, facilities=[facility_row("old-rates", rate_cap_tier="prison")])

    # ct-doc asked 0.21 until 2022, when prisons were capped at 0.14.
    assert verdicts(examined(), "rate_caps") == ["fail"]


@on_one_database
def test_a_row_that_cannot_be_read_fails_without_a_fault(examined: Examine, database_url: str) -> None:
    fill(database_url, facilities=[facility_row("big-jail")], tariffs=[tariff_row(per_minute="cheap")])

    assert examined()["facilities"][0]["found"] == "a tariff's row cannot be read"


@on_one_database
def test_a_journal_that_is_no_wal_fails(examined: Examine, database_url: str) -> None:
    # callgate's own connections would switch it back.
    connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()

    assert verdicts(examined(), "journal") == ["fail"]


@pytest.mark.parametrize(("apart", "verdict"), [(900, "ok"), (-900, "ok"), (1500, "fail"), (-1500, "fail")])
def test_a_clock_more_than_a_second_apart_fails(database_url: str, apart: int, verdict: str) -> None:
    with open_records(database_url) as reading:
        now = SystemClock().now() + timedelta(milliseconds=apart)
        (clock,) = [one for one in examine_database(reading, now) if one.check == "clock"]

    assert clock.verdict == verdict


def test_postgresql_that_may_lose_a_commit_fails(monkeypatch: pytest.MonkeyPatch, migrated_template: str) -> None:
    monkeypatch.setattr(inspection, "postgres_version", lambda _: 140_011)
    monkeypatch.setattr(inspection, "postgres_durability", lambda _: {"fsync": "off", "synchronous_commit": "local"})

    with open_records(migrated_template) as reading:
        found = {one.check: one for one in examine_database(reading, SystemClock().now())}

    assert found["postgresql"].verdict == "fail"
    assert found["postgresql"].found == "PostgreSQL 14.11"
    assert (found["durability"].verdict, found["durability"].found) == ("fail", "off: fsync")
