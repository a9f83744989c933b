"""POST /v1/radius/...: the same decisions and reports for RADIUS-only switches, through FreeRADIUS's rlm_rest."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from callgate.api import bodies
from callgate.api.auth import deployment_of, permitted
from callgate.api.authorize import decided, replayed
from callgate.api.call_events import event_told
from callgate.api.dialects import radius
from callgate.api.event_models import CallEventIn
from callgate.api.fields import WireOut
from callgate.api.openapi import problem_responses
from callgate.api.switch_models import malformed, validated_attempt
from callgate.api.switch_route import SwitchRoute, switch_token
from callgate.domain.roles import Permission
from callgate.flows.attempt import Refused
from callgate.flows.record_call_events import record_call_events

router = APIRouter(route_class=SwitchRoute, tags=["decision"])
_JSON = "application/json"
_ATTRIBUTES: Mapping[str, Any] = {
    "type": "object",
    "description": "The request's attributes as rlm_rest writes them.",
    "additionalProperties": {
        "type": "object",
        "properties": {"type": {"type": "string"}, "value": {"type": "array"}},
    },
    "examples": [
        {
            "Acct-Session-Id": {"type": "string", "value": ["3f1c9a7e"]},
            "Calling-Station-Id": {"type": "string", "value": ["osborn-B-03"]},
            "Called-Station-Id": {"type": "string", "value": ["+18605550123"]},
            "User-Password": {"type": "string", "value": ["49371568"]},
        }
    ],
}


class RadiusAnswerOut(WireOut):
    """Attributes for FreeRADIUS to set."""

    model_config = ConfigDict(populate_by_name=True)

    auth_type: Annotated[str, Field(alias="control:Auth-Type", examples=["Accept", "Reject"])]
    session_timeout: int | None = Field(
        default=None, alias="reply:Session-Timeout", description="Seconds of talk; on Accept alone."
    )
    reply_message: str | None = Field(
        default=None, alias="reply:Reply-Message", description="The class of the refusal; on Reject alone."
    )


@router.post(
    "/v1/radius/authorize",
    operation_id="authorize_call_radius",
    summary="Decide one call attempt, for FreeRADIUS",
    response_model=RadiusAnswerOut,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
    openapi_extra={
        **permitted(Permission.CALLS_AUTHORIZE),
        "requestBody": {"required": True, "content": {_JSON: {"schema": _ATTRIBUTES}}},
    },
)
async def authorize_call_radius(request: Request) -> Response:
    """Answer allow and deny with 200: `control:Auth-Type` is `Accept` with the talk time, or `Reject` with the class.

    Anything of 400 and above means that no decision was made, and the server must reject.
    """
    token = switch_token(request, Permission.CALLS_AUTHORIZE)
    attributes = _read(await request.body())
    try:
        given = radius.attempt_of(attributes)
    except ValueError:
        raise _unreadable() from None
    outcome = await decided(request, token, validated_attempt(given))
    return Response(radius.accept_or_reject(outcome.body), media_type=_JSON, headers=replayed(outcome))


@router.post(
    "/v1/radius/accounting",
    operation_id="report_call_radius",
    summary="Report what happened on a call, for FreeRADIUS",
    status_code=204,
    response_class=Response,
    responses=problem_responses(400, 401, 403, 413, 503),
    openapi_extra={
        **permitted(Permission.CALL_EVENTS_POST),
        "requestBody": {"required": True, "content": {_JSON: {"schema": _ATTRIBUTES}}},
    },
)
async def report_call_radius(request: Request) -> Response:
    """Take Start as `answered`, Interim-Update as `progress`, Stop as `ended`; a report about no call changes nothing.

    204 in every case that was kept: RADIUS accounting carries no order back to the switch. A call that must end is
    told by webhook or by the switch's commands.
    """
    token = switch_token(request, Permission.CALL_EVENTS_POST)
    attributes = _read(await request.body())
    deployment = deployment_of(request)
    try:
        given = radius.event_of(attributes, received_at=deployment.clock.now())
    except ValueError:
        raise _unreadable() from None
    if given is None:
        return Response(status_code=204)
    try:
        told = CallEventIn.model_validate(given)
    except ValidationError as error:
        raise malformed(error) from None
    answers = await record_call_events(
        deployment, switch_id=token.actor.subject, token_issued_at=token.issued_at, events=[event_told(told)]
    )
    if isinstance(answers, Refused):
        raise HTTPException(401)
    return Response(status_code=204)


def _read(raw: bytes) -> Mapping[str, Any]:
    try:
        given = bodies.parse_object(raw)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(given, dict):
        raise _unreadable()
    return given


def _unreadable() -> RequestValidationError:
    return RequestValidationError([{"type": "json_invalid", "loc": ("body",)}])
