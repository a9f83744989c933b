"""A counselor submits a change to a person's list: which numbers go on, which come off, and which are struck out?

What a change is refused for is looked at in one order, and blocks come last: whatever a refusal says is true of the list and
of the calendar alone. All facts are loaded before the first question, in the same statements for every answer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from callgate.domain.case import Case
from callgate.domain.errors import Conflict, Invalid
from callgate.domain.number import Number
from callgate.domain.phone_list import EntryState, Outcome, is_too_full
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.read_list import PhoneList, load_phone_list
from callgate.flows.screening import (
    find_binding_blocks,
    gather_listing_cases,
    is_forbidden,
    is_protected,
    needs_its_entry,
)
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, write_once
from callgate.store import phone_lists as store
from callgate.store.alerts import Alert, record_alerts
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.locks import own_inmate
from callgate.store.phone_lists import Entry, NewEntry

PROTECTED_NUMBER_SUBMITTED: Final = "protected_number_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One number to put on the list, as it was typed."""

    number: str
    name: str
    relationship: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChangeGiven:
    """What the counselor submits; at least one of the two holds something."""

    add: tuple[Addition, ...]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A submission with its numbers read and every fact about them loaded; cases are in the order of the additions."""

    before: PhoneList
    given: ListChangeGiven
    adds: tuple[Number, ...]
    removes: tuple[Number, ...]
    cases: tuple[Case, ...]
    leaving: tuple[Case, ...]
    hotlines: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What the submission does."""

    change_id: str
    outcomes: tuple[dict[str, str], ...]
    entries: tuple[Entry, ...]
    after: PhoneList
    is_first: bool
    state: str


async def change_list(
    deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: ListChangeGiven
) -> Written:
    """Apply a change, or refuse it whole.

    Raises:
        Invalid: a number that cannot be one, twice in the change, a hotline, of a kind nobody may list, already listed or
            not listed.
        Conflict: the person is released, the list changed too recently, or it would be too long.

    Clause: contract section 4.
    """

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        before = await load_phone_list(
            deployment, write.transaction, actor=write.actor, inmate_id=inmate_id, now=write.now
        )
        write.require_match(before.shown())
        asked = await _load(write, before, given)
        _require_valid(asked)
        _require_allowed(asked)
        done = _decide(write, asked)
        await _keep(write, asked, done)
        body = {"change_id": done.change_id, "state": done.state, "outcomes": list(done.outcomes), **done.after.places()}
        return Written(body=body, status=CREATED)

    return await write_once(deployment, request, act)


async def _load(write: Write, before: PhoneList, given: ListChangeGiven) -> _Asked:
    region = before.person.locality.region
    listed = {entry.number for entry in before.entries}
    adds = tuple(parse_dialled(addition.number, region=region) for addition in given.add)
    # What is listed is found under its own form even if today's numbering plan would no longer read it.
    removes = tuple(
        Number(e164=raw) if raw in listed else parse_dialled(raw, region=region) for raw in given.remove
    )
    cases = await gather_listing_cases(
        write.transaction, person=before.person, policy=before.policy, numbers=(*adds, *removes), now=write.now
    )
    return _Asked(
        before=before,
        given=given,
        adds=adds,
        removes=removes,
        cases=tuple(cases[: len(adds)]),
        leaving=tuple(cases[len(adds) :]),
        hotlines=await store.list_hotlines_among(write.transaction, [number.e164 or "" for number in adds]),
    )


def _require_valid(asked: _Asked) -> None:
    """Refuse what cannot be right whatever the calendar says (422), and whatever blocks say."""
    listed = {entry.number for entry in asked.before.entries}
    policy = asked.before.policy
    pointers = [f"/add/{i}/number" for i in range(len(asked.adds))] + [f"/remove/{i}" for i in range(len(asked.removes))]
    numbers = [number.e164 for number in (*asked.adds, *asked.removes)]
    for pointer, number in zip(pointers, numbers, strict=True):
        if number is None:
            _refuse("number_not_valid", pointer)
    for position, pointer in enumerate(pointers):
        if numbers[position] in numbers[:position]:
            _refuse("number_twice", pointer)
    for pointer, case in zip(pointers, asked.cases, strict=False):
        if case.number.e164 in asked.hotlines:
            _refuse("hotline_number", pointer)
        if is_forbidden(case, policy):
            _refuse("number_not_valid", pointer)
    for pointer, number in zip(pointers, numbers, strict=True):
        if (number in listed) == pointer.startswith("/add"):
            _refuse("already_listed" if number in listed else "not_listed", pointer)


_INVALID: Final = {
    "number_not_valid": "This is not a number that can be listed here. Check it with the person and submit the change again.",
    "number_twice": "The same number stands twice in this change. Name it once and submit the change again.",
    "hotline_number": "This is a hotline, which everybody may call without listing it. Leave it out and submit the change again.",
    "already_listed": "This number is on the list already. Leave it out and submit the change again.",
    "not_listed": "This number is not on the list. Read the list again, and submit the change without it.",
}


def _refuse(code: str, pointer: str) -> NoReturn:
    raise Invalid(code, f"{_INVALID[code]} Nothing was changed.", pointer=pointer)


