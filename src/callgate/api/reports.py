"""Reports: what piles up over time and shows on no single page."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted
from callgate.api.fields import CallerId, InstantText, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import read_restriction_report

router = APIRouter(route_class=StaffRoute, tags=["reports"])


class RestrictionLimitsOut(WireOut):
    """What the profile looks on at; null: it has no such figure."""

    days_in_a_row: int | None = Field(examples=[90])
    days_in_year: int | None = Field(examples=[180])


class RestrictionTotalsOut(WireOut):
    """How long one person has been, and will be, without calls."""

    inmate_id: str = Field(examples=["00204418"])
    facility_id: str = Field(examples=["cheshire"])
    exceeds: list[Literal["stacked_in_a_row", "days_in_year", "past_projected_release"]] = Field(
        description="Why the person stands here."
    )
    days_in_a_row: int = Field(
        description="The longest row of restrictions that touch or overlap and is not over; a begun day counts whole.",
        examples=[121],
    )
    days_in_year: int = Field(
        description="The most days without calls in any 365 days that end now or later.", examples=[140]
    )
    limits: RestrictionLimitsOut
    until: InstantText | None = Field(description="When the last of them ends; null when all are over.")
    past_projected_release: bool = Field(description="One runs past the day of the projected release.")


class RestrictionReportPage(WireOut):
    """One page of the report."""

    items: list[RestrictionTotalsOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.get(
    "/v1/reports/restrictions",
    operation_id="report_restrictions",
    summary="Whose restrictions pile up",
    response_model=RestrictionReportPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.REPORTS_READ)),
)
async def report_restrictions(
    request: Request,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the people held here whose restrictions together exceed the profile's limits, or run past their release.

    As things stand now, by the person's number, at the facilities that the token covers. Restrictions that overlap are
    counted once, and those that were ended early as far as they ran. Totals alone: no kind, case or finding.
    """
    items = await read_restriction_report.read_restriction_report(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        after=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="inmate_id")
