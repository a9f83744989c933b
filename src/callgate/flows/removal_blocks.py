"""Which blocks does a removal request bring, and whose calls must wait while they are written?

Every request has blocks of its own, known by its id: provisional while it is open, lasting once it is granted, lifted
when it is refused. They are `called_party` blocks without an end, and bind from the next authorize on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from callgate.domain.verdict import Reason
from callgate.flows.read_blocks import WholeBlock, load_whole_block
from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent
from callgate.store.blocks import Block, Lift, insert_lift, set_lifted
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.carried_blocks import insert_carried_blocks, record_carried_blocks
from callgate.store.common_numbers import find_common_number
from callgate.store.locks import own_facilities, own_inmate, own_system
from callgate.store.removal_requests import OPEN, RemovalRequest
from callgate.store.whereabouts import find_whereabouts


async def own_person(write: Write, inmate_id: str) -> None:
    """Lock one person; where nobody of that id was booked yet, everything: the booking must not pass the block."""
    if await find_whereabouts(write.transaction, inmate_id) is None:
        await own_system(write.transaction)
    else:
        await own_inmate(write.transaction, inmate_id)


async def own_reach_of(write: Write, *, facility_id: str, inmate_id: str | None) -> None:
    """Lock whom a request concerns: one person, or the facility."""
    if inmate_id is None:
        await own_facilities(write.transaction, [facility_id])
    else:
        await own_person(write, inmate_id)


async def is_common_number(write: Write, number: str, *, facility_id: str) -> bool:
    """Is it a hotline in force anywhere, or a privileged number in force here? No removal takes such from everybody."""
    row = await find_common_number(write.transaction, number)
    if row is None or row.state != "in_force":
        return False
    return row.kind == "hotline" or row.facility_id in (None, facility_id)


def make_removal_block(
    write: Write,
    request: RemovalRequest,
    *,
    inmate_id: str | None,
    block_id: str | None = None,
    carried_from: str | None = None,
) -> Block:
    """The block that keeps this person, or the request's facility, from the number.

    It names the request and the paper, not who asked: that stands in the request alone.

    Args:
        block_id: its name, where that is known already.
        carried_from: the facility's block that this one makes go along with the person.
    """
    return Block(
        block_id=block_id or write.new_id(),
        number=request.number,
        scope="facility" if inmate_id is None else "inmate",
        inmate_id=inmate_id,
        facility_id=request.facility_id if inmate_id is None else None,
        unit=None,
        kind="called_party",
        authority=f"removal request of {request.received_on}, received by {request.channel}",
        note=f"The number's owner asked not to be called: removal request {request.request_id}.",
        document_reference=request.letter_reference,
        until=None,
        effective_at=write.now_ms,
        created_by=write.actor.subject,
        created_role=write.actor.role.value,
        lifted_at=None,
        request_id=request.request_id,
        carried_from=carried_from,
    )


async def set_removal_blocks(write: Write, request: RemovalRequest, made: Sequence[Block]) -> None:
    """Set these blocks, and tell the trail of each: in two statements, since every call may be waiting for them."""
    provisional = request.state == OPEN
    await insert_carried_blocks(write.transaction, made)
    await record_carried_blocks(
        write.transaction,
        [
            event_of(
                write,
                "set_block",
                "block",
                block.block_id,
                facility_id=request.facility_id,
                after=WholeBlock(block=block, provisional=provisional).shown(now_ms=write.now_ms),
            )
            for block in made
        ],
    )


def event_of(
    write: Write,
    action: str,
    object_type: str,
    object_id: str,
    *,
    facility_id: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """What the trail says of one object among many."""
    return AuditEvent(
        event_id=write.new_id(),
        occurred_at_ms=write.now_ms,
        author=write.actor.subject,
        role=write.actor.role.value,
        action=action,
        object_type=object_type,
        object_id=object_id,
        facility_id=facility_id,
        before=before,
        after=after,
    )


async def lift_removal_blocks(write: Write, request: RemovalRequest, blocks: Sequence[Block]) -> None:
    """Lift the provisional blocks of a request that was refused; each keeps its row, and who lifted it."""
    for block in blocks:
        before = WholeBlock(block=block, provisional=True).shown(now_ms=write.now_ms)
        lift = Lift(
            lift_id=write.new_id(),
            block_id=block.block_id,
            asked_by=write.actor.subject,
            asked_role=write.actor.role.value,
            asked_at=write.now_ms,
            authority="the removal request was refused",
            evidence_reference=request.request_id,
            lifted=True,
        )
        await insert_lift(write.transaction, lift)
        await set_lifted(write.transaction, block.block_id, now_ms=write.now_ms)
        after = (await load_whole_block(write.transaction, block.block_id)).shown(now_ms=write.now_ms)
        await write.record(
            "lift_block", "block", block.block_id, facility_id=request.facility_id, before=before, after=after
        )


async def revoke_calls_to(
    write: Write, number: str, *, facility_id: str | None = None, inmate_ids: Collection[str] = ()
) -> int:
    """End the calls to the number that run at this facility's telephones, and those of these people anywhere."""
    meant = []
    if facility_id is not None:
        meant.append(RunningCalls(numbers=[number], facility_id=facility_id))
    if inmate_ids:
        meant.append(RunningCalls(numbers=[number], inmate_ids=sorted(inmate_ids)))
    return sum(
        [
            await revoke_live_calls(
                write.transaction, each, reason=Reason.NUMBER_NOT_AVAILABLE.value, now_ms=write.now_ms
            )
            for each in meant
        ]
    )
