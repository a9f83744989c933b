"""A counselor submits a change to a person's list: which numbers go on, which come off, and which are struck out?

Blocks are looked at last, and all facts are loaded before the first question, in the same statements for every answer:
no refusal tells of a block, and no outcome tells of its cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from callgate.domain.alerts import AlertKind
from callgate.domain.case import Case
from callgate.domain.number import Number
from callgate.domain.phone_list import EndedBy, EntryState, Outcome
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.judge_list_change import Addition, AskedChange, require_open, require_valid
from callgate.flows.raise_alerts import Alarm
from callgate.flows.read_list import PhoneList, load_phone_list
from callgate.flows.screening import find_binding_blocks, gather_listing_cases, is_protected, needs_its_entry
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, write_once
from callgate.store import phone_lists as store
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.locks import own_inmate
from callgate.store.phone_lists import Entry, NewEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChangeGiven:
    """What the counselor submits; at least one of the two holds something."""

    add: tuple[Addition, ...]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What the submission does: the answer, the numbers that go on, and the list afterwards."""

    change_id: str
    outcomes: tuple[dict[str, str], ...]
    entries: tuple[Entry, ...]
    after: PhoneList
    is_first: bool

    @property
    def state(self) -> str:
        """Does any number wait for the warden?"""
        waits = any(entry.state == EntryState.PENDING_WARDEN for entry in self.entries)
        return "pending_warden" if waits else "applied"


async def change_list(
    deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: ListChangeGiven
) -> Written:
    """Apply a change, or refuse it whole.

    Raises:
        Invalid: a number that cannot be one, twice in the change, a hotline, of a kind nobody may list, already listed
            or not listed.
        Conflict: the person is released, the list changed too recently, or it would be too long.

    Clause: contract section 4.
    """

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        before = await load_phone_list(
            deployment, write.transaction, actor=write.actor, inmate_id=inmate_id, now=write.now
        )
        write.require_match(before.shown_to(write.actor))
        asked = await _load(write, before, given)
        require_valid(asked)
        require_open(asked)
        effect = _effect(write, asked)
        await _keep(write, asked, effect)
        body = {
            "change_id": effect.change_id,
            "state": effect.state,
            "outcomes": list(effect.outcomes),
            **effect.after.places(),
        }
        return Written(body=body, status=CREATED)

    return await write_once(deployment, request, act)


async def _load(write: Write, before: PhoneList, given: ListChangeGiven) -> AskedChange:
    region = before.person.locality.region
    listed = {entry.number for entry in before.entries}
    adds = [parse_dialled(addition.number, region=region) for addition in given.add]
    # What is listed is found under its own form even if today's numbering plan would no longer read it.
    removes = [Number(e164=raw) if raw in listed else parse_dialled(raw, region=region) for raw in given.remove]
    cases = await gather_listing_cases(
        write.transaction, person=before.person, policy=before.policy, numbers=(*adds, *removes), now=write.now
    )
    return AskedChange(
        before=before,
        additions=given.add,
        arriving=tuple(cases[: len(adds)]),
        leaving=tuple(cases[len(adds) :]),
        hotlines=await store.list_hotlines_among(write.transaction, [number.e164 or "" for number in adds]),
    )


def _effect(write: Write, asked: AskedChange) -> _Effect:
    # Ids made in one instant are in no order; sorted, they keep the order of the submission.
    entry_ids = sorted(write.new_id() for _ in asked.additions)
    entries = [
        None if find_binding_blocks(case) else _entry(write, asked, entry_id, (addition, case))
        for entry_id, addition, case in zip(entry_ids, asked.additions, asked.arriving, strict=True)
    ]
    outcomes = [
        {"number": number, "outcome": _outcome(entry).value} for number, entry in zip(asked.added, entries, strict=True)
    ]
    outcomes += [{"number": number, "outcome": Outcome.REMOVED.value} for number in asked.removed]
    put_on = [entry for entry in entries if entry is not None]
    is_first = asked.before.history.is_untouched
    return _Effect(
        change_id=write.new_id(),
        outcomes=tuple(outcomes),
        entries=tuple(put_on),
        after=_after(asked, put_on, is_first=is_first),
        is_first=is_first,
    )


