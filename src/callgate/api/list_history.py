"""Phone lists over time, and as the person inside may know them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted
from callgate.api.fields import CallerId, DayText, InstantText, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.list_words import Standing
from callgate.domain.phone_list import EndedBy, EntryKind, EntryState
from callgate.domain.roles import Permission
from callgate.flows import read_list_history, read_list_status

router = APIRouter(route_class=StaffRoute, tags=["phone lists"])

InmateId = Annotated[CallerId, Path(description="The person's number.", examples=["00204418"])]


class EverListedOut(WireOut):
    """A number that stands or stood on a list."""

    entry_id: str
    number: str = Field(examples=["+18605550123"])
    name: str = Field(examples=["Ruth Doe"])
    relationship: str = Field(examples=["mother"])
    kind: EntryKind
    state: EntryState
    since: InstantText
    change_id: str | None = Field(description="The change that put it there; null: it came in another way.")
    submitted_by: str | None = Field(examples=["m.okafor"], description="The author of that change.")
    decided_at: InstantText | None = Field(description="When the warden decided; null: nobody had to, or it waits.")
    decided_by: str | None = Field(examples=["w.lamb"])
    decision_reason: str | None = Field(
        description="A code where it was refused, words where it was approved. Null to counselors and operators."
    )
    evidence_reference: str | None = Field(description="Null to counselors and operators.")
    ended_at: InstantText | None = Field(description="When it came off the list, or was refused.")
    ended_by: EndedBy | None = Field(
        description="`owner` is told to wardens, security and victim services alone; others read `staff`."
    )
    ended_author: str | None = Field(examples=["w.lamb"])
    ended_note: str | None = Field(description="Told to wardens and security alone.")


class EverListedPage(WireOut):
    """One page of a list's history."""

    items: list[EverListedOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class WordsOut(WireOut):
    """The same words in two languages."""

    en: str = Field(examples=["Waiting for the warden's decision."])
    es: str = Field(examples=["En espera de la decisión del director del centro."])


class NumberStatusOut(WireOut):
    """One number of the list, in words for the person inside."""

    number: str = Field(examples=["+18605550123"])
    name: str = Field(examples=["Ruth Doe"])
    status: Literal[Standing.ON_LIST, Standing.WAITING, Standing.SUSPENDED]
    text: WordsOut


class NotApprovedOut(WireOut):
    """One number that was not approved, in the one wording for every cause."""

    number: str = Field(examples=["+18605550199"])
    status: Literal[Standing.NOT_APPROVED]
    text: WordsOut


class ListStatusOut(WireOut):
    """A list as its person may know it."""

    inmate_id: str = Field(examples=["00204418"])
    limit: int = Field(examples=[10])
    used: int = Field(examples=[7])
    next_change_on: DayText | None
    places_text: WordsOut
    next_change_text: WordsOut
    numbers: list[NumberStatusOut]
    not_approved: list[NotApprovedOut] = Field(description="Of the last change alone.")


@router.get(
    "/v1/inmates/{inmate_id}/phone-list/history",
    operation_id="list_phone_list_history",
    summary="Read all that ever stood on a person's list",
    response_model=EverListedPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_READ)),
)
async def list_phone_list_history(
    request: Request, inmate_id: InmateId, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List every number that stands or ever stood on this list, newest first: who put it there and what became of it.

    Blocks change no list, so none is told of here. Reasons and notes are for those who guard the people called; to
    everybody else one refusal reads like another, and a number taken off for its owner like any that staff took off.
    """
    items = await read_list_history.read_list_history(
        deployment_of(request),
        actor_of(request),
        inmate_id=inmate_id,
        before=name_before_page(cursor),
        limit=limit + 1,
    )
    return page(items, limit=limit, name="entry_id")


@router.get(
    "/v1/inmates/{inmate_id}/phone-list/status",
    operation_id="get_phone_list_status",
    summary="Read a list in words for the person inside",
    response_model=ListStatusOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_READ)),
)
async def get_phone_list_status(request: Request, inmate_id: InmateId) -> Response:
    """Read how the list stands in safe words, English and Spanish, to be shown or read out to the person inside.

    A block changes nothing here. Numbers of the last change that were not approved stand apart, with one wording for
    every cause there is.
    """
    return shown(
        await read_list_status.read_list_status(deployment_of(request), actor_of(request), inmate_id=inmate_id)
    )
