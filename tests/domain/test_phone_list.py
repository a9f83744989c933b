"""Nine, ten and eleven numbers, what counts, and the days of the interval."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.phone_list import (
    REFUSAL_REASONS,
    EntryKind,
    RestrictiveStatus,
    Suspension,
    count_used,
    counts,
    find_suspension,
    is_too_full,
    next_change_on,
)
from callgate.domain.policy import Policy
from callgate.policies import load_profile

CT = load_profile("ct-doc")  # ten places, lawyers not counted, 30 days
NY = load_profile("ny-doccs")
KINDS = st.sampled_from([kind.value for kind in EntryKind])
DAY_0 = date(2026, 11, 20)


def full(listed: int, added: int, removed: int = 0, *, policy: Policy = CT) -> bool:
    return is_too_full(
        listed=["social"] * listed, added=["social"] * added, removed=["social"] * removed, policy=policy
    )


@pytest.mark.feature("F08")
@pytest.mark.parametrize(("listed", "added", "expected"), [(0, 9, False), (0, 10, False), (0, 11, True), (10, 1, True)])
def test_nine_and_ten_fit_and_eleven_do_not(listed: int, added: int, expected: bool) -> None:  # noqa: FBT001 - a table
    assert full(listed, added) is expected


def test_what_comes_off_frees_its_place() -> None:
    assert not full(10, 1, removed=1)
    assert full(10, 2, removed=1)


@pytest.mark.feature("F54")
def test_a_list_that_is_too_long_already_may_shrink_and_never_grow() -> None:
    assert not full(13, 0, removed=1)
    assert full(13, 1, removed=2)
    assert not full(13, 1, removed=4)


@pytest.mark.feature("F08")
def test_legal_numbers_take_no_place_where_the_profile_does_not_count_them() -> None:
    legal, social = ["attorney", "consulate"], ["social", "confined_person", "supervised_person"]
    assert [counts(kind, CT) for kind in legal + social] == [False, False, True, True, True]
    assert count_used(legal + social, CT) == 3
    assert not is_too_full(listed=["social"] * 10, added=legal, removed=[], policy=CT)
    # And taking one off frees none.
    assert is_too_full(listed=["social"] * 10 + legal, added=["social"], removed=legal, policy=CT)


@pytest.mark.feature("F08")
def test_each_profile_brings_its_own_limit() -> None:
    assert NY.list_limit == 15
    assert not full(0, 15, policy=NY)
    assert full(0, 16, policy=NY)


@given(st.lists(KINDS, max_size=20), st.lists(KINDS, max_size=20), KINDS)
def test_one_number_more_never_makes_room(listed: list[str], added: list[str], one_more: str) -> None:
    if is_too_full(listed=listed, added=added, removed=[], policy=CT):
        assert is_too_full(listed=listed, added=[*added, one_more], removed=[], policy=CT)
        assert is_too_full(listed=[*listed, one_more], added=added, removed=[], policy=CT)


def test_nothing_changed_yet_leaves_the_list_open() -> None:
    assert next_change_on(None, today=DAY_0, policy=CT) is None


@pytest.mark.feature("F09")
@given(st.integers(0, 60))
def test_day_29_is_refused_and_day_30_is_open(days: int) -> None:
    opens_on = next_change_on(DAY_0, today=DAY_0 + timedelta(days), policy=CT)
    assert opens_on == (DAY_0 + timedelta(30) if days < 30 else None)


NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)


def status(starts: timedelta, ends: timedelta, kind: str = "disciplinary") -> RestrictiveStatus:
    return RestrictiveStatus(kind=kind, starts_at=NOON + starts, ends_at=NOON + ends)


@pytest.mark.feature("F12")
@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(MS, DAY, False), (timedelta(), DAY, True), (-DAY, MS, True), (-DAY, timedelta(), False)],
)
def test_a_status_holds_from_its_start_on_and_no_more_at_its_end(
    starts: timedelta,
    ends: timedelta,
    holds: bool,  # noqa: FBT001 - a table
) -> None:
    found = find_suspension([status(starts, ends)], now=NOON)
    assert found == (Suspension(until=NOON + ends, is_investigated=False) if holds else None)


@pytest.mark.feature("F12")
def test_what_follows_without_a_gap_counts_as_one_and_a_gap_ends_it() -> None:
    first, second, later = status(-DAY, DAY), status(DAY, 2 * DAY, "investigation"), status(2 * DAY + MS, 9 * DAY)
    assert find_suspension([later, second, first], now=NOON) == Suspension(until=NOON + 2 * DAY, is_investigated=True)
    assert find_suspension([later, first], now=NOON) == Suspension(until=NOON + DAY, is_investigated=False)
    assert find_suspension([later], now=NOON) is None
    assert find_suspension([], now=NOON) is None


@pytest.mark.feature("F37")
def test_no_reason_to_refuse_a_number_is_about_conduct_elsewhere_or_names_a_block() -> None:
    assert len(set(REFUSAL_REASONS)) == len(REFUSAL_REASONS) == 10
    assert not [
        code
        for code in REFUSAL_REASONS
        for word in ("disciplin", "punish", "sanction", "conduct", "block", "victim", "court", "protected")
        if word in code
    ]
