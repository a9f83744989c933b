"""How do tests type a command? In this process where they can, in one of its own where the claim is about processes."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import structlog

from callgate.cli import run

SOURCE = Path(__file__).parent.parent / "src"
_LISTENS = "listens on "


class Typed:
    """What a command printed, and the exit code that it left with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Terminal:
    """Types commands in this process, in a folder of its own and with no setting but those of the test."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        for name in [name for name in os.environ if name.startswith("CALLGATE_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(folder)

    def setting(self, **variables: str) -> None:
        """Set CALLGATE_ variables, named without the prefix."""
        for name, value in variables.items():
            self._monkeypatch.setenv(f"CALLGATE_{name.upper()}", value)

    def type(self, *arguments: str) -> Typed:
        """Run one command."""
        self._capsys.readouterr()
        with _logging_put_back():
            code = run(arguments)
        printed = self._capsys.readouterr()
        return Typed(code, printed.out, printed.err)


@contextmanager
def _logging_put_back() -> Iterator[None]:
    """What a command sets for its whole process must not outlive it in this one."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:], level, configuration = before
        root.setLevel(level)
        structlog.configure(**configuration)


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment without its CALLGATE_ settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLGATE_")}
    return {**kept, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1", **variables}


def command_of(*arguments: str) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "callgate", *arguments]


@contextmanager
def started(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, which is ended at the latest when the block is left."""
    with (folder / "stderr").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command_of(*arguments),
            cwd=folder,
            env=dict(environment or clean_environment()),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def url_once_listening(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where the service listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if _LISTENS in line:
            return line.split(_LISTENS)[1].split()[0]
    pytest.fail(f"the service ended with {process.wait()} and never listened")


def help_of(command: str) -> str:
    """What `callgate COMMAND --help` prints."""
    printed = StringIO()
    with redirect_stdout(printed):
        assert run([command, "--help"]) == 0
    return printed.getvalue()


def examples_of(command: str) -> Sequence[str]:
    """The commands that its help gives as examples."""
    _, _, examples = help_of(command).partition("Examples:\n")
    return [line.strip() for line in examples.splitlines() if line.strip()]
