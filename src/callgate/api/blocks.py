"""Blocks: which numbers nobody may call, or one person, a unit or a facility; their lifts and exceptions."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator, Field, WithJsonSchema

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import (
    CallerId,
    InstantText,
    LongText,
    PhoneText,
    ShortText,
    UnitName,
    WireIn,
    WireOut,
    read_instant,
)
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.roles import Permission
from callgate.flows import except_from_shield as except_flow
from callgate.flows import lift_block as lift_flow
from callgate.flows import read_blocks
from callgate.flows import set_block as set_flow

router = APIRouter(route_class=StaffRoute, tags=["blocks"])

BlockId = Annotated[CallerId, Path(description="As the block was answered with.")]
Scope = Literal["inmate", "unit", "facility", "system"]
Kind = Literal["victim", "court_order", "protected_person", "called_party", "guardian", "investigation", "facility"]
KindOut = Literal[
    "victim", "court_order", "protected_person", "called_party", "guardian", "investigation", "facility", "protected"
]
State = Literal["in_force", "lifted", "expired"]


def _read_until(value: object) -> object:
    return value if value == read_blocks.INDEFINITE else read_instant(value)


_UNTIL_SCHEMA = {
    "anyOf": [{"const": "indefinite", "type": "string"}, {"format": "date-time", "type": "string"}],
    "examples": ["indefinite", "2027-11-22T00:00:00.000Z"],
}
UntilIn = Annotated[Literal["indefinite"] | datetime, BeforeValidator(_read_until), WithJsonSchema(_UNTIL_SCHEMA)]
"""A future instant, or the word `indefinite`: never left out, so that nobody forgets it."""

UntilOut = Annotated[str, WithJsonSchema(_UNTIL_SCHEMA)]
_Person = Annotated[str | None, Field(examples=["00204418"], description="Whom it is about; null where withheld.")]


class BlockIn(WireIn):
    """A block as staff ask for it."""

    number: PhoneText
    scope: Scope = Field(description="`inmate` takes `inmate_id`, `unit` `facility_id` and `unit`, `facility` its id.")
    inmate_id: CallerId | None = Field(default=None, description="Known, or not yet booked.")
    facility_id: CallerId | None = None
    unit: UnitName | None = None
    kind: Kind
    authority: ShortText = Field(examples=["Order of the Superior Court, FA-26-4011"])
    note: LongText = Field(examples=["Protective order served 2026-11-19."])
    document_reference: ShortText | None = Field(default=None, description="Required for a `court_order`.")
    until: UntilIn


class LiftStepOut(WireOut):
    """One person's asking that a block end."""

    asked_by: str = Field(examples=["w.lamb"])
    asked_role: str = Field(examples=["warden"])
    asked_at: InstantText
    authority: str | None
    evidence_reference: str | None
    lifted: bool = Field(description="It was the last one needed.")


class ShieldExceptionOut(WireOut):
    """Somebody for whom the shield does not hold."""

    exception_id: str
    inmate_id: _Person
    note: str | None
    until: UntilOut
    created_by: str = Field(examples=["w.lamb"])
    created_at: InstantText


class BlockOut(WireOut):
    """A block. Protected kinds read as `protected`, without person, papers or authority, where the role may not see."""

    block_id: str
    number: str = Field(examples=["+18605550123"])
    scope: Scope
    inmate_id: _Person
    facility_id: str | None
    unit: str | None
    kind: KindOut
    authority: str | None
    note: str | None
    document_reference: str | None
    until: UntilOut
    effective_at: InstantText
    state: State = Field(description="A block that waits for a second person to lift it is in force.")
    created_by: str = Field(examples=["v.stone"])
    created_role: str = Field(examples=["victim_services"])
    lifted_at: InstantText | None
    request_id: str | None = Field(description="The removal request that it came from.")
    provisional: bool = Field(description="That request is not decided yet: only its decision ends this block.")
    carried_from: str | None = Field(description="The block of a place that goes along with the person as this one.")
    lift_authority: str | None = Field(
        description="Who can end it, in words; null when it binds nobody any more, or is withheld.",
        examples=["A warden or security lifts it."],
    )
    lift_needs: list[list[str]] | None = Field(
        description="For each person whose word it takes, the roles that will do; empty when no lift ends it.",
        examples=[[["victim_services"], ["victim_services", "warden"]]],
    )
    lifts: list[LiftStepOut]
    exceptions: list[ShieldExceptionOut]


class NewBlockOut(BlockOut):
    """A block that was just set."""

    calls_revoked: int = Field(description="Running calls that must end now.", examples=[0])


