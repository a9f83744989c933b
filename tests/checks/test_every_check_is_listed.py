"""One grep finds everything: file, check, entry, finding and test have one name. Fails by that name.

The table "What binds whom" of the contract is written out here a second time, so that a check cannot change whom it
binds, or what it is told as, unseen.
"""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import callgate.checks
from callgate.checks import CHECKS
from callgate.domain.case import CallClass
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Reason
from callgate.policies import load_profiles

CHECKS_DIRECTORY = Path(callgate.checks.__file__).parent
TESTS_DIRECTORY = Path(__file__).parent
NOT_A_CHECK = {"__init__", "decide", "call_class"}

FILES = sorted(path.stem for path in CHECKS_DIRECTORY.glob("*.py") if path.stem not in NOT_A_CHECK)
BY_NAME = {check.name: check for check in CHECKS}

ALL = set(CallClass)
SOCIAL = {CallClass.SOCIAL}
NO_HOTLINE = {CallClass.SOCIAL, CallClass.PRIVILEGED}
TABLE = {
    "station": (ALL, Reason.NOT_IN_SERVICE),
    "shutoff": (NO_HOTLINE, Reason.NOT_IN_SERVICE),
    "calling_hours": (NO_HOTLINE, Reason.OUTSIDE_CALLING_HOURS),
    "pin": (NO_HOTLINE, Reason.PIN_NOT_ACCEPTED),
    "person": (NO_HOTLINE, Reason.PIN_NOT_ACCEPTED),
    "restriction": (NO_HOTLINE, Reason.CALLS_RESTRICTED),
    "one_live_call": (NO_HOTLINE, Reason.CALL_IN_PROGRESS),
    "quota": (SOCIAL, Reason.LIMIT_REACHED),
    "gap": (SOCIAL, Reason.LIMIT_REACHED),
    "dialable": (ALL, Reason.NUMBER_NOT_VALID),
    "destination": (SOCIAL, Reason.NUMBER_NOT_VALID),
    "phone_list": (SOCIAL, Reason.NUMBER_NOT_AVAILABLE),
    "block": (ALL, Reason.NUMBER_NOT_AVAILABLE),
    "shield": (NO_HOTLINE, Reason.NUMBER_NOT_AVAILABLE),
    "payment_type": (NO_HOTLINE, Reason.RATE_UNAVAILABLE),
    "tariff": (NO_HOTLINE, Reason.RATE_UNAVAILABLE),
    "call_cap": (ALL, Reason.LIMIT_REACHED),
    "carrier_limit": (ALL, Reason.LIMIT_REACHED),
}


@pytest.mark.parametrize("name", FILES)
def test_the_file_has_a_check_of_its_name_in_the_table(name: str) -> None:
    check = getattr(import_module(f"callgate.checks.{name}"), "CHECK", None)
    assert isinstance(check, Check), f"checks/{name}.py has no CHECK"
    assert check.name == name, f"checks/{name}.py calls its check {check.name}"
    assert any(check is listed for listed in CHECKS), f"checks/__init__.py does not list {name}"


@pytest.mark.parametrize("name", [*FILES, "call_class", "decide"])
def test_the_file_has_a_test_file_with_tests_that_use_it(name: str) -> None:
    path = TESTS_DIRECTORY / f"test_{name}.py"
    assert path.is_file(), f"tests/checks/test_{name}.py is missing"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    imported = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert tests, f"tests/checks/test_{name}.py tests nothing"
    assert f"callgate.checks.{name}" in imported, f"tests/checks/test_{name}.py does not import what it tests"


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_entry_has_a_file(name: str) -> None:
    assert name in FILES, f"checks/{name}.py is missing"


def test_no_name_is_listed_twice() -> None:
    assert len(BY_NAME) == len(CHECKS)


@pytest.mark.parametrize("name", FILES)
def test_the_file_asks_its_question_in_its_first_line(name: str) -> None:
    docstring = import_module(f"callgate.checks.{name}").__doc__ or ""
    assert docstring.partition("\n")[0].endswith("?"), f"checks/{name}.py does not say which question it answers"


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_check_binds_whom_the_contract_says_and_is_told_as_it_says(name: str) -> None:
    assert name in TABLE, f"whom does {name} bind? Add it to the table above, after the contract"
    binds, told = TABLE[name]
    assert BY_NAME[name].binds == binds
    assert BY_NAME[name].refuses_with is told


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_check_cites_its_source(name: str) -> None:
    assert "contract" in BY_NAME[name].clause


@pytest.mark.parametrize(("profile", "policy"), load_profiles().items(), ids=list(load_profiles()))
def test_a_profile_gives_clauses_for_checks_that_exist(profile: str, policy: Policy) -> None:
    unknown = set(policy.clauses) - set(BY_NAME)
    assert not unknown, f"{profile} cites sources for checks that do not exist: {sorted(unknown)}"
