"""Staff open the telephones again before the time: does the shut-off still run, and why does it end?"""

from callgate.domain.errors import Conflict
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.read_shutoffs import shown_shutoff, state_of
from callgate.flows.shut_off import own_scope
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import shutoffs as store
from callgate.store.shutoffs import Shutoff


async def end_shutoff(deployment: Deployment, request: StaffRequest, *, shutoff_id: str, note: str) -> Written:
    """End it from this instant on. Calls that it revoked stay revoked.

    Raises:
        Forbidden: it is the whole system's and the token is not.
        Conflict: it was ended before, or its time has passed.
    """

    async def act(write: Write) -> Written:
        await own_scope(write, (await _find(write, shutoff_id)).facility_id)
        shutoff = await _find(write, shutoff_id)
        before = shown_shutoff(shutoff, now_ms=write.now_ms)
        write.require_match(before)
        if state_of(shutoff, now_ms=write.now_ms) != "in_force":
            raise Conflict("already_over", "This shut-off stops nothing any more, so there is nothing to end.")
        await store.end_shutoff(
            write.transaction, shutoff_id, ended_at_ms=write.now_ms, ended_by=write.actor.subject, note=note
        )
        after = shown_shutoff(await _find(write, shutoff_id), now_ms=write.now_ms)
        await write.record(
            "end_shutoff", "shutoff", shutoff_id, facility_id=shutoff.facility_id, before=before, after=after
        )
        return Written(body=after, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _find(write: Write, shutoff_id: str) -> Shutoff:
    found = await store.find_shutoff(write.transaction, shutoff_id)
    if found is None:
        raise not_found()
    return found
