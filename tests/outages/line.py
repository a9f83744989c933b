"""How does one client speak HTTP with the service, and what does it make of an answer that never comes?"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

HOST: Final = "127.0.0.1"
# Far beyond the service's own deadline: whoever is silent for so long has not refused, it has hung.
SILENT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` None: no answer; `cause` says why."""

    status: int | None
    body: bytes = b""
    cause: str = ""


class Line:
    """One kept connection, opened when it is needed and opened again after it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, *, seconds_max: float = SILENT_SECONDS) -> Reply:
        """Send one request and wait for its answer; never raises for what the other side does."""
        try:
            async with asyncio.timeout(seconds_max):
                return await self._ask(request)
        except TimeoutError:
            self.drop()
            return Reply(None, cause="silent")
        except ConnectionRefusedError:
            return Reply(None, cause="refused")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.drop()
            return Reply(None, cause="cut")

    async def send_and_leave(self, request: bytes, *, after_seconds: float, reset: bool) -> None:
        """Send a request, or the first half of it where nothing is waited for, and go without an answer."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(SILENT_SECONDS):
                _, writer = await asyncio.open_connection(HOST, self._port)
                writer.write(request if after_seconds else request[: len(request) // 2])
                await asyncio.sleep(after_seconds)
                if reset:
                    writer.transport.abort()
                writer.close()

    def drop(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _ask(self, request: bytes) -> Reply:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0] or 0)
        body = await reader.readexactly(length)
        if b"\r\nconnection: close" in head:
            self.drop()
        return Reply(int(head[9:12]), body)


def request_of(path: str, token: str, body: bytes = b"", *, method: str = "POST") -> bytes:
    """The bytes of one request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: callgate.test\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
