"""Somebody shuts the telephones off: of one unit, of a facility or of the whole system, why, and until when?"""

from dataclasses import dataclass
from datetime import datetime

from callgate.domain.errors import Forbidden, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import load_named_facility
from callgate.flows.read_shutoffs import shown_shutoff
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, etag_of, write_once
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.locks import own_facilities, own_system
from callgate.store.shutoffs import Shutoff, insert_shutoff


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutoffGiven:
    """What is shut off: without a facility the whole system, without a unit the whole facility."""

    facility_id: str | None
    unit: str | None
    reason: str
    ends_at: datetime


async def shut_off(deployment: Deployment, request: StaffRequest, *, given: ShutoffGiven) -> Written:
    """Stop all but hotlines from the next authorize on, and revoke the calls that run; it ends by itself.

    Raises:
        Forbidden: it is for the whole system and the token is not.
        Invalid: its end is not in the future.

    Clause: contract section 5; RULES F32.
    """

    async def act(write: Write) -> Written:
        await own_scope(write, given.facility_id)
        if given.facility_id is not None:
            await load_named_facility(write, given.facility_id)
        if given.ends_at <= write.now:
            raise Invalid("ends_at_is_over", "A shut-off must end in the future.", pointer="/ends_at")
        shutoff = _shutoff(write, given)
        await insert_shutoff(write.transaction, shutoff)
        calls_revoked = await revoke_live_calls(
            write.transaction, _stopped_by(shutoff), reason=Reason.NOT_IN_SERVICE.value, now_ms=write.now_ms
        )
        shown = shown_shutoff(shutoff, now_ms=write.now_ms)
        await write.record("shut_off", "shutoff", shutoff.shutoff_id, facility_id=given.facility_id, after=shown)
        return Written(body={**shown, "calls_revoked": calls_revoked}, status=CREATED, etag=etag_of(shown))

    return await write_once(deployment, request, act)


async def own_scope(write: Write, facility_id: str | None) -> None:
    """Lock what a shut-off concerns: this facility, or the whole system.

    Raises:
        Forbidden: it is the whole system's and the token is not for `["*"]`.
    """
    if facility_id is not None:
        await own_facilities(write.transaction, [facility_id])
        return
    if not write.actor.covers_everything:
        raise Forbidden(
            "system_scope", "A write for the whole system needs a token for every facility. Ask somebody who holds one."
        )
    await own_system(write.transaction)


def _shutoff(write: Write, given: ShutoffGiven) -> Shutoff:
    narrower = "facility" if given.unit is None else "unit"
    scope = "system" if given.facility_id is None else narrower
    return Shutoff(
        shutoff_id=write.new_id(),
        scope=scope,
        facility_id=given.facility_id,
        unit=given.unit,
        reason=given.reason,
        starts_at=write.now_ms,
        ends_at=to_milliseconds(given.ends_at),
        created_by=write.actor.subject,
    )


def _stopped_by(shutoff: Shutoff) -> RunningCalls:
    if shutoff.facility_id is None:
        return RunningCalls()
    if shutoff.unit is None:
        return RunningCalls(facility_id=shutoff.facility_id)
    return RunningCalls(station_unit=(shutoff.facility_id, shutoff.unit))
