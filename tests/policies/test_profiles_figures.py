"""Do the figures of each jurisdiction mean what its sources say, at the boundaries?"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callgate.domain.hours import Window, interval_ends_on, is_open, seconds_until_close, started_in_time
from callgate.domain.pin import is_space_large_enough
from callgate.domain.policy import Policy, Quotas
from callgate.domain.rates import MEDIA, PAYMENT_TYPES, charge_for, find_tariff
from callgate.policies import list_values, load_profile

NEW_YORK = ZoneInfo("America/New_York")


def at(hour: int, minute: int, second: int = 0) -> datetime:
    """A wall-clock time in New York on a day without a clock change."""
    return datetime(2026, 11, 22, hour, minute, second, tzinfo=NEW_YORK).astimezone(UTC)


def window_of(policy: Policy) -> Window:
    return Window(open_at=policy.window_open, close_at=policy.window_close)


def test_connecticut_lists_ten_numbers_and_no_lawyers_among_them() -> None:
    policy = load_profile("ct-doc")
    assert (policy.list_mode, policy.list_limit, policy.list_counts_attorneys) == ("allow_list", 10, False)


def test_connecticut_opens_a_change_of_list_on_day_thirty() -> None:
    policy = load_profile("ct-doc")
    changed_on = date(2026, 11, 4)
    opens_on = interval_ends_on(changed_on, policy.list_change_interval_days)
    assert (opens_on - changed_on, opens_on) == (timedelta(days=30), date(2026, 12, 4))


@pytest.mark.parametrize(
    ("now", "is_it"),
    [
        pytest.param(at(5, 59, 59), False, id="a second before opening"),
        pytest.param(at(6, 0), True, id="at opening"),
        pytest.param(at(22, 59, 59), True, id="a second before closing"),
        pytest.param(at(23, 0), False, id="at closing"),
    ],
)
def test_connecticut_is_open_from_six_until_before_eleven(now: datetime, is_it: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_open(window_of(load_profile("ct-doc")), NEW_YORK, now=now) is is_it


def test_connecticut_cuts_the_whole_call_at_closing_time() -> None:
    policy = load_profile("ct-doc")
    assert (policy.window_applies_to, policy.window_close_inclusive) == ("whole_call", False)
    left = [seconds_until_close(window_of(policy), NEW_YORK, now=now) for now in (at(22, 50), at(22, 59, 59))]
    assert left == [600, 1]


def test_connecticut_calls_last_fifteen_minutes_with_no_gap_and_no_ceiling_found() -> None:
    policy = load_profile("ct-doc")
    assert (policy.call_cap_seconds, policy.gap_seconds) == (900, 0)
    assert policy.quotas == Quotas(minutes_per_month_in={})


def test_connecticut_opens_collect_prepaid_and_free_but_not_debit() -> None:
    assert load_profile("ct-doc").payment_types == {"collect", "prepaid", "free"}


def test_connecticut_reaches_the_territories_and_nothing_abroad() -> None:
    policy = load_profile("ct-doc")
    assert policy.domestic_regions == policy.open_regions == {"US", "PR", "VI", "GU", "MP", "AS"}


@pytest.mark.parametrize(
    ("payment_type", "payer"), [("collect", "called_party"), ("prepaid", "prepaid_account"), ("debit", "inmate")]
)
def test_connecticut_cost_three_dollars_fifteen_until_the_last_of_june_2022(payment_type: str, payer: str) -> None:
    tariff = find_tariff(
        load_profile("ct-doc").tariffs,
        payment_type=payment_type,
        media="voice",
        destination="domestic",
        day=date(2022, 6, 30),
    )
    assert tariff is not None
    assert (tariff.per_minute, tariff.connection_fee, tariff.payer) == ("0.21", "0.00", payer)
    assert charge_for(tariff, 900) == "3.15"


@pytest.mark.feature("F46")
@pytest.mark.parametrize("payment_type", PAYMENT_TYPES)
@pytest.mark.parametrize("medium", MEDIA)
def test_connecticut_is_free_and_paid_by_the_agency_from_july_2022(payment_type: str, medium: str) -> None:
    tariff = find_tariff(
        load_profile("ct-doc").tariffs,
        payment_type=payment_type,
        media=medium,
        destination="domestic",
        day=date(2022, 7, 1),
    )
    assert tariff is not None
    assert (tariff.tariff, tariff.per_minute, tariff.payer) == ("ct-free-2022", "0.00", "agency")
    assert charge_for(tariff, 900) == "0.00"


def test_connecticut_rates_every_payment_type_and_medium_on_both_sides_of_the_change() -> None:
    tariffs = load_profile("ct-doc").tariffs
    for day in (date(2015, 1, 1), date(2022, 6, 30), date(2022, 7, 1)):
        for payment_type in PAYMENT_TYPES:
            for medium in MEDIA:
                assert find_tariff(tariffs, payment_type=payment_type, media=medium, destination="domestic", day=day)


def test_connecticuts_ten_digits_serve_a_hundred_thousand_people_and_not_one_more() -> None:
    length = load_profile("ct-doc").pin_length
    assert [is_space_large_enough(length, people) for people in (99_999, 100_000, 100_001)] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "people"), [("ct-doc", 11_100), ("ny-doccs", 33_000), ("bop", 155_000), ("tdcj", 130_000)]
)
def test_the_larger_systems_have_pins_long_enough_for_everybody(name: str, people: int) -> None:
    assert is_space_large_enough(load_profile(name).pin_length, people)


def test_connecticut_keeps_the_rest_of_its_law_as_facts() -> None:
    facts = {it.key: (it.value, it.mark) for it in list_values("ct-doc") if it.key.startswith("facts.")}
    assert facts["facts.floor_minutes_per_day"] == (90, "S")
    assert facts["facts.recordings_kept_days"] == (90, "S")
    assert facts["facts.recordings_kept_as_evidence_days"] == (1095, "S")
    assert facts["facts.attorney_bar_needs_finding"] == (True, "S")
    assert facts["facts.removal_addressee"] == ("the warden of the facility where the inmate is housed", "S")
    assert facts["facts.forbidden_methods"] == (
        ["card_call", "third_party_billing", "forwarding", "transfer", "three_way", "flash"],
        "S",
    )


@pytest.mark.parametrize(
    ("name", "three_way", "diverted"),
    [("ct-doc", "note", "cut"), ("bop", "note", "cut"), ("ny-doccs", "note", "note"), ("tdcj", "cut", "cut")],
)
def test_each_profile_says_what_follows_a_suspicion_and_a_diversion(name: str, three_way: str, diverted: str) -> None:
    policy = load_profile(name)
    assert (policy.three_way_action, policy.diversion_action) == (three_way, diverted)


@pytest.mark.parametrize("name", ["ct-doc", "bop", "ny-doccs", "tdcj"])
def test_the_clocks_of_staff_are_set_and_only_warn(name: str) -> None:
    policy = load_profile(name)
    assert policy.list_kinds_suspended == frozenset({"confined_person"})
    assert (policy.pending_due_business_days, policy.block_end_warning_days) == (3, 14)
    assert (policy.restriction_stacking_days, policy.restriction_days_per_year) == (90, 180)
    assert policy.one_time_call_hours_max == 24
    assert (policy.probing_numbers_per_person, policy.probing_numbers_per_station) == (5, 15)


def test_new_york_lists_fifteen_and_talks_thirty_minutes() -> None:
    policy = load_profile("ny-doccs")
    assert (policy.list_limit, policy.call_cap_seconds, policy.gap_seconds) == (15, 1800, 0)


@pytest.mark.parametrize(
    ("now", "is_it"),
    [
        pytest.param(at(6, 59, 59), False, id="a second before opening"),
        pytest.param(at(7, 0), True, id="at opening"),
        pytest.param(at(23, 0), True, id="at closing, still in time"),
        pytest.param(at(23, 0, 1), False, id="a second after closing"),
    ],
)
def test_new_york_lets_a_call_begun_by_eleven_run_its_full_time(now: datetime, is_it: bool) -> None:  # noqa: FBT001 - a table of cases
    policy = load_profile("ny-doccs")
    assert policy.window_applies_to == "start"
    inclusive = policy.window_close_inclusive
    assert started_in_time(window_of(policy), NEW_YORK, now=now, close_inclusive=inclusive) is is_it


def test_new_york_opens_canada_without_calling_it_domestic() -> None:
    policy = load_profile("ny-doccs")
    assert policy.open_regions - policy.domestic_regions == {"CA"}


@pytest.mark.feature("F46")
@pytest.mark.parametrize(
    ("day", "terms"),
    [
        pytest.param(date(2025, 7, 31), ("0.024", "called_party"), id="the last paid day"),
        pytest.param(date(2025, 8, 1), ("0.00", "agency"), id="the first free day"),
    ],
)
def test_new_york_is_free_from_august_2025(day: date, terms: tuple[str, str]) -> None:
    tariffs = load_profile("ny-doccs").tariffs
    tariff = find_tariff(tariffs, payment_type="collect", media="voice", destination="domestic", day=day)
    assert tariff is not None
    assert (tariff.per_minute, tariff.payer) == terms


def test_the_federal_prisons_have_three_hundred_minutes_and_a_hundred_more_at_the_years_end() -> None:
    quotas = load_profile("bop").quotas
    assert quotas.minutes_per_month == 300
    by_month = {month: quotas.minutes_per_month_in.get(month, quotas.minutes_per_month) for month in (10, 11, 12, 1)}
    assert by_month == {10: 300, 11: 400, 12: 400, 1: 300}


def test_the_federal_prisons_wait_an_hour_from_the_start_of_the_last_call() -> None:
    policy = load_profile("bop")
    assert (policy.list_limit, policy.call_cap_seconds) == (30, 900)
    assert (policy.gap_seconds, policy.gap_from) == (3600, "start")


def test_the_federal_prisons_leave_the_hours_to_the_institution() -> None:
    assert window_of(load_profile("bop")).never_closes


def test_the_federal_prisons_never_make_anybody_wait_longer_than_a_quarter() -> None:
    shortest_quarter = date(2027, 4, 1) - date(2027, 1, 1)
    assert timedelta(days=load_profile("bop").list_change_interval_days) <= shortest_quarter


def test_texas_is_open_from_seven_to_ten_for_thirty_minutes_at_six_cents() -> None:
    policy = load_profile("tdcj")
    assert (policy.window_open, policy.window_close, policy.call_cap_seconds) == ("07:00", "22:00", 1800)
    assert {tariff.per_minute for tariff in policy.tariffs if tariff.payment_types != ("free",)} == {"0.06"}


def test_texas_has_no_limit_that_anybody_found_so_twenty_is_marked_as_a_choice() -> None:
    limit = next(it for it in list_values("tdcj") if it.key == "phone_list.limit")
    assert (limit.value, limit.mark) == (20, "NF")
