"""When is a removal request to be decided, how old is it, and is it late?

Days are the facility's own calendar days: a request is due on a day, not at an hour.
"""

from datetime import date, timedelta


def due_on(received_on: date, *, days: int) -> date:
    """Until which day is it to be decided, that day included?

    Args:
        received_on: day 0.
        days: the profile's `removal_due_days`.

    Example:
        >>> due_on(date(2026, 11, 20), days=14)
        datetime.date(2026, 12, 4)
    """
    return received_on + timedelta(days=days)


def age_days(received_on: date, *, until: date) -> int:
    """How many days has it waited, or did it wait, until that day?"""
    return (until - received_on).days


def is_overdue(due: date, *, today: date) -> bool:
    """Is the last day on which it should have been decided over?

    Example:
        >>> [is_overdue(date(2026, 12, 4), today=date(2026, 12, day)) for day in (3, 4, 5)]
        [False, False, True]
    """
    return today > due
