"""What does an attempt hear for which there is no room, before anybody has read it?

Under overload a refusal must cost a small part of a decision, or refusing takes the time that deciding needs. So this
answer is made once, byte for byte the one that the route would give, and only its request id is new each time.
"""

from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request

from callgate.api.middleware import HEADERS
from callgate.api.problems import AUTHORIZE_PATH, told
from callgate.flows.intake import Overloaded

CODE: Final = Overloaded().code
PATH: Final = AUTHORIZE_PATH.encode()
IS_FULL: Final = "callgate.is_full"
"""Where the application's lifespan state says whether one more attempt could be decided in time."""

_STATUS: Final = HTTPStatus.SERVICE_UNAVAILABLE
_ID: Final = "00000000-0000-0000-0000-request-id-0"  # as long as a real one, which the length of the answer counts


def overloaded(request_id: str, *, further_headers: bytes = b"") -> bytes:
    """The whole HTTP answer.

    Args:
        further_headers: what the server adds to every answer, each line with its end.
    """
    first, *parts = _parts()
    return b"".join((first, further_headers, request_id.encode().join(parts)))


@cache
def _parts() -> tuple[bytes, ...]:
    """The status line, and the rest of the answer cut where the request id stands."""
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": AUTHORIZE_PATH, "headers": []}
    answer = told(Request({**scope, "callgate.request_id": _ID}), Overloaded())
    headers = (*answer.raw_headers, *HEADERS, (b"x-request-id", _ID.encode()))
    lines = [name + b": " + value for name, value in headers]
    rest = b"\r\n".join((*lines, b"", bytes(answer.body)))
    return (f"HTTP/1.1 {_STATUS} {_STATUS.phrase}\r\n".encode(), *rest.split(_ID.encode()))
