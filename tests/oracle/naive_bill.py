"""What would the call cost, reckoned in fractions that cannot round until they are printed?"""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from callgate.domain.case import Case
from callgate.domain.policy import Policy
from tests.oracle.naive_clock import local_date

DECIMALS = {"JPY": 0, "KWD": 3}


class NaiveQuote(NamedTuple):
    tariff: str
    currency: str
    per_minute: str
    connection_fee: str
    increment_seconds: int
    payer: str
    max_charge: str | None


def price(case: Case, policy: Policy, *, seconds: int | None) -> NaiveQuote | None:
    """Quote by facility, destination class, payment type and media alone; `seconds` None: beside a refusal."""
    unrated = case.number.problem is not None or case.number.region is None  # a number of nowhere is neither kind
    if case.facility is None or unrated or case.payment_type not in policy.payment_types:
        return None
    day = local_date(case.decided_at, case.facility.time_zone)
    where = "domestic" if case.number.region in policy.domestic_regions else "international"
    fitting = [
        tariff
        for tariff in (case.tariffs if case.facility.has_own_tariffs else policy.tariffs)
        if case.payment_type in tariff.payment_types
        and case.media in tariff.media
        and tariff.destination == where
        and is_in_force(day, tariff.effective_from, tariff.effective_until)
    ]
    if not fitting:
        return None
    newest = max(tariff.effective_from for tariff in fitting)
    chosen = min((tariff for tariff in fitting if tariff.effective_from == newest), key=lambda tariff: tariff.tariff)
    per_minute, fee, payer = chosen.per_minute, chosen.connection_fee, chosen.payer
    if case.media in policy.free_media:
        per_minute, fee, payer = "0.00", "0.00", "agency"
    total = None
    if seconds is not None:
        total = charge(per_minute, fee, increment=chosen.increment_seconds, seconds=seconds, currency=chosen.currency)
    return NaiveQuote(chosen.tariff, chosen.currency, per_minute, fee, chosen.increment_seconds, payer, total)


def hotline_price(case: Case, policy: Policy, *, seconds: int | None) -> NaiveQuote | None:
    """Quote nothing, for the agency to pay, in the currency that the facility reckons in anyway."""
    if case.facility is None or case.number.problem is not None:
        return None
    own = case.tariffs if case.facility.has_own_tariffs else ()
    (currency,) = {tariff.currency for tariff in own or policy.tariffs}
    total = None if seconds is None else charge("0.00", "0.00", increment=60, seconds=seconds, currency=currency)
    return NaiveQuote("hotline", currency, "0.00", "0.00", 60, "agency", total)


def is_in_force(day: date, first: date, until: date | None) -> bool:
    return first <= day and (until is None or day < until)


def charge(per_minute: str, fee: str, *, increment: int, seconds: int, currency: str) -> str:
    """Add up every started increment, and print the sum exactly where it has an end.

    Where it has none, two digits more than the rate has are kept, and six at least. Zeros at a rate's end do not count.
    """
    started = len(range(0, seconds, increment))
    amount = Fraction(fee) + started * Fraction(per_minute) * Fraction(increment, 60)
    places = max(6, len(per_minute.partition(".")[2].rstrip("0")) + 2)
    digits = f"{int(amount * 10**places + Fraction(1, 2)):0{places + 1}d}"
    whole, part = digits[:-places], digits[-places:].rstrip("0")
    part = part.ljust(DECIMALS.get(currency, 2), "0")
    return f"{whole}.{part}" if part else whole
