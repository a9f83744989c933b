"""The matrix of the switches: `make switches` loads this as a pytest plugin, and prints a verdict for every cell.

A cell is a test; its file names the switch, its name what happens, and what it measured stands beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_VERDICTS = {"passed": "holds", "failed": "FAILS", "skipped": "not run"}


@dataclass(slots=True)
class _Cell:
    result: str
    seconds: float
    figures: str


class Matrix:
    """What became of each cell, by switch."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[str, _Cell]] = {}
        self._missing: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one phase of one test; the worst of its phases is its verdict."""
        path, _, name = report.nodeid.partition("::")
        if "switches/" not in path:
            return
        cells = self._cells.setdefault(Path(path).stem.removeprefix("test_"), {})
        cell = cells.setdefault(name, _Cell(report.outcome, 0.0, ""))
        cell.result = "failed" if "failed" in (cell.result, report.outcome) else cell.result
        if report.skipped:
            cell.result = "skipped"
            self._missing.add(_reason_of(report))
        cell.seconds += report.duration
        cell.figures = "; ".join(str(value) for key, value in report.user_properties if key == "figures")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print it."""
        for line in (*self.lines(), *self.absences()):
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """The matrix as text."""
        for switch, cells in self._cells.items():
            yield f"\n{switch.replace('_', ' ')}"
            for name, cell in cells.items():
                words = name.removeprefix("test_").replace("_", " ")
                figures = f" ({cell.figures})" if cell.figures else ""
                yield f"  {_VERDICTS[cell.result]:8} {cell.seconds:5.1f} s  {words}{figures}"

    def absences(self) -> Iterator[str]:
        """What was not tested here, and what would have to be installed."""
        for told in sorted(self._missing):
            yield f"\nNOT TESTED HERE: {told}."


def _reason_of(report: pytest.TestReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen."""
    config.pluginmanager.register(Matrix(), "switch-matrix")
