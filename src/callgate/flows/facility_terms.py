"""Do a facility's own terms fit the law it stands under? They may narrow the profile and never widen it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

from phonenumbers import SUPPORTED_REGIONS

from callgate.domain.case import Hours, Limits
from callgate.domain.errors import Conflict, Invalid
from callgate.domain.hours import Window, intersect, is_within
from callgate.domain.policy import Policy
from callgate.domain.rates import CapBreach, CapPeriod, Tariff, find_cap_breach
from callgate.flows.deployment import Deployment
from callgate.store.facilities import LIMIT_NAMES

# In the zone files, and no place on earth.
_NO_PLACE: Final = frozenset({"Factory"})


def require_profile(deployment: Deployment, profile: str) -> Policy:
    """The law that a facility names.

    Raises:
        Invalid: this deployment has no such profile.
    """
    policy = deployment.policies.get(profile)
    if policy is None:
        raise Invalid(
            "profile_unknown",
            "There is no such profile in this deployment; `callgate policies` lists those there are.",
            pointer="/profile",
        )
    return policy


def load_policy(deployment: Deployment, profile: str) -> Policy:
    """The law that a registered facility stands under.

    Raises:
        Conflict: this deployment has the profile no more.
    """
    policy = deployment.policies.get(profile)
    if policy is None:
        raise Conflict(
            "profile_unknown",
            "The facility's profile is not in this deployment any more: bring it back, or give the facility another.",
        )
    return policy


def require_time_zone(time_zone: str) -> None:
    """Refuse what is not the name of a zone.

    Raises:
        Invalid: it is not in the zone files that callgate brings along.
    """
    if time_zone not in _zone_names():
        raise Invalid(
            "time_zone_unknown", "This is not an IANA time zone, such as America/New_York.", pointer="/time_zone"
        )


def require_region(region: str) -> None:
    """Refuse a region without a numbering plan.

    Raises:
        Invalid: numbers cannot be read there.
    """
    if region not in SUPPORTED_REGIONS:
        raise Invalid(
            "region_not_supported",
            "No numbering plan is known for this region; give an ISO 3166 code.",
            pointer="/region",
        )


def policy_window(policy: Policy) -> Window:
    """The profile's calling hours."""
    return Window(open_at=policy.window_open, close_at=policy.window_close)


def require_hours(hours: Hours | None, *, within: Sequence[Window]) -> None:
    """Refuse hours that are no window, or are wider than those they stand under.

    Raises:
        Invalid: they are.
    """
    if hours is None:
        return
    try:
        window = Window(open_at=hours.open, close_at=hours.close)
    except ValueError:
        raise Invalid(
            "hours_not_valid",
            "Hours open from 00:00 to 23:59 and close later on the same day, at 24:00 at the latest.",
            pointer="/hours",
        ) from None
    outer = intersect(within)
    if outer is None or not is_within(window, outer):
        told = "none at all" if outer is None else f"{outer.open_at} to {outer.close_at}"
        raise Invalid(
            "hours_wider_than_policy",
            f"Hours may only narrow those they stand under, which are {told}.",
            pointer="/hours",
        )


def require_limits(limits: Limits | None, policy: Policy) -> None:
    """Refuse a ceiling above the profile's own.

    Where the profile has more minutes in some months, its largest figure is the one that counts.

    Raises:
        Invalid: one is above.
    """
    if limits is None:
        return
    for name in LIMIT_NAMES:
        own: int | None = getattr(limits, name)
        ceiling: int | None = getattr(policy.quotas, name)
        if name == "minutes_per_month" and ceiling is not None:
            ceiling = max([ceiling, *policy.quotas.minutes_per_month_in.values()])
        if own is not None and ceiling is not None and own > ceiling:
            raise Invalid(
                "limits_wider_than_policy",
                f"Limits may only narrow the profile's; its {name} are {ceiling}.",
                pointer=f"/limits/{name}",
            )


def require_within_caps(
    tariffs: Iterable[Tariff], *, tier: str | None, caps: Sequence[CapPeriod], pointer: str | None
) -> None:
    """Refuse a price above the federal cap for this size of facility on any day it is in force.

    `pointer`: the field at fault; None: that of the price.

    Raises:
        Invalid: one is. The caps are law, so they are told.
    """
    for tariff in tariffs:
        breach = find_cap_breach(tariff, tier=tier, caps=caps)
        if breach is not None:
            raise Invalid(
                "rate_above_cap",
                _told(tariff, breach),
                pointer=pointer or f"/{breach.broken}",
                tariff=tariff.tariff,
                broken=breach.broken,
                first_day=breach.day.isoformat(),
                cap_per_minute=breach.cap_per_minute,
                source=breach.source,
            )


def _told(tariff: Tariff, breach: CapBreach) -> str:
    since = f"From {breach.day.isoformat()} on"
    if breach.broken == "connection_fee":
        return (
            f"{since} no connection fee may be charged at a facility of this size, and tariff {tariff.tariff} has one. "
            "Set it to 0.00, or end the tariff before that day."
        )
    return (
        f"{since} at most {breach.cap_per_minute} USD a minute may be charged at a facility of this size, and tariff "
        f"{tariff.tariff} charges more. Lower it, or end the tariff before that day."
    )


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - _NO_PLACE
