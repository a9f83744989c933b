"""GET /v1/calls: which calls were allowed, and how do they stand?"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from callgate.api import answers
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant, LongText, WireIn
from callgate.api.openapi import problem_responses
from callgate.api.paging import LIMIT_DEFAULT, Cursor, Limit, decode_cursor, encode_cursor, page_of
from callgate.api.switch_models import ChargeOut, RateQuoteOut
from callgate.domain.errors import Invalid
from callgate.domain.roles import Permission
from callgate.flows import terminate_call as flow
from callgate.flows.dialling import parse_dialled
from callgate.flows.read_calls import CallFilter, list_calls, load_call

router = APIRouter(route_class=StaffRoute, tags=["calls"])


class CallOut(BaseModel):
    """One allowed call."""

    decision_id: str
    switch_id: str
    call_id: str
    facility_id: str
    station_id: str
    inmate_id: str | None = Field(description="Null on a hotline: nobody is identified there.")
    number: str
    call_class: Literal["social", "privileged", "hotline"]
    state: Literal["authorized", "answered", "ended", "expired"]
    authorized_at: str
    authorization_expires_at: str
    end_by: str
    max_duration_seconds: int
    answered_at: str | None
    ended_at: str | None
    duration_seconds: int | None = Field(description="Talk time in whole seconds as the switch told it.")
    cause: str | None
    recorded: bool | None
    rate_quote: RateQuoteOut | None
    charge: ChargeOut | None
    revoked_at: str | None = Field(description="Since when its next event is answered `terminate`.")


class TerminateIn(WireIn):
    """Why the call is ended."""

    note: LongText = Field(examples=["Threats heard by the officer on duty."])


class CallsOut(BaseModel):
    """One page of calls, newest first."""

    items: list[CallOut]
    next_cursor: str | None


@router.get(
    "/v1/calls",
    operation_id="list_calls",
    summary="List calls",
    response_model=CallsOut,
    responses=problem_responses(401, 403, 404, 422),
    openapi_extra=permitted(Permission.CALLS_READ),
)
async def get_calls(  # noqa: PLR0913 - the contract's filters
    request: Request,
    *,
    state: Annotated[Literal["authorized", "answered", "ended", "expired"] | None, Query()] = None,
    facility_id: Annotated[CallerId | None, Query()] = None,
    inmate_id: Annotated[CallerId | None, Query()] = None,
    number: Annotated[str | None, Query(max_length=32, description="As dialled or E.164.")] = None,
    from_: Annotated[Instant | None, Query(alias="from", description="Authorized at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Authorized before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """List the calls at the facilities that the token covers, newest first, by state, person, number or time."""
    deployment = deployment_of(request)
    after = decode_cursor(cursor, parts=1)
    wanted = CallFilter(
        state=state,
        facility_id=facility_id,
        inmate_id=inmate_id,
        number=_normalised(number, region=deployment.settings.default_region),
        from_=from_,
        to=to,
    )
    found = await list_calls(
        deployment, actor_of(request), wanted=wanted, after=None if after is None else after[0], limit=limit + 1
    )
    page, more = page_of(found, limit=limit)
    return answers.listed(list(page), next_cursor=encode_cursor([page[-1]["decision_id"]]) if more else None)


@router.get(
    "/v1/calls/{decision_id}",
    operation_id="get_call",
    summary="Read one call",
    response_model=CallOut,
    responses=problem_responses(401, 403, 404),
    openapi_extra=permitted(Permission.CALLS_READ),
)
async def get_call(request: Request, decision_id: CallerId) -> Response:
    """Read the call of one allowed attempt."""
    return answers.shown(await load_call(deployment_of(request), decision_id))


@router.post(
    "/v1/calls/{decision_id}/terminate",
    operation_id="terminate_call",
    summary="End a running call",
    response_model=CallOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=permitted(Permission.CALLS_TERMINATE),
)
async def terminate_call(request: Request, decision_id: CallerId, body: TerminateIn) -> Response:
    """End the call: its switch is told at once, and the call's next event is answered `terminate`.

    `revoked_at` says since when; the call is over when its switch reports it ended. A call that is over already is 409.
    """
    return answers.written(
        await flow.terminate_call(
            deployment_of(request), staff_request(request), decision_id=decision_id, note=body.note
        )
    )


def _normalised(number: str | None, *, region: str) -> str | None:
    if number is None:
        return None
    parsed = parse_dialled(number, region=region)
    if parsed.e164 is None:
        raise Invalid(
            "number_not_valid", "This is not a number that can be called; check its digits.", pointer="/number"
        )
    return parsed.e164
