"""One-time calls: a first or an emergency call to a number that need not be on the person's list."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant, InstantText, LongText, PhoneText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import ask_one_time_call as ask_flow
from callgate.flows import decide_one_time_call as decide_flow
from callgate.flows import read_one_time_calls

router = APIRouter(route_class=StaffRoute, tags=["one-time calls"])

InmateId = Annotated[CallerId, Path(description="The person's number.", examples=["00204418"])]
OneTimeCallId = Annotated[CallerId, Path(description="As the one-time call was answered with.")]
Kind = Literal["first_call", "emergency"]


class OneTimeCallIn(WireIn):
    """A call that a counselor asks for."""

    number: PhoneText
    kind: Kind
    reason: LongText = Field(examples=["Admitted this morning; wants to tell his mother where he is."])


class OneTimeCallDecisionIn(WireIn):
    """What the warden decides."""

    decision: Literal["grant", "refuse"]
    note: LongText = Field(examples=["Hospital confirmed the admission by telephone."])
    expires_at: Instant | None = Field(
        default=None,
        description="The call must begin before this instant. In the future, and no later than the profile allows "
        "(24 hours from now); null: as late as that. Only with `grant`.",
    )


class OneTimeCallOut(WireOut):
    """A one-time call."""

    one_time_call_id: str
    inmate_id: str = Field(examples=["00204418"])
    number: str = Field(examples=["+18605550123"])
    kind: Kind
    reason: str
    state: Literal["asked", "granted", "refused", "used", "expired"] = Field(
        description="`used` once a call of it was answered; one that nobody answered leaves it `granted`."
    )
    asked_by: str = Field(examples=["m.okafor"])
    asked_at: InstantText
    decided_by: str | None = Field(examples=["w.lamb"])
    decided_at: InstantText | None
    decision_note: str | None = Field(description="The warden's words; null to whoever cannot decide.")
    expires_at: InstantText | None = Field(description="Of a granted one: the call must begin before this instant.")
    used_decision_id: str | None = Field(description="The call that used it.")


class OneTimeCallPage(WireOut):
    """One page of one-time calls."""

    items: list[OneTimeCallOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.post(
    "/v1/inmates/{inmate_id}/one-time-calls",
    operation_id="ask_one_time_call",
    summary="Ask for a first or an emergency call",
    response_model=OneTimeCallOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.ONE_TIME_CALLS_ASK)),
)
async def ask_one_time_call(request: Request, inmate_id: InmateId, body: OneTimeCallIn) -> Response:
    """Ask the warden for one call to a number that need not be on the list. Nothing can be called by it until then.

    A number that cannot be called from here: 422 `number_not_valid`; a hotline, which needs no asking: 422
    `hotline_number`; a released person: 409 `person_released`. The list is neither changed nor looked at.
    """
    given = ask_flow.OneTimeCallGiven(number=body.number, kind=body.kind, reason=body.reason)
    return written(
        await ask_flow.ask_one_time_call(
            deployment_of(request), staff_request(request), inmate_id=inmate_id, given=given
        )
    )


@router.get(
    "/v1/inmates/{inmate_id}/one-time-calls",
    operation_id="list_one_time_calls",
    summary="List a person's one-time calls",
    response_model=OneTimeCallPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.ONE_TIME_CALLS_READ)),
)
async def list_one_time_calls(
    request: Request, inmate_id: InmateId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List what was asked for and what became of it, newest first."""
    items = await read_one_time_calls.read_one_time_calls(
        deployment_of(request),
        actor_of(request),
        inmate_id=inmate_id,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="one_time_call_id")


@router.get(
    "/v1/one-time-calls/{one_time_call_id}",
    operation_id="get_one_time_call",
    summary="Read one one-time call",
    response_model=OneTimeCallOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.ONE_TIME_CALLS_READ)),
)
async def get_one_time_call(request: Request, one_time_call_id: OneTimeCallId) -> Response:
    """Read one one-time call."""
    return shown(
        await read_one_time_calls.read_one_time_call(
            deployment_of(request), actor_of(request), one_time_call_id=one_time_call_id
        )
    )


@router.post(
    "/v1/one-time-calls/{one_time_call_id}/decision",
    operation_id="decide_one_time_call",
    summary="Grant or refuse a one-time call",
    response_model=OneTimeCallOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.ONE_TIME_CALLS_GRANT)),
)
async def decide_one_time_call(
    request: Request, one_time_call_id: OneTimeCallId, body: OneTimeCallDecisionIn
) -> Response:
    """Grant or refuse. A granted one stands in for a list entry until it expires or a call of it is answered.

    Everything else binds that call as any other: blocks, hours, restrictions, ceilings and the price. A second
    decision: 409 `already_decided`; by whoever asked: 409 `same_person`; for a number that is blocked for this person:
    409 `number_blocked`; for a released person: 409 `person_released`.
    """
    given = decide_flow.OneTimeCallDecision(decision=body.decision, note=body.note, expires_at=body.expires_at)
    return written(
        await decide_flow.decide_one_time_call(
            deployment_of(request), staff_request(request), one_time_call_id=one_time_call_id, given=given
        )
    )
