"""The tariff check and the quote: which price is told, from whose table, and that nothing else can be read from it."""

from dataclasses import replace
from datetime import date

import pytest

from callgate.checks.decide import decide
from callgate.checks.tariff import CHECK, quote_of
from callgate.domain.case import CallClass, Case, CommonNumber, PinState, Usage
from callgate.domain.number import Number, NumberKind
from callgate.domain.rates import Quote, Tariff
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    PERSON,
    POLICY,
    SISTER,
    SOCIAL_CALL,
    STATION,
    block,
    detail_of,
    finding_of,
    local,
    restriction,
)

OWN = Tariff(
    tariff="osborn-2026",
    payment_types=("collect", "prepaid"),
    destination="domestic",
    currency="USD",
    per_minute="0.21",
    connection_fee="0.00",
    increment_seconds=60,
    payer="called_party",
    effective_from=date(2026, 1, 1),
    effective_until=date(2026, 7, 1),
)
PRICED = replace(SOCIAL_CALL, facility=replace(FACILITY, has_own_tariffs=True), tariffs=(OWN,))
PRICED_QUOTE = Quote(
    tariff="osborn-2026",
    currency="USD",
    per_minute="0.21",
    connection_fee="0.00",
    increment_seconds=60,
    payer="called_party",
    max_charge=None,
)
LONDON = Number(e164="+442079460123", region="GB", kind=NumberKind.ORDINARY)


def social_quote(case: Case, seconds: int | None = None) -> Quote | None:
    return quote_of(case, POLICY, call_class=CallClass.SOCIAL, max_duration_seconds=seconds)


@pytest.mark.parametrize(
    ("clock", "in_force"),
    [
        ("2025-12-31 23:59:59.999", False),
        ("2026-01-01 00:00:00", True),
        ("2026-06-30 23:59:59.999", True),
        ("2026-07-01 00:00:00", False),
    ],
)
def test_is_in_force_on_the_facilitys_own_days(clock: str, in_force: bool) -> None:  # noqa: FBT001
    case = replace(PRICED, decided_at=local(clock))
    assert (CHECK.judge(case, POLICY) == Pass()) is in_force
    assert (social_quote(case) is not None) is in_force


@pytest.mark.parametrize(
    "case",
    [
        replace(PRICED, tariffs=()),
        replace(PRICED, payment_type="free"),
        replace(PRICED, number=LONDON),
        replace(PRICED, tariffs=(replace(OWN, media=("voice",)),), media="tty"),
        replace(PRICED, media="smoke"),
    ],
    ids=["none at all", "payment type", "destination", "medium", "unknown medium"],
)
def test_denies_when_the_facilitys_own_tariffs_do_not_price_the_call(case: Case) -> None:
    assert detail_of(CHECK.judge(case, POLICY)) == "no_tariff_in_force"
    assert social_quote(case) is None


def test_the_facilitys_own_tariff_comes_before_the_profiles() -> None:
    assert social_quote(PRICED) == PRICED_QUOTE
    assert social_quote(SOCIAL_CALL) != PRICED_QUOTE


@pytest.mark.parametrize(("seconds", "charge"), [(900, "3.15"), (60, "0.21"), (61, "0.42"), (1, "0.21"), (None, None)])
def test_quotes_the_charge_for_the_grant_every_started_minute_whole(seconds: int | None, charge: str | None) -> None:
    assert social_quote(PRICED, seconds) == replace(PRICED_QUOTE, max_charge=charge)


def test_connecticut_is_free_since_july_2022_and_was_not_before() -> None:
    before = social_quote(replace(SOCIAL_CALL, decided_at=local("2022-06-30 23:59:59")), 900)
    since = social_quote(replace(SOCIAL_CALL, decided_at=local("2022-07-01 00:00:00")), 900)
    assert before is not None
    assert (before.per_minute, before.payer, before.max_charge) == ("0.21", "called_party", "3.15")
    assert since is not None
    assert (since.per_minute, since.payer, since.max_charge) == ("0.00", "agency", "0.00")


@pytest.mark.parametrize("region", ["US", "PR"])
def test_domestic_is_what_the_profile_calls_domestic(region: str) -> None:
    policy = replace(POLICY, domestic_regions=frozenset({"US"}))
    abroad = replace(OWN, tariff="abroad", destination="international", per_minute="1.50")
    case = replace(PRICED, number=replace(SISTER, region=region), tariffs=(OWN, abroad))
    quote = quote_of(case, policy, call_class=CallClass.SOCIAL, max_duration_seconds=None)
    assert quote is not None
    assert quote.tariff == ("osborn-2026" if region == "US" else "abroad")


