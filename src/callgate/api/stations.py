"""Stations: the telephones of a facility."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, deployment_of, permitted, staff_request
from callgate.api.facilities import FacilityId
from callgate.api.fields import CallerId, HoursIn, HoursOut, Media, UnitName, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.case import Hours
from callgate.domain.roles import Permission
from callgate.flows import put_station as flow
from callgate.flows import read_places

router = APIRouter(route_class=StaffRoute, tags=["facilities"])

StationId = Annotated[
    CallerId, Path(description="The telephone's id, unique in the deployment.", examples=["chs-a-01"])
]


class StationIn(WireIn):
    """A telephone as it is to stand."""

    unit: UnitName = Field(examples=["A"], description="The housing unit it stands in.")
    media: Media = Field(description="What it carries. TTY and relay calls may last longer.")
    hours: HoursIn | None = Field(default=None, description="Its own schedule within the facility's hours.")
    enabled: bool = Field(description="A disabled telephone is not in service.")


class StationOut(WireOut):
    """A telephone."""

    station_id: str = Field(examples=["chs-a-01"])
    facility_id: str = Field(examples=["cheshire"])
    unit: str = Field(examples=["A"])
    media: Media
    hours: HoursOut | None = Field(description="Its own schedule; null: the facility's hours.")
    enabled: bool


class StationPage(WireOut):
    """One page of telephones."""

    items: list[StationOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.put(
    "/v1/facilities/{facility_id}/stations/{station_id}",
    operation_id="put_station",
    summary="Register a telephone or change it",
    response_model=StationOut,
    responses={
        201: {"model": StationOut, "description": "It was not there before."},
        **problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.STATIONS_WRITE)),
)
async def put_station(request: Request, facility_id: FacilityId, station_id: StationId, body: StationIn) -> Response:
    """Register the telephone at this facility, or change it.

    An id that is in use at another facility: 409 `station_elsewhere`.
    """
    given = flow.StationGiven(
        unit=body.unit,
        media=body.media,
        hours=None if body.hours is None else Hours(open=body.hours.open, close=body.hours.close),
        enabled=body.enabled,
    )
    return written(
        await flow.put_station(
            deployment_of(request), staff_request(request), facility_id=facility_id, station_id=station_id, given=given
        )
    )


@router.get(
    "/v1/facilities/{facility_id}/stations/{station_id}",
    operation_id="get_station",
    summary="Read one telephone",
    response_model=StationOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.STATIONS_READ)),
)
async def get_station(request: Request, facility_id: FacilityId, station_id: StationId) -> Response:
    """Read one telephone of this facility; the ETag is what `If-Match` takes."""
    return shown(await read_places.load_station(deployment_of(request), facility_id=facility_id, station_id=station_id))


@router.get(
    "/v1/facilities/{facility_id}/stations",
    operation_id="list_stations",
    summary="List a facility's telephones",
    response_model=StationPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.STATIONS_READ)),
)
async def list_stations(
    request: Request, facility_id: FacilityId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the facility's telephones, by id."""
    items = await read_places.list_stations(
        deployment_of(request), facility_id=facility_id, after=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="station_id")
