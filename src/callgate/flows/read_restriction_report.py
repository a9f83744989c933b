"""Whose restrictions come to more than the law of the place looks on at, or run past the day of release?

Totals alone: no kind, no case and no finding is told, so there is nothing here that any of its readers may not see.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.domain.instants import to_milliseconds, to_wire
from callgate.domain.restriction import Limits, Spell, Totals, ends_after_release, is_over, total_at
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.warn_of_stacking import IN_A_ROW, IN_A_YEAR, PAST_RELEASE, limits_of, spell_of
from callgate.store.database import Transaction
from callgate.store.restriction_totals import PeopleAsked, RestrictedPerson, list_restricted_people, list_spells_of

_PEOPLE_AT_ONCE: Final = 50  # adding up must not keep a call waiting
_YEAR: Final = timedelta(days=366)  # a day more than the longest year looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How one person stands now. `until`: when the last of their restrictions ends; None: all are over."""

    person: RestrictedPerson
    totals: Totals
    limits: Limits
    until: datetime | None
    past_release: bool

    @property
    def exceeds(self) -> list[str]:
        """By which of the warnings' codes do they stand on the report?"""
        held = (
            (IN_A_ROW, is_over(self.totals.days_in_a_row, self.limits.days_in_a_row)),
            (IN_A_YEAR, is_over(self.totals.days_in_year, self.limits.days_in_year)),
            (PAST_RELEASE, self.past_release),
        )
        return [code for code, holds in held if holds]

    def shown(self) -> Mapping[str, Any]:
        return {
            "inmate_id": self.person.inmate_id,
            "facility_id": self.person.facility_id,
            "exceeds": self.exceeds,
            "days_in_a_row": self.totals.days_in_a_row,
            "days_in_year": self.totals.days_in_year,
            "limits": {"days_in_a_row": self.limits.days_in_a_row, "days_in_year": self.limits.days_in_year},
            "until": to_wire(self.until),
            "past_projected_release": self.past_release,
        }


async def read_restriction_report(
    deployment: Deployment, actor: Actor, *, facility_id: str | None, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The people on the report at the facilities that the token covers, by their number.

    Args:
        facility_id: of this one alone.
        after: the last number of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    now = deployment.clock.now()
    asked = PeopleAsked(
        facility_ids=[facility_id] if facility_id is not None else _all_of(actor),
        since_ms=to_milliseconds(now - _YEAR),
        now_ms=to_milliseconds(now),
        total_ms=_least_ms(deployment),
    )
    found: list[Mapping[str, Any]] = []
    async with deployment.database.read() as transaction:
        while len(found) < limit:
            people = await list_restricted_people(transaction, asked, after=after, limit=_PEOPLE_AT_ONCE)
            standings = await _standings(deployment, transaction, people, now)
            found += [standing.shown() for standing in standings if standing.exceeds]
            if len(people) < _PEOPLE_AT_ONCE:
                break
            after = people[-1].inmate_id
    return found[:limit]


async def _standings(
    deployment: Deployment, transaction: Transaction, people: Sequence[RestrictedPerson], now: datetime
) -> list[_Standing]:
    spells: dict[str, list[Spell]] = defaultdict(list)
    for found in await list_spells_of(transaction, [person.inmate_id for person in people]):
        spells[found.inmate_id].append(spell_of(found))
    return [_standing(deployment, person, spells[person.inmate_id], now) for person in people]


def _standing(deployment: Deployment, person: RestrictedPerson, spells: Sequence[Spell], now: datetime) -> _Standing:
    zone = ZoneInfo(person.time_zone)
    release = None if person.projected_release is None else date.fromisoformat(person.projected_release)
    lasting = [spell.ends_at for spell in spells if now < spell.ends_at]
    return _Standing(
        person=person,
        totals=total_at(spells, zone=zone, now=now),
        limits=limits_of(deployment.policies.get(person.profile)),
        until=max(lasting, default=None),
        past_release=any(ends_after_release(ends_at, release, zone=zone) for ends_at in lasting),
    )


def _least_ms(deployment: Deployment) -> int | None:
    """The least that any profile here looks on at; None: none has a figure."""
    figures = [
        figure
        for limits in map(limits_of, deployment.policies.values())
        for figure in (limits.days_in_a_row, limits.days_in_year)
        if figure is not None
    ]
    return None if not figures else timedelta(days=min(figures)) // timedelta(milliseconds=1)


def _all_of(actor: Actor) -> list[str] | None:
    return None if actor.facilities is None else sorted(actor.facilities)
