"""Where does my request stand? For whoever holds a tracking token, without an account.

The token stands in the path, so the path is never logged, counted or told back: lines and answers have the route's
template and the request's id.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Request, Response

from callgate.api.answers import shown
from callgate.api.auth import deployment_of
from callgate.api.fields import DayText, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.problems import MEDIA_TYPE, problem, type_of
from callgate.api.rate_limit import RateLimiter, client_of
from callgate.flows.track_removal import track_removal

router = APIRouter(tags=["removal requests"])

REQUESTS_MAX: Final = 30
WINDOW_SECONDS: Final = 60
_CLIENTS_MAX: Final = 10_000
_CODE: Final = "too_many_requests"
_DETAIL: Final = "You have asked often in a short time. Wait as long as `Retry-After` says, and ask again."


class TrackedOut(WireOut):
    """Where a request stands, and nothing else."""

    state: Literal["open", "granted", "refused"]
    received_on: DayText
    due_on: DayText
    decided_on: DayText | None


def _too_often() -> dict[int | str, dict[str, Any]]:
    described = problem_responses(429)
    response = described[429]
    response["description"] = "This client asked too often."
    response["headers"] = {
        "Retry-After": {"description": "Seconds until it may ask again.", "schema": {"type": "integer", "minimum": 1}}
    }
    response["content"][MEDIA_TYPE]["example"] |= {"code": _CODE, "type": type_of(_CODE), "detail": _DETAIL}
    return described


@router.get(
    "/v1/removal-requests/track/{tracking_token}",
    operation_id="track_removal_request",
    summary="See where a removal request stands",
    response_model=TrackedOut,
    responses={**problem_responses(404, 503), **_too_often()},
)
async def track_removal_request(
    request: Request, tracking_token: Annotated[str, Path(description="As it was given at the intake.")]
) -> Response:
    """See where the request stands that this token was given for. Needs no other token.

    A token answers until the profile's term after the decision is over (90 days); one that is over, unknown or none at
    all is the same 404. Each client may ask 30 times a minute of each worker process: then 429 with `Retry-After`.
    """
    deployment = deployment_of(request)
    client = client_of(None if request.client is None else request.client.host)
    seconds = _limiter_of(request).seconds_to_wait(client, now=deployment.clock.now())
    if seconds > 0:
        return problem(request, 429, code=_CODE, detail=_DETAIL, headers={"Retry-After": str(seconds)})
    return shown(await track_removal(deployment, token=tracking_token), tagged=False)


def _limiter_of(request: Request) -> RateLimiter:
    """This application's own counts, made when first needed."""
    state = request.app.state
    found: RateLimiter | None = getattr(state, "tracking_limiter", None)
    if found is None:
        found = RateLimiter(requests_max=REQUESTS_MAX, window_seconds=WINDOW_SECONDS, clients_max=_CLIENTS_MAX)
        state.tracking_limiter = found
    return found
