"""Phone lists: what stands on them, and how they change."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, model_validator

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, DayText, InstantText, LongText, PhoneText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import change_list as change_flow
from callgate.flows import read_list, read_list_changes
from callgate.flows import remove_from_list as remove_flow
from callgate.flows.judge_list_change import Addition

router = APIRouter(route_class=StaffRoute, tags=["phone lists"])

InmateId = Annotated[CallerId, Path(description="The person's number.", examples=["00204418"])]
ChangeId = Annotated[CallerId, Path(description="As a list change was answered with.")]
Kind = Literal["social", "attorney", "consulate", "confined_person", "supervised_person"]
ChangeState = Literal["applied", "pending_warden"]

_NUMBERS_MAX = 50
_Used = Annotated[int, Field(description="How many places are taken, pending numbers included.", examples=[7])]
_LimitOut = Annotated[int, Field(description="How many places the policy gives.", examples=[10])]
_NextChange = Annotated[
    DayText | None, Field(description="From which local day on the list may change again; null: now.")
]


class ListedNumberOut(WireOut):
    """One number on a list."""

    number: str = Field(examples=["+18605550123"])
    name: str = Field(examples=["Ruth Doe"])
    relationship: str = Field(examples=["mother"])
    kind: Kind
    state: Literal["active", "pending_warden"] = Field(description="Only an active number may be called.")
    since: InstantText
    suspended: bool = Field(
        description="Its approval is suspended while the person is under a restrictive status; it comes back by itself."
    )
    suspended_until: InstantText | None = Field(
        description="When it comes back, as far as is known; null where it is not suspended. Told to those alone who "
        "may read restrictions where one of them is for an investigation."
    )


class PhoneListOut(WireOut):
    """A person's list. A block changes nothing here."""

    inmate_id: str = Field(examples=["00204418"])
    limit: _LimitOut
    used: _Used
    next_change_on: _NextChange
    numbers: list[ListedNumberOut]


class AdditionIn(WireIn):
    """A number to put on the list."""

    number: PhoneText
    name: ShortText = Field(examples=["Ruth Doe"])
    relationship: ShortText = Field(examples=["mother"])
    kind: Kind = Field(description="Every kind but `social` is callable only once the warden has decided.")


class ListChangeIn(WireIn):
    """A change to a list; it names at least one number."""

    add: list[AdditionIn] = Field(default=[], max_length=_NUMBERS_MAX)
    remove: list[PhoneText] = Field(default=[], max_length=_NUMBERS_MAX, examples=[["+18605550124"]])

    @model_validator(mode="after")
    def _names_a_number(self) -> "ListChangeIn":
        if not self.add and not self.remove:
            raise ValueError("a change adds or removes at least one number")
        return self


class OutcomeOut(WireOut):
    """What became of one number."""

    number: str = Field(examples=["+18605550123"])
    outcome: Literal["added", "removed", "pending_warden", "not_approved"] = Field(
        description="`not_approved` is the one word for every cause."
    )


class StandingOut(OutcomeOut):
    """What became of one number, and where it stands now."""

    state: Literal["active", "pending_warden", "removed", "refused", "not_approved"] = Field(
        description="What took a number off the list since then is not told here."
    )


_Outcomes = Annotated[list[OutcomeOut], Field(description="In the order submitted: additions, then removals.")]


class ListChangeOut(WireOut):
    """What a change did."""

    change_id: str
    state: ChangeState
    outcomes: _Outcomes
    used: _Used
    limit: _LimitOut
    next_change_on: _NextChange


class KeptListChangeOut(WireOut):
    """A change as it was submitted and answered, and what became of it."""

    change_id: str
    inmate_id: str = Field(examples=["00204418"])
    submitted_at: InstantText
    author: str = Field(examples=["m.okafor"])
    counts_as_change: bool = Field(description="False for the first list that the person ever submitted.")
    state: ChangeState = Field(description="`applied` as soon as none of its numbers waits any more.")
    outcomes: _Outcomes
    numbers: list[StandingOut] = Field(description="The same numbers as they stand now.")


class ListChangePage(WireOut):
    """One page of changes."""

    items: list[KeptListChangeOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class ListRemovalIn(WireIn):
    """One number that staff take off a list."""

    number: PhoneText
    note: LongText = Field(examples=["Disconnected; confirmed with the carrier."])


class ListRemovalOut(WireOut):
    """The number that came off, and what is left."""

    inmate_id: str = Field(examples=["00204418"])
    number: str = Field(examples=["+18605550124"])
    calls_revoked: int = Field(description="Running calls to the number that must end.", examples=[0])
    limit: _LimitOut
    used: _Used
    next_change_on: _NextChange


@router.get(
    "/v1/inmates/{inmate_id}/phone-list",
    operation_id="get_phone_list",
    summary="Read a person's list",
    response_model=PhoneListOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_READ)),
)
async def get_phone_list(request: Request, inmate_id: InmateId) -> Response:
    """Read the list in the order in which its numbers came. The ETag is what a list change takes as `If-Match`."""
    return shown(await read_list.read_phone_list(deployment_of(request), actor_of(request), inmate_id=inmate_id))


@router.post(
    "/v1/inmates/{inmate_id}/list-changes",
    operation_id="change_phone_list",
    summary="Submit a change to a person's list",
    response_model=ListChangeOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_CHANGE)),
)
async def change_phone_list(request: Request, inmate_id: InmateId, body: ListChangeIn) -> Response:
    """Put numbers on a list and take others off, all in one change; a refusal changes nothing.

    Checked in this order: numbers that cannot be one, twice, hotlines, listed already or not listed (422); a released
    person, `change_too_soon` with `next_change_on`, `list_full` (409); then screening, which strikes out single numbers
    as `not_approved` and applies the rest. The first list that a person ever submits is no change.
    """
    given = change_flow.ListChangeGiven(
        add=tuple(
            Addition(number=each.number, name=each.name, relationship=each.relationship, kind=each.kind)
            for each in body.add
        ),
        remove=tuple(body.remove),
    )
    return written(
        await change_flow.change_list(deployment_of(request), staff_request(request), inmate_id=inmate_id, given=given)
    )


@router.get(
    "/v1/list-changes/{change_id}",
    operation_id="get_list_change",
    summary="Read one list change",
    response_model=KeptListChangeOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_READ)),
)
async def get_list_change(request: Request, change_id: ChangeId) -> Response:
    """Read one change as it was answered, and where its numbers stand now."""
    return shown(await read_list_changes.read_list_change(deployment_of(request), change_id=change_id))


@router.get(
    "/v1/inmates/{inmate_id}/list-changes",
    operation_id="list_list_changes",
    summary="List the changes to a person's list",
    response_model=ListChangePage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_READ)),
)
async def list_list_changes(
    request: Request, inmate_id: InmateId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the changes to this list, newest first."""
    items = await read_list_changes.read_list_changes(
        deployment_of(request), inmate_id=inmate_id, before=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="change_id")


@router.post(
    "/v1/inmates/{inmate_id}/list-removals",
    operation_id="remove_listed_number",
    summary="Take one number off a person's list",
    response_model=ListRemovalOut,
    responses=problem_responses(401, 403, 404, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_REMOVE)),
)
async def remove_listed_number(request: Request, inmate_id: InmateId, body: ListRemovalIn) -> Response:
    """Take a number off the list without the person: no change of theirs, so it moves no date.

    Not on the list: 422 `not_listed`.
    """
    given = remove_flow.RemovalGiven(number=body.number, note=body.note)
    return written(
        await remove_flow.remove_from_list(
            deployment_of(request), staff_request(request), inmate_id=inmate_id, given=given
        )
    )
