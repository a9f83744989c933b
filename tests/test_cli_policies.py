"""Does `callgate policies` show the whole law with its sources, and refuse a malformed file by name, key and reason?"""

import json
from pathlib import Path

import pytest

from callgate.policies import list_cap_values, list_values, load_profiles
from tests.command_line import SOURCE, Terminal

CT_DOC = (SOURCE / "callgate" / "policies" / "ct-doc.toml").read_text()


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


@pytest.fixture
def own(terminal: Terminal) -> Path:
    """A folder of the operator's own profiles."""
    folder = terminal.folder / "profiles"
    folder.mkdir()
    terminal.setting(policy_dir=str(folder))
    return folder


def _profile(name: str) -> str:
    return CT_DOC.replace('profile = "ct-doc"', f'profile = "{name}"', 1)


def test_the_overview_names_every_profile_the_caps_and_the_marks(terminal: Terminal) -> None:
    typed = terminal.type("policies")

    assert typed.code == 0
    assert all(policy.label in typed.out for policy in load_profiles().values())
    assert "2026-04-06 to further notice" in typed.out
    assert "NF: looked for and not found" in " ".join(typed.out.split())
    assert max(len(line) for line in typed.out.splitlines()) <= 100


@pytest.mark.parametrize("name", load_profiles())
def test_a_profile_is_shown_value_by_value_with_source_and_mark(terminal: Terminal, name: str) -> None:
    typed = terminal.type("policies", name)

    told = " ".join(typed.out.split())
    for value in list_values(name):
        assert value.key in told
        assert f"{value.mark} {' '.join(value.source.split())}" in told


def test_the_federal_caps_are_shown_with_their_sources(terminal: Terminal) -> None:
    told = " ".join(terminal.type("policies", "caps").out.split())

    assert all(value.key in told and " ".join(value.source.split()) in told for value in list_cap_values())


def test_everything_is_there_as_json(terminal: Terminal) -> None:
    shown = json.loads(terminal.type("policies", "--json").out)

    assert [each["profile"] for each in shown["profiles"]] == sorted(load_profiles())
    for each in shown["profiles"]:
        assert each["content_hash"] == load_profiles()[each["profile"]].content_hash
        assert [value["key"] for value in each["values"]] == [value.key for value in list_values(each["profile"])]
        assert all(value["source"] and value["mark"] in ("S", "S2", "M", "NF") for value in each["values"])
    assert [value["key"] for value in shown["caps"]] == [value.key for value in list_cap_values()]


def test_one_profile_and_the_caps_are_there_as_json(terminal: Terminal) -> None:
    profile = json.loads(terminal.type("policies", "ct-doc", "--json").out)
    caps = json.loads(terminal.type("policies", "caps", "--json").out)

    cap = next(value for value in profile["values"] if value["key"] == "call.cap_seconds")
    assert (cap["value"], cap["mark"]) == (900, "S")
    assert caps["name"] == "caps"


def test_a_profile_of_ones_own_is_listed_beside_the_shipped_ones(terminal: Terminal, own: Path) -> None:
    (own / "my-county.toml").write_text(_profile("my-county"))

    assert "my-county@" in terminal.type("policies").out
    assert "call.cap_seconds = 900" in terminal.type("policies", "my-county").out


@pytest.mark.parametrize("asked", [(), ("ct-doc",), ("--json",)])
def test_a_malformed_profile_is_refused_with_file_key_and_reason(
    terminal: Terminal, own: Path, asked: tuple[str, ...]
) -> None:
    (own / "my-county.toml").write_text(_profile("my-county").replace("value = 900", 'value = "900"', 1))

    typed = terminal.type("policies", *asked)

    assert typed.code == 1
    assert typed.out == ""
    assert typed.err == (
        "callgate: A policy file cannot be used: my-county.toml: call.cap_seconds.value: must be a whole number.\n"
    )


def test_an_unknown_profile_is_refused(terminal: Terminal) -> None:
    typed = terminal.type("policies", "atlantis")

    assert typed.code == 1
    assert "callgate policies" in typed.err
