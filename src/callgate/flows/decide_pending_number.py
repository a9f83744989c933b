"""The warden decides a number that waits: may it be called from now on, or is it refused?

A number that waits was never callable, so neither decision ends a call. Only the warden hears that a block stands
against it, and the gate asks for blocks again at every call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callgate.domain.errors import Conflict, Invalid
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.phone_list import LEGAL_KINDS, REFUSAL_REASONS, EntryState, Outcome
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.put_object import not_found
from callgate.flows.read_list import PhoneList, load_phone_list
from callgate.flows.read_list_changes import load_change, show_change
from callgate.flows.screening import find_binding_blocks, gather_listing_cases, is_forbidden
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store.list_history import EntryDecision, EverListed, find_entry_of_change, set_entry_decided
from callgate.store.locks import own_inmate
from callgate.store.phone_lists import Change, list_hotlines_among

APPROVE: Final = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDecisionGiven:
    """What the warden decides: `approve` or `refuse`."""

    decision: str
    reason: str
    evidence_reference: str | None


async def decide_pending_number(
    deployment: Deployment, request: StaffRequest, *, change_id: str, number: str, given: PendingDecisionGiven
) -> Written:
    """Put the number in force, or take it off the list as refused.

    Raises:
        NotFound: the change names no such number, or its person is at no facility that the token covers.
        Invalid: a refusal for a reason that is none, or a lawyer or consulate without evidence.
        Conflict: the number waits no more or never did; or it is to be approved and its person is released, it is
            blocked for them, or nobody may list it where they are now.

    Clause: contract section 4; RULES F10, F12, F37, F38.
    """

    async def act(write: Write) -> Written:
        change = await load_change(write.transaction, change_id)
        await own_inmate(write.transaction, change.inmate_id)
        listed = await _load_list(deployment, write, change.inmate_id)
        before = await show_change(write.transaction, change)
        write.require_match(before)
        told = _told_of(change, number, region=listed.person.locality.region)
        e164 = told["number"]
        entry = await find_entry_of_change(write.transaction, change_id=change_id, number=e164)
        _require_fitting(given, kind=None if entry is None else entry.kind)
        waiting = _require_waiting(entry, outcome=told["outcome"])
        if given.decision == APPROVE:
            await _require_listable(write, listed, waiting)
        decision = _decision(write, given)
        await set_entry_decided(write.transaction, waiting.entry_id, decision)
        after = await _load_list(deployment, write, change.inmate_id)
        body = {**_shown(waiting, decision, await show_change(write.transaction, change)), **after.places()}
        await write.record(
            "decide_pending_number",
            "phone_list",
            change.inmate_id,
            facility_id=listed.person.facility_id,
            before={"change_id": change_id, "number": e164, "state": waiting.state},
            after=body,
        )
        return Written(body=body)

    return await write_once(deployment, request, act)


async def _load_list(deployment: Deployment, write: Write, inmate_id: str) -> PhoneList:
    return await load_phone_list(deployment, write.transaction, actor=write.actor, inmate_id=inmate_id, now=write.now)


def _told_of(change: Change, raw: str, *, region: str) -> Mapping[str, str]:
    """What the change was answered about this number.

    Raises:
        NotFound: it names no such number.
    """
    outcomes = {told["number"]: told for told in change.outcomes}
    # What was submitted is found under its own form even if today's numbering plan would no longer read it.
    found = outcomes.get(raw) or outcomes.get(parse_dialled(raw, region=region).e164 or "")
    if found is None:
        raise not_found()
    return found


def _require_fitting(given: PendingDecisionGiven, *, kind: str | None) -> None:
    if given.decision != APPROVE and given.reason not in REFUSAL_REASONS:
        raise Invalid(
            "reason_not_in_set",
            "A number is refused for a reason about the number or the contact, never as a punishment. Give one of: "
            f"{', '.join(REFUSAL_REASONS)}. Nothing was decided.",
            pointer="/reason",
            permitted=list(REFUSAL_REASONS),
        )
    if given.decision == APPROVE and kind in LEGAL_KINDS and given.evidence_reference is None:
        raise Invalid(
            "evidence_missing",
            "A lawyer's or a consulate's number is approved on evidence alone. Verify whose it is, and name the paper "
            "in evidence_reference. Nothing was decided.",
            pointer="/evidence_reference",
        )


def _require_waiting(entry: EverListed | None, *, outcome: str) -> EverListed:
    if entry is None or outcome != Outcome.PENDING_WARDEN:
        raise Conflict("not_pending", "This number never waited for a decision. Read the change again.")
    if entry.decided_at is not None:
        raise Conflict(
            "already_decided",
            "This number was decided before, and one decision is all there is. Read the change again; a number that "
            "should come off the list is taken off by list-removals.",
        )
    if entry.state != EntryState.PENDING_WARDEN:
        raise Conflict(
            "no_longer_pending",
            "This number was taken off the list before it was decided, so there is nothing left to decide.",
        )
    return entry


async def _require_listable(write: Write, listed: PhoneList, entry: EverListed) -> None:
    """Refuse to approve what the rules of the place do not allow any more; a refusal asks for nothing."""
    person = listed.person
    if person.status != "active":
        raise Conflict(
            "person_released",
            "This person is released, so nothing can be approved. The number waits until they are back; or refuse it. "
            "Nothing was decided.",
        )
    (case,) = await gather_listing_cases(
        write.transaction,
        person=person,
        policy=listed.policy,
        numbers=[parse_dialled(entry.number, region=person.locality.region)],
        now=write.now,
    )
    # They were fine when they were submitted: since then the person moved, or the number became a hotline.
    if case.number.e164 is None or is_forbidden(case, listed.policy):
        raise Conflict(
            "number_not_valid",
            "This is not a number that can be called from where the person is now. Refuse it. Nothing was decided.",
        )
    if await list_hotlines_among(write.transaction, [entry.number]):
        raise Conflict(
            "hotline_number",
            "This number is a hotline now, which everybody may call without listing it. Refuse it, or take it off the "
            "list. Nothing was decided.",
        )
    if find_binding_blocks(case):
        raise Conflict(
            "number_blocked",
            "A block stands between this person and this number, and a block beats the list: approved, it still could "
            "not be called. Refuse it, or see to the block first. The counselor sees only that it waits. Nothing was "
            "decided.",
        )


def _decision(write: Write, given: PendingDecisionGiven) -> EntryDecision:
    state = EntryState.ACTIVE if given.decision == APPROVE else EntryState.REFUSED
    return EntryDecision(
        state=state.value,
        by=write.actor.subject,
        at_ms=write.now_ms,
        reason=given.reason,
        evidence_reference=given.evidence_reference,
    )


def _shown(entry: EverListed, decision: EntryDecision, change: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "change_id": change["change_id"],
        "change_state": change["state"],
        "inmate_id": entry.inmate_id,
        "number": entry.number,
        "kind": entry.kind,
        "state": decision.state,
        "reason": decision.reason,
        "evidence_reference": decision.evidence_reference,
        "decided_at": to_wire(from_milliseconds(decision.at_ms)),
        "decided_by": decision.by,
    }
