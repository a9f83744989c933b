"""What does a call cost, which tariff says so, and may a tariff ask that much?

Money is a decimal string beside its currency and is reckoned in integers: no float, and no rounding that is not written
down here. A rate is a dated record and never a constant: what is law today was another figure yesterday.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

PAYMENT_TYPES: Final = ("collect", "prepaid", "debit", "free")
MEDIA: Final = ("voice", "tty", "relay")
DESTINATIONS: Final = ("domestic", "international")
PAYERS: Final = ("called_party", "prepaid_account", "inmate", "agency")
RATE_CAP_TIERS: Final = (
    *("prison", "large_jail", "medium_jail"),
    *("small_jail", "very_small_jail", "extremely_small_jail"),
)
INCREMENT_SECONDS_MAX: Final = 3600

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?")
_AMOUNT_DECIMALS_MAX: Final = 6
_MICRO: Final = 10**_AMOUNT_DECIMALS_MAX

# ISO 4217: the currencies whose smallest unit is not a hundredth.
_CURRENCY_DECIMALS: Final[Mapping[str, int]] = {
    code: decimals
    for decimals, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A price, for whom and from when until when.

    Attributes:
        tariff: its name, `[A-Za-z0-9._-]{1,64}`.
        per_minute: decimal string as the operator gave it, up to six decimals. A minute is 60 s whatever the increment.
        connection_fee: the same, once for an answered call.
        increment_seconds: every started stretch of this length is charged whole, 1 to 3600.
        effective_from: first local day at the facility on which it is in force.
        effective_until: first local day on which it no longer is; None: open.

    Raises:
        ValueError: a field is none of that. The message never repeats the value.
    """

    tariff: str
    payment_types: tuple[str, ...]
    destination: str
    currency: str
    per_minute: str
    connection_fee: str
    increment_seconds: int
    payer: str
    effective_from: date
    effective_until: date | None = None
    media: tuple[str, ...] = MEDIA

    def __post_init__(self) -> None:
        """Hold the invariants."""
        _require(_NAME.fullmatch(self.tariff), "tariff must be 1 to 64 letters, digits, dots, hyphens or underscores")
        _require_words(self.payment_types, PAYMENT_TYPES, field="payment_types")
        _require_words(self.media, MEDIA, field="media")
        _require_words((self.destination,), DESTINATIONS, field="destination")
        _require_words((self.payer,), PAYERS, field="payer")
        _require(_CURRENCY.fullmatch(self.currency), "currency must be an ISO 4217 code")
        _require(_AMOUNT.fullmatch(self.per_minute), "per_minute must be a plain decimal of at most six decimals")
        _require(
            _AMOUNT.fullmatch(self.connection_fee), "connection_fee must be a plain decimal of at most six decimals"
        )
        _require(_is_increment(self.increment_seconds), f"increment_seconds must be 1 to {INCREMENT_SECONDS_MAX}")
        _require_days(self.effective_from, self.effective_until, field="effective")

    def __hash__(self) -> int:
        """Of a few members only: a price is looked up for every call, and all members are compared anyway."""
        return hash((self.tariff, self.per_minute, self.effective_from))

    def is_in_force(self, day: date) -> bool:
        """Is it in force on this local day of the facility?"""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is told of the price before the call; `max_charge` is None beside a refusal."""

    tariff: str
    currency: str
    per_minute: str
    connection_fee: str
    increment_seconds: int
    payer: str
    max_charge: str | None

    def members(self) -> dict[str, str | int | None]:
        """Every member by name, as the wire and the call's row have them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapPeriod:
    """The federal ceiling on domestic rates over some days, in US dollars a minute, for every size of facility.

    Attributes:
        from_date: first day it binds.
        until_date: first day it no longer does; None: open.
        per_minute_by_tier: a decimal string for each of `RATE_CAP_TIERS`. A size that the order of the time did not
            know takes the figure it fell under then.
        source, mark: where the figures were read, and how sure that is.
    """

    from_date: date
    until_date: date | None
    per_minute_by_tier: Mapping[str, str]
    connection_fee_allowed: bool
    source: str
    mark: str

    def __post_init__(self) -> None:
        """Hold the invariants."""
        _require(set(self.per_minute_by_tier) == set(RATE_CAP_TIERS), "a cap period must name every tier and no other")
        for cap in self.per_minute_by_tier.values():
            _require(_AMOUNT.fullmatch(cap), "a cap must be a plain decimal of at most six decimals")
        _require_days(self.from_date, self.until_date, field="cap period")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapBreach:
    """The first day on which a tariff asks more than it may, and what it breaks: `per_minute` or `connection_fee`."""

    day: date
    broken: str
    cap_per_minute: str
    source: str
    mark: str


def find_tariff(
    tariffs: Iterable[Tariff], *, payment_type: str, media: str, destination: str, day: date
) -> Tariff | None:
    """Answer which of these tariffs prices such a call on this local day; None when none does.

    Of several the one that came into force last wins, then the first by name, so that the answer never depends on the
    order in which they were loaded.
    """
    fitting = [
        tariff
        for tariff in tariffs
        if payment_type in tariff.payment_types
        and media in tariff.media
        and destination == tariff.destination
        and tariff.is_in_force(day)
    ]
    return min(fitting, key=lambda tariff: (-tariff.effective_from.toordinal(), tariff.tariff), default=None)


