"""What happens when an operator enters a price or changes it?

Two prices for one call would make the answer depend on which was found first, so they may not overlap; and none may be
above the federal cap on any day of its life.
"""

from callgate.domain.errors import Conflict
from callgate.domain.rates import Tariff
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import require_within_caps
from callgate.flows.put_object import not_found, record_put
from callgate.flows.representations import shown_tariff
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store import tariffs as store
from callgate.store.facilities import find_facility
from callgate.store.locks import own_facilities


async def put_tariff(deployment: Deployment, request: StaffRequest, *, facility_id: str, tariff: Tariff) -> Written:
    """Enter the facility's own price, or change it.

    Raises:
        NotFound: there is no such facility.
        Invalid: it is above a cap of the facility's size.
        Conflict: another tariff prices the same calls on the same days.
        Outdated: If-Match names another state.
    """

    async def act(write: Write) -> Written:
        await own_facilities(write.transaction, [facility_id])
        facility = await find_facility(write.transaction, facility_id)
        if facility is None:
            raise not_found()
        known = await store.list_tariffs(write.transaction, facility_id=facility_id)
        found = next((one for one in known if one.tariff == tariff.tariff), None)
        before = None if found is None else shown_tariff(found, facility_id)
        write.require_match(before)
        require_within_caps([tariff], tier=facility.rate_cap_tier, caps=deployment.caps, pointer=None)
        for other in known:
            if other.tariff != tariff.tariff:
                _require_apart(tariff, other)
        await store.put_tariff(write.transaction, facility_id=facility_id, tariff=tariff)
        after = shown_tariff(tariff, facility_id)
        object_id = f"{facility_id}/{tariff.tariff}"
        return await record_put(
            write, "put_tariff", object_id=object_id, facility_id=facility_id, before=before, after=after
        )

    return await write_once(deployment, request, act)


def _require_apart(tariff: Tariff, other: Tariff) -> None:
    overlaps = (
        tariff.destination == other.destination
        and bool(set(tariff.payment_types) & set(other.payment_types))
        and bool(set(tariff.media) & set(other.media))
        and (other.effective_until is None or tariff.effective_from < other.effective_until)
        and (tariff.effective_until is None or other.effective_from < tariff.effective_until)
    )
    if overlaps:
        raise Conflict(
            "tariff_overlaps",
            f"Tariff {other.tariff} prices some of the same calls on some of the same days. End it with an "
            "effective_until first, or let this one begin when it ends.",
            tariff=other.tariff,
        )
