"""How do a request that came whole and its answer pass between uvicorn and the application in one piece each?

ASGI hands over a body as a message that might be followed by others, under a timer, and takes an answer as two, of
which it checks every header each time. For a request of a few hundred bytes on a kept connection, whose answer has the
same dozen headers every time, that is a third of all that stands around a decision.
"""

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from callgate.api.straight import OK, SHORTCUT, lines_of


class ShortcutProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a shortcut beside the usual way for whoever knows of it."""

    def on_headers_complete(self) -> None:
        """Begin the request, whose application runs when all that has been received is read."""
        super().on_headers_complete()
        self.scope[SHORTCUT] = CycleShortcut(self.cycle)  # type: ignore[typeddict-unknown-key]  # servers may add


class CycleShortcut:
    """The shortcut of one request; see `straight.Shortcut`."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def take_whole_body(self) -> bytes | None:
        """The body, if all of it is there."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected:
            return None
        return bytes(cycle.body)

    def send_whole(self, head: Iterable[bytes], body: bytes) -> bool:
        """Send an answer with 200, unless something stands against sending it at once."""
        cycle = self._cycle
        if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or not cycle.keep_alive:
            return False
        cycle.response_started = cycle.response_complete = True
        own = lines_of(cycle.default_headers)
        cycle.transport.write(b"".join((STATUS_LINE[OK], own, *head, b"\r\n", body)))
        cycle.message_event.set()
        cycle.on_response()
        return True
