"""Facilities: where telephones stand, and under which law."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, HoursIn, HoursOut, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.case import Hours, Limits
from callgate.domain.roles import Permission
from callgate.flows import put_facility as flow
from callgate.flows import read_places

router = APIRouter(route_class=StaffRoute, tags=["facilities"])

Tier = Literal["prison", "large_jail", "medium_jail", "small_jail", "very_small_jail", "extremely_small_jail"]
Ceiling = Annotated[int, Field(ge=0, le=1_000_000)]
FacilityId = Annotated[CallerId, Path(description="The facility's id, given by the caller.", examples=["cheshire"])]


class LimitsIn(WireIn):
    """Ceilings for one person, none above the profile's."""

    calls_per_day: Ceiling | None = None
    calls_per_week: Ceiling | None = None
    calls_per_month: Ceiling | None = None
    minutes_per_day: Ceiling | None = None
    minutes_per_month: Ceiling | None = None


class FacilityIn(WireIn):
    """A facility as it is to stand. What is left out is as the profile has it."""

    name: ShortText = Field(examples=["Cheshire Correctional Institution"])
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        examples=["America/New_York"], description="IANA name of the zone that its clocks show."
    )
    profile: CallerId = Field(examples=["ct-doc"], description="The law it stands under; see `callgate policies`.")
    hours: HoursIn | None = Field(default=None, description="Calling hours within the profile's.")
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(
        default="US", description="ISO 3166 code; gives meaning to numbers dialled without a `+`."
    )
    rate_cap_tier: Tier | None = Field(
        default=None, description="Its size under the FCC's rate caps; null: not capped."
    )
    limits: LimitsIn | None = Field(default=None, description="Calls and minutes for one person, within the profile's.")


class LimitsOut(WireOut):
    """The facility's own ceilings for one person; null: as the profile has it."""

    calls_per_day: int | None
    calls_per_week: int | None
    calls_per_month: int | None
    minutes_per_day: int | None
    minutes_per_month: int | None


class FacilityOut(WireOut):
    """A facility."""

    facility_id: str = Field(examples=["cheshire"])
    name: str = Field(examples=["Cheshire Correctional Institution"])
    time_zone: str = Field(examples=["America/New_York"])
    profile: str = Field(examples=["ct-doc"])
    hours: HoursOut | None = Field(description="Its own calling hours; null: the profile's.")
    region: str = Field(examples=["US"])
    rate_cap_tier: Tier | None
    limits: LimitsOut | None = Field(description="Its own ceilings; null: the profile's.")


class FacilityPage(WireOut):
    """One page of facilities."""

    items: list[FacilityOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.put(
    "/v1/facilities/{facility_id}",
    operation_id="put_facility",
    summary="Register a facility or change its terms",
    response_model=FacilityOut,
    responses={
        201: {"model": FacilityOut, "description": "It was not there before."},
        **problem_responses(401, 403, 404, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.FACILITIES_WRITE)),
)
async def put_facility(request: Request, facility_id: FacilityId, body: FacilityIn) -> Response:
    """Register the facility, or change its terms.

    Changing the jurisdiction is one word, `profile`. Its own hours, limits and prices must fit the new law: 422
    `hours_wider_than_policy`, `limits_wider_than_policy`, `rate_above_cap`.
    """
    given = flow.FacilityGiven(
        name=body.name,
        time_zone=body.time_zone,
        profile=body.profile,
        hours=None if body.hours is None else Hours(open=body.hours.open, close=body.hours.close),
        region=body.region,
        rate_cap_tier=body.rate_cap_tier,
        limits=None if body.limits is None else Limits(**body.limits.model_dump()),
    )
    return written(
        await flow.put_facility(deployment_of(request), staff_request(request), facility_id=facility_id, given=given)
    )


@router.get(
    "/v1/facilities/{facility_id}",
    operation_id="get_facility",
    summary="Read one facility",
    response_model=FacilityOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.FACILITIES_READ)),
)
async def get_facility(request: Request, facility_id: FacilityId) -> Response:
    """Read one facility with its own terms; the ETag is what `If-Match` takes."""
    return shown(await read_places.load_facility(deployment_of(request), facility_id))


@router.get(
    "/v1/facilities",
    operation_id="list_facilities",
    summary="List facilities",
    response_model=FacilityPage,
    responses=problem_responses(401, 403, 422, 503),
    openapi_extra=dict(permitted(Permission.FACILITIES_READ)),
)
async def list_facilities(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the facilities that the token covers, by id."""
    items = await read_places.list_facilities(
        deployment_of(request), actor_of(request), after=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="facility_id")
