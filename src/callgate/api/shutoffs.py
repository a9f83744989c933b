"""Shut-offs: all telephones but the hotlines silent, in a unit, at a facility or everywhere, until an instant."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant, InstantText, LongText, UnitName, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import end_shutoff as end_flow
from callgate.flows import read_shutoffs
from callgate.flows import shut_off as shut_off_flow

router = APIRouter(route_class=StaffRoute, tags=["shutoffs"])

FacilityId = Annotated[CallerId, Path(description="The facility.", examples=["cheshire"])]
ShutoffId = Annotated[CallerId, Path(description="As the shut-off was answered with.")]


class SystemShutoffIn(WireIn):
    """A shut-off of everything."""

    reason: LongText = Field(examples=["Commissioner's order: statewide lockdown."])
    ends_at: Instant = Field(description="In the future; it ends by itself then.")


class FacilityShutoffIn(SystemShutoffIn):
    """A shut-off of one facility, or of one unit there."""

    unit: UnitName | None = Field(default=None, description="This unit's telephones alone; null: the whole facility.")


class ShutoffOut(WireOut):
    """A shut-off."""

    shutoff_id: str
    scope: Literal["unit", "facility", "system"]
    facility_id: str | None
    unit: str | None
    reason: str
    starts_at: InstantText
    ends_at: InstantText
    state: Literal["in_force", "over", "ended"] = Field(
        description="`over` when its time has passed, `ended` when somebody ended it before."
    )
    created_by: str = Field(examples=["w.lamb"])
    ended_at: InstantText | None
    ended_by: str | None
    end_note: str | None


class NewShutoffOut(ShutoffOut):
    """A shut-off that was just made."""

    calls_revoked: int = Field(description="Running calls that must end now.", examples=[12])


class ShutoffPage(WireOut):
    """One page of shut-offs."""

    items: list[ShutoffOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class ShutoffEndIn(WireIn):
    """Why a shut-off ends before its time."""

    note: LongText = Field(examples=["Count cleared."])


@router.post(
    "/v1/facilities/{facility_id}/shutoffs",
    operation_id="shut_off_facility",
    summary="Shut the telephones off at a facility or in a unit",
    response_model=NewShutoffOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_CREATE)),
)
async def shut_off_facility(request: Request, facility_id: FacilityId, body: FacilityShutoffIn) -> Response:
    """Stop all calls but hotlines there, from the next authorize on, and revoke those that run."""
    given = shut_off_flow.ShutoffGiven(
        facility_id=facility_id, unit=body.unit, reason=body.reason, ends_at=body.ends_at
    )
    return written(await shut_off_flow.shut_off(deployment_of(request), staff_request(request), given=given))


@router.post(
    "/v1/shutoffs",
    operation_id="shut_off_system",
    summary="Shut every telephone off",
    response_model=NewShutoffOut,
    status_code=201,
    responses=problem_responses(401, 403, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_CREATE)),
)
async def shut_off_system(request: Request, body: SystemShutoffIn) -> Response:
    """Stop all calls but hotlines everywhere. The token must be for every facility."""
    given = shut_off_flow.ShutoffGiven(facility_id=None, unit=None, reason=body.reason, ends_at=body.ends_at)
    return written(await shut_off_flow.shut_off(deployment_of(request), staff_request(request), given=given))


@router.get(
    "/v1/shutoffs",
    operation_id="list_shutoffs",
    summary="List shut-offs",
    response_model=ShutoffPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_READ)),
)
async def list_shutoffs(
    request: Request,
    facility_id: Annotated[
        CallerId | None, Query(description="What concerns this facility, the whole system's included.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the shut-offs of the facilities that the token covers and of the whole system, newest first."""
    items = await read_shutoffs.read_shutoffs(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="shutoff_id")


@router.get(
    "/v1/facilities/{facility_id}/shutoffs",
    operation_id="list_facility_shutoffs",
    summary="List what shuts a facility's telephones off",
    response_model=ShutoffPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_READ)),
)
async def list_facility_shutoffs(
    request: Request, facility_id: FacilityId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the shut-offs of this facility and of the whole system, newest first."""
    items = await read_shutoffs.read_shutoffs(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="shutoff_id")


@router.get(
    "/v1/shutoffs/{shutoff_id}",
    operation_id="get_shutoff",
    summary="Read one shut-off",
    response_model=ShutoffOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_READ)),
)
async def get_shutoff(request: Request, shutoff_id: ShutoffId) -> Response:
    """Read one shut-off."""
    return shown(await read_shutoffs.read_shutoff(deployment_of(request), shutoff_id=shutoff_id))


@router.post(
    "/v1/shutoffs/{shutoff_id}/end",
    operation_id="end_shutoff",
    summary="End a shut-off before its time",
    response_model=ShutoffOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.SHUTOFFS_END)),
)
async def end_shutoff(request: Request, shutoff_id: ShutoffId, body: ShutoffEndIn) -> Response:
    """End a shut-off from now on. One that stops nothing any more: 409 `already_over`."""
    return written(
        await end_flow.end_shutoff(
            deployment_of(request), staff_request(request), shutoff_id=shutoff_id, note=body.note
        )
    )
