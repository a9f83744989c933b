"""The payment-type check: only what the profile opens."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.payment_type import CHECK
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, POLICY, SOCIAL_CALL, detail_of


@pytest.mark.parametrize("payment_type", ["collect", "prepaid", "free"])
def test_connecticut_opens_three_types(payment_type: str) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, payment_type=payment_type), POLICY) == Pass()


@pytest.mark.parametrize("payment_type", ["debit", "", "COLLECT", "barter"])
def test_denies_every_other_type(payment_type: str) -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, payment_type=payment_type), POLICY)) == "payment_type_not_open"


def test_denies_everything_where_nothing_is_open() -> None:
    closed = replace(POLICY, payment_types=frozenset())
    assert decide(SOCIAL_CALL, closed).reason is Reason.RATE_UNAVAILABLE


def test_binds_privileged_calls_and_no_hotline() -> None:
    assert decide(replace(ATTORNEY_CALL, payment_type="debit"), POLICY).reason is Reason.RATE_UNAVAILABLE
    assert decide(replace(HOTLINE_CALL, payment_type="debit"), POLICY).allowed


def test_a_type_that_is_not_open_has_no_price() -> None:
    assert decide(replace(SOCIAL_CALL, payment_type="debit"), POLICY).quote is None
