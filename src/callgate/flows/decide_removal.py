"""The warden decides on a removal request: does the block last, or does it end?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from callgate.domain.errors import Conflict, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.grant_removal import Effect, grant_removal
from callgate.flows.read_removals import load_request, shown_request
from callgate.flows.removal_blocks import is_common_number, lift_removal_blocks, own_person
from callgate.flows.removal_letters import GRANTED, reply_to_requester
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import removal_requests as store
from callgate.store.locks import own_system
from callgate.store.removal_requests import OPEN, Decided, RemovalRequest

REFUSED: Final = "refused"
GRANT: Final = "grant"
PERSON: Final = "inmate"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalDecisionGiven:
    """What the warden decides. `scope` says whom a grant concerns; a refusal concerns whomever the request did."""

    decision: str
    scope: str | None
    note: str


async def decide_removal(
    deployment: Deployment, request: StaffRequest, *, request_id: str, given: RemovalDecisionGiven
) -> Written:
    """Grant or refuse, once.

    A grant takes the number off the lists and makes the blocks last; a refusal lifts the request's blocks and leaves
    the lists as they were. Neither is a change by the person inside.

    Raises:
        NotFound: there is no such request.
        Conflict: it is decided already, or it would be granted and the number is a common one in force.
        Invalid: a grant names no scope, or one person where the request names none.
        Outdated: If-Match names another state.

    Clause: contract section 5; RULES F19.
    """

    async def act(write: Write) -> Written:
        await _own(write, await load_request(write.transaction, request_id), given)
        asked = await load_request(write.transaction, request_id)
        before = shown_request(asked, now=write.now)
        write.require_match(before)
        _require_open(asked)
        await _require_grantable(write, asked, given)
        tracking_days = load_policy(deployment, asked.profile).removal_tracking_days
        decided = await _decide(write, asked, given, tracking_days=tracking_days)
        effect = await _carry_out(write, decided)
        after = shown_request(decided, now=write.now)
        await write.record(
            "decide_removal", "removal_request", request_id, facility_id=asked.facility_id, before=before, after=after
        )
        body = {
            **after,
            "lists_changed": effect.lists_changed,
            "calls_revoked": effect.calls_revoked,
            "block_ids": list(effect.block_ids),
            "reply_letter": reply_to_requester(decided, tracking_days=tracking_days),
        }
        return Written(body=body, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _own(write: Write, asked: RemovalRequest, given: RemovalDecisionGiven) -> None:
    """Lock one person, or everything where a whole facility is concerned.

    Its lists are changed by their persons' locks alone, and those who moved away since the intake are anywhere.
    """
    if asked.inmate_id is not None and (given.decision != GRANT or given.scope == PERSON):
        await own_person(write, asked.inmate_id)
    else:
        await own_system(write.transaction)


def _require_open(asked: RemovalRequest) -> None:
    if asked.state != OPEN:
        raise _already_decided()


def _already_decided() -> Conflict:
    return Conflict(
        "already_decided", "This request has been decided; read it to see how. Whoever asks anew is taken in anew."
    )


async def _require_grantable(write: Write, asked: RemovalRequest, given: RemovalDecisionGiven) -> None:
    if given.decision != GRANT:
        return
    if given.scope is None:
        raise Invalid("scope_missing", "A grant must say for whom: `inmate` or `facility`.", pointer="/scope")
    if given.scope == PERSON and asked.inmate_id is None:
        raise Invalid(
            "scope_names_nobody",
            "The request is about nobody in particular, so it can be granted for the facility alone.",
            pointer="/scope",
        )
    if await is_common_number(write, asked.number, facility_id=asked.facility_id):
        raise Conflict(
            "common_number",
            "This number is a hotline or a privileged number in force, which a removal cannot take from everybody. "
            "Have the operator propose it anew, which takes it out of force, and decide then; or refuse.",
        )


async def _decide(
    write: Write, asked: RemovalRequest, given: RemovalDecisionGiven, *, tracking_days: int
) -> RemovalRequest:
    """Write the decision down, and answer the request as it stands then."""
    is_grant = given.decision == GRANT
    decided = Decided(
        state=GRANTED if is_grant else REFUSED,
        by=write.actor.subject,
        at_ms=write.now_ms,
        on=asked.today(write.now).isoformat(),
        scope=given.scope if is_grant else None,
        note=given.note,
        token_dies_at_ms=to_milliseconds(write.now + timedelta(days=tracking_days)),
    )
    if not await store.set_decided(write.transaction, asked.request_id, decided):
        raise _already_decided()
    return await load_request(write.transaction, asked.request_id)


async def _carry_out(write: Write, decided: RemovalRequest) -> Effect:
    if decided.state == GRANTED:
        return await grant_removal(write, decided, for_facility=decided.decided_scope != PERSON)
    blocks = await store.list_blocks_of_request(write.transaction, decided.request_id)
    await lift_removal_blocks(write, decided, blocks)
    return Effect()
