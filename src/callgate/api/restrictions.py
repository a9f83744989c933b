"""Restrictions: a person's loss of calls, from a day to a day, on somebody's authority."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant, InstantText, LongText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import end_restriction as end_flow
from callgate.flows import read_restrictions
from callgate.flows import restrict_calls as restrict_flow

router = APIRouter(route_class=StaffRoute, tags=["restrictions"])

InmateId = Annotated[CallerId, Path(description="The person's number.", examples=["00204418"])]
RestrictionId = Annotated[CallerId, Path(description="As the restriction was answered with.")]
Kind = Literal["disciplinary", "investigation", "security_risk_group"]


class RestrictionIn(WireIn):
    """A restriction as staff enter it."""

    kind: Kind
    starts_at: Instant
    ends_at: Instant = Field(description="After `starts_at`. There is no restriction without an end.")
    authority: ShortText = Field(examples=["Disciplinary hearing officer"])
    case_number: ShortText = Field(examples=["DR-2026-4471"])
    bars_privileged: bool = Field(default=False, description="Attorney and consulate calls too; needs a `finding`.")
    finding: LongText | None = Field(default=None, examples=["Used an attorney's line to reach a barred person."])


class RestrictionOut(WireOut):
    """A restriction."""

    restriction_id: str
    inmate_id: str = Field(examples=["00204418"])
    kind: Kind
    starts_at: InstantText
    ends_at: InstantText
    authority: str
    case_number: str
    bars_privileged: bool
    finding: str | None
    state: Literal["scheduled", "in_force", "over", "ended"] = Field(
        description="`over` when its time has passed, `ended` when somebody ended it before."
    )
    created_by: str = Field(examples=["s.ward"])
    created_at: InstantText
    ended_at: InstantText | None
    ended_by: str | None
    end_note: str | None


class RestrictionWarningOut(WireOut):
    """Something about a restriction that is worth a second look. It was kept all the same."""

    code: Literal["stacked_in_a_row", "days_in_year", "past_projected_release"]
    detail: str = Field(description="What it comes to, and what to do if that is not meant.")
    days: int | None = Field(description="What it comes to with the person's others; a begun day counts whole.")
    limit: int | None = Field(description="Of more days than these the profile warns.")


class NewRestrictionOut(RestrictionOut):
    """A restriction that was just made."""

    calls_revoked: int = Field(description="Running calls that must end now.", examples=[0])
    warnings: list[RestrictionWarningOut] = Field(
        description="Empty unless the person's restrictions together exceed the profile's limits, or it runs past the "
        "projected release. Each is an alert as well."
    )


class RestrictionPage(WireOut):
    """One page of restrictions."""

    items: list[RestrictionOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class RestrictionEndIn(WireIn):
    """Why a restriction ends before its time."""

    note: LongText = Field(examples=["Finding reversed on appeal."])


@router.post(
    "/v1/inmates/{inmate_id}/restrictions",
    operation_id="restrict_calls",
    summary="Restrict a person's calls",
    response_model=NewRestrictionOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.RESTRICTIONS_CREATE)),
)
async def restrict_calls(request: Request, inmate_id: InmateId, body: RestrictionIn) -> Response:
    """Restrict the person's calls between two instants; outside them it has no effect, and nothing need lift it.

    Privileged calls stay open unless `bars_privileged` is set on a `finding` of its own. However long it is, it is not
    refused: `warnings` says when, with the person's others, it comes to more days in a row or in any year than the
    profile looks on at, or ends after the projected release.
    """
    given = restrict_flow.RestrictionGiven(
        kind=body.kind,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        authority=body.authority,
        case_number=body.case_number,
        bars_privileged=body.bars_privileged,
        finding=body.finding,
    )
    return written(
        await restrict_flow.restrict_calls(
            deployment_of(request), staff_request(request), inmate_id=inmate_id, given=given
        )
    )


@router.get(
    "/v1/inmates/{inmate_id}/restrictions",
    operation_id="list_restrictions",
    summary="List a person's restrictions",
    response_model=RestrictionPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.RESTRICTIONS_READ)),
)
async def list_restrictions(
    request: Request, inmate_id: InmateId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the person's restrictions, past ones included, newest first."""
    items = await read_restrictions.read_restrictions(
        deployment_of(request), inmate_id=inmate_id, before=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="restriction_id")


@router.get(
    "/v1/restrictions/{restriction_id}",
    operation_id="get_restriction",
    summary="Read one restriction",
    response_model=RestrictionOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.RESTRICTIONS_READ)),
)
async def get_restriction(request: Request, restriction_id: RestrictionId) -> Response:
    """Read one restriction."""
    return shown(await read_restrictions.read_restriction(deployment_of(request), restriction_id=restriction_id))


@router.post(
    "/v1/restrictions/{restriction_id}/end",
    operation_id="end_restriction",
    summary="End a restriction before its time",
    response_model=RestrictionOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.RESTRICTIONS_END)),
)
async def end_restriction(request: Request, restriction_id: RestrictionId, body: RestrictionEndIn) -> Response:
    """End a restriction from now on. One that has no effect any more: 409 `already_over`."""
    return written(
        await end_flow.end_restriction(
            deployment_of(request), staff_request(request), restriction_id=restriction_id, note=body.note
        )
    )
