"""How do the routes that switches use get from the socket to the flow, and no slower?

They alone bypass FastAPI's dependency machinery: it costs more than the decision. They are declared like every
other route and stand in the OpenAPI file with their models.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from callgate.api.auth import verified_token
from callgate.api.tokens import VerifiedToken
from callgate.domain.errors import Forbidden, Invalid
from callgate.domain.roles import Permission
from callgate.flows.attempt import Answered, Outcome

_UNAUTHORIZED = 401
_REUSED = (
    "This call_id was used for another request of this switch, or its call is over. Use a new one for a new attempt."
)


class SwitchRoute(APIRoute):
    """A route whose endpoint takes the bare request and gives the bare answer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def switch_token(request: Request, permission: Permission) -> VerifiedToken:
    """The asking switch, permitted; HTTP Basic with the token as password is taken too.

    Raises:
        HTTPException: 401. Forbidden: the token is not a switch's.
    """
    return permitted_token(verified_token(request, basic=True), permission)


def permitted_token(token: VerifiedToken, permission: Permission) -> VerifiedToken:
    """The same token, where its role may do this.

    Raises:
        Forbidden: it may not.
    """
    if not token.actor.may(permission):
        raise Forbidden("not_permitted", "Your role does not include this.")
    return token


def answered(outcome: Outcome) -> Answered:
    """The answer, or the refusal that the outcome is.

    Raises:
        Invalid: 422 `call_id_reused`. HTTPException: 401 where the switch no longer takes this token.
    """
    if isinstance(outcome, Answered):
        return outcome
    if outcome.code == "token_not_accepted":
        raise HTTPException(_UNAUTHORIZED)
    raise Invalid(outcome.code, _REUSED)
