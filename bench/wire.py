"""How does a load driver speak HTTP without taking time from what it measures?

Raw HTTP/1.1 over kept connections: a request is rendered once, an answer is cut out of the bytes as they come. One
request is under way on a connection at a time, as on a switch's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, cast

from callgate.api.tokens import SWITCH_LIFETIME_SECONDS_MAX, TokenKeys, issue_token
from callgate.domain.roles import Role
from tests.seeding import NOON, TOKEN_KEY

HOST: Final = "127.0.0.1"
PATH: Final = "/v1/authorize"
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length: "


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` 0 and no body: the connection broke, and nobody knows."""

    status: int
    body: bytes

    @property
    def outcome(self) -> str:
        """`allow`, `deny`, `status 503`, or `broken`."""
        if self.status == 0:
            return "broken"
        if self.status != 200:  # noqa: PLR2004 - the one status that carries a decision
            return f"status {self.status}"
        return "allow" if b'"decision":"allow"' in self.body else "deny"


BROKEN: Final = Answer(0, b"")


def render(body: str, *, token: str, path: str = PATH) -> bytes:
    """One POST as it goes over the wire."""
    raw = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def switch_token() -> str:
    """A switch's token for every facility, good from the noon of the records on."""
    return issue_token(
        TokenKeys.from_text(TOKEN_KEY),
        subject="bench-switch",
        role=Role.SWITCH,
        facilities=None,
        now=NOON,
        lifetime_seconds=SWITCH_LIFETIME_SECONDS_MAX,
    )


class Line(asyncio.Protocol):
    """One kept connection. `hear` is called with each answer, and with `BROKEN` when the connection goes."""

    def __init__(self) -> None:
        self.hear: Callable[[Answer], None] | None = None
        self.is_open = False
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect.

        Raises:
            OSError: nobody listens there.
        """
        _, line = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's own class says so of itself, not by type
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Hand over an answer once it is whole."""
        self._received += data
        end = self._received.find(_HEAD_END)
        if end < 0:
            return
        head = self._received[: end + 2].lower()
        begin = head.find(_LENGTH) + len(_LENGTH)
        whole = end + len(_HEAD_END) + int(head[begin : head.index(b"\r\n", begin)])
        if len(self._received) < whole:
            return
        answer = Answer(int(head[9:12]), self._received[end + len(_HEAD_END) : whole])
        self._received = self._received[whole:]
        if b"\r\nconnection: close" in head:
            self.is_open = False
            self.close()
        self._tell(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        del exc
        self.is_open = False
        self._tell(BROKEN)

    def send(self, raw: bytes, hear: Callable[[Answer], None]) -> None:
        """Send one request and have `hear` called with what comes of it."""
        if self._transport is None or not self.is_open:
            hear(BROKEN)
            return
        self.hear = hear
        self._transport.write(raw)

    async def ask(self, raw: bytes) -> Answer:
        """Send one request and wait for what comes of it."""
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.send(raw, lambda answer: None if waiting.done() else waiting.set_result(answer))
        return await waiting

    def close(self) -> None:
        """End."""
        if self._transport is not None:
            self._transport.close()

    def _tell(self, answer: Answer) -> None:
        hear, self.hear = self.hear, None
        if hear is not None:
            hear(answer)
