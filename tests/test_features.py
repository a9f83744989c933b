"""Is every row that must be shown shown by a test, and does every tag name a row? Read from the tests' text alone."""

import ast

import pytest

from tests.feature_tags import list_tagged, tags_in
from tests.features import FeatureTable, load_rows

DEMANDED, OTHERS = load_rows()


@pytest.fixture(scope="module")
def tests_by_row() -> dict[str, list[str]]:
    return list_tagged()


@pytest.mark.parametrize("row", sorted(DEMANDED))
def test_the_row_has_a_test_that_carries_its_number(tests_by_row: dict[str, list[str]], row: str) -> None:
    assert tests_by_row.get(row), f"{row} ({DEMANDED[row]}) has no test with @pytest.mark.feature({row!r})"


def test_every_tag_names_a_row(tests_by_row: dict[str, list[str]]) -> None:
    assert {row: tests for row, tests in tests_by_row.items() if row not in DEMANDED | OTHERS} == {}


def test_a_tag_is_read_from_a_function_and_from_a_module() -> None:
    tree = ast.parse(
        "pytestmark = [pytest.mark.anyio, pytest.mark.feature('F16', 'F17')]\n"
        "@pytest.mark.feature('F18')\nasync def test_a(): ...\n"
        "@pytest.mark.parametrize('x', ['F19'])\ndef test_b(x): ...\n"
        "@pytest.mark.feature('F20')\ndef prepare(): ...\n"
    )
    assert list(tags_in(tree)) == [("pytestmark", "F16"), ("pytestmark", "F17"), ("test_a", "F18")]


# ------------------------------------------------------------------------------------------------- what is counted


def test_a_test_is_what_its_worst_phase_was_and_a_row_what_its_worst_test_was() -> None:
    table = FeatureTable()
    for result in ("passed", "failed", "passed"):
        table.add("F16", "a.py::test_a[sqlite]", result)
    table.add("F16", "a.py::test_a[postgresql]", "passed")
    table.add("F17", "a.py::test_b", "passed")
    assert table.result_of("F16") == "failed"
    assert table.result_of("F17") == "passed"
    assert table.result_of("F18") == "none"
    assert table.missing(["F16", "F17", "F18"]) == ["F16", "F18"]


def test_a_row_whose_tests_were_all_left_out_is_not_shown() -> None:
    table = FeatureTable()
    table.add("F16", "a.py::test_a", "skipped")
    assert table.missing(["F16"]) == ["F16"]


def test_the_table_names_row_test_and_result() -> None:
    table = FeatureTable()
    for database in ("sqlite", "postgresql"):
        table.add("F16", f"a.py::test_a[{database}]", "passed")
    table.add("F16", "a.py::test_b", "failed")
    assert list(table.lines({"F16": "A block", "F17": "A shield"})) == [
        "F16  A block",
        "     passed  a.py::test_a (2 times)",
        "     failed  a.py::test_b",
        "",
        "row  what it demands  tests  result",
        "F16  A block              3  failed",
        "F17  A shield             0  none",
    ]
