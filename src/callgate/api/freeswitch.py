"""POST /v1/freeswitch/dialplan: the same decision for FreeSWITCH's mod_xml_curl."""

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from callgate.api.auth import permitted
from callgate.api.authorize import decided, replayed
from callgate.api.dialects import freeswitch
from callgate.api.problems import FREESWITCH_PATH
from callgate.api.switch_models import validated_attempt
from callgate.api.switch_route import SwitchRoute, switch_token
from callgate.domain.roles import Permission

router = APIRouter(route_class=SwitchRoute, tags=["decision"])


@router.post(
    FREESWITCH_PATH,
    operation_id="authorize_call_freeswitch",
    summary="Decide one call attempt, as a FreeSWITCH dialplan",
    response_class=Response,
    responses={
        200: {
            "content": {freeswitch.MEDIA_TYPE: {"schema": {"type": "string"}}},
            "description": "A dialplan that bridges within the grant, or one that hangs up: on a denial, on a request "
            "that cannot be read or is not permitted, and on every failure.",
        }
    },
    openapi_extra={
        **permitted(Permission.CALLS_AUTHORIZE),
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": True}}
            },
        },
    },
)
async def authorize_call_freeswitch(request: Request) -> Response:
    """Answer a dialplan look-up of mod_xml_curl.

    Always 200, because on anything else FreeSWITCH goes on to its static dialplan.
    """
    token = switch_token(request, Permission.CALLS_AUTHORIZE)
    try:
        variables = freeswitch.read_form(await request.body())
    except ValueError:
        raise RequestValidationError([{"type": "form_invalid", "loc": ("body",)}]) from None
    asked = validated_attempt(freeswitch.attempt_of(variables))
    outcome = await decided(request, token, asked)
    dialplan = freeswitch.dialplan_of(
        outcome.body, called_number=asked.called_number, context=freeswitch.context_of(variables)
    )
    return Response(dialplan, media_type=freeswitch.MEDIA_TYPE, headers=replayed(outcome))
