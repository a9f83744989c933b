"""Somebody asks that a block end: is that person enough, or whose word is needed beside it?

Lifting is harder than setting. A block that protects a victim ends when two people have asked for it, one of them of
victim services, each on evidence of their own; every asking is a record, and nothing is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from callgate.domain.errors import Conflict, Forbidden
from callgate.domain.instants import to_milliseconds, to_wire
from callgate.domain.roles import VICTIM_CLASS, Permission, Role
from callgate.flows.block_locks import BlockReach, own_reach, write_once_settled
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.read_blocks import WholeBlock, load_whole_block
from callgate.flows.staff_write import ACCEPTED, StaffRequest, Write, Written
from callgate.store import blocks as store
from callgate.store.blocks import Lift
from callgate.store.facilities import find_facility


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftGiven:
    """On whose authority and which evidence the block should end."""

    authority: str
    evidence_reference: str


async def lift_block(deployment: Deployment, request: StaffRequest, *, block_id: str, given: LiftGiven) -> Written:
    """Lift the block, or keep that one of the two people has asked for it.

    Raises:
        Forbidden: the role lifts no block of this kind, or the block is the whole system's and the token is not.
        Conflict: it is over already, a removal request keeps it until it is decided, the same person asked before, or
            the second person is not the one needed.

    Clause: contract section 5 and its roles table; RULES F21.
    """

    async def act(write: Write) -> Written:
        seen = await store.find_block(write.transaction, block_id)
        person = None
        if seen is not None:
            reach = BlockReach(scope=seen.scope, kind=seen.kind, inmate_id=seen.inmate_id, facility_id=seen.facility_id)
            person = await own_reach(write, reach)
        whole = await load_whole_block(write.transaction, block_id)
        before = whole.shown(now_ms=write.now_ms)
        write.require_match(before)
        _require_may_lift(write, whole)
        place = whole.block.facility_id if person is None else person.facility_id
        hours = await _second_person_hours(deployment, write, place)
        open_asks = _open_asks(whole, write, hours=hours)
        is_last = whole.block.kind not in VICTIM_CLASS or _completes(write, open_asks)
        await store.insert_lift(write.transaction, _lift(write, whole, given, lifted=is_last))
        if is_last:
            await store.set_lifted(write.transaction, block_id, now_ms=write.now_ms)
        after = (await load_whole_block(write.transaction, block_id)).shown(now_ms=write.now_ms)
        action = "lift_block" if is_last else "ask_block_lift"
        await write.record(action, "block", block_id, facility_id=place, before=before, after=after)
        return _answer(write, block_id, hours=hours, is_last=is_last)

    return await write_once_settled(deployment, request, act)


def _require_may_lift(write: Write, whole: WholeBlock) -> None:
    if whole.block.kind in VICTIM_CLASS:
        permitted = write.actor.may(Permission.BLOCKS_LIFT_VICTIM_CLASS)
        detail = "A block that protects a victim is lifted by a warden and victim services together."
    else:
        permitted = write.actor.may(Permission.BLOCKS_LIFT)
        detail = "A block of this kind is lifted by a warden or by security."
    if not permitted:
        raise Forbidden("not_permitted", detail)
    state = whole.state(now_ms=write.now_ms)
    if state != "in_force":
        raise Conflict(f"already_{state}", "This block binds nobody any more, so there is nothing to lift.")
    if whole.provisional:
        raise Conflict(
            "provisional",
            "This block stands for as long as a removal request is open, and ends only by the warden's decision on it. "
            "Decide that request; its id is the block's `request_id`.",
        )


async def _second_person_hours(deployment: Deployment, write: Write, facility_id: str | None) -> int:
    """How long does the first asking wait? By the law of the place; without a place, by the strictest law here."""
    facility = None if facility_id is None else await find_facility(write.transaction, facility_id)
    if facility is None:
        return min(policy.block_lift_second_person_hours for policy in deployment.policies.values())
    return load_policy(deployment, facility.profile).block_lift_second_person_hours


def _open_asks(whole: WholeBlock, write: Write, *, hours: int) -> list[Lift]:
    """The askings that still wait for a second person; an older one counts no more, and may be made again."""
    earliest = to_milliseconds(write.now - timedelta(hours=hours))
    return [lift for lift in whole.lifts if lift.asked_at >= earliest]


def _completes(write: Write, open_asks: Sequence[Lift]) -> bool:
    """Is this the second of two people, one of them of victim services? False: it is the first.

    Raises:
        Conflict: it is a second, but the same person or not the one needed.
    """
    if not open_asks:
        return False
    if any(lift.asked_by == write.actor.subject for lift in open_asks):
        raise Conflict(
            "second_person_needed", "You have asked for this already. A second person must: the block stays in force."
        )
    roles = {write.actor.role.value, *(lift.asked_role for lift in open_asks)}
    if Role.VICTIM_SERVICES.value not in roles:
        raise Conflict(
            "victim_services_needed",
            "One of the two people must be of victim services: the block stays in force until they ask for it too.",
        )
    return True


def _lift(write: Write, whole: WholeBlock, given: LiftGiven, *, lifted: bool) -> Lift:
    return Lift(
        lift_id=write.new_id(),
        block_id=whole.block.block_id,
        asked_by=write.actor.subject,
        asked_role=write.actor.role.value,
        asked_at=write.now_ms,
        authority=given.authority,
        evidence_reference=given.evidence_reference,
        lifted=lifted,
    )


def _answer(write: Write, block_id: str, *, hours: int, is_last: bool) -> Written:
    body: dict[str, Any] = {"block_id": block_id, "lifted_at": None, "second_person_by": None}
    if is_last:
        return Written(body={**body, "state": "lifted", "lifted_at": to_wire(write.now)})
    by = to_wire(write.now + timedelta(hours=hours))
    return Written(body={**body, "state": "awaiting_second_person", "second_person_by": by}, status=ACCEPTED)
