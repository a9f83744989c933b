"""What does a profile charge, from which day to which?

Rows of one payment type, medium and destination follow each other without overlap. Domestic ones cover every payment
type and medium without a gap and have no end, so that no call becomes unrateable because a date went by; international
ones stand only where somebody found a source, and elsewhere a call abroad has no rate.
"""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from callgate.domain.rates import DESTINATIONS, INCREMENT_SECONDS_MAX, MEDIA, PAYERS, PAYMENT_TYPES, Tariff
from callgate.policies.leaf import Medium, Money, PaymentType, Sourced, Unique, one_of
from callgate.policies.malformed import Contradiction

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_TARIFF: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _currency(code: str) -> str:
    if not _CURRENCY.fullmatch(code):
        raise ValueError("must be an ISO 4217 code of three capital letters, such as USD")
    return code


def _tariff(name: str) -> str:
    if not _TARIFF.fullmatch(name):
        raise ValueError("must be 1 to 64 letters, digits, dots, hyphens and underscores")
    return name


class TariffRow(Sourced):
    """One dated price. `effective_until` is the first day on which it is no longer in force."""

    tariff: Annotated[str, AfterValidator(_tariff)]
    payment_types: Annotated[Unique[PaymentType], Field(min_length=1)]
    media: Unique[Medium] = Field(default_factory=lambda: list(MEDIA), min_length=1)
    destination: Annotated[str, one_of(DESTINATIONS)]
    currency: Annotated[str, AfterValidator(_currency)]
    per_minute: Money
    connection_fee: Money
    increment_seconds: Annotated[int, Field(ge=1, le=INCREMENT_SECONDS_MAX)]
    payer: Annotated[str, one_of(PAYERS)]
    effective_from: date
    effective_until: date | None = None

    def to_tariff(self) -> Tariff:
        """The row as the domain knows it."""
        return Tariff(
            tariff=self.tariff,
            payment_types=tuple(self.payment_types),
            media=tuple(self.media),
            destination=self.destination,
            currency=self.currency,
            per_minute=self.per_minute,
            connection_fee=self.connection_fee,
            increment_seconds=self.increment_seconds,
            payer=self.payer,
            effective_from=self.effective_from,
            effective_until=self.effective_until,
        )


def check_tariffs(rows: Sequence[TariffRow]) -> None:
    """Do the rows follow each other as they must?

    Raises:
        Contradiction: the first row that does not, counted from 1.
    """
    _check_each(rows)
    for payment_type in PAYMENT_TYPES:
        for medium in MEDIA:
            what = f"{payment_type} calls over {medium}"
            _check_succession(_rows_for(rows, payment_type, medium, "international"), what)
            domestic = _rows_for(rows, payment_type, medium, "domestic")
            if not domestic:
                raise Contradiction("tariff", f"has no domestic row for {what}")
            _check_succession(domestic, what)
            _check_covered(domestic, what)


def _check_each(rows: Sequence[TariffRow]) -> None:
    seen: set[str] = set()
    for place, row in enumerate(rows, start=1):
        if row.tariff in seen:
            raise Contradiction(f"tariff.{place}.tariff", "is the name of an earlier row; each row needs its own")
        seen.add(row.tariff)
        if row.effective_until is not None and row.effective_until <= row.effective_from:
            raise Contradiction(f"tariff.{place}.effective_until", "must be later than effective_from")


def _rows_for(
    rows: Sequence[TariffRow], payment_type: str, medium: str, destination: str
) -> list[tuple[int, TariffRow]]:
    """In the order of their first days, each with its place in the file."""
    matching = (
        (place, row)
        for place, row in enumerate(rows, start=1)
        if payment_type in row.payment_types and medium in row.media and row.destination == destination
    )
    return sorted(matching, key=lambda placed: (placed[1].effective_from, placed[0]))


def _check_succession(placed: Sequence[tuple[int, TariffRow]], what: str) -> None:
    for (_, earlier), (place, later) in pairwise(placed):
        if earlier.effective_until is None or later.effective_from < earlier.effective_until:
            raise Contradiction(f"tariff.{place}.effective_from", f"overlaps another row for {what}")


def _check_covered(placed: Sequence[tuple[int, TariffRow]], what: str) -> None:
    for (_, earlier), (place, later) in pairwise(placed):
        if later.effective_from != earlier.effective_until:
            raise Contradiction(f"tariff.{place}.effective_from", f"leaves days without a domestic row for {what}")
    place, last = placed[-1]
    if last.effective_until is not None:
        raise Contradiction(f"tariff.{place}.effective_until", f"leaves {what} without a domestic row from that day on")
