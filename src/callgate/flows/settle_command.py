"""A switch says that it has ended a call as it was told: is that its call, and was it told so?"""

from callgate import observe
from callgate.domain.errors import NotFound
from callgate.domain.instants import to_millisecond, to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.store.revoke_commands import find_commanded_call, find_settled_at, settle_command


async def require_command(deployment: Deployment, actor: Actor, decision_id: str) -> None:
    """Refuse a command that is none of this switch's.

    Raises:
        NotFound: the switch has no such call where its token reaches, or it was never revoked.
    """
    async with deployment.database.read() as transaction:
        call = await find_commanded_call(transaction, decision_id=decision_id, switch_id=actor.subject)
    if call is None or not actor.covers(call.facility_id):
        raise _not_found()


async def settle_revocation(deployment: Deployment, *, switch_id: str, decision_id: str) -> None:
    """Keep it, so that the command is not handed out again; saying so twice is saying so once.

    The call still holds its PIN until its `ended` comes or it expires: that a switch says so is not the record of how
    long the call ran.

    Raises:
        NotFound: the switch has no such call, or it was never revoked.

    Clause: contract section 2, running calls.
    """
    async with deployment.database.write() as transaction:
        now_ms = to_milliseconds(to_millisecond(deployment.clock.now()))
        call = await find_commanded_call(transaction, decision_id=decision_id, switch_id=switch_id)
        if call is None:
            raise _not_found()
        is_first = await find_settled_at(transaction, decision_id) is None
        await settle_command(transaction, decision_id, now_ms=now_ms)
    if is_first:
        observe.revocation_settled("ack", (now_ms - call.revoked_at) / 1000)


def _not_found() -> NotFound:
    return NotFound("not_found", "There is nothing here that your token covers.")
