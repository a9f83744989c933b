"""Somebody has looked into an incident and closes it: is it still open, and what was found?"""

from callgate.domain.errors import Conflict
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.read_incidents import shown_incident
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import incidents as store
from callgate.store.database import Record


async def close_incident(deployment: Deployment, request: StaffRequest, *, incident_id: str, note: str) -> Written:
    """Close it, for good: what happens later is another incident.

    Raises:
        Conflict: somebody closed it before.
    """

    async def act(write: Write) -> Written:
        row = await _own(write, incident_id)
        before = shown_incident(row)
        write.require_match(before)
        if row.state == "closed":
            raise Conflict("already_closed", "This incident was closed before; its note says by whom and why.")
        closed = {"closed_by": write.actor.subject, "closed_at": write.now_ms, "close_note": note}
        await store.close_incident(write.transaction, incident_id, closed)
        after = shown_incident(await _own(write, incident_id))
        await write.record(
            "close_incident", "incident", incident_id, facility_id=row.facility_id, before=before, after=after
        )
        return Written(body=after, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _own(write: Write, incident_id: str) -> Record:
    """Its row, which no second closing can read meanwhile; it concerns no call, so no other lock is taken."""
    row = await store.own_incident(write.transaction, incident_id)
    if row is None:
        raise not_found()
    return row
