"""Which federal cap governs on which day, and do the figures carry their doubts?"""

from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise

import pytest

from callgate.domain.rates import RATE_CAP_TIERS, Tariff, find_cap_breach
from callgate.policies import MalformedProfile, list_cap_values, load_caps
from callgate.policies.caps import CapsFile, SixTiers, check_periods
from callgate.policies.malformed import Contradiction, parse_toml, validate

COMPLIANCE = date(2026, 4, 6)
DOUBT = ("S", "S2", "M", "NF")


def tariff_of(
    per_minute: str, *, first: date, until: date | None = None, connection_fee: str = "0.00", currency: str = "USD"
) -> Tariff:
    return Tariff(
        tariff="test",
        payment_types=("collect",),
        destination="domestic",
        currency=currency,
        per_minute=per_minute,
        connection_fee=connection_fee,
        increment_seconds=60,
        payer="called_party",
        effective_from=first,
        effective_until=until,
    )


def test_the_periods_follow_each_other_and_the_last_has_no_end() -> None:
    caps = load_caps()
    assert [earlier.until_date == later.from_date for earlier, later in pairwise(caps)] == [True] * (len(caps) - 1)
    assert caps[-1].until_date is None


def test_the_2021_figures_govern_until_the_day_before_compliance() -> None:
    interim, order = load_caps()
    assert (interim.until_date, order.from_date) == (COMPLIANCE, COMPLIANCE)
    assert dict(interim.per_minute_by_tier) == {
        "prison": "0.14",
        "large_jail": "0.16",
        "medium_jail": "0.21",
        "small_jail": "0.21",
        "very_small_jail": "0.21",
        "extremely_small_jail": "0.21",
    }


def test_the_2025_figures_govern_from_the_day_of_compliance() -> None:
    assert dict(load_caps()[-1].per_minute_by_tier) == {
        "prison": "0.11",
        "large_jail": "0.10",
        "medium_jail": "0.12",
        "small_jail": "0.13",
        "very_small_jail": "0.15",
        "extremely_small_jail": "0.19",
    }


def test_the_2024_figures_are_kept_and_never_govern() -> None:
    kept = {it.key: it.value for it in list_cap_values() if it.key.startswith("not_governing.1.per_minute.")}
    assert list(kept.values()) == ["0.06", "0.06", "0.07", "0.09", "0.12"]
    assert "0.06" not in {cap for period in load_caps() for cap in period.per_minute_by_tier.values()}
    row = next(it for it in list_cap_values() if it.key == "not_governing.1")
    assert isinstance(row.value, dict)
    assert row.value["reason"]


@pytest.mark.parametrize(
    ("per_minute", "first", "breach_on"),
    [
        pytest.param("0.14", date(2026, 4, 5), COMPLIANCE, id="lawful for its first day, then no longer"),
        pytest.param("0.15", date(2026, 4, 5), date(2026, 4, 5), id="over the old cap too"),
        pytest.param("0.11", COMPLIANCE, None, id="exactly the new cap"),
        pytest.param("0.110001", COMPLIANCE, COMPLIANCE, id="a millionth over it"),
    ],
)
def test_a_prison_tariff_is_held_to_the_cap_of_each_day(per_minute: str, first: date, breach_on: date | None) -> None:
    breach = find_cap_breach(tariff_of(per_minute, first=first), tier="prison", caps=load_caps())
    assert (breach and breach.day) == breach_on


def test_a_tariff_that_ends_before_compliance_is_held_to_the_old_cap_alone() -> None:
    tariff = tariff_of("0.14", first=date(2026, 1, 1), until=COMPLIANCE)
    assert find_cap_breach(tariff, tier="prison", caps=load_caps()) is None


@pytest.mark.parametrize("first", [COMPLIANCE - timedelta(days=1), COMPLIANCE])
def test_a_connection_fee_breaks_the_cap_rules_however_small(first: date) -> None:
    breach = find_cap_breach(tariff_of("0.01", first=first, connection_fee="0.01"), tier="prison", caps=load_caps())
    assert breach is not None
    assert (breach.broken, breach.day) == ("connection_fee", first)


def test_every_tier_of_a_facility_has_a_figure() -> None:
    assert tuple(SixTiers.model_fields) == RATE_CAP_TIERS


def test_every_figure_has_a_source_and_a_mark() -> None:
    values = list_cap_values()
    assert len(values) > 30
    assert [it.key for it in values if len(it.source) < 5 or it.mark not in DOUBT] == []


def test_a_period_is_as_sure_as_its_least_sure_figure() -> None:
    values = list_cap_values()
    for place in ("1", "2"):
        row = next(it for it in values if it.key == f"period.{place}")
        parts = [it.mark for it in values if it.key.startswith(f"period.{place}.")]
        assert row.mark == max(parts, key=DOUBT.index)


def test_the_two_cautions_stand_beside_the_figures_of_2025() -> None:
    sources = {it.key: it.source for it in list_cap_values() if it.key.startswith("period.2.per_minute.")}
    assert all("additive" in source for source in sources.values())
    assert "does not fit" in sources["period.2.per_minute.very_small_jail"]


def caps_from(old: str, new: str) -> CapsFile:
    text = (files("callgate.policies") / "caps.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    tables = parse_toml(text.replace(old, new), file_name="caps.toml")
    return validate(CapsFile, tables, file_name="caps.toml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        pytest.param(
            "from_date = { value = 2026-04-06",
            "from_date = { value = 2026-04-07",
            "period.2.from_date.value",
            id="a gap",
        ),
        pytest.param(
            "from_date = { value = 2026-04-06",
            "from_date = { value = 2026-04-05",
            "period.2.from_date.value",
            id="an overlap",
        ),
        pytest.param(
            "from_date = { value = 2021-10-26",
            "from_date = { value = 2026-04-06",
            "period.1.until_date.value",
            id="no day at all",
        ),
        pytest.param(
            'until_date = { value = "none"',
            "until_date = { value = 2030-01-01",
            "period.2.until_date.value",
            id="an end to the last",
        ),
    ],
)
def test_refuses_periods_that_do_not_follow_each_other(old: str, new: str, key: str) -> None:
    with pytest.raises(Contradiction) as refused:
        check_periods(caps_from(old, new).period)
    assert refused.value.key == key


def test_refuses_a_cap_that_is_no_amount() -> None:
    with pytest.raises(MalformedProfile) as refused:
        caps_from('large_jail = { value = "0.10"', "large_jail = { value = 0.10")
    assert (refused.value.file, refused.value.key) == ("caps.toml", "period.2.per_minute.large_jail.value")
