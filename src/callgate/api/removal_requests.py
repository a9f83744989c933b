"""Removal requests: numbers whose owners asked not to be called, blocked at once and decided by the warden."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from callgate.api.answers import listed, shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Day, DayText, InstantText, LongText, PhoneText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.paging import Cursor, Limit, decode_cursor, encode_cursor, page_of
from callgate.domain.roles import Permission
from callgate.flows import decide_removal as decide_flow
from callgate.flows import read_removals
from callgate.flows import take_in_removal as take_in_flow
from callgate.flows.removal_letters import read_letters

router = APIRouter(route_class=StaffRoute, tags=["removal requests"])

RequestId = Annotated[CallerId, Path(description="As the request was answered with.")]
Channel = Literal["letter", "phone", "web", "agency"]
State = Literal["open", "granted", "refused"]
Scope = Literal["inmate", "facility"]


class RemovalRequestIn(WireIn):
    """A request as it is taken in."""

    facility_id: CallerId = Field(examples=["osborn-ci"])
    number: PhoneText
    inmate_id: CallerId | None = Field(
        default=None, description="Whose calls should stop: known, or not yet booked. Left out: everybody's there."
    )
    requester_name: ShortText = Field(examples=["Ruth Doe"])
    received_on: Day = Field(
        description="The day on which it arrived, by the facility's calendar. The term runs from it."
    )
    channel: Channel
    letter_reference: ShortText | None = Field(default=None, examples=["IN-2026-1187"])
    identity_checked: bool = Field(description="The number was shown to be the requester's.")


class LetterOut(WireOut):
    """One letter to the requester, in each language. It names nobody who is held, and nobody's list."""

    en: str
    es: str


class NewRemovalRequestOut(WireOut):
    """A request that was just taken in. The number is blocked already."""

    request_id: str
    state: Literal["open"]
    due_on: DayText = Field(description="The last day for the decision.")
    provisional_block_id: str | None = Field(
        description="The block that stands until the decision. Null: the number is everybody's and was not blocked."
    )
    tracking_token: str | None = Field(description="For the requester. Shown this once: null in a repeated answer.")
    listed_for: int = Field(description="On how many people's lists the number stands, of those concerned.")
    confirmation_letter: LetterOut


class RemovalRequestOut(WireOut):
    """A request."""

    request_id: str
    facility_id: str
    number: str = Field(examples=["+18605550123"])
    inmate_id: str | None
    requester_name: str
    received_on: DayText
    channel: Channel
    letter_reference: str | None
    identity_checked: bool
    state: State
    due_on: DayText
    age_days: int = Field(description="Days since it arrived, up to the decision.")
    overdue: bool = Field(description="It is open, and its last day is over.")
    provisional_block_id: str | None
    listed_for: int = Field(description="As it was when the request was taken in.")
    created_by: str = Field(examples=["m.okafor"])
    created_role: str = Field(examples=["counselor"])
    created_at: InstantText
    decided_by: str | None = Field(examples=["w.lamb"])
    decided_at: InstantText | None
    decided_on: DayText | None
    decided_scope: Scope | None = Field(description="Whom a grant concerns.")
    decision_note: str | None


