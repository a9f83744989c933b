"""Can the tests of the feature table fail? With each planted fault, those that show its row do."""

from pathlib import Path

import pytest

from tests.faults.planted import FAULTS, Fault
from tests.faults.planting import SOURCE, NotPlanted, plant, prepare, run
from tests.feature_tags import list_tagged
from tests.features import load_rows

ROWS_MIN = 10
PARTS = 2  # so that two workers can share them


def test_at_least_ten_rows_have_a_fault() -> None:
    demanded, others = load_rows()
    rows = {fault.row for fault in FAULTS}
    assert rows <= demanded.keys() | others.keys()
    assert len(rows & demanded.keys()) >= ROWS_MIN


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row}, {fault.name}")
def test_a_fault_has_one_place(fault: Fault) -> None:
    text = (SOURCE / "callgate" / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, fault.file


def test_the_tests_of_a_fault_carry_its_row() -> None:
    tagged = list_tagged()
    for fault in FAULTS:
        carrying = {f"tests/{test}" for test in tagged[fault.row]}
        for test in fault.tests:
            file, _, _ = test.partition("::")
            assert {test, f"{file}::pytestmark"} & carrying, (fault.row, test)


@pytest.mark.parametrize("part", range(PARTS))
def test_each_planted_fault_makes_the_tests_of_its_row_fail_which_pass_without_it(tmp_path: Path, part: int) -> None:
    faults = FAULTS[part::PARTS]
    all_tests = [test for fault in faults for test in fault.tests]
    sound, *spoilt = run(
        [
            prepare(tmp_path / "sound", all_tests),
            *(prepare(tmp_path / str(i), fault.tests, fault=fault) for i, fault in enumerate(faults)),
        ]
    )
    assert {test for test, result in sound.items() if result != "passed"} == set()
    found = {f"{fault.row}, {fault.name}": results for fault, results in zip(faults, spoilt, strict=True)}
    missed = {name: results for name, results in found.items() if set(results.values()) != {"failed"}}
    assert missed == {}


@pytest.mark.parametrize("old", ["a text that stands nowhere", "block"])
def test_a_fault_whose_place_is_gone_or_not_the_only_one_is_named(tmp_path: Path, old: str) -> None:
    fault = Fault(name="of a test", row="F16", file="checks/block.py", old=old, new="", tests=())
    place = tmp_path / "callgate" / fault.file
    place.parent.mkdir(parents=True)
    place.write_text((SOURCE / "callgate" / fault.file).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(NotPlanted, match=r"F16, of a test: stands [0-9]+ times in checks/block\.py"):
        plant(tmp_path, fault)
