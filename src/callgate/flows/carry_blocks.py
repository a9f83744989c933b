"""A person leaves a facility or a unit: which of the place's blocks go along, as blocks on that person?

A number that was out of reach for everybody at a place must not come within reach of the one who held it by a move
alone. The block that goes along has the same kind and the same papers. So one of a victim's class goes on to shield:
the number that the facility kept from everybody is, at the new place, kept from everybody too, because the person who
had it is there now; and it is never opened to that person by an exception, being about them from now on. That is wider
than it was at the new place, and meant: a victim whom one facility protects is not reached from the next one through
the person who brought the number along, nor through a cellmate.
"""

from dataclasses import replace

from callgate.flows.read_blocks import WholeBlock
from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent
from callgate.store.blocks import Block
from callgate.store.carried_blocks import (
    Departure,
    LeftBlock,
    insert_carried_blocks,
    list_left_blocks,
    record_carried_blocks,
)


async def carry_blocks(write: Write, departure: Departure, *, facility_id: str) -> None:
    """Turn the blocks of the place left into blocks on the person; the caller owns both places.

    A provisional block stays tied to its removal request, whose decision ends or keeps both. One that the person
    carries already is not carried again, so that going to and fro heaps nothing up; one that was carried and lifted
    since is, because lifting it said nothing of the place's own block.

    Args:
        facility_id: where the person is from now on; there the trail tells of it.

    Clause: contract section 3, the move; RULES F54.
    """
    left = await list_left_blocks(write.transaction, departure, now_ms=write.now_ms)
    carried = [replace(one, block=_carried(write, one.block, departure.inmate_id)) for one in left]
    await insert_carried_blocks(write.transaction, [one.block for one in carried])
    await record_carried_blocks(write.transaction, [_event(write, one, facility_id) for one in carried])


def _carried(write: Write, source: Block, inmate_id: str) -> Block:
    """Kind, papers, end and removal request as they were; made now, by whoever told of the move."""
    return replace(
        source,
        block_id=write.new_id(),
        scope="inmate",
        inmate_id=inmate_id,
        facility_id=None,
        unit=None,
        effective_at=write.now_ms,
        created_by=write.actor.subject,
        created_role=write.actor.role.value,
        carried_from=source.block_id,
    )


def _event(write: Write, carried: LeftBlock, facility_id: str) -> AuditEvent:
    return AuditEvent(
        event_id=write.new_id(),
        occurred_at_ms=write.now_ms,
        author=write.actor.subject,
        role=write.actor.role.value,
        action="carry_block",
        object_type="block",
        object_id=carried.block.block_id,
        facility_id=facility_id,
        before=None,
        after=WholeBlock(block=carried.block, provisional=carried.provisional).shown(now_ms=write.now_ms),
    )