def _entry(write: Write, asked: AskedChange, entry_id: str, wanted: tuple[Addition, Case]) -> Entry:
    addition, case = wanted
    needs_warden = addition.kind in asked.before.policy.list_kinds_needing_warden
    return Entry(
        entry_id=entry_id,
        number=case.number.e164 or "",
        name=addition.name,
        relationship=addition.relationship,
        kind=addition.kind,
        state=(EntryState.PENDING_WARDEN if needs_warden else EntryState.ACTIVE).value,
        since_ms=write.now_ms,
    )


def _outcome(entry: Entry | None) -> Outcome:
    if entry is None:
        return Outcome.NOT_APPROVED
    return Outcome.PENDING_WARDEN if entry.state == EntryState.PENDING_WARDEN else Outcome.ADDED


def _after(asked: AskedChange, entries: Sequence[Entry], *, is_first: bool) -> PhoneList:
    before = asked.before
    last_day = before.history.last_change_day if is_first else before.today.isoformat()
    return replace(
        before,
        entries=(*(entry for entry in before.entries if entry.number not in asked.removed), *entries),
        history=store.History(last_change_day=last_day, is_untouched=False),
    )


async def _keep(write: Write, asked: AskedChange, effect: _Effect) -> None:
    """Write the change down: the same statements whether numbers were struck out or not."""
    transaction, person = write.transaction, asked.before.person
    await store.end_entries(
        transaction,
        inmate_id=person.inmate_id,
        numbers=asked.removed,
        ending=store.Ending(by=EndedBy.LIST_CHANGE.value, author=write.actor.subject, note=None, at_ms=write.now_ms),
    )
    await store.insert_entries(
        transaction,
        [_new_entry(entry, inmate_id=person.inmate_id, change_id=effect.change_id) for entry in effect.entries],
    )
    await store.insert_change(transaction, _change(write, asked, effect))
    lost = [case.number.e164 or "" for case in asked.leaving if needs_its_entry(case, asked.before.policy)]
    meant = RunningCalls(numbers=lost, inmate_ids=[person.inmate_id])
    await revoke_live_calls(transaction, meant, reason=Reason.NUMBER_NOT_AVAILABLE.value, now_ms=write.now_ms)
    await write.tell(*_alarms(asked, effect))
    await write.record(
        "change_list",
        "phone_list",
        person.inmate_id,
        facility_id=person.facility_id,
        before=asked.before.shown(),
        after={**effect.after.shown(), "change_id": effect.change_id, "outcomes": list(effect.outcomes)},
    )


def _new_entry(entry: Entry, *, inmate_id: str, change_id: str) -> NewEntry:
    return NewEntry(
        entry_id=entry.entry_id,
        inmate_id=inmate_id,
        number=entry.number,
        name=entry.name,
        relationship=entry.relationship,
        kind=entry.kind,
        state=entry.state,
        since=entry.since_ms,
        change_id=change_id,
    )


def _change(write: Write, asked: AskedChange, effect: _Effect) -> store.Change:
    return store.Change(
        change_id=effect.change_id,
        inmate_id=asked.before.person.inmate_id,
        submitted_at_ms=write.now_ms,
        local_day=asked.before.today.isoformat(),
        is_first=effect.is_first,
        state=effect.state,
        author=write.actor.subject,
        outcomes=effect.outcomes,
    )


def _alarms(asked: AskedChange, effect: _Effect) -> list[Alarm]:
    """Somebody asked for a protected number: those who guard it are told, and whoever asked is not (RULES F17)."""
    if not any(is_protected(case) for case in asked.arriving):
        return []
    person = asked.before.person
    return [
        Alarm(
            kind=AlertKind.PROTECTED_NUMBER_SUBMITTED,
            subject=effect.change_id,
            facility_id=person.facility_id,
            detail={"change_id": effect.change_id, "inmate_id": person.inmate_id},
        )
    ]
