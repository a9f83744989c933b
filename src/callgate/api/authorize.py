"""POST /v1/authorize: may this call go through, for how long, at what price?"""

from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, Request, Response

from callgate.api.auth import permitted, token_in
from callgate.api.dialects import form
from callgate.api.openapi import problem_responses, request_body
from callgate.api.straight import Asked, Reply, asked_of, reply_of, response_of
from callgate.api.switch_models import AuthorizeIn, AuthorizeOut, parse_attempt
from callgate.api.switch_route import SwitchRoute, answered, permitted_token
from callgate.api.tokens import VerifiedToken, VerifiedTokens
from callgate.clock import Clock
from callgate.domain.roles import Permission
from callgate.flows.attempt import Answered, Attempt
from callgate.flows.intake import Intake

router = APIRouter(route_class=SwitchRoute, tags=["decision"])
_JSON: Final = "application/json"
_REPLAYED: Final = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Authorize:
    """The route without the router: what `straight.py` is for."""

    clock: Clock
    intake: Intake
    tokens: VerifiedTokens = field(repr=False)

    async def __call__(self, asked: Asked) -> Reply:
        """Answer one request.

        Raises:
            CallgateError, HTTPException, RequestValidationError: as the route's answers of 400 and above say.
        """
        token = token_in(asked.header(b"authorization"), tokens=self.tokens, now=self.clock.now(), basic=True)
        permitted_token(token, Permission.CALLS_AUTHORIZE)
        attempt = parse_attempt(await asked.read_body(), asked.header(b"content-type"))
        outcome = await submitted(self.intake, token, attempt)
        again = ((_REPLAYED.lower().encode(), b"true"),) if outcome.replayed else ()
        if form.is_wanted(asked.header(b"accept")):
            return reply_of(form.encode_answer(outcome.body).encode(), form.MEDIA_TYPE.encode(), *again)
        return reply_of(outcome.body.encode(), _JSON.encode(), *again)


@router.post(
    "/v1/authorize",
    operation_id="authorize_call",
    summary="Decide one call attempt",
    response_model=AuthorizeOut,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
    openapi_extra={**permitted(Permission.CALLS_AUTHORIZE), "requestBody": request_body(AuthorizeIn, form=True)},
)
async def authorize(request: Request) -> Response:
    """Answer allow or deny, with the talk time, the conditions and the price.

    Both are 200 with the same keys; anything of 400 and above means that no decision was made, and a switch treats
    it, and a time-out, as deny. The answer is on durable storage before it leaves. A repeat of the same request
    under the same `call_id` gets the same answer with `Idempotent-Replayed: true`.
    """
    straight: Authorize = request.app.state.authorize
    return response_of(await straight(asked_of(request)))


async def decided(request: Request, token: VerifiedToken, asked: AuthorizeIn) -> Answered:
    """The one decision and the one record behind every dialect; raises as `submitted`."""
    intake: Intake = request.app.state.intake
    return await submitted(intake, token, asked)


async def submitted(intake: Intake, token: VerifiedToken, asked: AuthorizeIn) -> Answered:
    """Wait for the decision.

    Raises:
        Invalid: 422 `call_id_reused`. Unavailable: no decision was made. HTTPException: 401.
    """
    attempt = Attempt(
        switch_id=token.actor.subject,
        call_id=asked.call_id,
        station_id=asked.station_id,
        pin=asked.pin,
        called_number=asked.called_number,
        payment_type=asked.payment_type,
        media=asked.media,
        requested_duration_seconds=asked.requested_duration_seconds,
        setup_time=asked.setup_time,
        actor=token.actor,
        token_issued_at=token.issued_at,
    )
    return answered(await intake.submit(attempt))


def replayed(outcome: Answered) -> dict[str, str] | None:
    """The header of an answer that was given before."""
    return {_REPLAYED: "true"} if outcome.replayed else None
