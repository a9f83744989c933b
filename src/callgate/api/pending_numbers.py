"""Numbers that wait for the warden: the queue, and what the warden decides."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from callgate.api.answers import listed, written
from callgate.api.auth import StaffRoute, actor_of, deployment_of, permitted, staff_request
from callgate.api.fields import CallerId, DayText, InstantText, PhoneText, ShortText, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.paging import Cursor, Limit, decode_cursor, encode_cursor, page_of
from callgate.domain.errors import Invalid
from callgate.domain.phone_list import REFUSAL_REASONS, EntryKind
from callgate.domain.roles import Permission
from callgate.flows import decide_pending_number as decide_flow
from callgate.flows import read_pending_numbers

router = APIRouter(route_class=StaffRoute, tags=["phone lists"])

ChangeId = Annotated[CallerId, Path(description="As the list change was answered with.")]
NumberInPath = Annotated[
    PhoneText, Path(description="One number of the change: E.164 with its `+` as `%2B`, or as dialled.")
]
_INSTANT_DIGITS_MAX = 15

_REASON = (
    "Where the number is approved, one line of words. Where it is refused, one of these codes, all of them about the "
    "number or the contact, for a refusal must be no punishment: " + ", ".join(f"`{code}`" for code in REFUSAL_REASONS)
)


class PendingDecisionIn(WireIn):
    """What the warden decides."""

    decision: Literal["approve", "refuse"]
    reason: ShortText = Field(
        description=f"{_REASON}.",
        examples=["Called back; she answered under that name.", REFUSAL_REASONS[0]],
        json_schema_extra={"x-refusal-reasons": list(REFUSAL_REASONS)},
    )
    evidence_reference: ShortText | None = Field(
        default=None,
        description="The paper that shows whose number it is. A lawyer or consulate is approved with it alone.",
        examples=["Bar roll 417-22, letterhead of 2026-11-18"],
    )


class PendingDecisionOut(WireOut):
    """What was decided, and how the list stands."""

    change_id: str
    change_state: Literal["applied", "pending_warden"] = Field(description="Does any other number of the change wait?")
    inmate_id: str = Field(examples=["00204418"])
    number: str = Field(examples=["+18605550123"])
    kind: EntryKind
    state: Literal["active", "refused"]
    reason: str
    evidence_reference: str | None
    decided_at: InstantText
    decided_by: str = Field(examples=["w.lamb"])
    limit: int = Field(examples=[10])
    used: int = Field(examples=[7])
    next_change_on: DayText | None


class PendingNumberOut(WireOut):
    """A number that waits."""

    change_id: str | None = Field(description="With the number it names the decision; null: it came by no change.")
    submitted_by: str | None = Field(examples=["m.okafor"])
    facility_id: str = Field(description="Where the person is held now.", examples=["osborn-ci"])
    inmate_id: str = Field(examples=["00204418"])
    number: str = Field(examples=["+18605550123"])
    name: str = Field(examples=["Ada Perez"])
    relationship: str = Field(examples=["attorney"])
    kind: EntryKind
    since: InstantText
    age_days: int = Field(description="Calendar days since it was submitted.", examples=[5])
    age_business_days: int = Field(
        description="Of these, Monday to Friday. Public holidays are not known here and count as business days.",
        examples=[3],
    )
    due_on: DayText = Field(description="The last day of the profile's term, by the same business days.")
    overdue: bool = Field(description="That day is over.")


class PendingNumberPage(WireOut):
    """One page of the queue."""

    items: list[PendingNumberOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.post(
    "/v1/list-changes/{change_id}/numbers/{number}/decision",
    operation_id="decide_pending_number",
    summary="Approve or refuse a number that waits",
    response_model=PendingDecisionOut,
    responses=problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_DECIDE)),
)
async def decide_pending_number(
    request: Request, change_id: ChangeId, number: NumberInPath, body: PendingDecisionIn
) -> Response:
    """Decide, once. An approved number can be called from the next authorize on; a refused one frees its place.

    A refusal for another reason than the permitted ones: 422 `reason_not_in_set`, which names them; a lawyer or
    consulate approved without evidence: 422 `evidence_missing`. Decided before: 409 `already_decided`; taken off the
    list meanwhile: 409 `no_longer_pending`; never waited: 409 `not_pending`. To approve also takes that the person is
    not released (409 `person_released`), that such a number may be called from where they are now (409
    `number_not_valid`, `hotline_number`), and that no block refuses it (409 `number_blocked`). `If-Match` takes the
    change's `ETag`.
    """
    given = decide_flow.PendingDecisionGiven(
        decision=body.decision, reason=body.reason, evidence_reference=body.evidence_reference
    )
    return written(
        await decide_flow.decide_pending_number(
            deployment_of(request), staff_request(request), change_id=change_id, number=number, given=given
        )
    )


@router.get(
    "/v1/pending-numbers",
    operation_id="list_pending_numbers",
    summary="List the numbers that wait for the warden",
    response_model=PendingNumberPage,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
    openapi_extra=dict(permitted(Permission.PHONE_LISTS_DECIDE)),
)
async def list_pending_numbers(
    request: Request,
    *,
    facility_id: Annotated[CallerId | None, Query(description="Of people held at this facility alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List what waits at the facilities that the token covers, the longest waiting first.

    Days are of the facility where the person is held now. Business days are Monday to Friday: no public holidays are
    known, so a term can end a day early and never late. Numbers of somebody released are left out until they are back.
    """
    found = await read_pending_numbers.read_pending_numbers(
        deployment_of(request),
        actor_of(request),
        facility_id=facility_id,
        after=_place_before_page(cursor),
        limit=limit + 1,
    )
    items, has_more = page_of(found, limit=limit)
    after = None
    if has_more:
        since, entry_id = items[-1][0]
        after = encode_cursor([str(since), entry_id])
    return listed([item for _, item in items], next_cursor=after)


def _place_before_page(cursor: str | None) -> tuple[int, str] | None:
    key = decode_cursor(cursor, parts=2)
    if key is None:
        return None
    since, entry_id = key
    if not (since.isdigit() and len(since) <= _INSTANT_DIGITS_MAX):
        detail = "This cursor was not given by this list. Begin without one."
        raise Invalid("cursor_not_valid", detail, pointer="/cursor")
    return int(since), entry_id
