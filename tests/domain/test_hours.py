"""Windows on the wall clock, durations on the stop watch, and the nights on which the two part."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callgate.domain.hours import (
    Window,
    closing_instant,
    days_between,
    first_day_of_month,
    first_day_of_week,
    intersect,
    interval_ends_on,
    is_open,
    is_within,
    local_day,
    next_opening,
    seconds_until_close,
    start_of_local_day,
    start_of_next_day,
    start_of_next_month,
    start_of_next_week,
    started_in_time,
)

NEW_YORK = ZoneInfo("America/New_York")
CONNECTICUT = Window(open_at="06:00", close_at="23:00")
ALWAYS = Window(open_at="00:00", close_at="24:00")


def window(text: str) -> Window:
    open_at, _, close_at = text.partition("-")
    return Window(open_at=open_at, close_at=close_at)


def at(text: str) -> datetime:
    """An instant, from local time and offset: `2026-11-22 23:00:00 -05:00`."""
    return datetime.fromisoformat(text.replace(" -", "-").replace(" +", "+")).astimezone(UTC)


# -------------------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    "text",
    [
        *("6:00-23:00", "06:00-23:0", "0600-2300", "24:00-24:00", "06:60-23:00", "06:00-24:01", "06:00-25:00"),
        *(
            "06:00-23:00:00",
            "06:00 -23:00",
            "-23:00",
            "06:00-",
            "06.00-23.00",
            "06:00-23:00\n",
            "\u0660\u0666:00-23:00",
        ),
        *("06:00-06:00", "23:00-06:00", "06:01-06:00", "00:00-00:00"),
    ],
)
def test_refuses_a_window_that_is_malformed_or_does_not_close_later(text: str) -> None:
    with pytest.raises(ValueError, match=r"must (be HH:MM|close later)"):
        window(text)


@pytest.mark.parametrize("text", ["00:00-00:01", "23:59-24:00", "00:00-24:00", "06:00-06:01"])
def test_takes_the_shortest_and_the_longest_window(text: str) -> None:
    assert window(text).never_closes == (text == "00:00-24:00")


def test_windows_intersect_and_two_that_only_touch_leave_nothing() -> None:
    assert intersect([CONNECTICUT, window("08:00-24:00"), ALWAYS]) == window("08:00-23:00")
    assert intersect([]) == ALWAYS
    assert intersect([window("06:00-12:00"), window("12:00-23:00")]) is None
    assert intersect([window("06:00-12:01"), window("12:00-23:00")]) == window("12:00-12:01")


def test_a_narrower_window_is_within_and_one_minute_more_is_not() -> None:
    assert is_within(CONNECTICUT, CONNECTICUT)
    assert is_within(window("06:01-22:59"), CONNECTICUT)
    assert not is_within(window("05:59-23:00"), CONNECTICUT)
    assert not is_within(window("06:00-23:01"), CONNECTICUT)
    assert not is_within(window("06:00-24:00"), CONNECTICUT)


# --------------------------------------------------------------------------------------------- opening and closing time


@pytest.mark.parametrize(
    ("local", "seconds"),
    [
        ("05:59:59", 0),
        ("05:59:59.999", 0),
        ("06:00:00", 17 * 3600),
        ("22:45:00", 900),
        ("22:50:00", 600),
        ("22:59:59", 1),
        ("22:59:59.001", 0),
        ("23:00:00", 0),
        ("00:00:00", 0),
    ],
)
def test_counts_whole_seconds_up_to_closing_time(local: str, seconds: int) -> None:
    now = at(f"2026-11-22 {local} -05:00")
    assert seconds_until_close(CONNECTICUT, NEW_YORK, now=now) == seconds
    assert is_open(CONNECTICUT, NEW_YORK, now=now) == ("06:00:00" <= local < "23:00:00")


@pytest.mark.parametrize(
    ("local", "inclusive", "exclusive"),
    [
        ("06:59:59.999", False, False),
        ("07:00:00", True, True),
        ("22:59:59.999", True, True),
        ("23:00:00", True, False),
        ("23:00:00.001", False, False),
        ("23:00:01", False, False),
    ],
)
def test_a_call_begun_at_the_very_instant_of_closing_is_in_time_only_where_the_policy_says_so(
    local: str, *, inclusive: bool, exclusive: bool
) -> None:
    now = at(f"2026-11-22 {local} -05:00")
    albany = window("07:00-23:00")
    assert started_in_time(albany, NEW_YORK, now=now) == inclusive
    assert started_in_time(albany, NEW_YORK, now=now, close_inclusive=False) == exclusive


def test_closing_at_midnight_is_in_time_at_midnight_and_not_later() -> None:
    late = window("07:00-24:00")
    assert started_in_time(late, NEW_YORK, now=at("2026-11-23 00:00:00 -05:00"))
    assert not started_in_time(late, NEW_YORK, now=at("2026-11-23 00:00:01 -05:00"))
    assert not started_in_time(late, NEW_YORK, now=at("2026-11-23 00:00:00 -05:00"), close_inclusive=False)


def test_a_window_around_the_clock_never_closes() -> None:
    now = at("2026-11-22 23:59:59 -05:00")
    assert closing_instant(ALWAYS, NEW_YORK, now=now) is None
    assert seconds_until_close(ALWAYS, NEW_YORK, now=now) is None
    assert next_opening([ALWAYS], NEW_YORK, now=now) == now
    assert next_opening([], NEW_YORK, now=now) == now


@pytest.mark.parametrize(
    ("local", "opens"),
    [
        ("2026-11-22 05:59:59 -05:00", "2026-11-22 06:00:00 -05:00"),
        ("2026-11-22 06:00:00 -05:00", "2026-11-22 06:00:00 -05:00"),
        ("2026-11-22 22:59:59 -05:00", "2026-11-22 22:59:59 -05:00"),
        ("2026-11-22 23:00:00 -05:00", "2026-11-23 06:00:00 -05:00"),
        ("2026-10-31 23:30:00 -04:00", "2026-11-01 06:00:00 -05:00"),  # the clock goes back in between
        ("2026-03-07 23:30:00 -05:00", "2026-03-08 06:00:00 -04:00"),  # and forward
    ],
)
def test_the_next_opening_is_the_first_instant_at_which_it_is_open(local: str, opens: str) -> None:
    assert next_opening([CONNECTICUT], NEW_YORK, now=at(local)) == at(opens)


def test_there_is_no_next_opening_where_the_windows_leave_nothing() -> None:
    nothing = [window("06:00-12:00"), window("12:00-23:00")]
    assert next_opening(nothing, NEW_YORK, now=at("2026-11-22 12:00:00 -05:00")) is None


# ----------------------------------------------------------------------------------------- New York, both change nights


@pytest.mark.parametrize(
    ("hours", "now", "closes"),
    [
        # Forward, 2026-03-08: 02:00 to 03:00 does not exist.
        ("00:00-02:30", "2026-03-08 01:59:59 -05:00", "2026-03-08 03:00:00 -04:00"),
        ("00:00-02:00", "2026-03-08 01:59:59 -05:00", "2026-03-08 03:00:00 -04:00"),
        ("00:00-03:00", "2026-03-08 01:59:59 -05:00", "2026-03-08 03:00:00 -04:00"),
        ("00:00-03:15", "2026-03-08 01:59:00 -05:00", "2026-03-08 03:15:00 -04:00"),
        ("00:00-01:59", "2026-03-08 01:00:00 -05:00", "2026-03-08 01:59:00 -05:00"),
        ("00:00-23:00", "2026-03-08 00:00:00 -05:00", "2026-03-08 23:00:00 -04:00"),  # 22 hours of elapsed time
        # Back, 2026-11-01: 01:00 to 02:00 comes twice.
        ("00:00-01:30", "2026-11-01 01:29:00 -04:00", "2026-11-01 01:30:00 -04:00"),
        ("00:00-01:30", "2026-11-01 01:29:00 -05:00", "2026-11-01 01:30:00 -05:00"),
        ("00:00-02:00", "2026-11-01 00:30:00 -04:00", "2026-11-01 02:00:00 -05:00"),  # 02:00 is shown once
        ("01:30-04:00", "2026-11-01 01:45:00 -04:00", "2026-11-01 01:00:00 -05:00"),  # back before opening time
        ("00:00-23:00", "2026-11-01 00:00:00 -04:00", "2026-11-01 23:00:00 -05:00"),  # 24 hours of elapsed time
    ],
)
def test_finds_the_closing_on_a_night_when_clocks_change(hours: str, now: str, closes: str) -> None:
    assert closing_instant(window(hours), NEW_YORK, now=at(now)) == at(closes)
    assert seconds_until_close(window(hours), NEW_YORK, now=at(now)) == (at(closes) - at(now)).total_seconds()


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        ("02:30-04:00", "2026-03-08 01:30:00 -05:00", "2026-03-08 03:00:00 -04:00"),  # opening time was skipped
        ("02:00-03:00", "2026-03-08 01:30:00 -05:00", "2026-03-09 02:00:00 -04:00"),  # the whole window was
        ("01:00-01:30", "2026-11-01 01:30:00 -04:00", "2026-11-01 01:00:00 -05:00"),  # it comes a second time
        ("01:30-02:00", "2026-11-01 01:00:00 -05:00", "2026-11-01 01:30:00 -05:00"),
    ],
)
def test_finds_the_opening_on_a_night_when_clocks_change(hours: str, now: str, opens: str) -> None:
    assert next_opening([window(hours)], NEW_YORK, now=at(now)) == at(opens)


def test_fifteen_minutes_are_elapsed_time_and_not_wall_clock_time() -> None:
    """A call from 01:50 summer time that may last 900 s ends at 01:05 winter time, not at 02:05."""
    begun = at("2026-11-01 01:50:00 -04:00")
    assert (begun + timedelta(seconds=900)).astimezone(NEW_YORK).strftime("%H:%M %Z") == "01:05 EST"
    assert seconds_until_close(window("00:00-02:00"), NEW_YORK, now=begun) == 4200


# ----------------------------------------------------------------------------------------------------------- local days


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08 00:00:00 -05:00"),
        ("America/New_York", "2026-11-01", "2026-11-01 00:00:00 -04:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 01:00:00 -02:00"),  # midnight was skipped
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17 00:00:00 -03:00"),  # 23:00 of the day before came twice
        ("Asia/Beirut", "2026-03-29", "2026-03-29 01:00:00 +03:00"),
        ("America/Havana", "2026-11-01", "2026-11-01 00:00:00 -04:00"),  # midnight came twice: the first
        ("America/Toronto", "1919-03-31", "1919-03-31 00:30:00 -04:00"),  # 23:30 jumped to 00:30
        ("Pacific/Apia", "2011-12-30", "2011-12-31 00:00:00 +14:00"),  # the day never was
        ("Pacific/Apia", "2011-12-31", "2011-12-31 00:00:00 +14:00"),
        ("UTC", "2026-11-22", "2026-11-22 00:00:00 +00:00"),
    ],
)
def test_a_local_day_starts_at_its_first_instant(zone: str, day: str, starts: str) -> None:
    assert start_of_local_day(date.fromisoformat(day), ZoneInfo(zone)) == at(starts)


@pytest.mark.parametrize(
    ("now", "day", "next_day", "next_week", "next_month"),
    [
        ("2026-10-31 23:59:59 -04:00", "2026-10-31", "2026-11-01 -04:00", "2026-11-02 -05:00", "2026-11-01 -04:00"),
        ("2026-11-01 00:00:00 -04:00", "2026-11-01", "2026-11-02 -05:00", "2026-11-02 -05:00", "2026-12-01 -05:00"),
        ("2026-11-02 00:00:00 -05:00", "2026-11-02", "2026-11-03 -05:00", "2026-11-09 -05:00", "2026-12-01 -05:00"),
        ("2026-12-31 23:59:59 -05:00", "2026-12-31", "2027-01-01 -05:00", "2027-01-04 -05:00", "2027-01-01 -05:00"),
        ("2028-01-31 12:00:00 -05:00", "2028-01-31", "2028-02-01 -05:00", "2028-02-07 -05:00", "2028-02-01 -05:00"),
        ("2028-02-29 12:00:00 -05:00", "2028-02-29", "2028-03-01 -05:00", "2028-03-06 -05:00", "2028-03-01 -05:00"),
    ],
)
def test_days_weeks_and_months_turn_at_local_midnight(
    now: str, *, day: str, next_day: str, next_week: str, next_month: str
) -> None:
    assert local_day(NEW_YORK, at(now)) == date.fromisoformat(day)
    assert start_of_next_day(NEW_YORK, at(now)) == at(next_day.replace(" ", " 00:00:00 "))
    assert start_of_next_week(NEW_YORK, at(now)) == at(next_week.replace(" ", " 00:00:00 "))
    assert start_of_next_month(NEW_YORK, at(now)) == at(next_month.replace(" ", " 00:00:00 "))


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    assert first_day_of_week(date(2026, 11, 22)) == date(2026, 11, 16)
    assert first_day_of_week(date(2026, 11, 23)) == date(2026, 11, 23)
    assert first_day_of_month(date(2026, 11, 30)) == date(2026, 11, 1)


@pytest.mark.parametrize("change", ["2026-10-20 00:00:00 -04:00", "2026-10-20 23:59:59 -04:00"])
def test_thirty_days_are_calendar_days_and_not_multiples_of_24_hours(change: str) -> None:
    last_refused, first_open = at("2026-11-18 23:59:59 -05:00"), at("2026-11-19 00:00:00 -05:00")
    assert days_between(NEW_YORK, earlier=at(change), later=last_refused) == 29
    assert days_between(NEW_YORK, earlier=at(change), later=first_open) == 30
    opens_on = interval_ends_on(local_day(NEW_YORK, at(change)), 30)
    assert opens_on == date(2026, 11, 19)
    assert start_of_local_day(opens_on, NEW_YORK) == first_open


def test_refuses_a_time_without_an_offset() -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - the mistake under test
    for ask in (
        lambda: local_day(NEW_YORK, naive),
        lambda: closing_instant(CONNECTICUT, NEW_YORK, now=naive),
        lambda: next_opening([CONNECTICUT], NEW_YORK, now=naive),
        lambda: is_open(CONNECTICUT, NEW_YORK, now=naive),
    ):
        with pytest.raises(ValueError, match="offset"):
            ask()
