"""The federal ceiling on each day: one step below, at and above it; one day before, on and after it changes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from callgate.domain.rates import RATE_CAP_TIERS, CapBreach, CapPeriod, Tariff, find_cap_breach

CHANGE = date(2026, 4, 6)


def cap_period(from_date: date, until_date: date | None, prison: str, *, fee_allowed: bool = False) -> CapPeriod:
    return CapPeriod(
        from_date=from_date,
        until_date=until_date,
        per_minute_by_tier={**dict.fromkeys(RATE_CAP_TIERS, "0.21"), "prison": prison},
        connection_fee_allowed=fee_allowed,
        source=f"an order of {from_date.year}",
        mark="S",
    )


CAPS = [cap_period(CHANGE, None, "0.11"), cap_period(date(2021, 10, 26), CHANGE, "0.14")]


def in_force(from_date: date, until_date: date | None, **fields: Any) -> Tariff:
    price = Tariff(
        tariff="prison-domestic",
        payment_types=("collect",),
        destination="domestic",
        currency="USD",
        per_minute="0.21",
        connection_fee="0.00",
        increment_seconds=60,
        payer="called_party",
        effective_from=from_date,
        effective_until=until_date,
    )
    return replace(price, **fields)


@pytest.mark.parametrize(
    ("per_minute", "breaks"), [("0.10", False), ("0.11", False), ("0.110", False), ("0.110001", True), ("0.12", True)]
)
def test_exactly_the_cap_is_allowed_and_nothing_above(per_minute: str, *, breaks: bool) -> None:
    breach = find_cap_breach(in_force(CHANGE, None, per_minute=per_minute), tier="prison", caps=CAPS)
    assert (breach is not None) is breaks


@pytest.mark.feature("F45")
@pytest.mark.parametrize(
    ("from_date", "until_date", "first_day"),
    [
        ("2026-01-01", "2026-04-05", None),
        ("2026-01-01", "2026-04-06", None),  # its last day is the one before the change
        ("2026-01-01", "2026-04-07", "2026-04-06"),
        ("2026-01-01", None, "2026-04-06"),
        ("2026-04-05", None, "2026-04-06"),
        ("2026-04-06", None, "2026-04-06"),
        ("2026-04-07", None, "2026-04-07"),
        ("2021-01-01", "2021-10-26", None),  # before any cap that is known
    ],
)
def test_holds_a_tariff_against_every_cap_on_the_days_it_is_in_force(
    from_date: str, until_date: str | None, first_day: str | None
) -> None:
    until = None if until_date is None else date.fromisoformat(until_date)
    price = in_force(date.fromisoformat(from_date), until, per_minute="0.14")
    breach = find_cap_breach(price, tier="prison", caps=CAPS)
    assert (breach.day.isoformat() if breach else None) == first_day


def test_tells_the_first_breach_and_its_source() -> None:
    breach = find_cap_breach(in_force(date(2022, 1, 1), None), tier="prison", caps=CAPS)
    assert breach == CapBreach(
        day=date(2022, 1, 1), broken="per_minute", cap_per_minute="0.14", source="an order of 2021", mark="S"
    )


@pytest.mark.parametrize(
    ("fee", "allowed", "broken"),
    [
        ("0.00", False, None),
        ("0.01", False, "connection_fee"),
        ("0.000001", False, "connection_fee"),
        ("3.00", True, None),
    ],
)
def test_a_connection_fee_is_refused_where_the_order_forbids_one(
    fee: str, *, allowed: bool, broken: str | None
) -> None:
    caps = [cap_period(CHANGE, None, "0.11", fee_allowed=allowed)]
    breach = find_cap_breach(in_force(CHANGE, None, per_minute="0.11", connection_fee=fee), tier="prison", caps=caps)
    assert (breach.broken if breach else None) == broken


@pytest.mark.parametrize(
    ("fields", "tier"),
    [({}, None), ({"destination": "international"}, "prison"), ({"currency": "CAD"}, "prison")],
)
def test_does_not_cap_what_the_orders_give_no_figure_for(fields: dict[str, Any], tier: str | None) -> None:
    price = in_force(CHANGE, None, per_minute="9.99", connection_fee="1.00", **fields)
    assert find_cap_breach(price, tier=tier, caps=CAPS) is None


@pytest.mark.parametrize("media", [("voice",), ("tty",), ("relay",), ("tty", "relay")])
def test_text_and_relay_calls_may_not_cost_more_than_voice(media: tuple[str, ...]) -> None:
    assert find_cap_breach(in_force(CHANGE, None, media=media), tier="prison", caps=CAPS) is not None


def test_a_larger_tier_has_its_own_figure() -> None:
    assert find_cap_breach(in_force(CHANGE, None), tier="small_jail", caps=CAPS) is None


def test_refuses_a_tier_that_no_order_knows() -> None:
    with pytest.raises(ValueError, match="tier"):
        find_cap_breach(in_force(CHANGE, None), tier="tiny_jail", caps=CAPS)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"per_minute_by_tier": {"prison": "0.11"}}, "every tier"),
        ({"per_minute_by_tier": {**dict.fromkeys(RATE_CAP_TIERS, "0.11"), "ship": "0.11"}}, "every tier"),
        ({"per_minute_by_tier": dict.fromkeys(RATE_CAP_TIERS, "eleven")}, "plain decimal"),
        ({"until_date": CHANGE}, "end after"),
    ],
)
def test_refuses_a_cap_period_with_a_gap_in_it(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(CAPS[0], **fields)
