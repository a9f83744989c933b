"""The days of restrictions together, one below the limit, at it and one above, and against a count hour by hour."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.restriction import GAP_MAX, Spell, Totals, ends_after_release, is_over, total_at, total_with

NEW_YORK = ZoneInfo("America/New_York")
PHOENIX = ZoneInfo("America/Phoenix")  # where no clock is ever changed
START = datetime(2026, 1, 5, 17, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def spell(first_day: float, days: float) -> Spell:
    starts_at = START + timedelta(days=first_day)
    return Spell(starts_at=starts_at, ends_at=starts_at + timedelta(days=days))


def local(day: str, time: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.feature("F36")
@pytest.mark.parametrize(
    ("length", "days", "warns"),
    [
        (timedelta(days=89), 89, False),
        (timedelta(days=90) - MILLISECOND, 90, False),
        (timedelta(days=90), 90, False),
        (timedelta(days=90) + MILLISECOND, 91, True),
        (timedelta(days=91), 91, True),
    ],
)
def test_one_day_below_the_limit_at_it_and_above_it(length: timedelta, days: int, warns: bool) -> None:  # noqa: FBT001 - a table
    own = Spell(starts_at=START, ends_at=START + length)
    totals = total_with(own, [], zone=PHOENIX)
    assert totals == Totals(days_in_a_row=days, days_in_year=days)
    assert is_over(totals.days_in_a_row, 90) is warns
    assert not is_over(10_000, None)


@pytest.mark.feature("F36")
@pytest.mark.parametrize(
    ("others", "in_a_row", "in_year"),
    [
        ([], 10, 10),
        ([spell(10, 20)], 30, 30),  # touches at its end
        ([spell(-20, 20)], 30, 30),  # touches at its start
        ([spell(-20, 25)], 30, 30),  # overlaps, and the five days count once
        ([spell(2, 3)], 10, 10),  # lies within
        ([spell(-5, 40)], 40, 40),  # covers it
        ([spell(0, 10), spell(0, 10)], 10, 10),  # twice the same
        ([spell(10, 20), spell(30, 20)], 50, 50),  # a chain
        ([spell(11, 20)], 10, 30),  # a day between them
        ([spell(-30, 29)], 10, 39),
    ],
)
def test_what_touches_or_overlaps_is_one_row_and_nothing_counts_twice(
    others: Sequence[Spell], in_a_row: int, in_year: int
) -> None:
    for order in (others, others[::-1]):
        assert total_with(spell(0, 10), order, zone=PHOENIX) == Totals(days_in_a_row=in_a_row, days_in_year=in_year)


def test_an_end_at_the_last_minute_of_a_day_touches_midnight_and_a_longer_gap_does_not() -> None:
    own = spell(0, 10)
    for gap, in_a_row in ((GAP_MAX, 21), (GAP_MAX + MILLISECOND, 10)):
        starts_at = own.ends_at + gap
        other = Spell(starts_at=starts_at, ends_at=starts_at + timedelta(days=10))
        assert total_with(own, [other], zone=PHOENIX).days_in_a_row == in_a_row


@pytest.mark.parametrize(
    ("first", "last"), [("2026-10-20", "2026-11-19"), ("2026-02-20", "2026-03-22"), ("2026-06-01", "2026-07-01")]
)
def test_midnight_to_midnight_is_a_day_on_the_nights_of_the_clock_change_too(first: str, last: str) -> None:
    own = Spell(starts_at=local(first), ends_at=local(last))
    assert total_with(own, [], zone=NEW_YORK) == Totals(days_in_a_row=30, days_in_year=30)


def test_what_lies_within_the_hour_that_comes_twice_is_nothing_on_the_clock() -> None:
    twice = Spell(
        starts_at=datetime(2026, 11, 1, 5, 30, tzinfo=UTC),  # 01:30, the first time
        ends_at=datetime(2026, 11, 1, 6, 10, tzinfo=UTC),  # 01:10, the second time
    )
    assert total_with(twice, [], zone=NEW_YORK) == Totals()
    assert total_at([twice], zone=NEW_YORK, now=START) == Totals()


@pytest.mark.feature("F36")
def test_a_year_is_any_365_days_that_this_one_is_part_of() -> None:
    ten = spell(0, 10)
    # Begins exactly 365 days after ten began: a year that holds all of one holds nothing of the other.
    assert total_with(ten, [spell(365, 10)], zone=PHOENIX).days_in_year == 10
    assert total_with(ten, [spell(364, 10)], zone=PHOENIX).days_in_year == 11
    assert total_with(ten, [spell(355, 10)], zone=PHOENIX).days_in_year == 20
    # The year before it and the year after it are years of their own.
    assert total_with(ten, [spell(-190, 170), spell(190, 170)], zone=PHOENIX).days_in_year == 180
    # What lies more than a year away is no part of any of them.
    assert total_with(ten, [spell(400, 200)], zone=PHOENIX).days_in_year == 10


def test_now_counts_the_row_that_is_not_over_and_every_year_that_is_not() -> None:
    ran, runs, comes = spell(-100, 95), spell(-2, 30), spell(60, 40)
    every = [ran, runs, comes]
    for now, in_a_row, in_year in (
        (START - timedelta(days=5, milliseconds=1), 95, 165),
        (START - timedelta(days=5), 40, 165),
        (START + timedelta(days=28), 40, 165),
        (START + timedelta(days=100), 0, 165),
        # The year that ends now loses the days of the oldest, one by one.
        (START + timedelta(days=266), 0, 164),
        (START + timedelta(days=465), 0, 0),
    ):
        assert total_at(every, zone=PHOENIX, now=now) == Totals(days_in_a_row=in_a_row, days_in_year=in_year)
    assert total_at([], zone=PHOENIX, now=START) == Totals()


@pytest.mark.feature("F36")
def test_a_restriction_may_last_through_the_day_of_the_release_and_no_longer() -> None:
    release = date(2027, 2, 28)
    midnight = local("2027-03-01")
    for ends_at, past in ((midnight - MILLISECOND, False), (midnight, False), (midnight + MILLISECOND, True)):
        assert ends_after_release(ends_at, release, zone=NEW_YORK) is past
    for never in (None, date.max):
        assert not ends_after_release(datetime.max.replace(tzinfo=UTC), never, zone=NEW_YORK)


def test_a_spell_must_end_after_it_starts() -> None:
    for ends_at in (START, START - MILLISECOND):
        with pytest.raises(ValueError, match="must end after it starts"):
            Spell(starts_at=START, ends_at=ends_at)


def test_the_ends_of_the_calendar_are_counted_too() -> None:
    whole = Spell(starts_at=datetime.min.replace(tzinfo=UTC), ends_at=datetime.max.replace(tzinfo=UTC))
    totals = total_with(whole, [], zone=NEW_YORK)
    assert totals.days_in_year == 365
    assert totals.days_in_a_row >= 3_652_058


SPELLS = st.lists(
    st.builds(spell, st.integers(-500, 500), st.integers(1, 120)), min_size=1, max_size=8
)  # whole days, so that a count day by day is exact


def covered_days(spells: Sequence[Spell]) -> set[int]:
    return {(one.starts_at - START).days + day for one in spells for day in range((one.ends_at - one.starts_at).days)}


@given(SPELLS)
def test_it_agrees_with_a_count_day_by_day(spells: list[Spell]) -> None:
    own, others = spells[0], spells[1:]
    covered = covered_days(spells)
    first, last = (own.starts_at - START).days, (own.ends_at - START).days - 1
    begins, ends = first, last
    while begins - 1 in covered:
        begins -= 1
    while ends + 1 in covered:
        ends += 1
    in_year = max(len(covered & set(range(day, day + 365))) for day in range(first - 365, last + 2))
    assert total_with(own, others, zone=PHOENIX) == Totals(days_in_a_row=ends - begins + 1, days_in_year=in_year)


@given(SPELLS, st.integers(-700, 700))
def test_it_agrees_with_a_count_day_by_day_now_too(spells: list[Spell], today: int) -> None:
    covered = covered_days(spells)
    rows, length = [0], 0
    for day in range(min(covered), max(covered) + 2):
        length = length + 1 if day in covered else 0
        if day in covered and day + 1 not in covered and day >= today:
            rows.append(length)
    ends = max(today, max(covered) + 1)
    in_year = max(len(covered & set(range(day, day + 365))) for day in range(today - 365, ends + 1))
    totals = total_at(spells, zone=PHOENIX, now=START + timedelta(days=today))
    assert totals == Totals(days_in_a_row=max(rows), days_in_year=in_year)


@given(SPELLS, st.builds(spell, st.integers(-500, 500), st.integers(1, 120)))
def test_one_more_restriction_never_lowers_a_total(spells: list[Spell], more: Spell) -> None:
    before = total_with(spells[0], spells[1:], zone=NEW_YORK)
    after = total_with(spells[0], [*spells[1:], more], zone=NEW_YORK)
    assert after.days_in_a_row >= before.days_in_a_row
    assert after.days_in_year >= before.days_in_year
