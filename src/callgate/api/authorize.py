"""POST /v1/authorize: may this call go through, for how long, at what price?"""

from typing import Final

from fastapi import APIRouter, Request, Response

from callgate.api.auth import permitted
from callgate.api.dialects import form
from callgate.api.openapi import problem_responses, request_body
from callgate.api.switch_models import AuthorizeIn, AuthorizeOut, parse_attempt
from callgate.api.switch_route import SwitchRoute, answered, switch_token
from callgate.api.tokens import VerifiedToken
from callgate.domain.roles import Permission
from callgate.flows.attempt import Answered, Attempt
from callgate.flows.intake import Intake

router = APIRouter(route_class=SwitchRoute, tags=["decision"])
_JSON: Final = "application/json"


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
    token = switch_token(request, Permission.CALLS_AUTHORIZE)
    asked = parse_attempt(await request.body(), request.headers.get("content-type", _JSON))
    outcome = await decided(request, token, asked)
    headers = replayed(outcome)
    if form.is_wanted(request.headers.get("accept", "")):
        return Response(form.encode_answer(outcome.body), media_type=form.MEDIA_TYPE, headers=headers)
    return Response(outcome.body, media_type=_JSON, headers=headers)


async def decided(request: Request, token: VerifiedToken, asked: AuthorizeIn) -> Answered:
    """The one decision and the one record behind every dialect.

    Raises:
        Invalid: 422 `call_id_reused`. Unavailable: no decision was made. HTTPException: 401.
    """
    intake: Intake = request.app.state.intake
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
    return {"Idempotent-Replayed": "true"} if outcome.replayed else None
