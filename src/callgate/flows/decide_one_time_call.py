"""A warden grants or refuses a one-time call: may this person make it, and until when can it be used?

Only the warden hears that a block stands against it, and the gate asks for blocks again when the call is made.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callgate.domain.errors import Conflict, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.one_time_call import OneTimeCallState, latest_expiry
from callgate.domain.policy import Policy
from callgate.flows.ask_one_time_call import WHY_NOT, Wanted, load_person, load_wanted, require_active
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found
from callgate.flows.read_one_time_calls import shown_one_time_call
from callgate.flows.screening import find_binding_blocks
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import one_time_calls as store
from callgate.store.locks import own_inmate
from callgate.store.one_time_calls import OneTimeCall
from callgate.store.whereabouts import Whereabouts

GRANT: Final = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCallDecision:
    """What the warden decides. `expires_at` None: as late as the profile allows."""

    decision: str
    note: str
    expires_at: datetime | None


async def decide_one_time_call(
    deployment: Deployment, request: StaffRequest, *, one_time_call_id: str, given: OneTimeCallDecision
) -> Written:
    """Grant it, so that one call to this number needs no list entry until it expires; or refuse it.

    Raises:
        Conflict: it was decided before, the warden asked for it, the person is released, or the number is blocked for
            them or has become one that cannot be called from where they are now.
        Invalid: it would expire at once, or later than the profile allows; or a refusal names an expiry.
        NotFound: the person is at no facility that the token covers.

    Clause: RULES F33.
    """

    async def act(write: Write) -> Written:
        seen = await _find(write, one_time_call_id)
        await own_inmate(write.transaction, seen.inmate_id)
        person = await load_person(write, seen.inmate_id)
        asked = await _find(write, one_time_call_id)
        before = shown_one_time_call(asked, write.actor, now=write.now)
        write.require_match(before)
        _require_open(write, asked)
        expires_at = await _expiry(deployment, write, person, asked, given)
        await _keep(write, asked, given, expires_at)
        after = shown_one_time_call(await _find(write, one_time_call_id), write.actor, now=write.now)
        await write.record(
            "decide_one_time_call",
            "one_time_call",
            one_time_call_id,
            facility_id=person.facility_id,
            before=before,
            after=after,
        )
        return Written(body=after, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _find(write: Write, one_time_call_id: str) -> OneTimeCall:
    found = await store.find_one_time_call(write.transaction, one_time_call_id)
    if found is None:
        raise not_found()
    return found


def _require_open(write: Write, asked: OneTimeCall) -> None:
    if asked.state != OneTimeCallState.ASKED:
        raise Conflict("already_decided", "This was decided before, and one decision is all there is. Read it again.")
    if asked.asked_by == write.actor.subject:
        raise Conflict("same_person", "You asked for this call yourself. Another person has to decide.")


async def _expiry(
    deployment: Deployment, write: Write, person: Whereabouts, asked: OneTimeCall, given: OneTimeCallDecision
) -> datetime | None:
    """When what is decided expires: None for a refusal, which needs nothing more to be true."""
    if given.decision != GRANT:
        if given.expires_at is not None:
            detail = "Only a granted call expires. Leave expires_at out to refuse. Nothing was decided."
            raise Invalid("expiry_of_a_refusal", detail, pointer="/expires_at")
        return None
    expires_at = _granted_until(write.now, load_policy(deployment, person.locality.profile), given)
    require_active(person)
    _require_callable(await load_wanted(deployment, write, person, number=asked.number))
    return expires_at


def _granted_until(now: datetime, policy: Policy, given: OneTimeCallDecision) -> datetime:
    latest = latest_expiry(now, policy)
    if given.expires_at is None:
        return latest
    if given.expires_at <= now:
        detail = "A one-time call must expire in the future. Nothing was decided."
        raise Invalid("expiry_is_over", detail, pointer="/expires_at")
    if given.expires_at > latest:
        hours = policy.one_time_call_hours_max
        detail = f"A one-time call is good for {hours} hours at most here. Name an earlier expires_at, or leave it out."
        raise Invalid("expiry_too_late", f"{detail} Nothing was decided.", pointer="/expires_at")
    return given.expires_at


def _require_callable(wanted: Wanted) -> None:
    if wanted.fault is not None:
        # It was fine when it was asked for: since then the person moved, or the number became a hotline.
        raise Conflict(wanted.fault, f"{WHY_NOT[wanted.fault]} Nothing was decided; refuse it.")
    if find_binding_blocks(wanted.case):
        raise Conflict(
            "number_blocked",
            "A block stands between this person and this number, and a block beats a one-time call. Refuse the call, "
            "or see to the block first. Nothing was decided.",
        )


async def _keep(write: Write, asked: OneTimeCall, given: OneTimeCallDecision, expires_at: datetime | None) -> None:
    state = OneTimeCallState.REFUSED if expires_at is None else OneTimeCallState.GRANTED
    await store.decide_one_time_call(
        write.transaction,
        asked.one_time_call_id,
        state=state.value,
        decided_by=write.actor.subject,
        decided_at_ms=write.now_ms,
        note=given.note,
        expires_at_ms=None if expires_at is None else to_milliseconds(expires_at),
    )
