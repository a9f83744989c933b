"""The quota check: calls and minutes a day, a week, a month; of the profile's and the facility's the narrower."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.decide import decide
from callgate.checks.quota import CHECK
from callgate.domain.case import Case, Limits, Usage
from callgate.domain.policy import Policy, Quotas
from callgate.domain.verdict import Factor, Limit, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    NOON,
    POLICY,
    SOCIAL_CALL,
    detail_of,
    local,
    retry_of,
    seconds_of,
)


def under(quotas: Quotas) -> Policy:
    return replace(POLICY, quotas=quotas)


def after(usage: Usage, *, limits: Limits | None = None, now: datetime = NOON) -> Case:
    return replace(SOCIAL_CALL, decided_at=now, usage=usage, facility=replace(FACILITY, limits=limits))


TEN_CALLS: Mapping[str, tuple[Quotas, Limits]] = {
    "day": (Quotas(calls_per_day=10, minutes_per_month_in={}), Limits(calls_per_day=10)),
    "week": (Quotas(calls_per_week=10, minutes_per_month_in={}), Limits(calls_per_week=10)),
    "month": (Quotas(calls_per_month=10, minutes_per_month_in={}), Limits(calls_per_month=10)),
}
# Noon is on Wednesday 2026-06-10.
RENEWED = {"day": "2026-06-11 00:00:00", "week": "2026-06-15 00:00:00", "month": "2026-07-01 00:00:00"}
NONE = Quotas(minutes_per_month_in={})
BOP = Quotas(minutes_per_month=300, minutes_per_month_in={11: 400, 12: 400})


def calls_made(period: str, calls: int) -> Usage:
    match period:
        case "day":
            return Usage(calls_today=calls)
        case "week":
            return Usage(calls_this_week=calls)
        case _:
            return Usage(calls_this_month=calls)


@pytest.mark.feature("F30")
@pytest.mark.parametrize("period", TEN_CALLS)
@pytest.mark.parametrize("calls", [10, 11])
def test_denies_when_the_calls_of_a_period_are_made_and_says_when_it_is_over(period: str, calls: int) -> None:
    quotas, limits = TEN_CALLS[period]
    by_law = CHECK.judge(after(calls_made(period, calls)), under(quotas))
    by_facility = CHECK.judge(after(calls_made(period, calls), limits=limits), under(NONE))
    assert by_law == by_facility
    assert detail_of(by_law) == f"calls_per_{period}"
    assert retry_of(by_law) == local(RENEWED[period])


@pytest.mark.parametrize("period", TEN_CALLS)
@pytest.mark.parametrize("calls", [0, 9])
def test_passes_while_one_call_is_left(period: str, calls: int) -> None:
    quotas, limits = TEN_CALLS[period]
    assert CHECK.judge(after(calls_made(period, calls)), under(quotas)) == Pass()
    assert CHECK.judge(after(calls_made(period, calls), limits=limits), under(NONE)) == Pass()


@pytest.mark.feature("F30")
@pytest.mark.parametrize("minutes", [300, 301])
def test_denies_when_the_minutes_of_the_month_are_used(minutes: int) -> None:
    verdict = CHECK.judge(after(Usage(seconds_this_month=minutes * 60)), under(BOP))
    assert (detail_of(verdict), retry_of(verdict)) == ("minutes_per_month", local("2026-07-01 00:00:00"))


@pytest.mark.parametrize(("used", "left"), [(0, 18_000), (299 * 60, 60), (300 * 60 - 1, 1)])
def test_limits_the_call_to_the_seconds_left_of_the_month(used: int, left: int) -> None:
    assert CHECK.judge(after(Usage(seconds_this_month=used)), under(BOP)) == Limit(left, Factor.QUOTA)


@pytest.mark.parametrize(("used", "left"), [(5399, 1), (5340, 60)])
def test_limits_the_call_to_the_seconds_left_of_the_day(used: int, left: int) -> None:
    verdict = CHECK.judge(after(Usage(seconds_today=used), limits=Limits(minutes_per_day=90)), under(NONE))
    assert verdict == Limit(left, Factor.QUOTA)


def test_denies_when_the_minutes_of_the_day_are_used() -> None:
    verdict = CHECK.judge(after(Usage(seconds_today=5400), limits=Limits(minutes_per_day=90)), under(NONE))
    assert (detail_of(verdict), retry_of(verdict)) == ("minutes_per_day", local("2026-06-11 00:00:00"))


@pytest.mark.feature("F30")
@pytest.mark.parametrize(
    ("clock", "left"),
    [
        ("2026-10-31 22:59:59", 300 * 60),
        ("2026-11-01 06:00:00", 400 * 60),
        ("2026-12-31 22:59:59", 400 * 60),
        ("2027-01-01 06:00:00", 300 * 60),
    ],
)
def test_november_and_december_have_their_own_ceiling(clock: str, left: int) -> None:
    assert seconds_of(CHECK.judge(after(Usage(), now=local(clock)), under(BOP))) == left


def test_the_month_is_the_one_at_the_facility() -> None:
    # 23:30 on 31 October in New York is 03:30 on 1 November in UTC.
    assert seconds_of(CHECK.judge(after(Usage(), now=local("2026-10-31 23:30:00")), under(BOP))) == 300 * 60


def test_a_month_with_its_own_ceiling_needs_no_other() -> None:
    only_november = Quotas(minutes_per_month_in={11: 400})
    assert CHECK.judge(after(Usage()), under(only_november)) == Pass()
    assert seconds_of(CHECK.judge(after(Usage(), now=local("2026-11-05 12:00:00")), under(only_november))) == 24_000


@pytest.mark.parametrize(("by_law", "by_facility"), [(300, 200), (200, 300), (None, 200), (200, None)])
def test_the_narrower_of_law_and_facility_counts(by_law: int | None, by_facility: int | None) -> None:
    quotas = Quotas(minutes_per_month=by_law, minutes_per_month_in={})
    verdict = CHECK.judge(after(Usage(), limits=Limits(minutes_per_month=by_facility)), under(quotas))
    assert seconds_of(verdict) == 200 * 60


def test_a_facility_narrows_the_november_ceiling_too() -> None:
    case = after(Usage(), limits=Limits(minutes_per_month=350), now=local("2026-11-05 12:00:00"))
    assert seconds_of(CHECK.judge(case, under(BOP))) == 350 * 60


def test_the_shortest_time_left_is_the_limit() -> None:
    quotas = Quotas(minutes_per_day=30, minutes_per_month=300, minutes_per_month_in={})
    used = Usage(seconds_today=1700, seconds_this_month=17_950)
    assert seconds_of(CHECK.judge(after(used), under(quotas))) == 50


def test_several_ceilings_at_once_are_all_named_and_the_last_to_end_is_waited_for() -> None:
    limits = Limits(calls_per_day=2, calls_per_week=5, minutes_per_month=300)
    used = Usage(calls_today=2, calls_this_week=5, seconds_this_month=18_000)
    verdict = CHECK.judge(after(used, limits=limits), under(NONE))
    assert detail_of(verdict) == "calls_per_day,calls_per_week,minutes_per_month"
    assert retry_of(verdict) == local("2026-07-01 00:00:00")


def test_a_week_may_end_after_the_month() -> None:
    # Wednesday 2026-09-30: tomorrow is a new month, the new week is on Monday 5 October.
    limits = Limits(calls_per_week=5, calls_per_month=20)
    case = after(Usage(calls_this_week=5, calls_this_month=20), limits=limits, now=local("2026-09-30 12:00:00"))
    assert retry_of(CHECK.judge(case, under(NONE))) == local("2026-10-05 00:00:00")


def test_a_ceiling_of_nothing_denies_and_promises_nothing() -> None:
    limits = Limits(calls_per_day=0, calls_per_week=1)
    verdict = CHECK.judge(after(Usage(calls_this_week=1), limits=limits), under(NONE))
    assert (detail_of(verdict), retry_of(verdict)) == ("calls_per_day,calls_per_week", None)


def test_passes_without_any_ceiling() -> None:
    used = Usage(calls_today=99, calls_this_week=99, calls_this_month=99, seconds_today=9999, seconds_this_month=9999)
    assert CHECK.judge(after(used), under(NONE)) == Pass()
    assert CHECK.judge(after(used, limits=Limits()), under(NONE)) == Pass()


def test_tomorrow_begins_at_local_midnight_after_a_clock_change() -> None:
    limits = Limits(calls_per_day=1)
    spring = after(Usage(calls_today=1), limits=limits, now=local("2026-03-07 22:00:00"))
    assert retry_of(CHECK.judge(spring, under(NONE))) == local("2026-03-08 00:00:00")
    autumn = after(Usage(calls_today=1), limits=limits, now=local("2026-11-01 06:00:00"))
    assert retry_of(CHECK.judge(autumn, under(NONE))) == local("2026-11-02 00:00:00")


def test_is_told_as_a_limit_with_the_instant_it_ends() -> None:
    decision = decide(after(Usage(calls_today=10), limits=Limits(calls_per_day=10)), POLICY)
    assert (decision.reason, decision.retry_at) == (Reason.LIMIT_REACHED, local("2026-06-11 00:00:00"))


def test_what_is_left_of_a_quota_shortens_the_grant() -> None:
    decision = decide(after(Usage(seconds_this_month=17_900), limits=Limits(minutes_per_month=300)), POLICY)
    assert (decision.max_duration_seconds, decision.limiting_factor) == (100, Factor.QUOTA)


def test_binds_neither_attorney_nor_hotline() -> None:
    spent = Usage(calls_today=10)
    facility = replace(FACILITY, limits=Limits(calls_per_day=10))
    for call in (ATTORNEY_CALL, HOTLINE_CALL):
        assert decide(replace(call, usage=spent, facility=facility), POLICY).allowed


def test_a_case_without_a_facility_raises() -> None:
    with pytest.raises(ValueError, match="no facility"):
        CHECK.judge(replace(SOCIAL_CALL, facility=None), POLICY)
