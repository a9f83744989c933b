"""Which numbers wait for the warden, since when, and which of them too long?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callgate.domain.business_days import business_day_after, count_business_days
from callgate.domain.hours import local_day
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.policy import Policy
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found
from callgate.store.pending_numbers import PendingNumber, list_pending_numbers


async def read_pending_numbers(
    deployment: Deployment,
    actor: Actor,
    *,
    facility_id: str | None,
    after: tuple[int, str] | None,
    limit: int,
) -> list[tuple[tuple[int, str], Mapping[str, Any]]]:
    """The queue at the facilities that the token covers, the longest waiting first, each with its place in the order.

    `after`: the place of the last one of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
        Conflict: a facility's profile is not in this deployment any more.

    Clause: RULES F10, F38.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    covered = None if actor.facilities is None else sorted(actor.facilities)
    async with deployment.database.read() as transaction:
        found = await list_pending_numbers(
            transaction,
            facility_ids=covered if facility_id is None else [facility_id],
            after=after,
            limit=limit,
        )
    now = deployment.clock.now()
    return [
        ((pending.since, pending.entry_id), _shown(pending, load_policy(deployment, pending.profile), now=now))
        for pending in found
    ]


def _shown(pending: PendingNumber, policy: Policy, *, now: datetime) -> dict[str, Any]:
    """Its age counts by the calendar of the facility where the person is held now."""
    zone, since = ZoneInfo(pending.time_zone), from_milliseconds(pending.since)
    day, today = local_day(zone, since), local_day(zone, now)
    due_on = business_day_after(day, policy.pending_due_business_days)
    return {
        "change_id": pending.change_id,
        "submitted_by": pending.submitted_by,
        "facility_id": pending.facility_id,
        "inmate_id": pending.inmate_id,
        "number": pending.number,
        "name": pending.name,
        "relationship": pending.relationship,
        "kind": pending.kind,
        "since": to_wire(since),
        "age_days": (today - day).days,
        "age_business_days": count_business_days(day, until=today),
        "due_on": due_on.isoformat(),
        "overdue": today > due_on,
    }
