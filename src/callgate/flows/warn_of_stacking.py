"""A restriction was entered: does it, with the person's others, come to more than the law of the place looks on at?

Nothing is refused. Whoever enters it is told at once, and so are those who read the alerts.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.domain.alerts import AlertKind
from callgate.domain.instants import from_milliseconds
from callgate.domain.policy import Policy
from callgate.domain.restriction import Limits, Spell, Totals, ends_after_release, is_over, total_with
from callgate.flows.deployment import Deployment
from callgate.flows.raise_alerts import Alarm
from callgate.flows.staff_write import Write
from callgate.store.inmates import load_inmate
from callgate.store.restriction_totals import RestrictedSpell, list_spells
from callgate.store.restrictions import Restriction
from callgate.store.whereabouts import Whereabouts

IN_A_ROW: Final = "stacked_in_a_row"
IN_A_YEAR: Final = "days_in_year"
PAST_RELEASE: Final = "past_projected_release"

Warnings = Sequence[Mapping[str, Any]]


def limits_of(policy: Policy | None) -> Limits:
    """What the profile looks on at; nothing is known of a profile that this deployment has no more."""
    if policy is None:
        return Limits(days_in_a_row=None, days_in_year=None)
    return Limits(days_in_a_row=policy.restriction_stacking_days, days_in_year=policy.restriction_days_per_year)


def spell_of(found: RestrictedSpell) -> Spell:
    """What the store keeps, as a value."""
    return Spell(starts_at=from_milliseconds(found.starts_at), ends_at=from_milliseconds(found.ends_at))


async def warn_of_stacking(
    deployment: Deployment, write: Write, restriction: Restriction, person: Whereabouts
) -> Warnings:
    """Say what is worth a second look about a restriction that was just kept, and raise one alert if anything is.

    Clause: RULES F36; the figures are `restriction.stacking_days` and `restriction.days_per_year` of the profile.
    """
    zone = ZoneInfo(person.locality.time_zone)
    limits = limits_of(deployment.policies.get(person.locality.profile))
    spells = [spell_of(found) for found in await list_spells(write.transaction, restriction.inmate_id)]
    own = Spell(starts_at=from_milliseconds(restriction.starts_at), ends_at=from_milliseconds(restriction.ends_at))
    totals = total_with(own, spells, zone=zone)
    row = await load_inmate(write.transaction, restriction.inmate_id)
    release = None if row.projected_release is None else date.fromisoformat(row.projected_release)
    warnings = _over_limits(totals, limits)
    if release is not None and ends_after_release(own.ends_at, release, zone=zone):
        warnings.append(_past_release(release))
    if warnings:
        await _raise_alert(write, restriction, person, totals, warnings)
    return warnings


def _over_limits(totals: Totals, limits: Limits) -> list[Mapping[str, Any]]:
    told = (
        (IN_A_ROW, totals.days_in_a_row, limits.days_in_a_row, "days in a row, with the restrictions it joins"),
        (IN_A_YEAR, totals.days_in_year, limits.days_in_year, "days within one year, with the others"),
    )
    return [
        {
            "code": code,
            "detail": (
                f"This person is without calls for {days} {what}; the profile asks for a second look at more than "
                f"{limit}. The restriction was kept as entered. End one before its time if this is not meant."
            ),
            "days": days,
            "limit": limit,
        }
        for code, days, limit, what in told
        if is_over(days, limit)
    ]


def _past_release(release: date) -> Mapping[str, Any]:
    return {
        "code": PAST_RELEASE,
        "detail": (
            f"It ends after the day on which this person is expected to be released, {release.isoformat()}. The "
            "restriction was kept as entered. Look at its end again."
        ),
        "days": None,
        "limit": None,
    }


async def _raise_alert(
    write: Write, restriction: Restriction, person: Whereabouts, totals: Totals, warnings: Warnings
) -> None:
    detail = {
        "inmate_id": restriction.inmate_id,
        "warnings": [warning["code"] for warning in warnings],
        "days_in_a_row": totals.days_in_a_row,
        "days_in_year": totals.days_in_year,
    }
    alarm = Alarm(
        kind=AlertKind.RESTRICTIONS_STACKED,
        subject=restriction.restriction_id,
        facility_id=person.facility_id,
        detail=detail,
    )
    await write.tell(alarm)
