"""Staff end a call that is running: is it still, and who said why?"""

from callgate.domain.call import state_at
from callgate.domain.errors import Conflict, NotFound
from callgate.flows.deployment import Deployment
from callgate.flows.read_calls import shown_call
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store import calls
from callgate.store.calls_revoked import revoke_call

BY_STAFF = "terminated_by_staff"
_RUNNING = frozenset({"authorized", "answered"})


async def terminate_call(deployment: Deployment, request: StaffRequest, *, decision_id: str, note: str) -> Written:
    """Revoke the call: its switch is told at once, and its next event is answered `terminate`.

    A call that was revoked before is answered as it stands; that it was asked for again is on the trail all the same.

    Raises:
        NotFound: the attempt was denied, so there is no call.
        Conflict: it is over.

    Clause: contract section 2, running calls; RULES F61.
    """

    async def act(write: Write) -> Written:
        row = await calls.own_call(write.transaction, decision_id)
        if row is None:
            raise NotFound("not_found", "There is no call of this decision: the attempt was denied.")
        state = state_at(calls.call_of(row), write.now).value
        if state not in _RUNNING:
            raise Conflict(f"already_{state}", "This call is over, so there is nothing to end.")
        await revoke_call(write.transaction, decision_id=decision_id, reason=BY_STAFF, now_ms=write.now_ms)
        await write.record(
            "terminate_call",
            "call",
            decision_id,
            facility_id=row.facility_id,
            before={"state": state, "revoked": row.revoked_at is not None},
            after={"state": state, "revoked": True, "note": note},
        )
        after = await calls.load_call(write.transaction, decision_id)
        return Written(body=shown_call(after, write.now))

    return await write_once(deployment, request, act)
