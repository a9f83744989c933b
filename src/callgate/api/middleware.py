"""What holds for every request before a route sees it, and for every answer after?

A request id, a bound on the body, the security headers, and an answer of ours even where the code fails. Plain ASGI: it
stands on the hot path.
"""

from typing import Any, Final

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callgate.api.problems import problem
from callgate.clock import Clock
from callgate.domain.ids import new_id

BODY_BYTES_MAX: Final = 64 * 1024
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
)
_log = structlog.get_logger("callgate.request")


class _BodyTooLarge(Exception):  # noqa: N818 - never leaves this file
    pass


class Envelope:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        """Wrap the application."""
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id(self._clock.now())
        scope["callgate.request_id"] = request_id
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = list(message.get("headers", ()))
                headers.extend(_HEADERS)
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        if _declared_length(scope) > BODY_BYTES_MAX:
            await problem(Request(scope), 413, headers={"Connection": "close"})(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _bounded(receive), send_with_headers)
        except _BodyTooLarge:
            if not begun:
                await problem(Request(scope), 413, headers={"Connection": "close"})(scope, receive, send_with_headers)
        except Exception as error:
            # The traceback holds the code's places; the message could hold what was sent, so only its kind is logged.
            _log.error("request_failed", request_id=request_id, error=type(error).__name__, at=_place_of(error))
            if begun:
                raise
            await problem(Request(scope), 500)(scope, receive, send_with_headers)


def _declared_length(scope: Scope) -> int:
    value = MutableHeaders(scope=scope).get("content-length", "0")
    return int(value) if value.isascii() and value.isdigit() else BODY_BYTES_MAX + 1


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES_MAX:
            raise _BodyTooLarge
        return message

    return receive_bounded


def _place_of(error: BaseException) -> str:
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
