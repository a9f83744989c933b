"""Exact money and dated tariffs; the federal ceiling is in test_rates_caps.py."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.rates import Tariff, charge_for, currency_decimals, find_tariff, quote_for

SEED = Tariff(
    tariff="ct-2021",
    payment_types=("collect", "prepaid"),
    media=("voice", "tty"),
    destination="domestic",
    currency="USD",
    per_minute="0.21",
    connection_fee="0.00",
    increment_seconds=60,
    payer="called_party",
    effective_from=date(2021, 1, 1),
    effective_until=date(2022, 7, 1),
)


def tariff(**fields: Any) -> Tariff:
    return replace(SEED, **fields)


# ---------------------------------------------------------------------------------------------------- what is no tariff


@pytest.mark.parametrize(
    "amount", ["", "-0.21", "+0.21", ".21", "0.", "00.21", "0,21", "1e2", "0.1234567", "NaN", "0.21 "]
)
@pytest.mark.parametrize("field", ["per_minute", "connection_fee"])
def test_refuses_an_amount_that_is_no_plain_decimal(field: str, amount: str) -> None:
    with pytest.raises(ValueError, match=field):
        tariff(**{field: amount})


@pytest.mark.parametrize("amount", ["\u0660.\u0662\u0661", "1234567890", "0.21\n"])
def test_refuses_an_amount_in_other_digits_or_beyond_any_price(amount: str) -> None:
    with pytest.raises(ValueError, match="per_minute"):
        tariff(per_minute=amount)


@pytest.mark.parametrize("amount", ["0", "0.0", "0.000001", "999999999.999999"])
def test_takes_the_smallest_and_the_largest_amount(amount: str) -> None:
    assert tariff(per_minute=amount, connection_fee=amount).per_minute == amount


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("increment_seconds", 0),
            ("increment_seconds", -60),
            ("increment_seconds", 3601),
            ("increment_seconds", True),
        ),
        *(("currency", "usd"), ("currency", "US"), ("currency", "USDX"), ("currency", "")),
        *(("payment_types", ()), ("payment_types", ("cash",)), ("payment_types", ("collect", "collect"))),
        *(("media", ()), ("media", ("video",)), ("destination", "local"), ("payer", "victim")),
        *(("tariff", ""), ("tariff", "a b"), ("tariff", "x" * 65)),
        *(("effective_until", date(2021, 1, 1)), ("effective_until", date(2020, 12, 31))),
        *(("effective_from", datetime(2021, 1, 1, tzinfo=UTC)), ("effective_until", datetime(2023, 1, 1, tzinfo=UTC))),
    ],
)
def test_refuses_a_field_that_no_tariff_has(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field.split("_", maxsplit=1)[0]):
        tariff(**{field: value})


def test_takes_one_day_and_the_longest_increment() -> None:
    assert tariff(effective_until=date(2021, 1, 2)).is_in_force(date(2021, 1, 1))
    assert tariff(increment_seconds=3600, tariff="x" * 64).increment_seconds == 3600


# ---------------------------------------------------------------------------------------------------- which is in force


@pytest.mark.parametrize(
    ("day", "found"),
    [("2020-12-31", False), ("2021-01-01", True), ("2022-06-30", True), ("2022-07-01", False)],
)
def test_is_in_force_from_its_first_day_until_the_day_before_its_last(day: str, *, found: bool) -> None:
    answer = find_tariff(
        [SEED], payment_type="collect", media="voice", destination="domestic", day=date.fromisoformat(day)
    )
    assert (answer == SEED) is found


@pytest.mark.parametrize(
    ("payment_type", "media", "destination"),
    [("debit", "voice", "domestic"), ("collect", "relay", "domestic"), ("collect", "voice", "international")],
)
def test_a_tariff_prices_only_what_it_names(payment_type: str, media: str, destination: str) -> None:
    day = date(2021, 6, 1)
    assert find_tariff([SEED], payment_type=payment_type, media=media, destination=destination, day=day) is None


@settings(deadline=None)
@given(order=st.permutations(range(4)))
def test_the_latest_tariff_wins_then_the_first_name_whatever_the_order(order: list[int]) -> None:
    tariffs = [
        SEED,
        tariff(tariff="b-newer", effective_from=date(2021, 5, 1)),
        tariff(tariff="a-newer", effective_from=date(2021, 5, 1)),
        tariff(tariff="a-to-come", effective_from=date(2021, 6, 2)),
    ]
    day = date(2021, 6, 1)
    shuffled = [tariffs[i] for i in order]
    found = find_tariff(shuffled, payment_type="collect", media="voice", destination="domestic", day=day)
    assert found is not None
    assert found.tariff == "a-newer"


# ------------------------------------------------------------------------------------------------------ what it charges


@pytest.mark.parametrize(
    ("seconds", "charge"),
    [
        *((0, "0.00"), (1, "0.21"), (59, "0.21"), (60, "0.21"), (61, "0.42"), (840, "2.94"), (841, "3.15")),
        *((899, "3.15"), (900, "3.15"), (901, "3.36"), (5400, "18.90")),
    ],
)
def test_charges_every_started_increment_whole(seconds: int, charge: str) -> None:
    assert charge_for(SEED, seconds) == charge


@pytest.mark.parametrize(
    ("fields", "seconds", "charge"),
    [
        ({"connection_fee": "1.5"}, 0, "0.00"),  # never answered: not even the fee
        ({"connection_fee": "1.5"}, 1, "1.71"),
        ({"connection_fee": "0.005"}, 60, "0.215"),  # never rounded to the cent
        ({"increment_seconds": 1}, 1, "0.0035"),
        ({"increment_seconds": 6}, 7, "0.042"),
        ({"increment_seconds": 3600}, 1, "12.60"),
        ({"increment_seconds": 1, "per_minute": "0.10"}, 1, "0.001667"),  # a sixth of a cent has no end
        ({"increment_seconds": 1, "per_minute": "0.10"}, 2, "0.003333"),
        ({"increment_seconds": 1, "per_minute": "0.10"}, 3, "0.005"),
        ({"increment_seconds": 1, "per_minute": "0.100000"}, 1, "0.001667"),  # the same rate, written out
        ({"increment_seconds": 5, "per_minute": "0.000001"}, 3, "0.00000008"),
        ({"increment_seconds": 5, "per_minute": "0.000001"}, 15, "0.00000025"),
        ({"currency": "JPY", "per_minute": "10", "connection_fee": "0"}, 900, "150"),
        ({"currency": "JPY", "per_minute": "10", "connection_fee": "0"}, 0, "0"),
        ({"currency": "JPY", "per_minute": "10.5"}, 60, "10.5"),
        ({"currency": "KWD", "per_minute": "0.1"}, 900, "1.500"),
        ({"currency": "CLF", "per_minute": "0.1"}, 60, "0.1000"),
        ({"per_minute": "0", "connection_fee": "0"}, 900, "0.00"),
        ({"per_minute": "999999999.999999"}, 86400, "1439999999999.99856"),
    ],
)
def test_prints_the_exact_charge_with_the_currencys_decimals_at_least(
    fields: dict[str, Any], seconds: int, charge: str
) -> None:
    assert charge_for(tariff(**fields), seconds) == charge


def test_refuses_a_negative_talk_time() -> None:
    with pytest.raises(ValueError, match="negative"):
        charge_for(SEED, -1)


def test_knows_the_currencies_that_have_no_hundredths() -> None:
    decimals = {code: currency_decimals(code) for code in ("USD", "CAD", "EUR", "JPY", "KWD", "CLF", "XXX")}
    assert decimals == {"USD": 2, "CAD": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "XXX": 2}


def test_quotes_the_whole_grant_and_no_charge_beside_a_refusal() -> None:
    allowed, refused = quote_for(SEED, max_duration_seconds=900), quote_for(SEED, max_duration_seconds=None)
    assert (allowed.tariff, allowed.currency, allowed.per_minute, allowed.connection_fee) == (
        "ct-2021",
        "USD",
        "0.21",
        "0.00",
    )
    assert (allowed.increment_seconds, allowed.payer, allowed.max_charge) == (60, "called_party", "3.15")
    assert refused == replace(allowed, max_charge=None)


AMOUNTS = st.decimals(min_value=0, max_value=50, allow_nan=False, places=6).map(
    lambda amount: f"{amount:f}"
) | st.sampled_from(["0", "0.21", "0.1", "0.07", "0.000001", "1"])
TARIFFS = st.builds(
    tariff,
    per_minute=AMOUNTS,
    connection_fee=AMOUNTS,
    increment_seconds=st.integers(1, 3600) | st.sampled_from([1, 5, 6, 7, 30, 60]),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
SECONDS = st.integers(0, 7200)


def exact_charge(price: Tariff, seconds: int) -> Fraction:
    if seconds == 0:
        return Fraction(0)
    charged = ceil(Fraction(seconds, price.increment_seconds)) * price.increment_seconds
    return Fraction(price.connection_fee) + Fraction(charged, 60) * Fraction(price.per_minute)


@settings(max_examples=500, deadline=None)
@given(price=TARIFFS, seconds=SECONDS)
def test_is_exact_wherever_a_decimal_can_be(price: Tariff, seconds: int) -> None:
    exact, charge = exact_charge(price, seconds), charge_for(price, seconds)
    has_an_end = exact.denominator % 3 != 0
    assert len(charge.partition(".")[2]) >= currency_decimals(price.currency)
    if has_an_end:
        assert Fraction(charge) == exact
    else:
        assert abs(Fraction(charge) - exact) <= Fraction(1, 2 * 10**6)


@settings(max_examples=500, deadline=None)
@given(price=TARIFFS, shorter=SECONDS, longer=SECONDS)
def test_a_longer_call_is_never_cheaper(price: Tariff, shorter: int, longer: int) -> None:
    shorter, longer = sorted((shorter, longer))
    assert Decimal(charge_for(price, shorter)) <= Decimal(charge_for(price, longer))
