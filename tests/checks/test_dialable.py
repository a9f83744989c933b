"""The dialable check: what was dialled is a number, or nobody is called."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.dialable import CHECK
from callgate.domain.case import Case
from callgate.domain.number import Number, NumberProblem
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, POLICY, SOCIAL_CALL, detail_of


@pytest.mark.parametrize("problem", NumberProblem)
def test_denies_every_problem_and_names_it(problem: NumberProblem) -> None:
    case = replace(SOCIAL_CALL, number=Number(problem=problem))
    assert detail_of(CHECK.judge(case, POLICY)) == problem.value


@pytest.mark.parametrize("e164", ["+18605550123", "+442079460123", "911", "+18005550123"])
def test_passes_every_number_whatever_it_is(e164: str) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, number=Number(e164=e164)), POLICY) == Pass()


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL, HOTLINE_CALL], ids=["social", "privileged", "hotline"])
def test_binds_every_class_of_call(call: Case) -> None:
    decision = decide(replace(call, number=Number(problem="letters")), POLICY)
    assert (decision.reason, decision.quote) == (Reason.NUMBER_NOT_VALID, None)
