"""Which tests say that they show which rows? Read from their text alone, so that asking costs no run."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent


def list_tagged() -> dict[str, list[str]]:
    """The tests of each row, as `file::function`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for test, row in tags_in(tree):
            found[row].append(f"{path.relative_to(TESTS)}::{test}")
    return found


def tags_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each test with each row that it shows; `pytestmark` stands for all tests of the file."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield from ((node.name, row) for mark in node.decorator_list if _is_tag(mark) for row in _rows_of(mark))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = filter(_is_tag, ast.walk(node.value))
            yield from (("pytestmark", row) for mark in marks for row in _rows_of(mark))


def _is_tag(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.feature"


def _rows_of(mark: ast.AST) -> list[str]:
    assert isinstance(mark, ast.Call)
    return [ast.literal_eval(row) for row in mark.args]
