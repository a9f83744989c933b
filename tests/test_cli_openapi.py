"""Does `callgate openapi` print what the service serves, with nothing but the program there?"""

import json
from pathlib import Path

import pytest

from callgate.api.openapi import openapi_text
from callgate.app import build, deploy
from tests.command_line import Terminal
from tests.conftest import settings_for


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def test_it_is_the_description_of_the_application(terminal: Terminal) -> None:
    typed = terminal.type("openapi")

    app = build(deploy(settings_for(f"sqlite:///{terminal.folder}/unused.db")))
    assert typed.code == 0
    assert typed.out == openapi_text(app)
    assert json.loads(typed.out)["openapi"] == "3.1.0"


def test_it_needs_no_database_no_keys_and_no_settings_and_leaves_nothing(terminal: Terminal) -> None:
    terminal.setting(database_url="postgresql://nobody@127.0.0.1:1/none", misspelt="x")

    assert terminal.type("openapi").code == 0
    assert list(terminal.folder.iterdir()) == []


def test_a_file_is_compared_with_it(terminal: Terminal) -> None:
    file = terminal.folder / "callgate.json"
    file.write_text(terminal.type("openapi").out)
    same = terminal.type("openapi", "--check", "callgate.json")
    file.write_text(file.read_text().replace("callgate", "gatecall", 1))
    other = terminal.type("openapi", "--check", "callgate.json", "--json")

    assert (same.code, same.out, same.err) == (0, "callgate.json is what this version serves.\n", "")
    assert (other.code, json.loads(other.out)) == (1, {"file": "callgate.json", "is_what_is_served": False})
    assert "callgate openapi > callgate.json" in other.err


def test_a_file_that_is_not_there_is_refused(terminal: Terminal) -> None:
    typed = terminal.type("openapi", "--check", "nowhere.json")

    assert typed.code == 1
    assert typed.err == "callgate: nowhere.json cannot be read (FileNotFoundError).\n"
