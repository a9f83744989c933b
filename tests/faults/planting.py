"""How is a fault planted, and do the tests find it?

The source is copied, changed in the copy, and the named tests are run against the copy by a process of their own. The
source itself is never touched.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.planted import Fault

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src"


class NotPlanted(Exception):
    """The text that a fault takes the place of does not stand there, or stands there twice."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A copy of the source in a folder of its own, and the tests to run against it."""

    folder: Path
    tests: tuple[str, ...]

    @property
    def copy(self) -> Path:
        """Where the package stands."""
        return self.folder / "src"

    @property
    def report(self) -> Path:
        """Where what became of the tests is written."""
        return self.folder / "report.json"

    @property
    def output(self) -> Path:
        """Where what the tests print is written."""
        return self.folder / "output.txt"


def prepare(folder: Path, tests: Iterable[str], *, fault: Fault | None = None) -> Trial:
    """Copy the source into an empty folder, with the fault in it.

    Raises:
        NotPlanted: its place is gone.
    """
    trial = Trial(folder, tuple(sorted(set(tests))))
    folder.mkdir(parents=True, exist_ok=True)
    # With what Python compiled of it, which saves most of the time; not with what it is compiling at this moment.
    shutil.copytree(SOURCE, trial.copy, ignore=shutil.ignore_patterns("*.pyc.*"))
    # What an installed package takes along is looked for beside the source.
    (folder / "migrations").symlink_to(ROOT / "migrations")
    if fault is not None:
        plant(trial.copy, fault)
    return trial


def plant(copy: Path, fault: Fault) -> None:
    """Put the fault into the copy.

    Raises:
        NotPlanted: its place is gone.
    """
    path = copy / "callgate" / fault.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.count(fault.old) != 1:
        times = text.count(fault.old)
        raise NotPlanted(f"{fault.row}, {fault.name}: stands {times} times in {fault.file}: {fault.old}")
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def run(trials: Sequence[Trial]) -> list[dict[str, str]]:
    """The result of each test of each trial, `passed` or `failed`; on SQLite alone, which is quick.

    Raises:
        AssertionError: a test was not run, or not to its end, or against another source.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CALLGATE_", "PYTEST_"))}
    asked = json.dumps([{"folder": str(trial.folder), "tests": trial.tests} for trial in trials])
    command = [sys.executable, "-m", "tests.faults.run_against"]
    subprocess.run(command, input=asked, cwd=ROOT, env=own, text=True, check=True)
    return [_result(trial) for trial in trials]


def _result(trial: Trial) -> dict[str, str]:
    output = trial.output.read_text(encoding="utf-8")
    assert trial.report.exists(), output
    found: dict[str, str] = json.loads(trial.report.read_text(encoding="utf-8"))
    assert sorted(found) == list(trial.tests), output
    return found
