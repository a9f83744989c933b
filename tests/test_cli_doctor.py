"""Does `callgate doctor` find what is wrong, say what to do, touch nothing, and stay calm where nothing is wrong?"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callgate.clock import SystemClock
from callgate.commands.examine_machine import examine_disk
from callgate.commands.examine_records import examine_database
from callgate.commands.findings import Found, named, worst
from callgate.policies import load_profile
from callgate.settings import Settings
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


def test_a_sound_deployment_passes_on_both_databases(examined: Examine, database_url: str) -> None:
    seed(database_url)

    found = examined()

    failed = [one for several in found.values() for one in several if one["verdict"] == "fail"]
    assert failed == []
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


def test_a_fresh_machine_has_no_database_yet_and_nothing_is_made(terminal: Terminal) -> None:
    typed = terminal.type("doctor")

    assert typed.code == 0
    assert "none at var/callgate.db yet" in typed.out
    assert list(terminal.folder.iterdir()) == []


def test_a_fresh_machine_has_no_keys_yet_and_none_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(tmp_path, capsys, monkeypatch)

    found = json.loads(terminal.type("doctor", "--json").out)["checks"]

    assert {one["check"]: one["verdict"] for one in found}["token_key"] == "info"
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_reached_fails_and_the_rest_is_examined(terminal: Terminal) -> None:
    terminal.setting(database_url="postgresql://nobody:hunter2@127.0.0.1:1/none")

    typed = terminal.type("doctor")

    assert typed.code == 1
    assert "hunter2" not in typed.out + typed.err
    assert "The database cannot be reached" in " ".join(typed.out.split())
    assert "policies" in typed.out


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o604, 0o666])
def test_a_key_file_is_for_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    terminal = Terminal(tmp_path, capsys, monkeypatch)
    assert terminal.type("token", "--role", "warden").code == 0
    (tmp_path / "var" / "token_key").chmod(mode)

    typed = terminal.type("doctor")

    assert typed.code == (0 if mode & 0o077 == 0 else 1)
    assert ("chmod 0600 var/token_key" in " ".join(typed.out.split())) == (mode & 0o077 != 0)


def test_a_secret_file_that_others_can_read_is_a_warning(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    path = terminal.folder / "secret"
    path.write_text(TOKEN_KEY)
    path.chmod(0o444)
    monkeypatch.delenv("CALLGATE_TOKEN_KEY")
    terminal.setting(token_key_file=str(path))

    typed = terminal.type("doctor")

    assert typed.code == 0
    assert "warn  token_key_file" in typed.out


@pytest.mark.parametrize(("name", "value"), [("token_key", "short"), ("pin_key", "short")])
def test_a_key_that_cannot_be_used_fails_and_is_not_shown(terminal: Terminal, name: str, value: str) -> None:
    terminal.setting(**{name: value})

    typed = terminal.type("doctor")

    assert typed.code == 1
    assert f"CALLGATE_{name.upper()} cannot be used" in typed.out
    assert f" {value} " not in typed.out


def test_unknown_settings_are_named_and_the_rest_is_examined(terminal: Terminal) -> None:
    terminal.setting(tokn_key="x", qeue_max="3")

    typed = terminal.type("doctor")

    assert typed.code == 1
    assert "CALLGATE_TOKN_KEY is not a setting" in typed.out
    assert "CALLGATE_QEUE_MAX is not a setting" in typed.out
    assert "sqlite_durability" in typed.out


def test_a_setting_out_of_range_is_named_without_its_value(terminal: Terminal) -> None:
    terminal.setting(queue_max="987654321")

    typed = terminal.type("doctor")

    assert typed.code == 1
    assert "CALLGATE_QUEUE_MAX" in typed.out
    assert "987654321" not in typed.out


def test_a_malformed_profile_fails_with_file_key_and_reason(terminal: Terminal) -> None:
    folder = terminal.folder / "profiles"
    folder.mkdir()
    (folder / "my-county.toml").write_text("profile = 1")
    terminal.setting(policy_dir=str(folder))

    typed = terminal.type("doctor")

    assert typed.code == 1
    assert "my-county.toml: " in typed.out


def test_values_without_a_source_are_told_profile_by_profile(terminal: Terminal) -> None:
    told = " ".join(terminal.type("doctor").out.split())

    assert "values have no source (NF); see `callgate policies ct-doc`" in told


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


@pytest.mark.parametrize(("mebibytes", "verdict"), [(99, "fail"), (100, "warn"), (1023, "warn"), (1024, "ok")])
def test_a_disk_that_runs_full_is_found_before_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mebibytes: int, verdict: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": mebibytes * 2**20})())

    assert examine_disk(tmp_path / "not" / "there" / "yet").verdict == verdict


def test_an_old_sqlite_is_a_warning_and_says_what_callgate_does_about_it(
    monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 2))
    old = terminal.type("doctor").out
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    new = terminal.type("doctor").out

    assert "warn  sqlite " in old
    assert "ok    sqlite " in new


def test_every_setting_is_listed_with_its_default(terminal: Terminal) -> None:
    plain = terminal.type("doctor", "--settings").out
    listed = json.loads(terminal.type("doctor", "--settings", "--json").out)["settings"]

    assert [one["name"] for one in listed] == [f"CALLGATE_{name.upper()}" for name in Settings.model_fields]
    assert all(one["name"] in plain and one["description"] for one in listed)
    assert "sqlite:///./var/callgate.db" in plain
    assert TOKEN_KEY not in plain


def test_the_worst_finding_is_the_verdict() -> None:
    fine = Found(check="a", verdict="ok", found="")

    assert worst([]) == "ok"
    for verdict in ("info", "warn", "fail"):
        assert worst([fine, replace(fine, verdict=verdict), fine]) == verdict
    assert named(["a", "b"], names_max=2) == "a, b"
