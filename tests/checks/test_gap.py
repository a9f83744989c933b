"""The gap check: the profile's wait between two social calls, from the start or from the end of the last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callgate.checks.decide import decide
from callgate.checks.gap import CHECK
from callgate.domain.case import Usage
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, NOON, POLICY, SOCIAL_CALL, retry_of

AN_HOUR_FROM_START = replace(POLICY, gap_seconds=3600, gap_from="start")
AN_HOUR_FROM_END = replace(POLICY, gap_seconds=3600, gap_from="end")


def started(seconds_ago: int) -> Usage:
    return Usage(last_started_at=NOON - timedelta(seconds=seconds_ago), last_ended_at=NOON - timedelta(seconds=1))


def ended(seconds_ago: int) -> Usage:
    return Usage(last_started_at=NOON - timedelta(days=1), last_ended_at=NOON - timedelta(seconds=seconds_ago))


@pytest.mark.feature("F29")
def test_denies_a_second_too_early_from_the_start_and_says_when_it_is_over() -> None:
    verdict = CHECK.judge(replace(SOCIAL_CALL, usage=started(3599)), AN_HOUR_FROM_START)
    assert retry_of(verdict) == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("seconds_ago", [3600, 3601])
def test_passes_once_the_gap_from_the_start_is_over(seconds_ago: int) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, usage=started(seconds_ago)), AN_HOUR_FROM_START) == Pass()


@pytest.mark.feature("F29")
def test_denies_a_second_too_early_from_the_end() -> None:
    verdict = CHECK.judge(replace(SOCIAL_CALL, usage=ended(3599)), AN_HOUR_FROM_END)
    assert retry_of(verdict) == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("seconds_ago", [3600, 3601])
def test_passes_once_the_gap_from_the_end_is_over(seconds_ago: int) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, usage=ended(seconds_ago)), AN_HOUR_FROM_END) == Pass()


def test_the_first_call_waits_for_nothing() -> None:
    assert CHECK.judge(SOCIAL_CALL, AN_HOUR_FROM_START) == Pass()
    assert CHECK.judge(SOCIAL_CALL, AN_HOUR_FROM_END) == Pass()


@pytest.mark.feature("F29")
def test_connecticut_has_no_gap() -> None:
    assert POLICY.gap_seconds == 0
    assert CHECK.judge(replace(SOCIAL_CALL, usage=started(0)), POLICY) == Pass()


def test_a_gap_counted_from_something_else_raises() -> None:
    with pytest.raises(ValueError, match="from the start or from the end"):
        CHECK.judge(replace(SOCIAL_CALL, usage=started(1)), replace(AN_HOUR_FROM_START, gap_from="answer"))


def test_is_told_as_a_limit_with_the_instant_it_ends() -> None:
    decision = decide(replace(SOCIAL_CALL, usage=started(3599)), AN_HOUR_FROM_START)
    assert (decision.reason, decision.retry_at) == (Reason.LIMIT_REACHED, NOON + timedelta(seconds=1))


def test_binds_neither_attorney_nor_hotline() -> None:
    assert decide(replace(ATTORNEY_CALL, usage=started(1)), AN_HOUR_FROM_START).allowed
    assert decide(replace(HOTLINE_CALL, usage=started(1)), AN_HOUR_FROM_START).allowed


def test_a_gap_of_one_second_is_one() -> None:
    policy = replace(POLICY, gap_seconds=1, gap_from="start")
    assert retry_of(CHECK.judge(replace(SOCIAL_CALL, usage=started(0)), policy)) == NOON + timedelta(seconds=1)
    assert CHECK.judge(replace(SOCIAL_CALL, usage=started(1)), policy) == Pass()
