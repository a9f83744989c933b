"""Does every command explain itself, with examples that work as they stand?"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from callgate import __version__
from callgate.cli import COMMANDS
from tests.command_line import Terminal, examples_of

# These run until they are told to end; their own tests run their examples in processes.
_IN_PROCESSES = ("serve", "demo")
# What must have been typed before.
_NEEDED: Mapping[str, Sequence[Sequence[str]]] = {
    "replay": [("migrate",)],
    "whatif": [("migrate",)],
    "backup": [("migrate",)],
    "restore": [("migrate",), ("backup", "nightly.db")],
    "export": [("migrate",)],
    "import": [("migrate",), ("export", "inmates", "--to", "people.csv"), ("export", "lists", "--to", "lists.csv")],
}


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def test_the_help_names_every_command_in_one_screen_and_the_exit_codes(terminal: Terminal) -> None:
    typed = terminal.type("--help")

    assert typed.code == 0
    assert all(f"  {name} " in typed.out for name in COMMANDS)
    assert "..." not in typed.out.partition("Commands:")[2], "a summary is too long for the line"
    assert "Exit codes: 0 all is well; 1 something was found wrong or refused; 2" in typed.out
    assert len(typed.out.splitlines()) <= 30


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(terminal: Terminal, command: str) -> None:
    typed = terminal.type(command, "--help")

    assert typed.code == 0
    assert f"Usage: callgate {command}" in typed.out
    assert f"  callgate {command}" in typed.out.partition("Examples:")[2]
    assert max(len(line) for line in typed.out.splitlines()) <= 90
    assert examples_of(command)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in _IN_PROCESSES])
def test_every_example_works_as_it_stands(terminal: Terminal, command: str) -> None:
    for needed in _NEEDED.get(command, ()):
        assert terminal.type(*needed).code == 0

    for example in examples_of(command):
        line, _, file = example.partition(" > ")
        program, *arguments = shlex.split(line)
        typed = terminal.type(*arguments)
        if file:
            (terminal.folder / file).write_text(typed.out)

        assert program == "callgate"
        assert typed.code == 0, (example, typed.err)
        assert typed.out


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal.type("--version").out == f"callgate {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("frob",), ("token",), ("token", "--role", "boss"), ("serve", "--port", "x"), ("replay", "--limit", "0")],
)
def test_a_command_typed_wrongly_ends_with_2_and_says_so(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    typed = terminal.type(*arguments)

    assert typed.code == 2
    assert "Usage: callgate" in typed.err + typed.out


def test_an_unknown_setting_is_refused_in_one_sentence(terminal: Terminal) -> None:
    terminal.setting(tokenkey="x" * 40)

    typed = terminal.type("token", "--role", "warden")

    assert typed.code == 1
    assert typed.out == ""
    assert typed.err.startswith("callgate: CALLGATE_TOKENKEY is not a setting of callgate; ")
    assert typed.err.count("\n") == 1


def test_a_fault_of_our_own_is_told_by_kind_and_place_without_its_message(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise KeyError("a secret of mine")

    monkeypatch.setattr("callgate.commands.token.load_settings", break_down)

    typed = terminal.type("token", "--role", "warden")

    assert typed.code == 1
    assert typed.err.startswith("callgate: A fault of callgate's own: KeyError at token.py:")
    assert "secret" not in typed.err
    assert "Traceback" not in typed.err
