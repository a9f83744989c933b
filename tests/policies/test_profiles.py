"""Does every value of the shipped profiles carry its source, and do they agree where they must?"""

import re
from datetime import date

import pytest

from callgate.domain.number import NumberKind
from callgate.domain.rates import MEDIA, PAYMENT_TYPES, find_cap_breach, find_tariff
from callgate.policies import list_values, load_caps, load_profile
from tests.policies.edits import PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_every_value_has_a_source_and_a_mark(name: str) -> None:
    values = list_values(name)
    assert len(values) > 70
    assert [it.key for it in values if len(it.source) < 5 or it.mark not in {"S", "S2", "M", "NF"}] == []


@pytest.mark.parametrize("name", PROFILES)
def test_no_value_stands_twice_under_one_key(name: str) -> None:
    keys = [it.key for it in list_values(name)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", PROFILES)
def test_what_was_not_found_says_so_or_says_what_it_follows(name: str) -> None:
    """A choice of ours must be told from a finding without looking at the mark."""
    words = re.compile(r"\b(no|not|none|nothing|neither)\b|^as |follows from")
    silent = [it.key for it in list_values(name) if it.mark == "NF" and not words.search(it.source)]
    assert silent == []


@pytest.mark.parametrize("name", PROFILES)
def test_what_comes_from_memory_is_not_marked_as_read(name: str) -> None:
    claimed = [it.key for it in list_values(name) if it.mark == "S" and it.source.startswith("from memory")]
    assert claimed == []


@pytest.mark.parametrize("name", PROFILES)
def test_every_payment_type_and_medium_has_a_domestic_rate_today(name: str) -> None:
    policy = load_profile(name)
    for payment_type in PAYMENT_TYPES:
        for medium in MEDIA:
            tariff = find_tariff(
                policy.tariffs, payment_type=payment_type, media=medium, destination="domestic", day=date(2026, 11, 22)
            )
            assert tariff is not None
            assert payment_type != "free" or (tariff.per_minute, tariff.payer) == ("0.00", "agency")


@pytest.mark.parametrize("name", PROFILES)
def test_no_call_abroad_has_a_rate_because_none_was_found(name: str) -> None:
    assert [tariff.tariff for tariff in load_profile(name).tariffs if tariff.destination != "domestic"] == []


@pytest.mark.parametrize("name", PROFILES)
def test_todays_rates_keep_to_the_federal_cap_for_prisons(name: str) -> None:
    current = [tariff for tariff in load_profile(name).tariffs if tariff.effective_until is None]
    assert current
    assert [find_cap_breach(tariff, tier="prison", caps=load_caps()) for tariff in current] == [None] * len(current)


@pytest.mark.parametrize("name", PROFILES)
def test_hotlines_and_lawyers_are_never_recorded_nor_told_that_they_are(name: str) -> None:
    policy = load_profile(name)
    assert policy.recorded == {"social": True, "privileged": False, "hotline": False}
    assert policy.announcements == {
        "social": ("facility_branding", "recorded_call", "rate_quote", "accept_or_block"),
        "privileged": ("facility_branding", "rate_quote", "accept_or_block"),
        "hotline": (),
    }


@pytest.mark.parametrize("name", PROFILES)
def test_only_ordinary_and_voip_lines_may_be_called(name: str) -> None:
    allowed = frozenset(NumberKind) - load_profile(name).forbidden_kinds
    assert allowed == {NumberKind.ORDINARY, NumberKind.VOIP}


@pytest.mark.parametrize("name", PROFILES)
def test_text_has_twice_the_time_and_relay_costs_nobody_anything(name: str) -> None:
    policy = load_profile(name)
    assert policy.call_cap_factor == {"voice": 1, "tty": 2, "relay": 2}
    assert policy.free_media == {"relay"}


@pytest.mark.parametrize("name", PROFILES)
def test_every_kind_of_number_but_social_waits_for_the_warden(name: str) -> None:
    kinds = {"attorney", "consulate", "confined_person", "supervised_person"}
    assert load_profile(name).list_kinds_needing_warden == kinds


@pytest.mark.parametrize("name", PROFILES)
def test_the_throttle_is_five_in_ten_minutes_and_five_minutes_to_an_hour(name: str) -> None:
    rules = load_profile(name).throttle
    assert (rules.wrong_max, rules.window_seconds) == (5, 600)
    assert (rules.lock_seconds, rules.lock_seconds_max, rules.quiet_seconds) == (300, 3600, 3600)
    assert (rules.facility_wrong_max, rules.facility_window_seconds) == (100, 3600)


@pytest.mark.parametrize("name", PROFILES)
def test_the_contracts_own_clocks_are_the_same_everywhere(name: str) -> None:
    policy = load_profile(name)
    assert (policy.answer_within_seconds, policy.warn_at_remaining_seconds) == (120, (60,))
    assert (policy.removal_tracking_days, policy.block_lift_second_person_hours) == (90, 72)
