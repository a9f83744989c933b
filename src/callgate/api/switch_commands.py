"""GET /v1/switches/self/commands: which of a switch's calls must end now? For switches that cannot be sent webhooks."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from callgate.api.answers import listed, shown
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, verified_token
from callgate.api.fields import CallerId, InstantText, WireOut
from callgate.api.openapi import problem_responses
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.roles import Actor, Permission
from callgate.flows.read_switches import takes_token
from callgate.flows.settle_command import require_command, settle_revocation
from callgate.flows.watch_revocations import Revocations

WAIT_SECONDS_MAX = 25


class SwitchOwnRoute(StaffRoute):
    """A route on which a switch asks about itself; its row may say that older tokens are taken no more."""

    async def require_reach(self, request: Request, actor: Actor) -> None:
        """Answer 401 to a token that the switch's row refuses, and 404 to a command that is not the switch's."""
        issued_at = verified_token(request).issued_at
        if not await takes_token(deployment_of(request), actor.subject, issued_at=issued_at):
            raise HTTPException(401)
        command_id = request.path_params.get("command_id")
        if command_id is not None:
            await require_command(deployment_of(request), actor, command_id)


router = APIRouter(route_class=SwitchOwnRoute, tags=["calls"])


class CommandOut(WireOut):
    """One call that the switch must end."""

    command_id: str = Field(
        description="Settles the command with `ack`.", examples=["01935a4e-3c00-7d3c-8a51-000000000001"]
    )
    type: Literal["terminate"]
    decision_id: str
    call_id: str = Field(description="As the switch named the call when it asked.", examples=["3c26700857a8@10.0.0.5"])
    revoked_at: InstantText


class CommandsOut(WireOut):
    """What is to be done; always one page."""

    items: list[CommandOut]
    next_cursor: None


class SettledOut(WireOut):
    """The command is done."""

    command_id: str
    state: Literal["settled"]


@router.get(
    "/v1/switches/self/commands",
    operation_id="list_switch_commands",
    summary="Wait for calls that must end",
    response_model=CommandsOut,
    responses=problem_responses(401, 403, 422, 503),
    openapi_extra=permitted(Permission.SWITCH_COMMANDS_TAKE),
)
async def list_switch_commands(
    request: Request,
    wait: Annotated[
        int, Query(ge=0, le=WAIT_SECONDS_MAX, description="Seconds to wait for a command when there is none.")
    ] = 0,
) -> Response:
    """Answer as soon as one of the asking switch's calls must end, or empty after `wait` seconds.

    No cause is told. A command that was fetched is handed out again after two seconds, until it is settled by `ack`,
    the call's `ended` arrives or the call expires. `self` is the switch that the token names.
    """
    revocations: Revocations = request.app.state.revocations
    commands = await revocations.fetch(actor_of(request), wait_seconds=wait)
    items: list[Mapping[str, Any]] = [
        {
            "command_id": command.decision_id,
            "type": "terminate",
            "decision_id": command.decision_id,
            "call_id": command.call_id,
            "revoked_at": to_wire(from_milliseconds(command.revoked_at)),
        }
        for command in commands
    ]
    return listed(items, next_cursor=None)


@router.post(
    "/v1/switches/self/commands/{command_id}/ack",
    operation_id="settle_switch_command",
    summary="Say that a call was ended",
    response_model=SettledOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=permitted(Permission.SWITCH_COMMANDS_TAKE),
)
async def settle_switch_command(
    request: Request, command_id: Annotated[CallerId, Path(description="From the list of commands.")]
) -> Response:
    """Settle a command, so that it is not handed out again. The call still needs its `ended` event."""
    await settle_revocation(deployment_of(request), switch_id=actor_of(request).subject, decision_id=command_id)
    return shown({"command_id": command_id, "state": "settled"})
