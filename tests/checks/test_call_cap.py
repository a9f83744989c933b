"""The call-cap check: the longest call there is, a multiple of it for typed calls."""

from dataclasses import replace

import pytest

from callgate.checks.call_cap import CHECK
from callgate.checks.decide import decide
from callgate.domain.case import Case
from callgate.domain.verdict import ERROR_DETAIL, Factor, Limit, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    NEW_YORK_POLICY,
    POLICY,
    SOCIAL_CALL,
    STATION,
    finding_of,
)


@pytest.mark.feature("F26")
def test_connecticut_grants_900_seconds_and_new_york_1800() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Limit(900, Factor.CALL_CAP)
    assert CHECK.judge(SOCIAL_CALL, NEW_YORK_POLICY) == Limit(1800, Factor.CALL_CAP)


@pytest.mark.feature("F47")
@pytest.mark.parametrize(("media", "seconds"), [("voice", 600), ("tty", 1200), ("relay", 1800)])
def test_a_medium_has_its_multiple_of_the_cap(media: str, seconds: int) -> None:
    policy = replace(POLICY, call_cap_seconds=600, call_cap_factor={"voice": 1, "tty": 2, "relay": 3})
    case = replace(SOCIAL_CALL, media=media, station=replace(STATION, media=media))
    assert CHECK.judge(case, policy) == Limit(seconds, Factor.CALL_CAP)
    assert decide(case, policy).max_duration_seconds == seconds


@pytest.mark.feature("F26")
@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL, HOTLINE_CALL], ids=["social", "privileged", "hotline"])
def test_binds_every_class_of_call(call: Case) -> None:
    decision = decide(call, POLICY)
    assert (decision.max_duration_seconds, decision.limiting_factor) == (900, Factor.CALL_CAP)


def test_a_medium_without_a_factor_denies_as_a_limit_and_alarms() -> None:
    policy = replace(POLICY, call_cap_factor={"tty": 2})
    decision = decide(SOCIAL_CALL, policy)
    assert decision.reason is Reason.LIMIT_REACHED
    assert (finding_of(decision, "call_cap").reason, finding_of(decision, "call_cap").failed) == (ERROR_DETAIL, True)


def test_a_cap_of_nothing_denies() -> None:
    assert decide(SOCIAL_CALL, replace(POLICY, call_cap_seconds=0)).reason is Reason.LIMIT_REACHED
