"""The trail of every write, and what callgate noticed by itself."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted
from callgate.api.fields import CallerId, InstantText, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.alerts import MEANINGS, AlertKind
from callgate.domain.roles import Permission
from callgate.flows import read_trail

router = APIRouter(route_class=StaffRoute, tags=["alerts"])

_KINDS: Final = " ".join(f"`{kind.value}`: {meaning}" for kind, meaning in MEANINGS.items())
_OfFacility = Annotated[CallerId | None, Query(description="Of this facility alone.")]


class AuditEventOut(WireOut):
    """One write."""

    event_id: str
    occurred_at: InstantText
    author: str = Field(examples=["w.lamb"], description="Never withheld.")
    role: str = Field(examples=["warden"])
    action: str = Field(examples=["set_block"])
    object_type: str = Field(examples=["block"])
    object_id: str
    facility_id: str | None = Field(description="Where the object belonged; null: to no facility.")
    before: dict[str, Any] | None = Field(description="The object before the write; null where there was none.")
    after: dict[str, Any] | None = Field(description="The object after the write.")


class AuditEventPage(WireOut):
    """One page of the trail."""

    items: list[AuditEventOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class AlertOut(WireOut):
    """Something that callgate noticed."""

    alert_id: str
    raised_at: InstantText
    kind: AlertKind = Field(examples=["pin_guessing"], description=_KINDS)
    facility_id: str | None = Field(description="Where; null: at no facility in particular.")
    subject: str = Field(description="What it is about; a kind is told once for each.")
    detail: dict[str, Any]


class AlertPage(WireOut):
    """One page of alerts."""

    items: list[AlertOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.get(
    "/v1/audit-events",
    operation_id="list_audit_events",
    summary="Read the trail of writes",
    response_model=AuditEventPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.AUDIT_EVENTS_READ)),
)
async def list_audit_events(
    request: Request, facility_id: _OfFacility = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Read the trail of the facilities that the token covers, newest first; it is only ever appended to.

    What belongs to no facility is shown to a token for every facility. An auditor reads protected kinds as `protected`,
    without person, papers or authority.
    """
    items = await read_trail.read_audit_events(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="event_id")


@router.get(
    "/v1/alerts",
    operation_id="list_alerts",
    summary="Read what callgate noticed",
    response_model=AlertPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.ALERTS_READ)),
)
async def list_alerts(
    request: Request,
    facility_id: _OfFacility = None,
    kind: Annotated[AlertKind | None, Query(description="Of this kind alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Read the alerts of the facilities that the token covers, newest first.

    What is about no facility in particular is shown to a token for every facility. An alert is told once for each
    subject of its kind, carries no number, and stays: nothing takes it back.
    """
    items = await read_trail.read_alerts(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        kind=kind,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="alert_id")