def _require_allowed(asked: _Asked) -> None:
    """Refuse what the list and the calendar stand against (409); blocks are not looked at."""
    before = asked.before
    if before.person.status != "active":
        raise Conflict("person_released", "This person is released, so the list is closed. Nothing was changed.")
    opens_on = before.next_change_on
    if opens_on is not None:
        raise Conflict(
            "change_too_soon",
            f"The list may be changed again on {opens_on.isoformat()}, by the facility's calendar. Nothing was changed.",
            next_change_on=opens_on.isoformat(),
        )
    leaving = {number.e164 for number in asked.removes}
    if is_too_full(
        listed=[entry.kind for entry in before.entries],
        added=[addition.kind for addition in asked.given.add],
        removed=[entry.kind for entry in before.entries if entry.number in leaving],
        policy=before.policy,
    ):
        raise Conflict(
            "list_full",
            "With these numbers the list would be longer than it may be. Add fewer, or remove some in the same change. "
            "Nothing was changed.",
            used=before.used,
            limit=before.policy.list_limit,
        )


def _decide(write: Write, asked: _Asked) -> _Outcome:
    before, policy = asked.before, asked.before.policy
    outcomes: list[dict[str, str]] = []
    entries: list[Entry] = []
    # Ids made in one instant are in no order; sorted, they keep the order of the submission.
    entry_ids = sorted(write.new_id() for _ in asked.adds)
    for entry_id, addition, case in zip(entry_ids, asked.given.add, asked.cases, strict=True):
        number = case.number.e164 or ""
        needs_warden = addition.kind in policy.list_kinds_needing_warden
        outcome = Outcome.PENDING_WARDEN if needs_warden else Outcome.ADDED
        if find_binding_blocks(case):
            outcome = Outcome.NOT_APPROVED
        else:
            state = EntryState.PENDING_WARDEN if needs_warden else EntryState.ACTIVE
            entries.append(
                Entry(
                    entry_id=entry_id,
                    number=number,
                    name=addition.name,
                    relationship=addition.relationship,
                    kind=addition.kind,
                    state=state.value,
                    since_ms=write.now_ms,
                )
            )
        outcomes.append({"number": number, "outcome": outcome.value})
    outcomes.extend({"number": number.e164 or "", "outcome": Outcome.REMOVED.value} for number in asked.removes)
    is_first = before.history.is_untouched
    waits = any(entry.state == EntryState.PENDING_WARDEN for entry in entries)
    return _Outcome(
        change_id=write.new_id(),
        outcomes=tuple(outcomes),
        entries=tuple(entries),
        after=_after(asked, entries, is_first=is_first),
        is_first=is_first,
        state="pending_warden" if waits else "applied",
    )


def _after(asked: _Asked, entries: Sequence[Entry], *, is_first: bool) -> PhoneList:
    before = asked.before
    leaving = {number.e164 for number in asked.removes}
    last_day = before.history.last_change_day if is_first else before.today.isoformat()
    return replace(
        before,
        entries=(*(entry for entry in before.entries if entry.number not in leaving), *entries),
        history=store.History(last_change_day=last_day, is_untouched=False),
    )


async def _keep(write: Write, asked: _Asked, done: _Outcome) -> None:
    """Write the change down: the same statements whether numbers were struck out or not."""
    transaction, person = write.transaction, asked.before.person
    numbers = [number.e164 or "" for number in asked.removes]
    await store.end_entries(
        transaction, inmate_id=person.inmate_id, numbers=numbers, ended_by="list_change", now_ms=write.now_ms
    )
    await store.insert_entries(
        transaction, [_new_entry(entry, inmate_id=person.inmate_id, change_id=done.change_id) for entry in done.entries]
    )
    await store.insert_change(
        transaction,
        store.Change(
            change_id=done.change_id,
            inmate_id=person.inmate_id,
            submitted_at_ms=write.now_ms,
            local_day=asked.before.today.isoformat(),
            is_first=done.is_first,
            state=done.state,
            author=write.actor.subject,
            outcomes=done.outcomes,
        ),
    )
    lost = [case.number.e164 or "" for case in asked.leaving if needs_its_entry(case, asked.before.policy)]
    meant = RunningCalls(numbers=lost, inmate_ids=[person.inmate_id])
    await revoke_live_calls(transaction, meant, reason="removal", now_ms=write.now_ms)
    await record_alerts(transaction, _alerts(write, asked, done))
    await write.record(
        "change_list",
        "phone_list",
        person.inmate_id,
        facility_id=person.facility_id,
        before=asked.before.shown(),
        after={**done.after.shown(), "change_id": done.change_id, "outcomes": list(done.outcomes)},
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


def _alerts(write: Write, asked: _Asked, done: _Outcome) -> list[Alert]:
    """Somebody asked for a protected number: those who guard it are told, and whoever asked is not (RULES F17)."""
    if not any(is_protected(case) for case in asked.cases):
        return []
    person = asked.before.person
    detail: dict[str, Any] = {"change_id": done.change_id, "inmate_id": person.inmate_id}
    return [
        Alert(
            alert_id=write.new_id(),
            raised_at=write.now_ms,
            kind=PROTECTED_NUMBER_SUBMITTED,
            facility_id=person.facility_id,
            subject=done.change_id,
            detail=json.dumps(detail, sort_keys=True),
        )
    ]
