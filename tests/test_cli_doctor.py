"""Does `callgate doctor` find what is wrong with machine, settings and keys, say what to do, and touch nothing?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from callgate.commands.examine_machine import examine_disk
from callgate.commands.findings import Found, named, worst
from callgate.settings import Settings
from tests.command_line import Terminal
from tests.seeding import (
    PIN_KEY,
    TOKEN_KEY,
)

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    opened = Terminal(tmp_path, capsys, monkeypatch)
    opened.setting(token_key=TOKEN_KEY, pin_key=PIN_KEY)
    return opened


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