class RemovalRequestPage(WireOut):
    """One page of requests."""

    items: list[RemovalRequestOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class RemovalDecisionIn(WireIn):
    """What the warden decides."""

    decision: Literal["grant", "refuse"]
    scope: Scope | None = Field(
        default=None,
        description="Whom a grant concerns; `inmate` only where the request names one. Else not looked at.",
    )
    note: LongText = Field(examples=["Telephone bill seen; the number is hers."])


class RemovalDecisionOut(RemovalRequestOut):
    """A request that was just decided."""

    lists_changed: int = Field(description="From how many lists the number was taken.", examples=[1])
    calls_revoked: int = Field(description="Running calls that must end now.", examples=[0])
    block_ids: list[str] = Field(description="The lasting blocks; none after a refusal.")
    reply_letter: LetterOut


class RemovalLettersOut(WireOut):
    """The letters of one request, without the tracking token."""

    request_id: str
    confirmation: LetterOut
    reply: LetterOut | None = Field(description="Null while the request is open.")


@router.post(
    "/v1/removal-requests",
    operation_id="take_in_removal_request",
    summary="Take in a request not to be called",
    response_model=NewRemovalRequestOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.REMOVAL_REQUESTS_TAKE_IN)),
)
async def take_in_removal_request(request: Request, body: RemovalRequestIn) -> Response:
    """Block the number for one person, or for the whole facility, and put the request before the warden.

    The block holds from the next authorize on, before anybody decides; no list is changed. A hotline or privileged
    number in force is not blocked, and the warden is alerted. Every request is decided for itself, also where the same
    number was asked for before. `tracking_token` is shown this once; only a keyed digest of it is kept.
    """
    given = take_in_flow.RemovalRequestGiven(
        facility_id=body.facility_id,
        number=body.number,
        inmate_id=body.inmate_id,
        requester_name=body.requester_name,
        received_on=body.received_on,
        channel=body.channel,
        letter_reference=body.letter_reference,
        identity_checked=body.identity_checked,
    )
    return written(await take_in_flow.take_in_removal(deployment_of(request), staff_request(request), given=given))


@router.get(
    "/v1/removal-requests",
    operation_id="list_removal_requests",
    summary="List removal requests",
    response_model=RemovalRequestPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.REMOVAL_REQUESTS_READ)),
)
async def list_removal_requests(
    request: Request,
    *,
    state: Annotated[State | None, Query(description="Only these; `open` is the queue.")] = None,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the requests at the facilities that the token covers, those that arrived first before the others."""
    key = decode_cursor(cursor, parts=2)
    found = await read_removals.read_requests(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        state=state,
        after=None if key is None else (key[0], key[1]),
        limit=limit + 1,
    )
    items, has_more = page_of(found, limit=limit)
    after = encode_cursor([items[-1]["received_on"], items[-1]["request_id"]]) if has_more else None
    return listed(list(items), next_cursor=after)


@router.get(
    "/v1/removal-requests/{request_id}",
    operation_id="get_removal_request",
    summary="Read one removal request",
    response_model=RemovalRequestOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.REMOVAL_REQUESTS_READ)),
)
async def get_removal_request(request: Request, request_id: RequestId) -> Response:
    """Read one request. Its age and whether it is overdue are today's, so its `ETag` changes from day to day."""
    return shown(await read_removals.read_request(deployment_of(request), request_id=request_id))


@router.get(
    "/v1/removal-requests/{request_id}/letters",
    operation_id="get_removal_letters",
    summary="Read the letters to the requester",
    response_model=RemovalLettersOut,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
    openapi_extra=dict(permitted(Permission.REMOVAL_REQUESTS_READ)),
)
async def get_removal_letters(request: Request, request_id: RequestId) -> Response:
    """Read the confirmation and, once it is decided, the reply, in English and Spanish.

    The tracking token is not in them: it was in the confirmation that the intake was answered with.
    """
    return shown(await read_letters(deployment_of(request), request_id=request_id), tagged=False)


@router.post(
    "/v1/removal-requests/{request_id}/decision",
    operation_id="decide_removal_request",
    summary="Grant or refuse a removal request",
    response_model=RemovalDecisionOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.REMOVAL_REQUESTS_DECIDE)),
)
async def decide_removal_request(request: Request, request_id: RequestId, body: RemovalDecisionIn) -> Response:
    """Decide, once: a second decision is 409 `already_decided`.

    A grant takes the number off the list of the person named, or off everybody's at the facility; the block lasts, and
    whoever had the number is blocked in person too, so that it stays out of reach after a move. A refusal lifts the
    request's blocks and leaves the lists. A hotline or privileged number in force cannot be granted away: 409
    `common_number`.
    """
    given = decide_flow.RemovalDecisionGiven(decision=body.decision, scope=body.scope, note=body.note)
    return written(
        await decide_flow.decide_removal(
            deployment_of(request), staff_request(request), request_id=request_id, given=given
        )
    )
