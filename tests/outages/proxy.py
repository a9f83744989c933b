"""What stands between the service and PostgreSQL? A proxy that stalls, delays, cuts, refuses and swallows.

It listens on TCP and leads to the server's Unix socket, so nothing but it is in the way.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Final

from tests.outages.line import HOST

_CHUNK: Final = 65_536
# How the server says it (CommandComplete).
_COMMITTED: Final = b"COMMIT\x00"


class Mode(StrEnum):
    """What it does with every connection, old and new."""

    PASS = "pass"
    STALL = "stall"  # takes connections and bytes and passes nothing on
    SWALLOW = "swallow"  # lets the server commit, then cuts the connection instead of saying so


class Proxy:
    """One listener before one server; `mode` and `delay_seconds` may be set at any time."""

    def __init__(self, socket_path: str) -> None:
        self.mode = Mode.PASS
        self.delay_seconds = 0.0
        self.swallowed = 0
        self.port = 0
        self._socket_path = socket_path
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._moves = asyncio.Event()
        self._moves.set()
        self._stranded: list[asyncio.Event] = []

    async def listen(self) -> None:
        """Take connections, at the same port as before."""
        self._server = await asyncio.start_server(self._carry, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Listen no more, and cut what is open: what a dead server looks like."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> int:
        """Cut every connection that is open, and answer how many those were."""
        found = list(self._open)
        for writer in found:
            writer.transport.abort()
        for forgotten in self._stranded:
            forgotten.set()
        return len(found)

    def strand(self) -> int:
        """Forget every open connection without telling either side, and answer how many; a new one is served."""
        stranded, self._moves = self._moves, asyncio.Event()
        self._moves.set()
        stranded.clear()
        self._stranded.append(stranded)
        return len(self._open) // 2

    def stall(self) -> None:
        """Pass nothing on until told to go on."""
        self.mode = Mode.STALL
        self._moves.clear()

    def go_on(self) -> None:
        """Pass on everything, what was held back included."""
        self.mode = Mode.PASS
        self.delay_seconds = 0.0
        self._moves.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back: asyncio.StreamWriter | None = None
        self._open.add(writer)
        moves = self._moves
        try:
            await moves.wait()
            there, back = await asyncio.open_unix_connection(self._socket_path)
            self._open.add(back)
            tasks = [
                asyncio.create_task(self._ask(reader, back, moves)),
                asyncio.create_task(self._answer(there, writer, moves)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            return  # cancelled: the scene is over
        finally:
            for side in (writer, back):
                if side is not None:
                    self._open.discard(side)
                    side.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, moves: asyncio.Event) -> None:
        with suppress(OSError):
            while received := await reader.read(_CHUNK):
                await moves.wait()
                back.write(received)
                await back.drain()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, moves: asyncio.Event) -> None:
        with suppress(OSError):
            while received := await there.read(_CHUNK):
                await moves.wait()
                if self.mode is Mode.SWALLOW and _COMMITTED in received:
                    self.swallowed += 1
                    return
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(received)
                await writer.drain()


@asynccontextmanager
async def standing_before(socket_path: str) -> AsyncIterator[Proxy]:
    """A proxy before this server, until the block is left."""
    proxy = Proxy(socket_path)
    await proxy.listen()
    try:
        yield proxy
    finally:
        proxy.go_on()
        await proxy.refuse()
