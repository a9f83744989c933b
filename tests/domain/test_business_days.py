"""Over weekends, from weekends, and over a year's end: on which day is something due, and how many days have passed?"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.business_days import business_day_after, count_business_days

FRIDAY = date(2026, 11, 20)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.feature("F38")
@pytest.mark.parametrize(
    ("day", "days", "due_on"),
    [
        (date(2026, 11, 19), 1, date(2026, 11, 20)),
        (FRIDAY, 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 11, 22), 1, date(2026, 11, 23)),
        (FRIDAY, 3, date(2026, 11, 25)),
        (FRIDAY, 5, date(2026, 11, 27)),
        (FRIDAY, 6, date(2026, 11, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),  # a holiday counts: none is known
    ],
)
def test_weekends_are_no_part_of_a_term(day: date, days: int, due_on: date) -> None:
    assert business_day_after(day, days) == due_on


@given(DAYS, st.integers(1, 40))
def test_the_last_day_of_a_term_is_its_count_and_the_day_before_is_less(day: date, days: int) -> None:
    due_on = business_day_after(day, days)
    assert due_on.weekday() < 5
    assert count_business_days(day, until=due_on) == days
    assert count_business_days(day, until=due_on - timedelta(days=1)) == days - 1


@given(DAYS)
def test_on_the_day_itself_none_has_passed_and_a_week_has_five(day: date) -> None:
    assert count_business_days(day, until=day) == 0
    assert count_business_days(day, until=day + timedelta(days=7)) == 5
