"""Which blocks are there, and how does each look to its reader?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.domain.errors import Invalid
from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.domain.lifting import list_lifters, tell_lifters
from callgate.domain.redaction import redact
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.put_object import not_found
from callgate.store import blocks as store
from callgate.store.blocks import Block, BlockFilter, Lift, ShieldException
from callgate.store.database import Transaction
from callgate.store.removal_requests import list_undecided_among

INDEFINITE = "indefinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBlock:
    """A block with every step towards its end, and everybody whom its shield leaves out.

    `provisional`: the removal request that it came from is not decided yet.
    """

    block: Block
    lifts: tuple[Lift, ...] = ()
    exceptions: tuple[ShieldException, ...] = ()
    provisional: bool = False

    def state(self, *, now_ms: int) -> str:
        """`in_force`, `lifted` or `expired`. One that waits for a second person is in force."""
        if self.block.lifted_at is not None:
            return "lifted"
        return "expired" if self.block.until is not None and self.block.until <= now_ms else "in_force"

    def shown(self, *, now_ms: int) -> dict[str, Any]:
        """The block in full; `redact` it for whoever may not see it so."""
        block = self.block
        return {
            "block_id": block.block_id,
            "number": block.number,
            "scope": block.scope,
            "inmate_id": block.inmate_id,
            "facility_id": block.facility_id,
            "unit": block.unit,
            "kind": block.kind,
            "authority": block.authority,
            "note": block.note,
            "document_reference": block.document_reference,
            "until": _until(block.until),
            "effective_at": _instant(block.effective_at),
            "state": self.state(now_ms=now_ms),
            "created_by": block.created_by,
            "created_role": block.created_role,
            "lifted_at": _instant(block.lifted_at),
            "request_id": block.request_id,
            "provisional": self.provisional,
            "carried_from": block.carried_from,
            **self._lifters(now_ms=now_ms),
            "lifts": [_shown_lift(lift) for lift in self.lifts],
            "exceptions": [shown_exception(exception) for exception in self.exceptions],
        }

    def _lifters(self, *, now_ms: int) -> dict[str, Any]:
        """Who can end it, in words and by the roles of each person needed; one that binds nobody is ended by nobody."""
        block = self.block
        if self.state(now_ms=now_ms) != "in_force":
            return {"lift_authority": None, "lift_needs": []}
        return {
            "lift_authority": tell_lifters(block.kind, scope=block.scope, provisional=self.provisional),
            "lift_needs": [] if self.provisional else list_lifters(block.kind),
        }


def shown_exception(exception: ShieldException) -> dict[str, Any]:
    """An exception as it stands in its block."""
    return {
        "exception_id": exception.exception_id,
        "inmate_id": exception.inmate_id,
        "note": exception.note,
        "until": _until(exception.until),
        "created_by": exception.created_by,
        "created_at": _instant(exception.created_at),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksAsked:
    """Which blocks a reader asks for; None: any. `number` in any spelling."""

    number: str | None = None
    scope: str | None = None
    kind: str | None = None
    facility_id: str | None = None
    inmate_id: str | None = None
    state: str | None = None


async def load_whole_block(transaction: Transaction, block_id: str) -> WholeBlock:
    """Load one block.

    Raises:
        NotFound: there is no such block.
    """
    block = await store.find_block(transaction, block_id)
    if block is None:
        raise not_found()
    return (await _with_all(transaction, [block]))[0]


async def read_block(deployment: Deployment, actor: Actor, *, block_id: str) -> Mapping[str, Any]:
    """One block as this reader may see it.

    Raises:
        NotFound: there is no such block.
    """
    now_ms = to_milliseconds(deployment.clock.now())
    async with deployment.database.read() as transaction:
        whole = await load_whole_block(transaction, block_id)
    shown: Mapping[str, Any] = redact(whole.shown(now_ms=now_ms), actor)
    return shown


async def read_blocks(
    deployment: Deployment, actor: Actor, *, asked: BlocksAsked, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """The blocks that were asked for, as far as the token reaches, newest first.

    Blocks of nobody's facility are among them: they bind at every one. `before`: the last id of the page before.

    Raises:
        NotFound: the token does not cover the facility asked for.
        Invalid: the number asked for cannot be one.
    """
    if asked.facility_id is not None and not actor.covers(asked.facility_id):
        raise not_found()
    wanted = BlockFilter(
        now_ms=to_milliseconds(deployment.clock.now()),
        facility_ids=None if actor.facilities is None else sorted(actor.facilities),
        facility_id=asked.facility_id,
        number=_canonical(deployment, asked.number),
        inmate_id=asked.inmate_id,
        scope=asked.scope,
        kind=asked.kind,
        state=asked.state,
    )
    async with deployment.database.read() as transaction:
        found = await store.list_blocks(transaction, wanted, before=before, limit=limit)
        whole = await _with_all(transaction, found)
    return [redact(one.shown(now_ms=wanted.now_ms), actor) for one in whole]


def _canonical(deployment: Deployment, number: str | None) -> str | None:
    if number is None:
        return None
    parsed = parse_dialled(number, region=deployment.settings.default_region)
    if parsed.e164 is None:
        raise Invalid("number_not_valid", "This is not a number that could be called.", pointer="/number")
    return parsed.e164


async def _with_all(transaction: Transaction, found: Sequence[Block]) -> list[WholeBlock]:
    names = [block.block_id for block in found]
    lifts = await store.list_lifts(transaction, names)
    exceptions = await store.list_exceptions(transaction, names)
    undecided = await list_undecided_among(transaction, [block.request_id for block in found if block.request_id])
    return [
        WholeBlock(
            block=block,
            provisional=block.lifted_at is None and block.request_id in undecided,
            lifts=tuple(lift for lift in lifts if lift.block_id == block.block_id),
            exceptions=tuple(one for one in exceptions if one.block_id == block.block_id),
        )
        for block in found
    ]


def _instant(milliseconds: int | None) -> str | None:
    return to_wire(from_milliseconds(milliseconds))


def _shown_lift(lift: Lift) -> dict[str, Any]:
    return {
        "asked_by": lift.asked_by,
        "asked_role": lift.asked_role,
        "asked_at": _instant(lift.asked_at),
        "authority": lift.authority,
        "evidence_reference": lift.evidence_reference,
        "lifted": lift.lifted,
    }


def _until(milliseconds: int | None) -> str | None:
    return INDEFINITE if milliseconds is None else _instant(milliseconds)