class BlockPage(WireOut):
    """One page of blocks."""

    items: list[BlockOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class LiftIn(WireIn):
    """On whose authority and which evidence the block should end."""

    authority: ShortText = Field(examples=["Order vacated, Superior Court, FA-26-4011"])
    evidence_reference: ShortText = Field(examples=["DOC-2026-11873"])


class LiftOut(WireOut):
    """What the asking did."""

    block_id: str
    state: Literal["lifted", "awaiting_second_person"]
    lifted_at: InstantText | None
    second_person_by: InstantText | None = Field(description="Until when the second person's word counts.")


class ShieldExceptionIn(WireIn):
    """Whom the shield should leave out. Nobody is ever excepted from a block about themselves."""

    inmate_id: CallerId = Field(examples=["00204419"])
    note: LongText = Field(examples=["Sister of the protected person; both asked for it in writing."])
    until: UntilIn


class NewShieldExceptionOut(ShieldExceptionOut):
    """An exception that was just made."""

    block_id: str


@router.post(
    "/v1/blocks",
    operation_id="set_block",
    summary="Block a number",
    response_model=NewBlockOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.BLOCKS_CREATE)),
)
async def set_block(request: Request, body: BlockIn) -> Response:
    """Block a number from the next authorize on. It beats the list and beats privileged; no list is changed.

    A block for a victim, a court or a protected person that names one person holds for everybody at that person's
    facility. For the whole system the token must be for every facility. On a hotline in force every other block is
    refused: 409 `hotline_number`.
    """
    given = set_flow.BlockGiven(
        number=body.number,
        scope=body.scope,
        inmate_id=body.inmate_id,
        facility_id=body.facility_id,
        unit=body.unit,
        kind=body.kind,
        authority=body.authority,
        note=body.note,
        document_reference=body.document_reference,
        until=body.until if isinstance(body.until, datetime) else None,
    )
    return written(await set_flow.set_block(deployment_of(request), staff_request(request), given=given))


@router.get(
    "/v1/blocks/{block_id}",
    operation_id="get_block",
    summary="Read one block",
    response_model=BlockOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.BLOCKS_READ)),
)
async def get_block(request: Request, block_id: BlockId) -> Response:
    """Read one block with the steps towards its end and its exceptions."""
    return shown(await read_blocks.read_block(deployment_of(request), actor_of(request), block_id=block_id))


@router.get(
    "/v1/blocks",
    operation_id="list_blocks",
    summary="List blocks",
    response_model=BlockPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.BLOCKS_READ)),
)
async def list_blocks(  # noqa: PLR0913 - one argument a filter
    request: Request,
    *,
    number: Annotated[PhoneText | None, Query(description="On this number alone.")] = None,
    scope: Annotated[Scope | None, Query(description="Only these.")] = None,
    kind: Annotated[Kind | None, Query(description="Only these.")] = None,
    facility_id: Annotated[CallerId | None, Query(description="Of this facility and the people there.")] = None,
    inmate_id: Annotated[CallerId | None, Query(description="About this person alone.")] = None,
    state: Annotated[State | None, Query(description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the blocks at the facilities that the token covers, those about people not booked yet, and the system's."""
    asked = read_blocks.BlocksAsked(
        number=number, scope=scope, kind=kind, facility_id=facility_id, inmate_id=inmate_id, state=state
    )
    items = await read_blocks.read_blocks(
        deployment_of(request), actor_of(request), asked=asked, before=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="block_id")


@router.post(
    "/v1/blocks/{block_id}/lift",
    operation_id="lift_block",
    summary="Ask that a block end",
    response_model=LiftOut,
    responses={
        202: {"model": LiftOut, "description": "One of two people has asked; the block stays in force."},
        **problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    },
    # Whoever may lift some kind of block may read them all; which kinds a role lifts is for the flow to say.
    openapi_extra=dict(permitted(Permission.BLOCKS_READ)),
)
async def lift_block(request: Request, block_id: BlockId, body: LiftIn) -> Response:
    """Lift a block at once, or be the first or second of the two people whom a victim's block needs.

    A `victim`, `court_order` or `protected_person` block is lifted by two people, one of them of victim services,
    within 72 hours. The same person again: 409 `second_person_needed`; two of whom neither is of victim services: 409
    `victim_services_needed`. Other kinds end at the word of a warden or of security; a block that an undecided removal
    request put there does not: 409 `provisional`.
    """
    given = lift_flow.LiftGiven(authority=body.authority, evidence_reference=body.evidence_reference)
    return written(
        await lift_flow.lift_block(deployment_of(request), staff_request(request), block_id=block_id, given=given)
    )


@router.post(
    "/v1/blocks/{block_id}/exceptions",
    operation_id="except_from_shield",
    summary="Except one person from a shield",
    response_model=NewShieldExceptionOut,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.BLOCKS_EXCEPT)),
)
async def except_from_shield(request: Request, block_id: BlockId, body: ShieldExceptionIn) -> Response:
    """Name somebody who may call the number although it is protected from another person at the facility.

    The person whom the block is about can never be named: 409 `not_for_the_subject`.
    """
    given = except_flow.ExceptionGiven(
        inmate_id=body.inmate_id,
        note=body.note,
        until=body.until if isinstance(body.until, datetime) else None,
    )
    return written(
        await except_flow.except_from_shield(
            deployment_of(request), staff_request(request), block_id=block_id, given=given
        )
    )
