"""GET /v1/decisions/{decision_id} and the preview: why, and what if now?"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from callgate.api import answers
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant
from callgate.api.openapi import problem_responses
from callgate.api.switch_models import AuthorizeOut
from callgate.domain.roles import Permission
from callgate.flows.preview_decision import PreviewGiven, preview_decision
from callgate.flows.read_decisions import load_decision

router = APIRouter(route_class=StaffRoute, tags=["decisions"])


class FindingOut(BaseModel):
    """What one check answered."""

    check: str = Field(examples=["calling_hours"])
    verdict: Literal["pass", "limit", "deny"]
    seconds: int | None = Field(description="On `limit`: the most that this check leaves.")
    reason: str | None = Field(description="On `deny`: the exact cause, which the telephone is never told.")
    reason_class: str | None = Field(description="On `deny`: the class that the cause is told as.")
    clause: str | None = Field(description="The text that the check enforces.")


class RevocationOut(BaseModel):
    """Why an allow was taken back."""

    revoked_at: str
    reason: str
    findings: list[FindingOut]


class DecisionOut(AuthorizeOut):
    """One recorded decision. A counselor reads the wire answer alone."""

    findings: list[FindingOut] | None = None
    case: dict[str, Any] | None = Field(default=None, description="Every fact it was decided on; never a PIN.")
    policy_hash: str | None = None
    station_id: str | None = None
    inmate_id: str | None = None
    number: str | None = None
    revocation: RevocationOut | None = None


class PreviewIn(BaseModel):
    """Who would call whom."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    inmate_id: CallerId
    called_number: Annotated[
        str, Field(min_length=1, max_length=32, pattern=r"^[\x20-\x7e]+$", examples=["+18605550123"])
    ]
    station_id: CallerId | None = None
    payment_type: Literal["collect", "prepaid", "debit", "free"] = "collect"
    at: Instant | None = None


class PreviewOut(AuthorizeOut):
    """What would be decided. Nothing was recorded but that it was asked."""

    decision_id: str | None = None  # type: ignore[assignment]  # a preview has none; every other field is the wire answer's
    call_id: str | None = None  # type: ignore[assignment]  # as above
    findings: list[FindingOut]
    case: dict[str, Any]


@router.get(
    "/v1/decisions/{decision_id}",
    operation_id="get_decision",
    summary="Read why a call was allowed or denied",
    response_model=DecisionOut,
    responses=problem_responses(401, 403, 404),
    openapi_extra=permitted(Permission.DECISIONS_READ),
)
async def get_decision(request: Request, decision_id: CallerId) -> Response:
    """Read the wire answer, and who may see causes also reads every finding with its clause, the facts and the law."""
    return answers.shown(await load_decision(deployment_of(request), actor_of(request), decision_id))


@router.post(
    "/v1/decisions/preview",
    operation_id="preview_decision",
    summary="Ask what would be decided",
    response_model=PreviewOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=permitted(Permission.DECISIONS_PREVIEW),
)
async def post_preview(request: Request, body: PreviewIn) -> Response:
    """Decide by today's facts without a call and without a PIN. That it was asked is on the audit trail."""
    given = PreviewGiven(
        inmate_id=body.inmate_id,
        called_number=body.called_number,
        station_id=body.station_id,
        payment_type=body.payment_type,
        at=body.at,
    )
    return answers.written(await preview_decision(deployment_of(request), staff_request(request), given))
