"""What holds for every request before a route sees it, and for every answer after?

A request id, bounds on the body, the security headers, one log line, and an answer of ours even where the code fails.
Plain ASGI: it stands on the hot path.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callgate import observe
from callgate.api import problems
from callgate.api.problems import SWITCH_PATHS, problem
from callgate.api.straight import OK, SHORTCUT, Asked, Reply, Shortcut, Straight, first_headers, lines_of
from callgate.clock import Clock, monotonic_seconds
from callgate.domain.errors import CallgateError
from callgate.domain.ids import new_id

BODY_BYTES_MAX: Final = 64 * 1024
BODY_SECONDS_MAX: Final = 10.0
# A body that is too large is still read a while: a client that is writing does not hear an answer, only the reset.
_DRAIN_BYTES_MAX: Final = 1024 * 1024
_DRAIN_SECONDS_MAX: Final = 2.0

HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
)
_LINES: Final = lines_of(HEADERS)
_CLOSE: Final = {"Connection": "close"}
_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_UNAVAILABLE: Final = 503
# Asked so often, and counted elsewhere, that a line for each good answer would drown all others.
_UNLOGGED_WHEN_GOOD: Final = SWITCH_PATHS | {"/livez", "/readyz", "/metrics"}
_log = structlog.get_logger("callgate.request")

NOTHING_STRAIGHT: Final[Mapping[str, Straight]] = MappingProxyType({})


class Envelope:
    """The outermost layer of the application.

    Args:
        body_seconds_max: how long a body may take to arrive.
        straight: POSTs that are taken past the router, by path. Each stands in the router too, for the path's other
            methods and for the OpenAPI file.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        body_seconds_max: float = BODY_SECONDS_MAX,
        straight: Mapping[str, Straight] = NOTHING_STRAIGHT,
    ) -> None:
        """Wrap the application."""
        self._app = app
        self._clock = clock
        self._body_seconds_max = body_seconds_max
        self._straight = straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["callgate.request_id"] = new_id(self._clock.now())
        since = monotonic_seconds()
        answer = _Answer(send, request_id)
        await self._handle(scope, _Body(receive, scope, seconds_max=self._body_seconds_max), answer)
        _write_line(scope, answer.status, seconds=monotonic_seconds() - since)

    async def _handle(self, scope: Scope, body: "_Body", answer: "_Answer") -> None:
        try:
            body.require_declared_fit()
            handler = self._straight.get(scope["path"]) if scope["method"] == "POST" else None
            if handler is None:
                await self._app(scope, body.receive, answer.send)
            else:
                await _go_straight(handler, scope, body, answer)
        except HTTPException as error:  # the body's, where no route asked for it
            await body.drain()
            await problem(Request(scope), error.status_code, headers=error.headers)(scope, body.receive, answer.send)
        except ClientDisconnect:
            return
        except Exception as error:
            # The message could hold what was sent, so only the error's kind and its places in the code are logged.
            _log.error(
                "request_failed",
                request_id=scope["callgate.request_id"],
                error=type(error).__name__,
                places=observe.places_of(error.__traceback__),
            )
            if answer.status is not None:
                raise
            await problem(Request(scope), 500)(scope, body.receive, answer.send)


async def _go_straight(handler: Straight, scope: Scope, body: "_Body", answer: "_Answer") -> None:
    """Answer as the router would, failures included."""
    try:
        reply = await handler(Asked(first_headers(scope["headers"]), body.whole))
    except CallgateError as error:
        response = problems.told(Request(scope), error)
    except RequestValidationError as error:
        response = problems.malformed(Request(scope), error.errors())
    except HTTPException as error:
        response = problems.problem(Request(scope), error.status_code, headers=error.headers)
    else:
        await answer.send_reply(reply, scope.get(SHORTCUT))
        return
    await response(scope, body.receive, answer.send)


