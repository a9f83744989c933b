"""The carrier-limit check: the carrier may shorten a call and never lengthen it."""

from dataclasses import replace

import pytest

from callgate.checks.carrier_limit import CHECK
from callgate.checks.decide import decide
from callgate.domain.case import Case
from callgate.domain.verdict import Factor, Limit, Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, POLICY, SOCIAL_CALL, detail_of


@pytest.mark.parametrize("requested", [0, -1])
def test_denies_a_request_for_no_time(requested: int) -> None:
    case = replace(SOCIAL_CALL, requested_duration_seconds=requested)
    assert detail_of(CHECK.judge(case, POLICY)) == "no_time_requested"
    assert decide(case, POLICY).reason is Reason.LIMIT_REACHED


def test_passes_without_a_request() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Pass()


@pytest.mark.parametrize(
    ("requested", "granted", "factor"),
    [
        (1, 1, Factor.CARRIER_LIMIT),
        (899, 899, Factor.CARRIER_LIMIT),
        (900, 900, Factor.CALL_CAP),
        (901, 900, Factor.CALL_CAP),
        (10**9, 900, Factor.CALL_CAP),
    ],
)
def test_only_ever_lowers_the_grant(requested: int, granted: int, factor: Factor) -> None:
    case = replace(SOCIAL_CALL, requested_duration_seconds=requested)
    assert CHECK.judge(case, POLICY) == Limit(requested, Factor.CARRIER_LIMIT)
    decision = decide(case, POLICY)
    assert (decision.max_duration_seconds, decision.limiting_factor) == (granted, factor)


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL, HOTLINE_CALL], ids=["social", "privileged", "hotline"])
def test_binds_every_class_of_call(call: Case) -> None:
    assert decide(replace(call, requested_duration_seconds=61), POLICY).max_duration_seconds == 61
