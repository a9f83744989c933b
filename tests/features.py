"""Which rows of the rules' feature table do the tests show, and with what result?

`make features` loads this as a pytest plugin (`-p tests.features`): every test that carries a mark like
`@pytest.mark.feature("F16", "F17")` is counted for these rows. A demanded row that no test shows, or that a test
contradicts, ends the run with status 1.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROWS_FILE: Final = Path(__file__).with_name("features.toml")
_PROPERTY: Final = "feature"
# From the best to the worst; a test is what its worst phase was, and a row what its worst test was.
_RESULTS: Final = ("passed", "skipped", "failed")

Tests = dict[str, str]
"""The result of each test of a row, by the test's name without its parameters' values."""


def load_rows() -> tuple[dict[str, str], dict[str, str]]:
    """The demanded rows and the others, each with its title."""
    document = tomllib.loads(ROWS_FILE.read_text(encoding="utf-8"))
    return document["demanded"], document["others"]


class FeatureTable:
    """What was seen of each row in this run."""

    def __init__(self) -> None:
        self._results: defaultdict[str, Tests] = defaultdict(dict)

    def add(self, row: str, test: str, result: str) -> None:
        """Count one phase of one test."""
        tests = self._results[row]
        tests[test] = max(tests.get(test, result), result, key=_RESULTS.index)

    def result_of(self, row: str) -> str:
        """What the tests of the row say together; `none` where no test does."""
        return max(self._results[row].values(), key=_RESULTS.index, default="none")

    def missing(self, demanded: Iterable[str]) -> list[str]:
        """The demanded rows that are not shown."""
        return [row for row in demanded if self.result_of(row) != "passed"]

    def lines(self, titles: Mapping[str, str]) -> Iterator[str]:
        """The tests of each row, and then the rows together."""
        seen = {row: title for row, title in sorted(titles.items()) if self.result_of(row) != "none"}
        for row, title in seen.items():
            yield f"{row}  {title}"
            for test, several in _folded(self._results[row]).items():
                result = max(several, key=_RESULTS.index)
                count = f" ({len(several)} times)" if len(several) > 1 else ""
                yield f"     {result}  {test}{count}"
        heading = "what it demands"
        width = max(len(heading), *map(len, titles.values()))
        yield ""
        yield f"row  {heading:{width}}  tests  result"
        for row, title in sorted(titles.items()):
            yield f"{row}  {title:{width}}  {len(self._results[row]):5}  {self.result_of(row)}"


def _folded(tests: Tests) -> dict[str, list[str]]:
    """The results by the test's function, whatever its parameters were."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for test, result in sorted(tests.items()):
        found[test.partition("[")[0]].append(result)
    return found


TABLE: Final = pytest.StashKey[FeatureTable]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = FeatureTable()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reading(config.stash[TABLE]))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Write the rows into what is reported of the test: a run on several cores hands on nothing else."""
    rows = {row for mark in item.iter_markers("feature") for row in mark.args}
    item.user_properties += [(_PROPERTY, row) for row in sorted(rows)]


class _Reading:
    """What only the process does that prints."""

    def __init__(self, table: FeatureTable) -> None:
        self._table = table
        self._demanded, self._others = load_rows()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY:
                self._table.add(str(value), report.nodeid, report.outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._table.missing(self._demanded) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("rows of the feature table")
        seen = {row: title for row, title in self._others.items() if self._table.result_of(row) != "none"}
        for line in self._table.lines(self._demanded | seen):
            terminalreporter.write_line(line)
        missing = self._table.missing(self._demanded)
        shown = len(self._demanded) - len(missing)
        told = f"{shown} of {len(self._demanded)} demanded rows are shown"
        terminalreporter.write_line(f"\n{told}; not {', '.join(missing)}" if missing else f"\n{told}")
