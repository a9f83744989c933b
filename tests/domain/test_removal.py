"""On which day is a removal request late?"""

from datetime import date

import pytest

from callgate.domain.removal import age_days, due_on, is_overdue

pytestmark = pytest.mark.feature("F19")


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 20), 7, date(2026, 11, 27)),
        (date(2024, 2, 26), 7, date(2024, 3, 4)),
        (date(2026, 12, 28), 7, date(2027, 1, 4)),
    ],
)
def test_a_term_is_counted_in_calendar_days(received: date, days: int, due: date) -> None:
    assert due_on(received, days=days) == due


def test_the_last_day_is_still_in_time() -> None:
    due = date(2026, 11, 27)
    assert [is_overdue(due, today=date(2026, 11, day)) for day in (26, 27, 28)] == [False, False, True]


def test_the_day_of_receipt_is_day_nought() -> None:
    assert [age_days(date(2026, 11, 20), until=date(2026, 11, day)) for day in (20, 21)] == [0, 1]
