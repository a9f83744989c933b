"""The key that signs a switch's webhooks is changed: what holds while its receiver changes over?

For a day both keys sign, and either is enough for the receiver; after that the old one signs nothing any more.
"""

from datetime import timedelta
from typing import Final

from callgate.domain.instants import to_milliseconds, to_wire
from callgate.domain.webhook import new_secret
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.put_switch import covers_switch
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, write_once
from callgate.store import switches as store
from callgate.store.locks import own_system

BOTH_SIGN_HOURS: Final = 24
"""No source sets it; long enough for whoever keeps the receiver to be at work once."""


async def change_webhook_secret(deployment: Deployment, request: StaffRequest, *, switch_id: str) -> Written:
    """Make a new secret, show it this once, and let the one before it sign beside it for a day.

    Changing it twice within the day ends the oldest at once: whoever does that fears that it is known.

    Raises:
        NotFound: there is no such switch that the token covers.

    Clause: Standard Webhooks, "Secret rotation"; contract section 2 (`revoke_url`).
    """

    async def act(write: Write) -> Written:
        await own_system(write.transaction)
        row = await store.find_switch(write.transaction, switch_id)
        if row is None or not covers_switch(write.actor, row):
            raise not_found()
        until = write.now + timedelta(hours=BOTH_SIGN_HOURS)
        secret = new_secret()
        await store.put_webhook_secret(
            write.transaction,
            switch_id,
            secret=secret,
            before=row.webhook_secret,
            before_until_ms=to_milliseconds(until),
        )
        shown = {"switch_id": switch_id, "webhook_secret": None, "secret_before_until": to_wire(until)}
        await write.record("change_webhook_secret", "switch", switch_id, facility_id=None, after=shown)
        return Written(body={**shown, "webhook_secret": secret}, status=CREATED, kept_body=shown)

    return await write_once(deployment, request, act)
