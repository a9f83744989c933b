"""On which day is something due that is to be done within so many business days?

Monday to Friday, by the facility's own calendar. No profile carries a list of public holidays, so a holiday counts as a
business day: a term ends a day early then, and never late.
"""

from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def business_day_after(day: date, days: int) -> date:
    """Which is the last day of a term of so many business days that begins after `day`?

    Args:
        day: day 0, a business day or not.
        days: length of the term, at least 1.

    Example:
        >>> business_day_after(date(2026, 11, 20), 3)  # a Friday
        datetime.date(2026, 11, 25)
    """
    left = days
    while left > 0:
        day += _DAY
        left -= day.weekday() < _SATURDAY
    return day


def count_business_days(day: date, *, until: date) -> int:
    """How many business days after `day` have begun by `until`, which is not before it?

    Example:
        >>> [count_business_days(date(2026, 11, 20), until=date(2026, 11, day)) for day in (20, 22, 23, 27)]
        [0, 0, 1, 5]
    """
    return sum((day + timedelta(days=days)).weekday() < _SATURDAY for days in range(1, (until - day).days + 1))
