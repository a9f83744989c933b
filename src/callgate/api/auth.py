"""Who is asking, may the role do this, and does the token reach the place? Answered before anything is read.

Every staff route says its permission and what its path names; `StaffRoute` then answers 401, 403 and 404 in that order,
before the body is looked at.
"""

import base64
import binascii
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from callgate.api.bodies import canonical_text
from callgate.api.tokens import InvalidToken, VerifiedToken, VerifiedTokens
from callgate.domain.errors import Forbidden, NotFound
from callgate.domain.roles import Actor, Permission
from callgate.flows.deployment import Deployment
from callgate.flows.reach import find_reach
from callgate.flows.staff_write import StaffRequest

PERMISSION: Final = "x-permission"
_BEARER: Final = "bearer "
_BASIC: Final = "basic "
_KEY_LENGTH_MAX: Final = 255


def deployment_of(request: Request) -> Deployment:
    """The deployment that this application serves."""
    deployment: Deployment = request.app.state.deployment
    return deployment


def verified_token(request: Request, *, basic: bool = False) -> VerifiedToken:
    """The caller's token, verified now.

    `basic`: also take HTTP Basic with the token as password; some switches can send nothing else.

    Raises:
        HTTPException: 401, the same for every cause.
    """
    tokens: VerifiedTokens = request.app.state.tokens
    header = request.headers.get("authorization", "")
    return token_in(header, tokens=tokens, now=deployment_of(request).clock.now(), basic=basic)


def token_in(header: str, *, tokens: VerifiedTokens, now: datetime, basic: bool = False) -> VerifiedToken:
    """The token in this Authorization header, verified at `now`; see above."""
    raw = _raw_token(header, basic=basic)
    if raw is None:
        raise HTTPException(401)
    try:
        return tokens.verify(raw, now)
    except InvalidToken:
        raise HTTPException(401) from None


def actor_of(request: Request) -> Actor:
    """The caller of a staff route, already permitted."""
    actor: Actor = request.state.actor
    return actor


def staff_request(request: Request) -> StaffRequest:
    """How this staff request wants to be handled: its author, its Idempotency-Key, its If-Match."""
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and not (0 < len(key) <= _KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        raise HTTPException(400)
    return StaffRequest(
        actor=actor_of(request),
        route=f"{request.method} {request.url.path}"[:255],
        idempotency_key=key,
        content=getattr(request.state, "body_text", ""),
        if_match=request.headers.get("if-match"),
    )


class StaffRoute(APIRoute):
    """A route for staff: token, permission and reach first, then the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler in the three questions."""
        handle = super().get_route_handler()
        admitting = tuple(Permission(name) for name in (self.openapi_extra or {})[PERMISSION])

        async def guarded(request: Request) -> Response:
            actor = verified_token(request).actor
            if not any(actor.may(permission) for permission in admitting):
                raise Forbidden("not_permitted", "Your role does not include this.")
            request.state.actor = actor
            await self.require_reach(request, actor)
            request.state.body_text = canonical_text(await request.body())
            return await handle(request)

        return guarded

    async def require_reach(self, request: Request, actor: Actor) -> None:
        """Refuse a path to something that is not there, or that belongs to a place the token does not cover.

        A route whose objects belong to several places, or to none of their own, says in a subclass what that means.

        Raises:
            NotFound: the same for both.
        """
        for name, value in request.path_params.items():
            reach = await find_reach(deployment_of(request), kind=name, object_id=value)
            missing = not reach.exists and not (request.method == "PUT" and reach.may_be_created)
            foreign = reach.facility_id is not None and not actor.covers(reach.facility_id)
            if missing or foreign:
                raise NotFound("not_found", "There is nothing here that your token covers.")


def permitted(*admitting: Permission) -> dict[str, Any]:
    """What a route declares as `openapi_extra`: any of these lets a role in; the flow asks for the nearer one.

    The role and route matrix is read from it.
    """
    return {PERMISSION: [permission.value for permission in admitting]}


def _raw_token(header: str, *, basic: bool) -> str | None:
    lowered = header[:7].lower()
    if lowered.startswith(_BEARER):
        return header[len(_BEARER) :]
    if basic and lowered.startswith(_BASIC):
        try:
            pair = base64.b64decode(header[len(_BASIC) :], validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return pair.partition(":")[2]
    return None
