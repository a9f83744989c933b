"""How does a POST that must be fast get from the socket to its flow, past the router and the objects that it makes?

FastAPI's way through a request costs more than a checked and recorded decision: its outer layers, the router, and a
`Request` and a `Response` for each. A route that stands here too is answered from the raw headers and the raw body.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from fastapi import Request, Response

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

OK: Final = 200
SHORTCUT: Final = "callgate.shortcut"
"""Where in a request's scope the server puts its `Shortcut`, if it has one."""


@dataclass(slots=True, eq=False, repr=False)
class Asked:
    """One request as it came.

    Args:
        headers: by lower-case name; of a name that came twice the first.
        read_body: waits for the whole body; raises as `Request.body` does.
    """

    headers: Mapping[bytes, bytes]
    read_body: Callable[[], Awaitable[bytes]]

    def header(self, name: bytes) -> str:
        """The value of a header, empty where it did not come."""
        return self.headers.get(name, b"").decode("latin-1")


class Shortcut(Protocol):
    """What a server can do at once that takes several messages by ASGI."""

    def take_whole_body(self) -> bytes | None:
        """The request's body; None where not all of it is there yet."""

    def send_whole(self, head: Iterable[bytes], body: bytes) -> bool:
        """Answer with 200, these header lines beside the server's own, and this body; False: it cannot be done now."""


class Reply(NamedTuple):
    """What is answered, with 200; everything else is raised."""

    body: bytes
    headers: Headers


Straight: TypeAlias = Callable[[Asked], Awaitable[Reply]]


def first_headers(raw: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name; of a name that came twice the first.

    Example:
        >>> first_headers([(b"accept", b"a"), (b"accept", b"b")])
        {b'accept': b'a'}
    """
    return dict(reversed(raw))


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The headers as they stand on the wire.

    Example:
        >>> lines_of([(b"accept", b"a"), (b"age", b"0")]).splitlines()
        [b'accept: a', b'age: 0']
    """
    return b"".join([part for name, value in headers for part in (name, b": ", value, b"\r\n")])


def reply_of(body: bytes, media_type: bytes, *more: tuple[bytes, bytes]) -> Reply:
    """Answer this body, with these headers beside its own two."""
    return Reply(body, ((b"content-length", b"%d" % len(body)), (b"content-type", media_type), *more))


def asked_of(request: Request) -> Asked:
    """The same request where it came through the router after all."""
    return Asked(first_headers(request.scope["headers"]), request.body)


def response_of(reply: Reply) -> Response:
    """The same answer for the router."""
    response = Response(reply.body)
    response.raw_headers = list(reply.headers)
    return response
