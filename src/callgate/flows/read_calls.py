"""Which calls were allowed, and how do they stand?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callgate.domain.call import state_at
from callgate.domain.errors import NotFound
from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.store import calls
from callgate.store.database import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls are asked for; None: any. `state` is the state now, `expired` included."""

    state: str | None = None
    facility_id: str | None = None
    inmate_id: str | None = None
    number: str | None = None
    from_: datetime | None = None
    to: datetime | None = None


async def list_calls(
    deployment: Deployment, actor: Actor, *, wanted: CallFilter, after: str | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Calls at the facilities that the reader covers, newest first.

    Raises:
        NotFound: a facility was named that the token does not cover.
    """
    if wanted.facility_id is not None and not actor.covers(wanted.facility_id):
        raise NotFound("not_found", "There is nothing here that your token covers.")
    named = None if wanted.facility_id is None else [wanted.facility_id]
    covered = named if actor.facilities is None else named or sorted(actor.facilities)
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        rows = await calls.list_calls(
            transaction,
            facility_ids=covered,
            state=wanted.state,
            inmate_id=wanted.inmate_id,
            number=wanted.number,
            from_ms=None if wanted.from_ is None else to_milliseconds(wanted.from_),
            to_ms=None if wanted.to is None else to_milliseconds(wanted.to),
            now_ms=to_milliseconds(now),
            after=after,
            limit=limit,
        )
    return [shown_call(row, now) for row in rows]


async def load_call(deployment: Deployment, decision_id: str) -> Mapping[str, Any]:
    """One call.

    Raises:
        NotFound: the attempt was denied, so there is no call.
    """
    async with deployment.database.read() as transaction:
        row = await calls.find_call(transaction, decision_id)
    if row is None:
        raise NotFound("not_found", "There is no call of this decision: the attempt was denied.")
    return shown_call(row, deployment.clock.now())


def shown_call(row: Record, now: datetime) -> Mapping[str, Any]:
    """The representation of a call as it stands at `now`."""
    charge = None if row.charge_amount is None else {"amount": row.charge_amount, "currency": row.charge_currency}
    return {
        "decision_id": row.decision_id,
        "switch_id": row.switch_id,
        "call_id": row.call_id,
        "facility_id": row.facility_id,
        "station_id": row.station_id,
        "inmate_id": row.inmate_id,
        "number": row.number,
        "call_class": row.call_class,
        "state": state_at(calls.call_of(row), now).value,
        "authorized_at": to_wire(from_milliseconds(row.authorized_at)),
        "authorization_expires_at": to_wire(from_milliseconds(row.expires_at)),
        "end_by": to_wire(from_milliseconds(row.end_by)),
        "max_duration_seconds": row.max_duration_seconds,
        "answered_at": to_wire(from_milliseconds(row.answered_at)),
        "ended_at": to_wire(from_milliseconds(row.ended_at)),
        "duration_seconds": row.talk_seconds,
        "cause": row.cause,
        "recorded": row.recorded,
        "rate_quote": None if row.quote is None else json.loads(row.quote),
        "charge": charge,
        "revoked_at": to_wire(from_milliseconds(row.revoked_at)),
    }
