"""Reports of lists, calls, PINs and waits: what piles up over time and shows on no single page."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from callgate.api import report_models as models
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted
from callgate.api.fields import CallerId, Day
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page
from callgate.api.paging import Cursor, Limit
from callgate.api.report_answers import CSV_ANSWER, answer
from callgate.domain.roles import Permission
from callgate.flows.reports import read_clocks, read_floors, read_numbers, read_pins, read_safeguards
from callgate.flows.reports.asked import Asked, asked_of, stretch_of

router = APIRouter(route_class=StaffRoute, prefix="/v1/reports", tags=["reports"])

FirstDay = Annotated[Day | None, Query(description="From this day on (UTC); thirty days in all if left out.")]
LastDay = Annotated[Day | None, Query(description="To this day's end (UTC); today if left out.")]
OneFacility = Annotated[CallerId | None, Query(description="Of this facility alone.")]

_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {**problem_responses(401, 403, 404, 422, 503), **CSV_ANSWER}
_READERS: Final = permitted(Permission.REPORTS_READ)


def _asked(
    request: Request,
    *,
    days: tuple[date | None, date | None],
    facility_id: str | None,
    limit: int,
    cursor: str | None,
) -> Asked:
    stretch = stretch_of(*days, now=deployment_of(request).clock.now())
    after = name_before_page(cursor)
    return asked_of(actor_of(request), stretch, facility_id=facility_id, after=after, limit=limit + 1)


@router.get(
    "/numbers-on-several-lists",
    operation_id="report_numbers_on_several_lists",
    summary="Numbers on more than one list",
    response_model=models.SharedNumberPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_numbers_on_several_lists(
    request: Request,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the numbers that several people held here have on their lists, as the lists stand now, by number."""
    asked = _asked(request, days=(None, None), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_numbers.read_numbers_on_several_lists(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="number", model=models.SharedNumberOut)


@router.get(
    "/numbers-called-by-several",
    operation_id="report_numbers_called_by_several",
    summary="Numbers called by more than one person",
    response_model=models.CalledNumberPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_numbers_called_by_several(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the numbers that several people called in those days, by number. Calls to hotlines are not counted."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_numbers.read_numbers_called_by_several(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="number", model=models.CalledNumberOut)


@router.get(
    "/refused-pins",
    operation_id="report_refused_pins",
    summary="Where PINs were refused",
    response_model=models.RefusedPinsPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_refused_pins(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Count the refused PINs of those days by telephone and cause. No PIN is kept anywhere, so none is told."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_pins.read_refused_pins(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="station_id", model=models.RefusedPinsOut)


@router.get(
    "/pins-not-here",
    operation_id="report_pins_not_here",
    summary="Whose PIN was tried where they are not",
    response_model=models.PinNotHerePage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_pins_not_here(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the people whose right PIN was refused in those days because they are not held where it was tried."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_pins.read_pins_not_here(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="inmate_id", model=models.PinNotHereOut)


@router.get(
    "/released",
    operation_id="report_released",
    summary="Who was released",
    response_model=models.ReleasedPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_released(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the people who were released in those days and are not back, with what their list still holds."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_pins.read_released(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="inmate_id", model=models.ReleasedOut)


@router.get(
    "/removal-clock",
    operation_id="report_removal_clock",
    summary="How long removal requests take",
    response_model=models.RemovalClockPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_removal_clock(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Add up the removal requests taken in on those days, by facility: how many are decided, open, late.

    The median and the 95th percentile of the time to the decision are by nearest rank: each was somebody's wait.
    """
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_clocks.read_removal_clock(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="facility_id", model=models.RemovalClockOut)


@router.get(
    "/list-waits",
    operation_id="report_list_waits",
    summary="How long numbers wait for a warden",
    response_model=models.ListWaitPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_list_waits(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Add up how long the numbers that a warden decided on those days had waited, by facility, and what waits now."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_clocks.read_list_waits(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="facility_id", model=models.ListWaitOut)


@router.get(
    "/unused-safeguards",
    operation_id="report_unused_safeguards",
    summary="Which safeguards nobody used",
    response_model=models.SafeguardsPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_unused_safeguards(
    request: Request,
    since: FirstDay = None,
    until: LastDay = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List by facility which safeguards were not used in those days, and how often the others were."""
    asked = _asked(request, days=(since, until), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_safeguards.read_safeguards(deployment_of(request), asked)
    return answer(request, items, limit=limit, name="facility_id", model=models.SafeguardsOut)


@router.get(
    "/missed-floors",
    operation_id="report_missed_floors",
    summary="Who had less of the telephone than the law's floor",
    response_model=models.MissedFloorPage,
    responses=_RESPONSES,
    openapi_extra=dict(_READERS),
)
async def report_missed_floors(
    request: Request,
    day: Annotated[Day | None, Query(description="By each facility's calendar; yesterday (UTC) if left out.")] = None,
    facility_id: OneFacility = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List who had less than their profile's floor on that day, by the person's number, and what stood in the way.

    A floor never refuses or grants a call. Only a day that is over is looked at, and a floor of the month on its last.
    """
    chosen = read_floors.yesterday(deployment_of(request).clock.now()) if day is None else day
    asked = _asked(request, days=(chosen, chosen), facility_id=facility_id, limit=limit, cursor=cursor)
    items = await read_floors.read_missed_floors(deployment_of(request), asked, day=chosen)
    return answer(request, items, limit=limit, name="inmate_id", model=models.MissedFloorOut)