def test_a_free_medium_costs_nobody_anything_and_keeps_the_tariffs_name() -> None:
    policy = replace(POLICY, free_media=frozenset({"relay"}))
    relay = replace(PRICED, media="relay", station=replace(STATION, media="relay"))
    quote = decide(relay, policy).quote
    assert quote == replace(PRICED_QUOTE, per_minute="0.00", payer="agency", max_charge="0.00")


def test_a_free_medium_needs_a_tariff_all_the_same() -> None:
    policy = replace(POLICY, free_media=frozenset({"relay"}))
    relay = replace(PRICED, media="relay", station=replace(STATION, media="relay"), tariffs=())
    assert detail_of(CHECK.judge(relay, policy)) == "no_tariff_in_force"
    assert decide(relay, policy).reason is Reason.RATE_UNAVAILABLE


def test_a_hotline_costs_nothing_however_it_is_paid_for_and_wherever_it_is() -> None:
    nothing = Quote(
        tariff="hotline",
        currency="USD",
        per_minute="0.00",
        connection_fee="0.00",
        increment_seconds=60,
        payer="agency",
        max_charge="0.00",
    )
    facility = replace(FACILITY, has_own_tariffs=True)
    for case in (
        HOTLINE_CALL,
        replace(HOTLINE_CALL, payment_type="debit"),
        replace(HOTLINE_CALL, facility=facility, tariffs=()),
        replace(HOTLINE_CALL, number=Number(e164="+80055501234", kind=NumberKind.TOLL_FREE)),
    ):
        assert decide(case, POLICY).quote == nothing


def test_a_hotline_is_quoted_in_the_facilitys_own_currency() -> None:
    pounds = replace(OWN, currency="GBP")
    case = replace(HOTLINE_CALL, facility=replace(FACILITY, has_own_tariffs=True), tariffs=(pounds,))
    quote = decide(case, POLICY).quote
    assert quote is not None
    assert quote.currency == "GBP"


@pytest.mark.parametrize(
    "case",
    [
        replace(PRICED, number=Number(problem="letters")),
        replace(PRICED, number=Number(e164="+80055501234", kind=NumberKind.TOLL_FREE)),
        replace(PRICED, facility=None),
        replace(PRICED, payment_type="debit"),
    ],
    ids=["no number", "no region", "no facility", "payment type not open"],
)
def test_what_cannot_be_rated_has_no_quote(case: Case) -> None:
    assert social_quote(case) is None


def test_a_number_of_no_region_is_not_rated() -> None:
    case = replace(ATTORNEY_CALL, number=Number(e164="+80055501234", kind=NumberKind.TOLL_FREE))
    assert detail_of(CHECK.judge(case, POLICY)) == "destination_not_rated"
    assert decide(case, POLICY).reason is Reason.RATE_UNAVAILABLE


def test_a_case_without_a_facility_raises() -> None:
    with pytest.raises(ValueError, match="no facility"):
        CHECK.judge(replace(SOCIAL_CALL, facility=None), POLICY)


def test_a_corrupt_time_zone_denies_without_a_quote() -> None:
    decision = decide(replace(PRICED, facility=replace(FACILITY, time_zone="Nowhere", has_own_tariffs=True)), POLICY)
    assert (decision.allowed, decision.quote) == (False, None)
    assert finding_of(decision, "tariff").reason == ERROR_DETAIL


REFUSED = {
    "shut": replace(PRICED, station=replace(STATION, enabled=False)),
    "uncovered": replace(PRICED, covered=False),
    "locked": replace(PRICED, pin=PinState.LOCKED, person=None, entry=None),
    "released": replace(PRICED, person=replace(PERSON, status="released")),
    "restricted": replace(PRICED, restrictions=(restriction(),)),
    "busy": replace(PRICED, usage=Usage(live_until=NOON + MILLISECOND)),
    "unlisted": replace(PRICED, entry=None),
    "victim": replace(PRICED, blocks=(block(),)),
    "blocked everywhere": replace(PRICED, blocks=(block(scope="system"),)),
    "blocked common number": replace(PRICED, entry=None, common=CommonNumber(kind="privileged"), blocks=(block(),)),
}


@pytest.mark.parametrize("cause", REFUSED)
def test_the_same_price_stands_beside_every_refusal(cause: str) -> None:
    decision = decide(REFUSED[cause], POLICY)
    assert (decision.allowed, decision.quote) == (False, PRICED_QUOTE)


def test_is_told_as_no_rate() -> None:
    assert decide(replace(PRICED, tariffs=()), POLICY).reason is Reason.RATE_UNAVAILABLE


def test_binds_privileged_calls_too() -> None:
    case = replace(PRICED, entry=ATTORNEY_CALL.entry, tariffs=())
    assert decide(case, POLICY).reason is Reason.RATE_UNAVAILABLE