class _Answer:
    """What leaves: with the headers that every answer has."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *HEADERS, self._id_header()]
        await self._send(message)

    async def send_reply(self, reply: Reply, shortcut: Shortcut | None) -> None:
        self.status = OK
        if shortcut is not None and shortcut.send_whole(
            (lines_of(reply.headers), _LINES, b"x-request-id: ", self._request_id.encode(), b"\r\n"), reply.body
        ):
            return
        headers = [*reply.headers, *HEADERS, self._id_header()]
        await self._send({"type": "http.response.start", "status": OK, "headers": headers})
        await self._send({"type": "http.response.body", "body": reply.body})

    def _id_header(self) -> tuple[bytes, bytes]:
        return (b"x-request-id", self._request_id.encode())


class _Body:
    """What arrives: no more than a body may have, and no slower."""

    __slots__ = ("_deadline", "_is_complete", "_is_late", "_receive", "_received", "_scope", "_seconds_max")

    def __init__(self, receive: Receive, scope: Scope, *, seconds_max: float) -> None:
        self._receive = receive
        self._scope = scope
        self._seconds_max = seconds_max
        self._received = 0
        self._deadline: float | None = None
        self._is_complete = False
        self._is_late = False

    def require_declared_fit(self) -> None:
        """Believe a request that says itself that it is too large.

        Raises:
            HTTPException: 413.
        """
        declared = self._header(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > BODY_BYTES_MAX:
            raise _too_large()

    async def whole(self) -> bytes:
        """All of it.

        Raises:
            HTTPException: 413 or 408. ClientDisconnect: the client left before it was there.
        """
        shortcut: Shortcut | None = self._scope.get(SHORTCUT)
        body = None if shortcut is None else shortcut.take_whole_body()
        if body is not None and len(body) <= BODY_BYTES_MAX:
            self._is_complete = True
            return body
        parts = []
        while not self._is_complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
        return b"".join(parts)

    async def receive(self) -> Message:
        """The next part.

        Raises:
            HTTPException: 413 or 408.
        """
        if self._is_complete:
            return await self._receive()  # waits for the client to leave, however long
        message = await self._receive_in_time()
        self._received += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._received > BODY_BYTES_MAX:
            await self.drain()
            raise _too_large()
        return message

    async def _receive_in_time(self) -> Message:
        # What `asyncio.timeout` does, at a third of its cost: this stands in the way of every decision.
        now = monotonic_seconds()
        if self._deadline is None:
            self._deadline = now + self._seconds_max
        task = asyncio.current_task()
        timer = asyncio.get_running_loop().call_later(self._deadline - now, self._expire, task)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if not self._is_late or task is None or task.uncancel() > 0:
                raise
            raise HTTPException(408, headers=_CLOSE) from None
        finally:
            timer.cancel()

    def _expire(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None:
            self._is_late = True
            task.cancel()

    async def drain(self) -> None:
        """Read on for a while without keeping anything."""
        if self._header(b"expect") is not None:
            return  # the client waits to be told whether to send at all
        received = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS_MAX):
                while not self._is_complete and received <= _DRAIN_BYTES_MAX:
                    message = await self._receive()
                    received += len(message.get("body", b""))
                    self._is_complete = not message.get("more_body", False)
        except TimeoutError:
            return

    def _header(self, wanted: bytes) -> bytes | None:
        for name, value in self._scope["headers"]:
            if name == wanted:
                return bytes(value)
        return None


def _too_large() -> HTTPException:
    return HTTPException(413, headers=_CLOSE)


def _write_line(scope: Scope, status: int | None, *, seconds: float) -> None:
    """One line a request: the route as declared, never the path, which holds numbers and persons."""
    path = scope["path"]
    if path in _UNLOGGED_WHEN_GOOD and status in (OK, _UNAVAILABLE):
        return
    route: Any = scope.get("route")
    named = path if path in SWITCH_PATHS else getattr(route, "path", None)
    _log.info(
        "request",
        request_id=scope["callgate.request_id"],
        method=scope["method"] if scope["method"] in _METHODS else "other",
        route=named,
        status=status,
        duration_ms=round(seconds * 1000, 1),
    )
