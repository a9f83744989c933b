"""Where does a removal request stand, for somebody who has nothing but the tracking token?

The token is a secret of 256 bits that is shown once. Kept is its digest under the PIN key; every key that is still in
the setting finds the tokens made under it, so that bringing a new key in ends none.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import PinKeys
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store.removal_requests import RemovalRequest, find_request_by_token

_TOKEN_BYTES: Final = 32
_USE: Final = "removal request tracking"


def new_tracking_token() -> str:
    """A token that nobody can guess, of characters that a path takes."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_digests(keys: PinKeys, token: str) -> tuple[str, ...]:
    """What a token can be kept as: its digest in hex under every key, the current one first. The first is stored."""
    return tuple(each.partition(":")[2] for each in keys.fingerprint([_USE, token]))


async def track_removal(deployment: Deployment, *, token: str) -> Mapping[str, Any]:
    """The state of the request that the token was given for, and its days.

    Whatever the text is, the same is done with it: it is digested and looked up.

    Raises:
        NotFound: it is no token, an unknown one, or one whose time after the decision is over; always the same.
    """
    digests = token_digests(deployment.pin_keys, token)
    async with deployment.database.read() as transaction:
        request = await find_request_by_token(transaction, digests)
    if request is None or _is_dead(request, now_ms=to_milliseconds(deployment.clock.now())):
        raise not_found()
    return {
        "state": request.state,
        "received_on": request.received_on,
        "due_on": request.due_on,
        "decided_on": request.decided_on,
    }


def _is_dead(request: RemovalRequest, *, now_ms: int) -> bool:
    return request.token_dies_at is not None and now_ms >= request.token_dies_at
