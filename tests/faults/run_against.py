"""Run tests against copies of the source; started by `planting`, which writes on standard input what is asked.

A package is imported once in a process, so each copy has a process of its own, forked from this one, which has loaded
everything but the package. The report says of each test whether it passed or failed; what broke before or after a
test's own steps is neither, and leaves no entry.
"""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.faults.planting import Trial

_OPTIONS: Final = (
    *("-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:xdist", "-k", "not postgresql"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of a plugin's module that is loaded once, on purpose
)
_LOADED_ONCE: Final = ("alembic.command", "fastapi", "httpx", "hypothesis", "jose.jwt", "phonenumbers", "sqlalchemy")


class Results:
    """What became of each test, by its function."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's parameters; only what the test itself does counts."""
        test = report.nodeid.partition("[")[0]
        if report.when == "call" and self.found.get(test) != "failed":
            self.found[test] = report.outcome


def run(trial: Trial) -> None:
    """Run the tests here and now, and write down what became of each."""
    sys.path.insert(0, str(trial.copy))
    os.environ["PYTHONPATH"] = str(trial.copy)  # for the programs that a test starts
    package = importlib.import_module("callgate")
    assert Path(package.__file__ or "").is_relative_to(trial.copy), f"imported {package.__file__}"
    results = Results()
    # The project's own settings would put its source before the copy.
    status = pytest.main([*_OPTIONS, "--override-ini", "pythonpath=.", *trial.tests], plugins=[results])
    if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        trial.report.write_text(json.dumps(results.found), encoding="utf-8")


def _fork(trial: Trial) -> None:
    """Run one trial in a process of its own, and wait for it."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    output = os.open(trial.output, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    try:
        run(trial)
    except BaseException:  # noqa: BLE001 - nothing may come back from here into the process that was forked
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # a missing report says that it failed


def main(trials: Sequence[Trial]) -> None:
    """Run one after the other."""
    for name in _LOADED_ONCE:
        importlib.import_module(name)
    for trial in trials:
        _fork(trial)


if __name__ == "__main__":
    assert "callgate" not in sys.modules
    main([Trial(Path(each["folder"]), tuple(each["tests"])) for each in json.load(sys.stdin)])
