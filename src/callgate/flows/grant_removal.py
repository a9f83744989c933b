"""A removal request is granted: off which lists does the number come, and who is kept from it for good?

The request's own blocks stay, and last because it is decided: there is no instant without one. Whoever had the number
is blocked in person beside the facility's block, so that no move brings the number back into reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callgate.flows.removal_blocks import event_of, make_removal_block, revoke_calls_to, set_removal_blocks
from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent
from callgate.store.blocks import Block
from callgate.store.carried_blocks import record_carried_blocks
from callgate.store.listed_numbers import Holder, Lists, end_entries_for_owner, list_holders
from callgate.store.removal_requests import RemovalRequest, list_blocks_of_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a decision did. `block_ids`: the blocks that stand because of the request now."""

    lists_changed: int = 0
    calls_revoked: int = 0
    block_ids: tuple[str, ...] = ()


async def grant_removal(write: Write, asked: RemovalRequest, *, for_facility: bool) -> Effect:
    """Take the number off the lists concerned, and leave lasting blocks; the caller holds every lock.

    Concerned are the person whom the request names and whoever was moved away since it was taken in; with
    `for_facility` also everybody at its facility, those released from there included.
    """
    standing = await list_blocks_of_request(write.transaction, asked.request_id)
    people = {block.inmate_id for block in standing if block.inmate_id is not None}
    if asked.inmate_id is not None:
        people.add(asked.inmate_id)
    lists = Lists(facility_id=asked.facility_id if for_facility else None, inmate_ids=people)
    holders = await list_holders(write.transaction, asked.number, lists)
    await _end_entries(write, asked, holders)
    people.update(holder.inmate_id for holder in holders)
    added = await _add_blocks(write, asked, standing, people=people, for_facility=for_facility)
    calls_revoked = await revoke_calls_to(
        write, asked.number, facility_id=asked.facility_id if for_facility else None, inmate_ids=people
    )
    return Effect(
        lists_changed=len(holders),
        calls_revoked=calls_revoked,
        block_ids=tuple(block.block_id for block in (*standing, *added)),
    )


async def _end_entries(write: Write, asked: RemovalRequest, holders: Sequence[Holder]) -> None:
    # Stands in the list's history, which a counselor may read: it names the request and not who asked.
    note = f"The number's owner asked for it: removal request {asked.request_id}."
    await end_entries_for_owner(
        write.transaction,
        [holder.entry_id for holder in holders],
        author=write.actor.subject,
        note=note,
        now_ms=write.now_ms,
    )
    await record_carried_blocks(write.transaction, [_event(write, asked, holder, note=note) for holder in holders])


def _event(write: Write, asked: RemovalRequest, holder: Holder, *, note: str) -> AuditEvent:
    entry = {
        "entry_id": holder.entry_id,
        "inmate_id": holder.inmate_id,
        "number": asked.number,
        "kind": holder.kind,
    }
    return event_of(
        write,
        "remove_for_owner",
        "phone_list",
        holder.inmate_id,
        facility_id=holder.facility_id,
        before={**entry, "state": holder.state},
        after={**entry, "state": "removed", "note": note},
    )


async def _add_blocks(
    write: Write, asked: RemovalRequest, standing: Sequence[Block], *, people: set[str], for_facility: bool
) -> list[Block]:
    """The blocks that the request's own do not make up already.

    A person's block is noted as the facility's going along, so that a move does not carry it a second time.
    """
    of_place = next((block for block in standing if block.scope == "facility"), None)
    added = []
    if for_facility and of_place is None:
        of_place = make_removal_block(write, asked, inmate_id=None)
        added.append(of_place)
    carried_from = None if of_place is None else of_place.block_id
    unbound = people - {block.inmate_id for block in standing if block.inmate_id is not None}
    added += [make_removal_block(write, asked, inmate_id=each, carried_from=carried_from) for each in sorted(unbound)]
    await set_removal_blocks(write, asked, added)
    return added