def charge_for(tariff: Tariff | Quote, seconds: int) -> str:
    """Answer what this much talk time costs, as a decimal string in the tariff's currency.

    The connection fee and every started increment whole; nothing for a call that was never answered (0 s). Printed with
    the currency's decimals at least, and exactly where the amount has an end. Where it has none (a third of a cent) it
    is rounded half up in the sixth decimal, or in the eighth where the rate itself has six: always two more than the
    rate has, so that a longer call can never print as cheaper.

    Args:
        tariff: the price, or the quote that was given at it.
        seconds: talk time, whole seconds from 0.

    Example:
        >>> tariff = Tariff(
        ...     tariff="collect", payment_types=("collect",), destination="domestic", currency="USD", per_minute="0.21",
        ...     connection_fee="0.00", increment_seconds=60, payer="called_party", effective_from=date(2021, 1, 1),
        ... )
        >>> [charge_for(tariff, seconds) for seconds in (0, 1, 840, 841, 900)]
        ['0.00', '0.21', '2.94', '3.15', '3.15']
    """
    if seconds < 0:
        raise ValueError("talk time cannot be negative")
    increments = -(-seconds // tariff.increment_seconds)
    # Millionths of the currency, in sixtieths: one exact integer.
    fee = _in_millionths(tariff.connection_fee) * 60 if seconds else 0
    sixtieths = fee + increments * tariff.increment_seconds * _in_millionths(tariff.per_minute)
    rate_decimals = -int(Decimal(tariff.per_minute).normalize().as_tuple().exponent)
    decimals = max(_AMOUNT_DECIMALS_MAX, rate_decimals + 2)
    units = _divided_half_up(sixtieths * 10**decimals, 60 * _MICRO)
    return _printed(units, decimals=decimals, decimals_min=currency_decimals(tariff.currency))


@lru_cache(maxsize=1024)  # most calls of a facility are granted the same time at the same price
def quote_for(tariff: Tariff, *, max_duration_seconds: int | None) -> Quote:
    """Answer what is told of this tariff; with the charge for the whole grant, or without one beside a refusal."""
    return Quote(
        tariff=tariff.tariff,
        currency=tariff.currency,
        per_minute=tariff.per_minute,
        connection_fee=tariff.connection_fee,
        increment_seconds=tariff.increment_seconds,
        payer=tariff.payer,
        max_charge=None if max_duration_seconds is None else charge_for(tariff, max_duration_seconds),
    )


def currency_decimals(currency: str) -> int:
    """How many decimals has an amount of this currency at least?"""
    return _CURRENCY_DECIMALS.get(currency, 2)


def find_cap_breach(tariff: Tariff, *, tier: str | None, caps: Sequence[CapPeriod]) -> CapBreach | None:
    """Answer where this tariff first asks more than the federal caps allow, on any day it is in force; None: nowhere.

    Exactly the cap is allowed. Every medium is held to the voice figure: what is charged for text and relay calls may
    only be less. Not capped are a facility without a tier (nobody has said how large it is), international calls (their
    cap adds a termination cost that no source here gives) and other currencies (the caps are in US dollars).

    Args:
        tariff: the price, or the quote that was given at it.
        tier: one of `RATE_CAP_TIERS`, or None.
        caps: dated ceilings, in any order.

    Clause: 47 CFR 64.6010, 64.6030, 64.6080; RULES B.6 and F45.
    """
    if tier is None or tariff.destination != "domestic" or tariff.currency != "USD":
        return None
    _require_words((tier,), RATE_CAP_TIERS, field="tier")
    breaches = (_find_breach_of(cap, tariff, tier) for cap in caps)
    return min((breach for breach in breaches if breach is not None), key=lambda breach: breach.day, default=None)


def _find_breach_of(cap: CapPeriod, tariff: Tariff, tier: str) -> CapBreach | None:
    first_day = max(cap.from_date, tariff.effective_from)
    is_over_before = any(until is not None and until <= first_day for until in (cap.until_date, tariff.effective_until))
    if is_over_before:
        return None
    ceiling = cap.per_minute_by_tier[tier]
    if Decimal(tariff.per_minute) > Decimal(ceiling):
        broken = "per_minute"
    elif Decimal(tariff.connection_fee) > 0 and not cap.connection_fee_allowed:
        broken = "connection_fee"
    else:
        return None
    return CapBreach(day=first_day, broken=broken, cap_per_minute=ceiling, source=cap.source, mark=cap.mark)


def _in_millionths(amount: str) -> int:
    return int(Decimal(amount).scaleb(_AMOUNT_DECIMALS_MAX))


def _divided_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _printed(units: int, *, decimals: int, decimals_min: int) -> str:
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}}".rstrip("0").ljust(decimals_min, "0")
    return f"{whole}.{digits}" if digits else str(whole)


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _require_words(given: tuple[str, ...], known: tuple[str, ...], *, field: str) -> None:
    if not given or len(set(given)) != len(given) or not set(given) <= set(known):
        raise ValueError(f"{field} must be of {', '.join(known)}")


def _require_days(first: date, until: date | None, *, field: str) -> None:
    # A datetime is a date to Python, but does not compare with one.
    if any(isinstance(day, datetime) for day in (first, until)):
        raise ValueError(f"{field} dates must be days, not instants")
    if until is not None and until <= first:
        raise ValueError(f"{field} must end after it begins")


def _is_increment(seconds: int) -> bool:
    return not isinstance(seconds, bool) and 1 <= seconds <= INCREMENT_SECONDS_MAX
