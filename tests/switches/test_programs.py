"""What happens where a switch is not installed? It is said plainly, and on a build machine it is a failure."""

from pathlib import Path

import pytest

from tests.switches.conftest import need_programs
from tests.switches.matrix import Matrix

TOLD = "sipp not installed. On Debian: apt-get install --no-install-recommends sip-tester"


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    return monkeypatch


@pytest.mark.usefixtures("nothing_installed")
def test_what_is_not_installed_is_not_tested_and_the_matrix_ends_with_what_to_install() -> None:
    with pytest.raises(pytest.skip.Exception, match=TOLD) as skipped:
        need_programs("sipp")

    matrix = Matrix()
    cell = pytest.TestReport(
        nodeid="tests/switches/test_kamailio_load.py::test_counts",
        location=("test_kamailio_load.py", 1, "test_counts"),
        keywords={},
        outcome="skipped",
        longrepr=("test_kamailio_load.py", 1, f"Skipped: {skipped.value}"),
        when="setup",
    )
    matrix.pytest_runtest_logreport(cell)
    assert [line.split()[:2] for line in matrix.lines()] == [["kamailio", "load"], ["not", "run"]]
    assert list(matrix.absences()) == [f"\nNOT TESTED HERE: {TOLD}."]


@pytest.mark.parametrize("ci", ["true", "1"])
def test_on_a_build_machine_that_is_a_failure(nothing_installed: pytest.MonkeyPatch, ci: str) -> None:
    nothing_installed.setenv("CI", ci)

    with pytest.raises(pytest.fail.Exception, match=f"Where CI is set the switches must be tested; {TOLD}"):
        need_programs("sipp")
