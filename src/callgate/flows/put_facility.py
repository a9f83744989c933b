"""What happens when an operator registers a facility or changes its terms?

Changing the jurisdiction is one word, `profile`: the facility's own hours, limits and prices are then held against the
new law, and the change is refused where they do not fit it.
"""

from dataclasses import dataclass

from callgate.domain.case import Hours, Limits
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import (
    policy_window,
    require_hours,
    require_limits,
    require_profile,
    require_region,
    require_time_zone,
    require_within_caps,
)
from callgate.flows.put_object import record_put
from callgate.flows.representations import shown_facility
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store import facilities as store
from callgate.store.locks import own_facilities
from callgate.store.tariffs import list_tariffs


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityGiven:
    """A facility as the operator wants it to stand. None: as the profile has it."""

    name: str
    time_zone: str
    profile: str
    hours: Hours | None
    region: str
    rate_cap_tier: str | None
    limits: Limits | None


async def put_facility(
    deployment: Deployment, request: StaffRequest, *, facility_id: str, given: FacilityGiven
) -> Written:
    """Register the facility, or change its terms.

    Raises:
        Invalid: profile, zone or region are unknown, or a term is wider than the law.
        Outdated: If-Match names another state.
    """
    policy = require_profile(deployment, given.profile)
    require_time_zone(given.time_zone)
    require_region(given.region)
    require_hours(given.hours, within=[policy_window(policy)])
    require_limits(given.limits, policy)

    async def act(write: Write) -> Written:
        await own_facilities(write.transaction, [facility_id])
        row = await store.find_facility(write.transaction, facility_id)
        before = None if row is None else shown_facility(row)
        write.require_match(before)
        tariffs = await list_tariffs(write.transaction, facility_id=facility_id)
        require_within_caps(tariffs, tier=given.rate_cap_tier, caps=deployment.caps, pointer="/rate_cap_tier")
        await store.put_facility(
            write.transaction,
            facility_id,
            name=given.name,
            time_zone=given.time_zone,
            profile=given.profile,
            hours=given.hours,
            region=given.region,
            rate_cap_tier=given.rate_cap_tier,
            limits=given.limits,
        )
        after = shown_facility(await store.load_facility(write.transaction, facility_id))
        return await record_put(
            write, "put_facility", object_id=facility_id, facility_id=facility_id, before=before, after=after
        )

    return await write_once(deployment, request, act)
