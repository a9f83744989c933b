"""What may a minute cost at most under federal law, on which day, at which size of facility?"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from callgate.domain.rates import CapPeriod
from callgate.policies.leaf import Leaf, Money, Name, OrNone, Sourced, Strict, Text
from callgate.policies.malformed import Contradiction


class FiveTiers(Strict):
    """US dollars a minute by the average daily population of the facility, before 2025."""

    prison: Leaf[Money]
    large_jail: Leaf[Money]
    medium_jail: Leaf[Money]
    small_jail: Leaf[Money]
    very_small_jail: Leaf[Money]


class SixTiers(FiveTiers):
    """The tiers of the 2025 order, which a facility can be of."""

    extremely_small_jail: Leaf[Money]


class PeriodRow(Sourced):
    """One order's caps, from the first day they governed to the first day they no longer did."""

    period: Name
    title: Text
    from_date: Leaf[date]
    until_date: Leaf[OrNone[date]]
    connection_fee_allowed: Leaf[bool]
    per_minute: SixTiers

    def to_period(self) -> CapPeriod:
        """The row as the domain knows it."""
        return CapPeriod(
            from_date=self.from_date.value,
            until_date=self.until_date.value,
            per_minute_by_tier=MappingProxyType(
                {tier: getattr(self.per_minute, tier).value for tier in SixTiers.model_fields}
            ),
            connection_fee_allowed=self.connection_fee_allowed.value,
            source=self.source,
            mark=self.mark,
        )


class OvertakenRow(Sourced):
    """An order whose caps never came to govern; kept so that nobody adds it again."""

    period: Name
    title: Text
    reason: Text
    effective: Leaf[date]
    per_minute: FiveTiers


class CapsFile(Strict):
    """All of `caps.toml`. Only the periods are enforced; the rest is kept so that it is not looked for again."""

    currency: Leaf[Literal["USD"]]
    period: Annotated[list[PeriodRow], Field(min_length=1)]
    not_governing: list[OvertakenRow]
    video_per_minute: SixTiers
    beside: dict[Name, Leaf[Text]]


def check_periods(rows: Sequence[PeriodRow]) -> None:
    """Do the periods follow each other day by day, the last without an end?

    Raises:
        Contradiction: the first that does not, counted from 1.
    """
    for place, (earlier, later) in enumerate(pairwise(rows), start=2):
        if earlier.until_date.value != later.from_date.value:
            raise Contradiction(f"period.{place}.from_date.value", "must be the day on which the period before it ends")
    for place, row in enumerate(rows, start=1):
        until = row.until_date.value
        if until is not None and until <= row.from_date.value:
            raise Contradiction(f"period.{place}.until_date.value", "must be later than from_date")
    if rows[-1].until_date.value is not None:
        reason = 'must be "none": the last period governs until it is replaced'
        raise Contradiction(f"period.{len(rows)}.until_date.value", reason)
