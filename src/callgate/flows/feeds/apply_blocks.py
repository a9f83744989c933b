"""Every block of the file is written: which calls end with them, and whose lawyer is out of reach now?"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from callgate.flows.feeds.applying import ChangedMeanwhile, event_of, require_same
from callgate.flows.feeds.judging import PART, Bench
from callgate.flows.note_privilege_clash import note_privilege_clash
from callgate.flows.read_blocks import WholeBlock, load_whole_block
from callgate.flows.set_block import revoke_blocked
from callgate.flows.staff_write import Write
from callgate.store import blocks as store
from callgate.store.blocks import Block, Lift
from callgate.store.feed_stage import FeedStage
from callgate.store.feed_writes import insert_blocks, insert_lifts, record_events
from callgate.store.feeds import (
    list_blocks_to_look_at,
    list_hotlines,
    list_running,
    load_blocks,
    load_whereabouts,
)


async def prepare_blocks(_: Bench, write: Write, stage: FeedStage) -> None:
    """Write those that are new, unseen by any call until the commit.

    Raises:
        ChangedMeanwhile: another block took one of the ids.
    """
    for plans in stage.each_plans(PART):
        new = {block_id: _block(write, block_id, plan["set"]) for block_id, plan in plans.items() if plan["set"]}
        await insert_blocks(write.transaction, [asdict(block) for block in new.values()])
        require_same(await load_blocks(write.transaction, new), new)
        lifts = {
            block_id: _lift(write, block_id, plans[block_id]["lift"]) for block_id in new if plans[block_id]["lift"]
        }
        await insert_lifts(write.transaction, [asdict(lift) for lift in lifts.values()])
        people = await load_whereabouts(write.transaction, {block.inmate_id or "" for block in new.values()})
        await record_events(
            write.transaction,
            [
                event_of(
                    write,
                    "set_block",
                    "block",
                    block.block_id,
                    facility_id=_place(block, people),
                    before=None,
                    after=WholeBlock(block=block).shown(now_ms=write.now_ms),
                )
                for block in new.values()
            ],
        )


async def finish_blocks(bench: Bench, write: Write, stage: FeedStage) -> None:
    """End the calls that the new blocks refuse, and lift what is to be lifted, now that every call waits.

    Raises:
        ChangedMeanwhile: a number became a hotline, or somebody lifted a block first.
    """
    if await list_hotlines(write.transaction) != bench.hotlines:
        raise ChangedMeanwhile(None)
    running = sorted({number for _, number in await list_running(write.transaction, now_ms=write.now_ms)})
    found = await list_blocks_to_look_at(write.transaction, running=running, author=write.actor.subject)
    planned = stage.find_plans([block.block_id for block in found])
    for block in found:
        if planned.get(block.block_id, {}).get("set"):
            await _look_at(write, block)
    for plans in stage.each_plans(PART):
        for block_id, plan in plans.items():
            if plan["set"] is None:
                await _lift_known(write, block_id, plan["lift"])


async def _look_at(write: Write, block: Block) -> None:
    if WholeBlock(block=block).state(now_ms=write.now_ms) != "in_force":
        return
    person = (await load_whereabouts(write.transaction, [block.inmate_id or ""])).get(block.inmate_id or "")
    await revoke_blocked(write, block, person)
    await note_privilege_clash(write, block, person)


async def _lift_known(write: Write, block_id: str, lift: Mapping[str, Any]) -> None:
    whole = await load_whole_block(write.transaction, block_id)
    if whole.block.lifted_at is not None or whole.provisional:
        raise ChangedMeanwhile([block_id])
    await store.insert_lift(write.transaction, _lift(write, block_id, lift))
    await store.set_lifted(write.transaction, block_id, now_ms=lift["lifted_at"])
    after = await load_whole_block(write.transaction, block_id)
    people = await load_whereabouts(write.transaction, [whole.block.inmate_id or ""])
    await write.record(
        "lift_block",
        "block",
        block_id,
        facility_id=_place(whole.block, people),
        before=whole.shown(now_ms=write.now_ms),
        after=after.shown(now_ms=write.now_ms),
    )


def _place(block: Block, people: Mapping[str, Any]) -> str | None:
    person = people.get(block.inmate_id or "")
    return block.facility_id if person is None else person.facility_id


def _block(write: Write, block_id: str, told: Mapping[str, Any]) -> Block:
    return Block(**told, block_id=block_id, created_by=write.actor.subject, created_role=write.actor.role.value)


def _lift(write: Write, block_id: str, lift: Mapping[str, Any]) -> Lift:
    return Lift(
        lift_id=write.new_id(),
        block_id=block_id,
        asked_by=write.actor.subject,
        asked_role=write.actor.role.value,
        asked_at=lift["lifted_at"],
        authority=lift["authority"],
        evidence_reference=lift["evidence_reference"],
        lifted=True,
    )
