"""Inmates: who is held where, and their PINs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import (
    CallerId,
    Day,
    DayText,
    Instant,
    InstantText,
    PinText,
    ShortText,
    UnitName,
    WireIn,
    WireOut,
)
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import issue_pin as pin_flow
from callgate.flows import put_inmate as flow
from callgate.flows import read_inmates

router = APIRouter(route_class=StaffRoute, tags=["inmates"])

InmateId = Annotated[CallerId, Path(description="The person's number.", examples=["00204418"])]
Status = Literal["active", "released"]


class InmateIn(WireIn):
    """A person as the jail management system tells of them."""

    facility_id: CallerId = Field(examples=["cheshire"])
    unit: UnitName = Field(examples=["A"])
    status: Status
    name: ShortText = Field(examples=["Sam Doe"])
    date_of_birth: Day | None = None
    projected_release: Day | None = None
    as_of: Instant | None = Field(
        default=None, description="When this held; left out: now. Older than what is known: 409."
    )


class InmateOut(WireOut):
    """A person, as last told."""

    inmate_id: str = Field(examples=["00204418"])
    facility_id: str = Field(examples=["cheshire"])
    unit: str = Field(examples=["A"])
    status: Status
    name: str = Field(examples=["Sam Doe"])
    date_of_birth: DayText | None
    projected_release: DayText | None
    as_of: InstantText


class InmatePage(WireOut):
    """One page of people."""

    items: list[InmateOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class PinIn(WireIn):
    """A PIN chosen by an operator; left out or null: one is generated."""

    pin: PinText | None = Field(default=None, description="4 to 16 digits; operators alone may choose one.")


class PinOut(WireOut):
    """The person's new PIN."""

    inmate_id: str = Field(examples=["00204418"])
    pin: str | None = Field(description="Shown this once; null when the answer is replayed.")
    set_at: InstantText


@router.put(
    "/v1/inmates/{inmate_id}",
    operation_id="put_inmate",
    summary="Take in where a person is held, or their release",
    response_model=InmateOut,
    responses={
        201: {"model": InmateOut, "description": "They were not known before."},
        **problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.INMATES_WRITE)),
)
async def put_inmate(request: Request, inmate_id: InmateId, body: InmateIn) -> Response:
    """Take in what a jail management system tells: idempotent, in any order.

    What is older than what is known: 409 `stale`; so is an `active` of the very instant of a known release. Other
    content at the instant that is known is a correction. A move takes the list along, whole even where lists are
    shorter, and turns every block of the facility or unit left, on a number that the person holds or has called there,
    into one on the person, with the same kind and papers. A release ends the PIN for good and keeps list and blocks; a
    return to another place is a move from the one left.
    """
    given = flow.InmateGiven(
        facility_id=body.facility_id,
        unit=body.unit,
        status=body.status,
        name=body.name,
        date_of_birth=body.date_of_birth,
        projected_release=body.projected_release,
        as_of=body.as_of,
    )
    return written(
        await flow.put_inmate(deployment_of(request), staff_request(request), inmate_id=inmate_id, given=given)
    )


@router.get(
    "/v1/inmates/{inmate_id}",
    operation_id="get_inmate",
    summary="Read one person",
    response_model=InmateOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.INMATES_READ)),
)
async def get_inmate(request: Request, inmate_id: InmateId) -> Response:
    """Read one person as last told; the ETag is what `If-Match` takes."""
    return shown(await read_inmates.load_inmate(deployment_of(request), actor_of(request), inmate_id))


@router.get(
    "/v1/inmates",
    operation_id="list_inmates",
    summary="List people",
    response_model=InmatePage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.INMATES_READ)),
)
async def list_inmates(
    request: Request,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility alone.")] = None,
    status: Annotated[Status | None, Query(description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the people at the facilities that the token covers, by their number."""
    items = await read_inmates.list_inmates(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        status=status,
        after=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="inmate_id")


@router.post(
    "/v1/inmates/{inmate_id}/pin",
    operation_id="issue_pin",
    summary="Give a person a new PIN",
    response_model=PinOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.PINS_ISSUE)),
)
async def issue_pin(request: Request, inmate_id: InmateId, body: PinIn) -> Response:
    """Give the person a new PIN and show it once; the old one dies at once.

    Without `pin` one is generated. A chosen one that could be guessed, is too short or is in use: 422
    `pin_not_acceptable`, whichever it is. A released person: 409 `inmate_released`.
    """
    return written(
        await pin_flow.issue_pin(deployment_of(request), staff_request(request), inmate_id=inmate_id, chosen=body.pin)
    )
