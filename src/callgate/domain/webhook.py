"""How does a receiver know that a message is from callgate, whole, and not an old one sent again?

By the Standard Webhooks headers (standardwebhooks.com): the message's id, the second it was signed in, and a keyed
digest over both and the body.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_SCHEME: Final = "v1"


def new_secret() -> str:
    """A key as the standard writes it: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def signed_headers(keys: Sequence[str], *, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers under which this body is sent.

    Args:
        keys: one or more of `new_secret`; while a key is being changed both sign, and either is enough.
        message_id: the same on every try, so that a receiver can tell a second delivery from a second message.
        at: when it is signed; a receiver refuses what is old.

    Clause: Standard Webhooks, "Signature scheme"; contract section 2, running calls.

    Example:
        >>> from datetime import UTC, datetime
        >>> headers = signed_headers(["whsec_AAAA"], message_id="m1", at=datetime(2026, 1, 1, tzinfo=UTC), body=b"{}")
        >>> headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"][:3]
        ('m1', '1767225600', 'v1,')
    """
    seconds = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), seconds.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"{_SCHEME},{_digest(key, content)}" for key in keys),
    }


def _digest(key: str, content: bytes) -> str:
    return b64encode(hmac.digest(b64decode(key.removeprefix(_PREFIX)), content, "sha256")).decode("ascii")
