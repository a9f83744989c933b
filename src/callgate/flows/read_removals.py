"""Which removal requests wait, since when, and which are late?"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.removal import age_days, is_overdue
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store import removal_requests as store
from callgate.store.database import Transaction
from callgate.store.removal_requests import OPEN, RemovalRequest, RequestFilter


def shown_request(request: RemovalRequest, *, now: datetime) -> dict[str, Any]:
    """A request as its readers see it. It ages until it is decided, by its facility's calendar."""
    today = request.today(now)
    until = today if request.decided_on is None else date.fromisoformat(request.decided_on)
    due = date.fromisoformat(request.due_on)
    return {
        "request_id": request.request_id,
        "facility_id": request.facility_id,
        "number": request.number,
        "inmate_id": request.inmate_id,
        "requester_name": request.requester_name,
        "received_on": request.received_on,
        "channel": request.channel,
        "letter_reference": request.letter_reference,
        "identity_checked": request.identity_checked,
        "state": request.state,
        "due_on": request.due_on,
        "age_days": age_days(date.fromisoformat(request.received_on), until=until),
        "overdue": request.state == OPEN and is_overdue(due, today=today),
        "provisional_block_id": request.provisional_block_id,
        "listed_for": request.listed_for,
        "created_by": request.created_by,
        "created_role": request.created_role,
        "created_at": to_wire(from_milliseconds(request.created_at)),
        "decided_by": request.decided_by,
        "decided_at": to_wire(from_milliseconds(request.decided_at)),
        "decided_on": request.decided_on,
        "decided_scope": request.decided_scope,
        "decision_note": request.decision_note,
    }


async def load_request(transaction: Transaction, request_id: str) -> RemovalRequest:
    """Load one request.

    Raises:
        NotFound: there is no such request.
    """
    found = await store.find_request(transaction, request_id)
    if found is None:
        raise not_found()
    return found


async def read_request(deployment: Deployment, *, request_id: str) -> Mapping[str, Any]:
    """One request.

    Raises:
        NotFound: there is no such request.
    """
    async with deployment.database.read() as transaction:
        request = await load_request(transaction, request_id)
    return shown_request(request, now=deployment.clock.now())


async def read_requests(
    deployment: Deployment,
    actor: Actor,
    *,
    facility_id: str | None,
    state: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    """The requests at the facilities that the token covers, those received first before the others.

    `after`: day received and id of the last one of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    asked = RequestFilter(
        facility_ids=None if actor.facilities is None else sorted(actor.facilities),
        facility_id=facility_id,
        state=state,
    )
    async with deployment.database.read() as transaction:
        found = await store.list_requests(transaction, asked, after=after, limit=limit)
    now = deployment.clock.now()
    return [shown_request(request, now=now) for request in found]
