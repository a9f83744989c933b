"""Staff end a restriction before its time: does it still run, and why does it end?"""

from callgate.domain.errors import Conflict
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found, require_covered
from callgate.flows.read_restrictions import shown_restriction, state_of
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import restrictions as store
from callgate.store.locks import own_inmate
from callgate.store.restrictions import Restriction
from callgate.store.whereabouts import find_whereabouts


async def end_restriction(deployment: Deployment, request: StaffRequest, *, restriction_id: str, note: str) -> Written:
    """End it from this instant on; one that has not begun never will.

    Raises:
        Conflict: it was ended before, or its last day has passed.
    """

    async def act(write: Write) -> Written:
        seen = await _find(write, restriction_id)
        await own_inmate(write.transaction, seen.inmate_id)
        person = await find_whereabouts(write.transaction, seen.inmate_id)
        if person is None:
            raise not_found()
        require_covered(write, person.facility_id)
        restriction = await _find(write, restriction_id)
        before = shown_restriction(restriction, now_ms=write.now_ms)
        write.require_match(before)
        if state_of(restriction, now_ms=write.now_ms) in {"ended", "over"}:
            raise Conflict("already_over", "This restriction has no effect any more, so there is nothing to end.")
        await store.end_restriction(
            write.transaction, restriction_id, ended_at_ms=write.now_ms, ended_by=write.actor.subject, note=note
        )
        after = shown_restriction(await _find(write, restriction_id), now_ms=write.now_ms)
        await write.record(
            "end_restriction",
            "restriction",
            restriction_id,
            facility_id=person.facility_id,
            before=before,
            after=after,
        )
        return Written(body=after, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _find(write: Write, restriction_id: str) -> Restriction:
    found = await store.find_restriction(write.transaction, restriction_id)
    if found is None:
        raise not_found()
    return found
