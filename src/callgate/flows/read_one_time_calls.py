"""Which one-time calls were asked for, for whom, and where does each stand?

Nothing here is read from blocks: an answer is the same for a number that is blocked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.one_time_call import state_at
from callgate.domain.roles import Actor, Permission
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store import one_time_calls as store
from callgate.store.one_time_calls import OneTimeCall


def shown_one_time_call(found: OneTimeCall, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """A one-time call as this reader sees it.

    The warden's note is for those who decide: a warden may know of a block, and what they write down of it must not
    reach whoever asked.
    """
    expires_at = from_milliseconds(found.expires_at)
    state = state_at(found.state, expires_at=expires_at, is_used=found.used_decision_id is not None, now=now)
    return {
        "one_time_call_id": found.one_time_call_id,
        "inmate_id": found.inmate_id,
        "number": found.number,
        "kind": found.kind,
        "reason": found.reason,
        "state": state.value,
        "asked_by": found.asked_by,
        "asked_at": to_wire(from_milliseconds(found.asked_at)),
        "decided_by": found.decided_by,
        "decided_at": to_wire(from_milliseconds(found.decided_at)),
        "decision_note": found.decision_note if actor.may(Permission.ONE_TIME_CALLS_GRANT) else None,
        "expires_at": to_wire(expires_at),
        "used_decision_id": found.used_decision_id,
    }


async def read_one_time_call(deployment: Deployment, actor: Actor, *, one_time_call_id: str) -> Mapping[str, Any]:
    """One of them.

    Raises:
        NotFound: there is no such one-time call.
    """
    async with deployment.database.read() as transaction:
        found = await store.find_one_time_call(transaction, one_time_call_id)
    if found is None:
        raise not_found()
    return shown_one_time_call(found, actor, now=deployment.clock.now())


async def read_one_time_calls(
    deployment: Deployment, actor: Actor, *, inmate_id: str, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """One person's, newest first; `before`: the last id of the page before."""
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        found = await store.list_one_time_calls(transaction, inmate_id, before=before, limit=limit)
    return [shown_one_time_call(one, actor, now=now) for one in found]
