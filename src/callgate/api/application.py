"""What stands between the server and FastAPI? For most requests nothing, for those that must be fast the envelope.

FastAPI's own outer layers, telemetry and error pages, cost as much as all that the envelope does, and stand outside it.
"""

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from callgate.api.middleware import NOTHING_STRAIGHT, Envelope
from callgate.api.straight import Straight
from callgate.clock import Clock


class Application(FastAPI):
    """FastAPI, and beside it what is answered straight."""

    _straight: Mapping[str, Straight] = NOTHING_STRAIGHT
    _envelope: Envelope

    def put_in_envelope(self, *, clock: Clock, straight: Mapping[str, Straight]) -> None:
        """Let every request come through an `Envelope`, which see: past FastAPI's layers where it goes straight."""
        self.add_middleware(Envelope, clock=clock)
        self._envelope = Envelope(super().__call__, clock=clock, straight=straight)
        self._straight = straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection's request."""
        if scope["type"] == "http" and scope["path"] in self._straight and scope["method"] == "POST":
            await self._envelope(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
