"""The calling-hours check: one second before, at and after every edge, in both readings of closing time."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.calling_hours import CHECK
from callgate.checks.decide import decide
from callgate.domain.case import Case, Hours
from callgate.domain.verdict import ERROR_DETAIL, Factor, Limit, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    NEW_YORK_POLICY,
    POLICY,
    SOCIAL_CALL,
    STATION,
    detail_of,
    finding_of,
    local,
    retry_of,
    seconds_of,
)

ROUND_THE_CLOCK = replace(POLICY, window_open="00:00", window_close="24:00")
AT_START = replace(NEW_YORK_POLICY, window_open="07:00", window_close="23:00", window_close_inclusive=True)


def at(instant: datetime, *, facility: Hours | None = None, station: Hours | None = None) -> Case:
    return replace(
        SOCIAL_CALL,
        decided_at=instant,
        facility=replace(FACILITY, hours=facility),
        station=replace(STATION, hours=station),
    )


@pytest.mark.feature("F24")
@pytest.mark.parametrize(
    ("clock", "opens_again"),
    [
        ("2026-06-10 00:00:00", "2026-06-10 06:00:00"),
        ("2026-06-10 05:59:59", "2026-06-10 06:00:00"),
        ("2026-06-10 05:59:59.999", "2026-06-10 06:00:00"),
        ("2026-06-10 22:59:59.001", "2026-06-11 06:00:00"),
        ("2026-06-10 22:59:59.500", "2026-06-11 06:00:00"),
        ("2026-06-10 23:00:00", "2026-06-11 06:00:00"),
        ("2026-06-10 23:59:59", "2026-06-11 06:00:00"),
    ],
)
def test_denies_outside_the_window_and_in_its_last_part_second_and_says_when_it_opens(
    clock: str, opens_again: str
) -> None:
    verdict = CHECK.judge(at(local(clock)), POLICY)
    assert detail_of(verdict) == "closed"
    assert retry_of(verdict) == local(opens_again)


@pytest.mark.feature("F25")
@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("2026-06-10 06:00:00", 17 * 3600),
        ("2026-06-10 22:45:00", 900),
        ("2026-06-10 22:50:00", 600),
        ("2026-06-10 22:50:00.001", 599),
        ("2026-06-10 22:59:58.999", 1),
        ("2026-06-10 22:59:59", 1),
    ],
)
def test_limits_a_call_to_the_whole_seconds_until_closing(clock: str, seconds: int) -> None:
    verdict = CHECK.judge(at(local(clock)), POLICY)
    assert verdict == Limit(seconds, Factor.CALLING_HOURS, ends_at=local("2026-06-10 23:00:00"))


def test_a_window_round_the_clock_never_closes() -> None:
    for clock in ("2026-06-10 00:00:00", "2026-06-10 23:59:59.999"):
        assert CHECK.judge(at(local(clock)), ROUND_THE_CLOCK) == Pass()


@pytest.mark.parametrize("clock", ["2026-06-10 06:59:59.999", "2026-06-10 23:00:00.001", "2026-06-10 23:00:01"])
def test_by_the_start_reading_denies_what_did_not_begin_in_time(clock: str) -> None:
    assert detail_of(CHECK.judge(at(local(clock)), AT_START)) == "closed"


@pytest.mark.parametrize("clock", ["2026-06-10 07:00:00", "2026-06-10 22:59:59", "2026-06-10 23:00:00"])
def test_by_the_start_reading_passes_what_began_in_time(clock: str) -> None:
    assert CHECK.judge(at(local(clock)), AT_START) == Pass()


def test_by_the_start_reading_an_exclusive_closing_time_is_too_late() -> None:
    exclusive = replace(AT_START, window_close_inclusive=False)
    assert CHECK.judge(at(local("2026-06-10 22:59:59.999")), exclusive) == Pass()
    verdict = CHECK.judge(at(local("2026-06-10 23:00:00")), exclusive)
    assert retry_of(verdict) == local("2026-06-11 07:00:00")


@pytest.mark.feature("F25")
def test_new_york_grants_the_full_half_hour_at_closing_and_nothing_a_second_later() -> None:
    facility = replace(FACILITY, profile="ny-doccs")
    case = replace(SOCIAL_CALL, facility=facility, decided_at=local("2026-06-10 23:00:00"))
    on_time = decide(case, NEW_YORK_POLICY)
    assert (on_time.max_duration_seconds, on_time.limiting_factor) == (1800, Factor.CALL_CAP)
    late = decide(replace(case, decided_at=local("2026-06-10 23:00:01")), NEW_YORK_POLICY)
    assert (late.allowed, late.reason) == (False, Reason.OUTSIDE_CALLING_HOURS)


@pytest.mark.feature("F31")
def test_facility_and_station_hours_narrow_the_window_at_both_ends() -> None:
    early = at(
        local("2026-06-10 08:29:59"),
        facility=Hours(open="07:00", close="21:00"),
        station=Hours(open="08:30", close="22:00"),
    )
    assert retry_of(CHECK.judge(early, POLICY)) == local("2026-06-10 08:30:00")
    late = replace(early, decided_at=local("2026-06-10 20:59:00"))
    assert seconds_of(CHECK.judge(late, POLICY)) == 60


@pytest.mark.feature("F31")
def test_hours_wider_than_the_profile_widen_nothing() -> None:
    wide = Hours(open="00:00", close="24:00")
    assert detail_of(CHECK.judge(at(local("2026-06-10 05:59:59"), facility=wide, station=wide), POLICY)) == "closed"
    assert seconds_of(CHECK.judge(at(local("2026-06-10 22:59:59"), facility=wide, station=wide), POLICY)) == 1


@pytest.mark.parametrize(("clock", "in_time"), [("2026-06-10 21:00:00", True), ("2026-06-10 21:00:01", False)])
def test_narrower_hours_are_read_as_the_profile_reads_its_own(clock: str, in_time: bool) -> None:  # noqa: FBT001
    case = at(local(clock), facility=Hours(open="08:00", close="21:00"))
    assert (CHECK.judge(case, AT_START) == Pass()) is in_time


def test_hours_that_never_meet_are_never_open_and_promise_nothing() -> None:
    case = at(
        local("2026-06-10 12:00:00"),
        facility=Hours(open="06:00", close="12:00"),
        station=Hours(open="12:00", close="13:00"),
    )
    verdict = CHECK.judge(case, POLICY)
    assert (detail_of(verdict), retry_of(verdict)) == ("never_open", None)


@pytest.mark.feature("F24")
def test_the_clock_is_the_facilitys_and_not_the_servers() -> None:
    instant = local("2026-06-10 22:59:00", zone="America/Los_Angeles")
    west = replace(at(instant), facility=replace(FACILITY, time_zone="America/Los_Angeles"))
    assert seconds_of(CHECK.judge(west, POLICY)) == 60
    assert detail_of(CHECK.judge(at(instant), POLICY)) == "closed"


# The clock in New York jumped from 02:00 to 03:00 on 2026-03-08 and shows 01:00 to 02:00 twice on 2026-11-01.


@pytest.mark.parametrize(
    ("day", "elapsed"), [("2026-03-08", 22 * 3600), ("2026-11-01", 24 * 3600), ("2026-06-10", 23 * 3600)]
)
def test_counts_elapsed_seconds_over_a_clock_change(day: str, elapsed: int) -> None:
    policy = replace(POLICY, window_open="00:00", window_close="23:00")
    assert seconds_of(CHECK.judge(at(local(f"{day} 00:00:00")), policy)) == elapsed


def test_a_closing_time_that_the_spring_night_skips_closes_at_the_jump() -> None:
    night = Hours(open="00:00", close="02:30")
    verdict = CHECK.judge(at(local("2026-03-08 01:59:00"), facility=night), ROUND_THE_CLOCK)
    assert verdict == Limit(60, Factor.CALLING_HOURS, ends_at=local("2026-03-08 03:00:00"))
    after = CHECK.judge(at(local("2026-03-08 03:00:00"), facility=night), ROUND_THE_CLOCK)
    assert retry_of(after) == local("2026-03-09 00:00:00")


def test_an_opening_time_that_the_spring_night_skips_opens_at_the_jump() -> None:
    morning = Hours(open="02:30", close="12:00")
    verdict = CHECK.judge(at(local("2026-03-08 01:59:59"), facility=morning), ROUND_THE_CLOCK)
    assert retry_of(verdict) == local("2026-03-08 03:00:00")
    assert seconds_of(CHECK.judge(at(local("2026-03-08 03:00:00"), facility=morning), ROUND_THE_CLOCK)) == 9 * 3600


def test_a_closing_time_in_the_repeated_hour_closes_each_time_the_clock_shows_it() -> None:
    night = Hours(open="00:00", close="01:30")
    first = CHECK.judge(at(local("2026-11-01 01:20:00"), facility=night), ROUND_THE_CLOCK)
    assert first == Limit(600, Factor.CALLING_HOURS, ends_at=local("2026-11-01 01:30:00"))
    between = CHECK.judge(at(local("2026-11-01 01:45:00"), facility=night), ROUND_THE_CLOCK)
    assert retry_of(between) == local("2026-11-01 01:00:00", fold=1)
    second = CHECK.judge(at(local("2026-11-01 01:20:00", fold=1), facility=night), ROUND_THE_CLOCK)
    assert second == Limit(600, Factor.CALLING_HOURS, ends_at=local("2026-11-01 01:30:00", fold=1))
    over = CHECK.judge(at(local("2026-11-01 01:30:00", fold=1), facility=night), ROUND_THE_CLOCK)
    assert retry_of(over) == local("2026-11-02 00:00:00")


def test_a_closing_time_after_the_repeated_hour_leaves_the_hour_twice() -> None:
    night = Hours(open="00:00", close="02:00")
    verdict = CHECK.judge(at(local("2026-11-01 00:59:00"), facility=night), ROUND_THE_CLOCK)
    assert seconds_of(verdict) == 60 + 2 * 3600


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Mars/Olympus_Mons", None),
        ("../../etc/passwd", None),
        ("", None),
        (FACILITY.time_zone, Hours(open="6:00", close="23:00")),
        (FACILITY.time_zone, Hours(open="06:00", close="25:00")),
        (FACILITY.time_zone, Hours(open="23:00", close="06:00")),
    ],
)
def test_a_corrupt_zone_or_window_denies_as_closed_and_alarms(zone: str, hours: Hours | None) -> None:
    decision = decide(replace(SOCIAL_CALL, facility=replace(FACILITY, time_zone=zone, hours=hours)), POLICY)
    assert decision.reason is Reason.OUTSIDE_CALLING_HOURS
    assert decision.retry_at is None
    finding = finding_of(decision, "calling_hours")
    assert (finding.verdict, finding.reason, finding.failed) == ("deny", ERROR_DETAIL, True)


def test_a_reading_nobody_defined_raises() -> None:
    with pytest.raises(ValueError, match="reading of closing time"):
        CHECK.judge(SOCIAL_CALL, replace(POLICY, window_applies_to="sometimes"))


def test_a_case_without_a_facility_raises() -> None:
    with pytest.raises(ValueError, match="no facility"):
        CHECK.judge(replace(SOCIAL_CALL, facility=None), POLICY)


def test_a_privileged_call_keeps_the_hours_and_a_hotline_none() -> None:
    night = local("2026-06-10 03:00:00")
    assert decide(replace(ATTORNEY_CALL, decided_at=night), POLICY).reason is Reason.OUTSIDE_CALLING_HOURS
    hotline = decide(replace(HOTLINE_CALL, decided_at=night), POLICY)
    assert (hotline.allowed, hotline.max_duration_seconds) == (True, 900)


def test_a_call_is_over_at_closing_time_however_long_it_rang() -> None:
    decision = decide(at(local("2026-06-10 22:50:00")), POLICY)
    assert (decision.max_duration_seconds, decision.limiting_factor) == (600, Factor.CALLING_HOURS)
    assert decision.end_by == local("2026-06-10 23:00:00")
