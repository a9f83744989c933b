"""POST /v1/call-events: what became of the calls that were allowed, and must they go on?"""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from json import dumps
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from callgate.api.auth import deployment_of, permitted
from callgate.api.event_models import CallEventIn, CallEventOut, CallEventsIn, CallEventsOut, parse_events
from callgate.api.openapi import problem_responses, request_body
from callgate.api.switch_route import SwitchRoute, switch_token
from callgate.domain.call import CallEvent, EventType
from callgate.domain.roles import Permission
from callgate.flows.attempt import Refused
from callgate.flows.record_call_events import record_call_events

router = APIRouter(route_class=SwitchRoute, tags=["decision"])


@router.post(
    "/v1/call-events",
    operation_id="report_call_events",
    summary="Report what happened on a call",
    response_model=CallEventOut | CallEventsOut,
    responses=problem_responses(400, 401, 403, 413, 503),
    openapi_extra={
        **permitted(Permission.CALL_EVENTS_POST),
        "requestBody": request_body(CallEventIn | CallEventsIn),
    },
)
async def report_call_events(request: Request) -> Response:
    """Take one event, or `{"events": [...]}` for a spooled catch-up, answered by `{"results": [...]}` in order.

    Events may come late, twice or out of order. `action` says whether the call may go on, `max_duration_seconds`
    how much longer. An `ended` of a call that was never asked about is kept, and its `call_id` cannot be used for
    an attempt later.
    """
    token = switch_token(request, Permission.CALL_EVENTS_POST)
    told, is_batch = parse_events(await request.body())
    answers = await record_call_events(
        deployment_of(request),
        switch_id=token.actor.subject,
        token_issued_at=token.issued_at,
        events=[event_told(one) for one in told],
    )
    if isinstance(answers, Refused):
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    results = [asdict(answer) for answer in answers]
    body: Mapping[str, Any] = {"results": results} if is_batch else results[0]
    return Response(dumps(body, separators=(",", ":")), media_type="application/json")


def event_told(told: CallEventIn) -> CallEvent:
    """The event that was told, as the flow takes it."""
    return CallEvent(
        call_id=told.call_id,
        type=EventType(told.type),
        sequence_number=told.sequence_number,
        occurred_at=told.occurred_at,
        duration_seconds=told.duration_seconds or 0,
        cause=told.cause,
        answered_at=told.answered_at,
        recorded=told.recorded,
        sip_status=told.sip_status,
        q850_cause=told.q850_cause,
        diverted_to=told.diverted_to,
    )
