"""What happened that must not have, and what was done about it."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Day, InstantText, LongText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.alerts import IncidentKind
from callgate.domain.roles import Permission
from callgate.flows import close_incident as close_flow
from callgate.flows import read_incidents, read_recording_report

router = APIRouter(route_class=StaffRoute)

IncidentId = Annotated[CallerId, Path(description="As the incident, or its alert, names it.")]
State = Literal["open", "closed"]

_DECISION_ID: Final = "01934567-89ab-7cde-8f01-23456789abcd"
_OPEN: Final[dict[str, Any]] = {
    "incident_id": "01934567-9fff-7a00-8f01-0123456789ab",
    "kind": "privileged_call_recorded",
    "subject": _DECISION_ID,
    "facility_id": "osborn",
    "detail": {"call_class": "privileged", "decision_id": _DECISION_ID, "switch_id": "switch-1"},
    "state": "open",
    "opened_at": "2026-11-22T03:04:05.678Z",
    "closed_by": None,
    "closed_at": None,
    "close_note": None,
}


class IncidentOut(WireOut):
    """Something that must not have happened."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OPEN]})

    incident_id: str
    kind: IncidentKind = Field(
        description="`privileged_call_recorded`: a switch reported that it recorded a privileged or a hotline call."
    )
    subject: str = Field(description="What it is about; there is one incident of a kind for each.")
    facility_id: str | None = Field(description="Where; null: at no facility in particular.")
    detail: dict[str, Any] = Field(description="Where to look. Of a hotline call nothing that names a person.")
    state: State
    opened_at: InstantText
    closed_by: str | None = Field(examples=["w.lamb"])
    closed_at: InstantText | None
    close_note: str | None


class IncidentPage(WireOut):
    """One page of incidents."""

    items: list[IncidentOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class RecordingTotalsOut(WireOut):
    """What the switches reported of recording, of one facility's privileged calls of one day."""

    facility_id: str = Field(examples=["osborn"])
    day: str = Field(examples=["2026-11-22"], description="By the facility's calendar, when the call was decided.")
    finished: int = Field(description="Privileged calls of that day that were reported over.", examples=[41])
    recorded: int = Field(description="Of these, reported recorded. Each is an incident.", examples=[1])
    not_recorded: int = Field(description="Reported not recorded.", examples=[38])
    not_reported: int = Field(description="The switch said nothing of recording: nobody knows.", examples=[2])
    incidents_open: int = Field(description="Incidents of that day's calls that nobody has closed.", examples=[0])


class RecordingReportPage(WireOut):
    """One page of the report."""

    items: list[RecordingTotalsOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class IncidentCloseIn(WireIn):
    """What was found, and what was done about it."""

    note: LongText = Field(examples=["The provider deleted the recording; its trunk was set up anew on 2026-11-23."])


@router.get(
    "/v1/incidents",
    operation_id="list_incidents",
    summary="List incidents",
    tags=["incidents"],
    response_model=IncidentPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.INCIDENTS_READ)),
)
async def list_incidents(
    request: Request,
    state: Annotated[State | None, Query(description="Open or closed ones alone.")] = None,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the incidents of the facilities that the token covers, newest first."""
    items = await read_incidents.read_incidents(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        state=state,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="incident_id")


@router.get(
    "/v1/incidents/{incident_id}",
    operation_id="get_incident",
    summary="Read one incident",
    tags=["incidents"],
    response_model=IncidentOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.INCIDENTS_READ)),
)
async def get_incident(request: Request, incident_id: IncidentId) -> Response:
    """Read one incident."""
    return shown(await read_incidents.read_incident(deployment_of(request), incident_id=incident_id))


@router.post(
    "/v1/incidents/{incident_id}/close",
    operation_id="close_incident",
    summary="Close an incident",
    tags=["incidents"],
    response_model=IncidentOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.INCIDENTS_WRITE)),
)
async def close_incident(request: Request, incident_id: IncidentId, body: IncidentCloseIn) -> Response:
    """Close an incident for good, with what was found. One that was closed before: 409 `already_closed`."""
    return written(
        await close_flow.close_incident(
            deployment_of(request), staff_request(request), incident_id=incident_id, note=body.note
        )
    )


@router.get(
    "/v1/reports/privileged-recordings",
    operation_id="report_privileged_recordings",
    summary="Whether privileged calls were recorded",
    tags=["reports"],
    response_model=RecordingReportPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.REPORTS_READ)),
)
async def report_privileged_recordings(
    request: Request,
    day: Annotated[
        Day | None, Query(description="By each facility's own calendar; yesterday (UTC) if left out.")
    ] = None,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Hold the finished privileged calls of one day against what the switches reported of recording them.

    One line a facility, by its name. Totals alone; hotline calls are not counted.
    """
    items = await read_recording_report.read_recording_report(
        deployment_of(request),
        actor_of(request),
        day=day,
        facility_id=facility_id,
        after=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="facility_id")
