"""Common numbers: hotlines and privileged numbers that are everyone's, put in force by two people."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, InstantText, LongText, PhoneText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Actor, Permission
from callgate.flows import confirm_common_number as confirm_flow
from callgate.flows import propose_common_number as propose_flow
from callgate.flows import read_common_numbers

NumberInPath = Annotated[PhoneText, Path(description="E.164, a short code, or as dialled.", examples=["+18005550123"])]
Kind = Literal["hotline", "privileged"]
State = Literal["proposed", "in_force"]


class CommonNumberRoute(StaffRoute):
    """A staff route where a number of a facility that the token does not cover is 404."""

    async def require_reach(self, request: Request, actor: Actor) -> None:
        """Answer before the body is looked at."""
        await super().require_reach(request, actor)
        number = request.path_params.get("number")
        if number is not None:
            creates = request.method == "PUT"
            await read_common_numbers.require_number_reach(deployment_of(request), actor, number, may_be_new=creates)


router = APIRouter(route_class=CommonNumberRoute, tags=["common numbers"])


class CommonNumberIn(WireIn):
    """A common number as it is proposed."""

    facility_id: CallerId | None = Field(
        default=None, description="Where it holds; null: everywhere, for which the token must be for every facility."
    )
    kind: Kind = Field(description="A hotline needs no PIN and names nobody; a privileged call is not recorded.")
    name: ShortText = Field(examples=["Prison rape crisis line"])
    verified_by: ShortText = Field(
        examples=["Letter of the state bar, 2026-10-02"], description="How it is known whose number it is."
    )


class CommonNumberOut(WireOut):
    """A common number."""

    number: str = Field(examples=["+18005550123"], description="E.164, or the digits of a short code.")
    facility_id: str | None
    kind: Kind
    name: str
    verified_by: str
    state: State = Field(description="Only a number in force is treated as common.")
    proposed_by: str
    proposed_at: InstantText
    confirmed_by: str | None
    confirmed_at: InstantText | None
    confirm_note: str | None


class CommonNumberPage(WireOut):
    """One page of common numbers."""

    items: list[CommonNumberOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class ConfirmationIn(WireIn):
    """The second person's word."""

    note: LongText = Field(examples=["Called back on the published number; the bar confirmed."])


@router.put(
    "/v1/common-numbers/{number}",
    operation_id="put_common_number",
    summary="Propose a number for everyone",
    response_model=CommonNumberOut,
    responses={
        201: {"model": CommonNumberOut, "description": "It was not there before."},
        **problem_responses(401, 403, 404, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.COMMON_NUMBERS_PROPOSE)),
)
async def put_common_number(request: Request, number: NumberInPath, body: CommonNumberIn) -> Response:
    """Propose the number. It is not in force until another person, a warden, confirms it.

    What is in force just so already stays in force; every other PUT is a proposal again.
    """
    given = propose_flow.CommonNumberGiven(
        facility_id=body.facility_id, kind=body.kind, name=body.name, verified_by=body.verified_by
    )
    return written(
        await propose_flow.propose_common_number(
            deployment_of(request), staff_request(request), number=number, given=given
        )
    )


@router.post(
    "/v1/common-numbers/{number}/confirm",
    operation_id="confirm_common_number",
    summary="Put a proposed number in force",
    response_model=CommonNumberOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.COMMON_NUMBERS_CONFIRM)),
)
async def confirm_common_number(request: Request, number: NumberInPath, body: ConfirmationIn) -> Response:
    """Put the proposal in force; send its ETag as `If-Match` to confirm what was read and nothing else.

    By the proposer: 409 `second_person_needed`. A number that is blocked: 409 `number_blocked`. A hotline that stands
    on somebody's list: 409 `number_listed`.
    """
    return written(
        await confirm_flow.confirm_common_number(
            deployment_of(request), staff_request(request), number=number, note=body.note
        )
    )


@router.get(
    "/v1/common-numbers/{number}",
    operation_id="get_common_number",
    summary="Read one common number",
    response_model=CommonNumberOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.COMMON_NUMBERS_READ)),
)
async def get_common_number(request: Request, number: NumberInPath) -> Response:
    """Read one common number, in force or proposed; the ETag is what `If-Match` takes."""
    return shown(await read_common_numbers.load_common_number(deployment_of(request), actor_of(request), number))


@router.get(
    "/v1/common-numbers",
    operation_id="list_common_numbers",
    summary="List common numbers",
    response_model=CommonNumberPage,
    responses=problem_responses(401, 403, 422, 503),
    openapi_extra=dict(permitted(Permission.COMMON_NUMBERS_READ)),
)
async def list_common_numbers(
    request: Request,
    state: Annotated[State | None, Query(description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the common numbers of the whole system and of the facilities that the token covers."""
    items = await read_common_numbers.list_common_numbers(
        deployment_of(request), actor_of(request), state=state, after=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="number")
