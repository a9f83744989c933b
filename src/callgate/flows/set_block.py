"""Somebody asks that a number be blocked: for whom, on whose authority, and which calls end with it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callgate.domain.errors import Conflict, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import VICTIM_CLASS
from callgate.domain.verdict import Reason
from callgate.flows.block_locks import BlockReach, own_reach, require_reach, write_once_settled
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.note_privilege_clash import note_privilege_clash
from callgate.flows.put_object import load_named_facility
from callgate.flows.read_blocks import WholeBlock
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, etag_of
from callgate.store.blocks import Block, insert_block
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.phone_lists import list_hotlines_among
from callgate.store.whereabouts import Whereabouts

SUBJECTS: Final = {
    "inmate": frozenset({"inmate_id"}),
    "unit": frozenset({"facility_id", "unit"}),
    "facility": frozenset({"facility_id"}),
    "system": frozenset[str](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGiven:
    """A block as staff ask for it. `until` None: indefinite."""

    number: str
    scope: str
    inmate_id: str | None
    facility_id: str | None
    unit: str | None
    kind: str
    authority: str
    note: str
    document_reference: str | None
    until: datetime | None


async def set_block(deployment: Deployment, request: StaffRequest, *, given: BlockGiven) -> Written:
    """Block the number from the next authorize on, and revoke the calls that run against it. No list is changed.

    Raises:
        Invalid: the scope lacks its subject or has another's, a court order lacks its paper, `until` is over, or the
            number is none.
        Forbidden: it is for the whole system and the token is not.
        NotFound: it names a facility, or somebody at one, that the token does not cover.
        Conflict: the number is a hotline in force, and the block for less than the whole system.

    Clause: contract section 5; RULES F16 to F18.
    """

    async def act(write: Write) -> Written:
        reach = BlockReach(scope=given.scope, kind=given.kind, inmate_id=given.inmate_id, facility_id=given.facility_id)
        await require_reach(write, reach)
        _require_whole(given, write.now)
        person = await own_reach(write, reach)
        number = await _number(write, given, person, default_region=deployment.settings.default_region)
        if given.scope != "system" and await list_hotlines_among(write.transaction, [number]):
            raise Conflict(
                "hotline_number",
                "This number is a hotline in force, which nobody may be cut off from. Nothing was blocked. If it "
                "should be a hotline no longer, have the operator propose it anew.",
                pointer="/number",
            )
        block = _block(write, given, number)
        await insert_block(write.transaction, {name: getattr(block, name) for name in Block.__slots__})
        calls_revoked = await revoke_blocked(write, block, person)
        await note_privilege_clash(write, block, person)
        shown = WholeBlock(block=block).shown(now_ms=write.now_ms)
        place = given.facility_id if person is None else person.facility_id
        await write.record("set_block", "block", block.block_id, facility_id=place, after=shown)
        return Written(body={**shown, "calls_revoked": calls_revoked}, status=CREATED, etag=etag_of(shown))

    return await write_once_settled(deployment, request, act)


def _require_whole(given: BlockGiven, now: datetime) -> None:
    subjects = {"inmate_id": given.inmate_id, "facility_id": given.facility_id, "unit": given.unit}
    for name, value in subjects.items():
        if (value is not None) == (name in SUBJECTS[given.scope]):
            continue
        if value is None:
            raise Invalid("subject_missing", "A block of this scope must name whom it is about.", pointer=f"/{name}")
        raise Invalid("subject_not_of_scope", "A block of this scope does not take this field.", pointer=f"/{name}")
    if given.kind == "court_order" and given.document_reference is None:
        raise Invalid(
            "document_reference_missing",
            "A court's order must be named by its document.",
            pointer="/document_reference",
        )
    if given.until is not None and given.until <= now:
        raise Invalid("until_is_over", "`until` must lie in the future, or be `indefinite`.", pointer="/until")


async def _number(write: Write, given: BlockGiven, person: Whereabouts | None, *, default_region: str) -> str:
    if given.facility_id is not None:
        region = (await load_named_facility(write, given.facility_id)).region
    elif person is not None:
        region = person.locality.region
    else:
        region = default_region
    number = parse_dialled(given.number, region=region)
    if number.e164 is None:
        raise Invalid(
            "number_not_valid",
            "This is not a number that could be called. Write it with its country code, such as +1 and ten digits.",
            pointer="/number",
        )
    return number.e164


def _block(write: Write, given: BlockGiven, number: str) -> Block:
    return Block(
        block_id=write.new_id(),
        number=number,
        scope=given.scope,
        inmate_id=given.inmate_id,
        facility_id=given.facility_id,
        unit=given.unit,
        kind=given.kind,
        authority=given.authority,
        note=given.note,
        document_reference=given.document_reference,
        until=None if given.until is None else to_milliseconds(given.until),
        effective_at=write.now_ms,
        created_by=write.actor.subject,
        created_role=write.actor.role.value,
        lifted_at=None,
    )


async def revoke_blocked(write: Write, block: Block, person: Whereabouts | None) -> int:
    """End the running calls to the number that the block binds, and answer how many there were."""
    return sum(
        [
            await revoke_live_calls(
                write.transaction, meant, reason=Reason.NUMBER_NOT_AVAILABLE.value, now_ms=write.now_ms
            )
            for meant in _bound_by(block, person)
        ]
    )


def _bound_by(block: Block, person: Whereabouts | None) -> list[RunningCalls]:
    numbers = [block.number]
    if block.scope == "system":
        return [RunningCalls(numbers=numbers, hotlines=True)]
    if block.unit is not None and block.facility_id is not None:
        return [RunningCalls(numbers=numbers, person_unit=(block.facility_id, block.unit))]
    if block.facility_id is not None:
        return [RunningCalls(numbers=numbers, facility_id=block.facility_id)]
    own = RunningCalls(numbers=numbers, inmate_ids=[block.inmate_id or ""])
    if block.kind in VICTIM_CLASS and person is not None and person.status == "active":
        return [own, RunningCalls(numbers=numbers, facility_id=person.facility_id)]
    return [own]
