"""Switches: who may ask, for which facilities, and where they are told that a call is revoked."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, Instant, InstantText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import FACILITIES_MAX, Actor, Permission
from callgate.flows import put_switch as flow
from callgate.flows import read_switches
from callgate.flows.change_webhook_secret import change_webhook_secret as flow_change_secret

SwitchId = Annotated[CallerId, Path(description="The switch's id: the subject of its tokens.", examples=["kamailio-1"])]


class SwitchesRoute(StaffRoute):
    """A staff route where a switch that serves a facility the token does not cover is 404."""

    async def require_reach(self, request: Request, actor: Actor) -> None:
        """Answer before the body is looked at."""
        await super().require_reach(request, actor)
        switch_id = request.path_params.get("switch_id")
        if switch_id is not None:
            await read_switches.require_switch_reach(deployment_of(request), actor, switch_id)


router = APIRouter(route_class=SwitchesRoute, tags=["switches"])


class SwitchIn(WireIn):
    """A switch as it is to stand."""

    name: ShortText = Field(examples=["Kamailio, north"])
    facilities: list[CallerId | Literal["*"]] = Field(
        min_length=1,
        max_length=FACILITIES_MAX,
        examples=[["cheshire"]],
        description='Ids of the facilities it serves, or `["*"]` for every one.',
    )
    revoke_url: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None,
        examples=["https://switch.example/revoke"],
        description="Where it is told that a call is revoked; null: it fetches its commands.",
    )
    tokens_not_before: Instant | None = Field(
        default=None, description="Its tokens issued before this instant are refused; null: none is."
    )


class SwitchOut(WireOut):
    """A switch."""

    switch_id: str = Field(examples=["kamailio-1"])
    name: str = Field(examples=["Kamailio, north"])
    facilities: list[str] = Field(examples=[["cheshire"]])
    revoke_url: str | None
    tokens_not_before: InstantText | None
    webhook_secret: str | None = Field(
        description="Signs what is sent to `revoke_url`. Shown when the switch is registered, then never again."
    )


class WebhookSecretOut(WireOut):
    """A new secret, shown this once."""

    switch_id: str
    webhook_secret: str | None = Field(description="Null when the answer is replayed.")
    secret_before_until: InstantText = Field(description="Until then the secret before it signs beside it.")


class SwitchPage(WireOut):
    """One page of switches."""

    items: list[SwitchOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.put(
    "/v1/switches/{switch_id}",
    operation_id="put_switch",
    summary="Register a switch or change it",
    response_model=SwitchOut,
    responses={
        201: {"model": SwitchOut, "description": "It was not there before; its webhook secret is shown this once."},
        **problem_responses(401, 403, 404, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.SWITCHES_WRITE)),
)
async def put_switch(request: Request, switch_id: SwitchId, body: SwitchIn) -> Response:
    """Register the switch, or change it. Once it is registered, its facilities bind it beside its token's.

    `revoke_url` is https, or an address by its number inside CALLGATE_REVOKE_ALLOW: 422 `revoke_url_not_allowed`.
    """
    given = flow.SwitchGiven(
        name=body.name,
        facilities=tuple(body.facilities),
        revoke_url=body.revoke_url,
        tokens_not_before=body.tokens_not_before,
    )
    return written(
        await flow.put_switch(deployment_of(request), staff_request(request), switch_id=switch_id, given=given)
    )


@router.get(
    "/v1/switches/{switch_id}",
    operation_id="get_switch",
    summary="Read one switch",
    response_model=SwitchOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.SWITCHES_READ)),
)
async def get_switch(request: Request, switch_id: SwitchId) -> Response:
    """Read one switch, without its secret; the ETag is what `If-Match` takes."""
    return shown(await read_switches.load_switch(deployment_of(request), actor_of(request), switch_id))


@router.get(
    "/v1/switches",
    operation_id="list_switches",
    summary="List switches",
    response_model=SwitchPage,
    responses=problem_responses(401, 403, 422, 503),
    openapi_extra=dict(permitted(Permission.SWITCHES_READ)),
)
async def list_switches(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the switches that serve nothing beyond what the token covers, by id."""
    items = await read_switches.list_switches(
        deployment_of(request), actor_of(request), after=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="switch_id")


@router.post(
    "/v1/switches/{switch_id}/webhook-secret",
    operation_id="change_webhook_secret",
    summary="Change the secret that signs a switch's webhooks",
    status_code=201,
    response_model=WebhookSecretOut,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
    openapi_extra=dict(permitted(Permission.SWITCHES_WRITE)),
)
async def change_webhook_secret(request: Request, switch_id: SwitchId) -> Response:
    """Make a new secret and show it this once. For a day messages carry a signature by each of the two."""
    return written(await flow_change_secret(deployment_of(request), staff_request(request), switch_id=switch_id))
