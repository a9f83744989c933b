"""Which reason is told: every cause as its class, the earlier of two, and no difference where none may be heard."""

from dataclasses import replace
from itertools import combinations

import pytest

from callgate.checks import CHECKS
from callgate.checks.decide import decide
from callgate.domain.verdict import REASONS_IN_ORDER, Decision, Reason
from tests.checks.cases import POLICY, SOCIAL_CALL, outward
from tests.checks.causes import BESIDE_EACH_OTHER, CAUSES


@pytest.mark.feature("F49")
@pytest.mark.parametrize(
    ("reason", "cause"), [(reason, cause) for reason, causes in CAUSES.items() for cause in causes]
)
def test_every_cause_is_told_as_its_class(reason: Reason, cause: str) -> None:
    decision = decide(CAUSES[reason][cause](SOCIAL_CALL), POLICY)
    assert (decision.allowed, decision.reason) == (False, reason)


@pytest.mark.parametrize(("earlier", "later"), list(combinations(REASONS_IN_ORDER, 2)))
def test_of_two_reasons_that_hold_the_earlier_is_told(earlier: Reason, later: Reason) -> None:
    first, second = BESIDE_EACH_OTHER[earlier], BESIDE_EACH_OTHER[later]
    assert decide(second(SOCIAL_CALL), POLICY).reason is later
    assert decide(second(first(SOCIAL_CALL)), POLICY).reason is earlier
    assert decide(first(second(SOCIAL_CALL)), POLICY, checks=CHECKS[::-1]).reason is earlier


def test_when_everything_holds_the_reasons_come_in_the_order_of_the_contract() -> None:
    told = []
    remaining = list(BESIDE_EACH_OTHER.values())
    while remaining:
        case = SOCIAL_CALL
        for change in remaining:
            case = change(case)
        told.append(decide(case, POLICY).reason)
        remaining.pop(0)
    assert told == list(REASONS_IN_ORDER)


def test_a_refusal_says_nothing_of_what_might_have_been() -> None:
    decision = decide(replace(SOCIAL_CALL, entry=None), POLICY)
    assert outward(replace(decision, quote=None)) == Decision(
        allowed=False,
        reason=Reason.NUMBER_NOT_AVAILABLE,
        findings=(),
        max_duration_seconds=0,
        limiting_factor=None,
        end_by=None,
        authorization_expires_at=None,
        warn_at_remaining_seconds=(),
        call_class=None,
        record=False,
        monitor=False,
        announcements=(),
        quote=None,
        retry_at=None,
    )
    assert decision.quote is not None
    assert decision.quote.max_charge is None


@pytest.mark.feature("F01", "F13", "F17")
@pytest.mark.parametrize("reason", [Reason.NUMBER_NOT_AVAILABLE, Reason.PIN_NOT_ACCEPTED])
def test_all_causes_of_a_class_that_must_not_be_told_apart_give_one_answer(reason: Reason) -> None:
    answers = {cause: outward(decide(change(SOCIAL_CALL), POLICY)) for cause, change in CAUSES[reason].items()}
    assert len(answers) >= 5
    assert all(answer == next(iter(answers.values())) for answer in answers.values()), answers


@pytest.mark.feature("F49")
def test_the_record_still_tells_them_apart() -> None:
    records = {decide(change(SOCIAL_CALL), POLICY).findings for change in CAUSES[Reason.NUMBER_NOT_AVAILABLE].values()}
    assert len(records) >= 12
