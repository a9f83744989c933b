"""A warden names somebody for whom a victim's shield does not hold: may that be, and who is it?

The shield refuses a number to a whole facility, so it can deny an innocent relative. The exception names one person;
the one whom the block is about can never be named.
"""

from dataclasses import dataclass
from datetime import datetime

from callgate.domain.errors import Conflict, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import VICTIM_CLASS
from callgate.flows.block_locks import BlockReach, own_reach, write_once_settled
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found, require_covered
from callgate.flows.read_blocks import WholeBlock, load_whole_block, shown_exception
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written
from callgate.store import blocks as store
from callgate.store.blocks import ShieldException
from callgate.store.whereabouts import find_whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionGiven:
    """Who may call the number in spite of the shield, and until when. `until` None: indefinite."""

    inmate_id: str
    note: str
    until: datetime | None


async def except_from_shield(
    deployment: Deployment, request: StaffRequest, *, block_id: str, given: ExceptionGiven
) -> Written:
    """Keep the exception; the person's own list and every other block bind as before.

    Raises:
        NotFound: nobody of that id is at a facility that the token covers.
        Invalid: `until` is over.
        Conflict: the block shields nobody, is over, or is about this very person.

    Clause: contract section 5; RULES F17.
    """

    async def act(write: Write) -> Written:
        excepted = await find_whereabouts(write.transaction, given.inmate_id)
        if excepted is None:
            raise not_found()
        require_covered(write, excepted.facility_id)
        seen = await store.find_block(write.transaction, block_id)
        person = None
        if seen is not None:
            reach = BlockReach(scope=seen.scope, kind=seen.kind, inmate_id=seen.inmate_id, facility_id=seen.facility_id)
            person = await own_reach(write, reach, also=(given.inmate_id,))
        whole = await load_whole_block(write.transaction, block_id)
        before = whole.shown(now_ms=write.now_ms)
        write.require_match(before)
        _require_exceptable(write, whole, given)
        exception = _exception(write, given, block_id)
        await store.insert_exception(write.transaction, exception)
        after = (await load_whole_block(write.transaction, block_id)).shown(now_ms=write.now_ms)
        place = whole.block.facility_id if person is None else person.facility_id
        await write.record("except_from_shield", "block", block_id, facility_id=place, before=before, after=after)
        return Written(body={"block_id": block_id, **shown_exception(exception)}, status=CREATED)

    return await write_once_settled(deployment, request, act)


def _require_exceptable(write: Write, whole: WholeBlock, given: ExceptionGiven) -> None:
    if given.until is not None and given.until <= write.now:
        raise Invalid("until_is_over", "`until` must lie in the future, or be `indefinite`.", pointer="/until")
    block = whole.block
    if block.scope != "inmate" or block.kind not in VICTIM_CLASS:
        raise Conflict(
            "shields_nobody",
            "Only a block that protects a victim from one person holds for others too; this one has no exceptions.",
        )
    if block.inmate_id == given.inmate_id:
        raise Conflict("not_for_the_subject", "The block is about this person, who can never be an exception to it.")
    state = whole.state(now_ms=write.now_ms)
    if state != "in_force":
        raise Conflict(f"already_{state}", "This block binds nobody any more, so there is nothing to be excepted from.")


def _exception(write: Write, given: ExceptionGiven, block_id: str) -> ShieldException:
    return ShieldException(
        exception_id=write.new_id(),
        block_id=block_id,
        inmate_id=given.inmate_id,
        note=given.note,
        until=None if given.until is None else to_milliseconds(given.until),
        created_by=write.actor.subject,
        created_at=write.now_ms,
    )
