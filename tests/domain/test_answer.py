"""The answer is written in a hurry from parts; its text must be the one that is written from all members."""

from random import Random
from typing import Any

import pytest

from callgate.checks.decide import decide
from callgate.domain.answer import answer_of, write_answer, written_answer
from tests.checks.cases import POLICY, SOCIAL_CALL
from tests.dice import Dice
from tests.dice_cases import any_case, any_policy
from tests.strategies import BYTES_PER_CASE, BYTES_PER_POLICY

ODD_CALL_ID = '"}\\ \x7f~'


@pytest.mark.parametrize("seed", range(20))
def test_the_hurried_text_is_the_whole_answers_to_the_letter_for_allow_and_deny_alike(seed: int) -> None:
    random = Random(seed)
    decided = 0
    for _ in range(50):
        case = any_case(Dice(random.randbytes(BYTES_PER_CASE)))
        policy = any_policy(Dice(random.randbytes(BYTES_PER_POLICY)))
        decision = decide(case, policy)
        named: dict[str, Any] = {
            "decision_id": "01a2008d-7400-7000-8000-000000000000",
            "call_id": ODD_CALL_ID,
            "decided_at": case.decided_at,
            "policy": policy.label,
        }

        assert write_answer(decision, **named) == written_answer(answer_of(decision, **named))
        decided += decision.allowed

    assert 0 < decided < 50


def test_calls_allowed_alike_share_one_decision_and_refusals_never_do() -> None:
    refused = decide(SOCIAL_CALL, None)

    assert decide(SOCIAL_CALL, POLICY) is decide(SOCIAL_CALL, POLICY)
    assert decide(SOCIAL_CALL, None) == refused
    assert decide(SOCIAL_CALL, None) is not refused
