"""What does a connection have to keep to, and what is answered on it before the application is asked?

uvicorn waits for a request's head as long as the client likes, so that some thousand connections which never finish
theirs would hold every handle there is. And it hands each request to the application, where refusing one attempt takes
half as long as deciding it. Both are settled here, below the application.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from callgate import observe
from callgate.api import middleware
from callgate.api.overload import CODE, IS_FULL, PATH, overloaded
from callgate.clock import SystemClock
from callgate.commands.shortcut import ShortcutProtocol
from callgate.domain.ids import new_id

QUIET_SECONDS_MAX: Final = 90.0
"""How long a new connection may be quiet; between requests uvicorn waits as long."""

HEAD_SECONDS_MAX: Final = 10.0
BODY_SECONDS_MAX: Final = middleware.BODY_SECONDS_MAX + 2.0
"""Whoever reads a body waits less and says so; this is for bodies that nobody reads, after an answer without them."""

PAUSE_SECONDS_MIN: Final = 0.1
PAUSE_SECONDS_MAX: Final = 0.4
_REFUSALS_PER_SECOND: Final = 2000
"""Whoever was refused is not listened to for a moment, longer the more there are, so that those who ask again at once
cannot take all the time there is. The next attempt waits in the socket meanwhile, and still hears within its time."""

_CLOCK: Final = SystemClock()


class GuardedProtocol(ShortcutProtocol):
    """uvicorn's HTTP/1.1 with bounded patience, where an attempt for which there is no room is refused unread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever uvicorn passes
        super().__init__(*args, **kwargs)
        self._is_full: Callable[[], bool] = self.app_state.get(IS_FULL, _never)
        self._patience: asyncio.TimerHandle | None = None
        self._deafness: asyncio.TimerHandle | None = None
        self._is_under_way = False  # a request began to arrive, and its end has not come
        self._is_hurried = False
        self._is_refusing = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(QUIET_SECONDS_MAX, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget_patience()
        if self._deafness is not None:
            self._deafness.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came; where it leaves a request unfinished, wait for the rest, but not for ever."""
        super().data_received(data)
        if self._is_under_way:
            if not self._is_hurried:
                self._hurry(HEAD_SECONDS_MAX)
        elif self._patience is not None:
            self._forget_patience()

    def on_message_begin(self) -> None:
        """Note that a request is arriving."""
        super().on_message_begin()
        self._is_under_way = True

    def on_headers_complete(self) -> None:
        """Hand the request over, unless there is no room for it."""
        if self._is_full() and self._may_refuse():
            self._is_refusing = True
            return
        if self._is_hurried:
            self._hurry(BODY_SECONDS_MAX)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand it over; of what is refused it is not even kept."""
        if not self._is_refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Refuse now what is to be refused: an answer before the body's end could cross it on the way."""
        self._is_under_way = False
        if self._is_refusing:
            self._is_refusing = False
            self._refuse()
        else:
            super().on_message_complete()

    def _refuse(self) -> None:
        observe.refused(CODE)
        if self.flow.write_paused:  # it sends and does not read: what it is told would pile up here
            self.transport.close()
            return
        further = b"".join(name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers)
        self.transport.write(overloaded(new_id(_CLOCK.now()), further_headers=further))
        self.on_response_complete()
        self.flow.pause_reading()
        pause = max(PAUSE_SECONDS_MIN, min(len(self.connections) / _REFUSALS_PER_SECOND, PAUSE_SECONDS_MAX))
        self._deafness = self.loop.call_later(pause, self._listen_again)

    def _may_refuse(self) -> bool:
        """Is this an ordinary attempt on a connection that is free for the answer?"""
        if self.url != PATH or self.parser.get_method() != b"POST" or not self.parser.should_keep_alive():
            return False
        before: RequestResponseCycle | None = self.cycle
        if self.expect_100_continue or (before is not None and not before.response_complete):
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        return length.isdigit() and int(length) <= middleware.BODY_BYTES_MAX

    def _listen_again(self) -> None:
        self._deafness = None
        self.flow.resume_reading()

    def _hurry(self, seconds: float) -> None:
        self._forget_patience()
        self._is_hurried = True
        self._patience = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._patience = None
        self.transport.close()

    def _forget_patience(self) -> None:
        self._is_hurried = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _never() -> bool:
    return False
