"""Every list that the file changes is written, with the change that it is; which running calls end with it?"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.domain.alerts import AlertKind
from callgate.domain.hours import local_day
from callgate.domain.ids import new_id
from callgate.domain.instants import from_milliseconds
from callgate.domain.number import Number
from callgate.domain.phone_list import EndedBy, EntryState, Outcome
from callgate.domain.verdict import Reason
from callgate.flows.facility_terms import load_policy
from callgate.flows.feeds.applying import ChangedMeanwhile, Plans, event_of, require_same
from callgate.flows.feeds.judge_lists import judge_lists
from callgate.flows.feeds.judging import PART, Bench
from callgate.flows.raise_alerts import Alarm
from callgate.flows.read_list import PhoneList
from callgate.flows.screening import gather_listing_cases, needs_its_entry
from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.feed_stage import FeedStage
from callgate.store.feed_writes import (
    end_entries_by_id,
    insert_changes,
    insert_entries,
    record_events,
    set_lists_fed,
)
from callgate.store.feeds import (
    list_hotlines,
    list_running,
    list_touched_since,
    load_entries,
    load_histories,
    load_whereabouts,
)
from callgate.store.list_history import EntryDecision, set_entry_decided
from callgate.store.phone_lists import History

ACTION: Final = "import_list"
_OVERLAP: Final = timedelta(minutes=2)
"""Longer than any write of staff takes, so that none is overlooked that began before the judging and ended after it."""
_UNTOUCHED: Final = History(last_change_day=None, is_untouched=True)


async def prepare_lists(bench: Bench, write: Write, stage: FeedStage) -> None:
    """Write what changes on the lists, unseen by any call until the commit.

    Raises:
        ChangedMeanwhile: a list is not as it was judged.
    """
    for plans in stage.each_plans(PART):
        await _tell(bench, write, plans)
        news = {inmate_id: plan for inmate_id, plan in plans.items() if plan["is_news"]}
        if news:
            await _write(bench, write, news)
        fed = [
            {"inmate_id": inmate_id, "as_of": plan["as_of"], "imported_at": write.now_ms}
            for inmate_id, plan in plans.items()
            if plan["is_newer"]
        ]
        await set_lists_fed(write.transaction, fed)


async def finish_lists(bench: Bench, write: Write, stage: FeedStage) -> None:
    """Look whether staff changed one of these lists meanwhile, and end the calls that lost their number.

    Raises:
        ChangedMeanwhile: they did.
    """
    if await list_hotlines(write.transaction) != bench.hotlines:
        raise ChangedMeanwhile(None)
    since_id = new_id(bench.now - _OVERLAP)[:13]
    touched = await list_touched_since(write.transaction, since_id=since_id, types=("phone_list",), but=(ACTION,))
    # What the file has stands there by now; whatever else is found of it came from somebody else.
    again = await judge_lists(bench, write.transaction, stage.load_subjects(list(stage.find_plans(sorted(touched)))))
    differing = [subject for subject, plan in again.plans.items() if plan is not None and plan["is_news"]]
    if differing:
        raise ChangedMeanwhile(differing)
    running: dict[str, set[str]] = {}
    for inmate_id, number in await list_running(write.transaction, now_ms=write.now_ms):
        running.setdefault(inmate_id, set()).add(number)
    for inmate_id, plan in stage.find_plans(sorted(running)).items():
        await _revoke(bench, write, inmate_id, {end["number"] for end in plan["ends"]} & running[inmate_id])


async def _revoke(bench: Bench, write: Write, inmate_id: str, ended: set[str]) -> None:
    if not ended:
        return
    person = (await load_whereabouts(write.transaction, [inmate_id]))[inmate_id]
    policy = load_policy(bench.deployment, person.locality.profile)
    standing = (await load_entries(write.transaction, [inmate_id])).get(inmate_id, ())
    ended -= {entry.number for entry in standing if entry.state == EntryState.ACTIVE}
    numbers = [Number(e164=number) for number in sorted(ended)]
    cases = await gather_listing_cases(write.transaction, person=person, policy=policy, numbers=numbers, now=write.now)
    lost = [case.number.e164 or "" for case in cases if needs_its_entry(case, policy)]
    meant = RunningCalls(numbers=lost, inmate_ids=[inmate_id])
    await revoke_live_calls(write.transaction, meant, reason=Reason.NUMBER_NOT_AVAILABLE.value, now_ms=write.now_ms)


async def _write(bench: Bench, write: Write, plans: Plans) -> None:
    before = await _load(bench, write, plans)
    require_same(
        {inmate_id: sorted(entry.entry_id for entry in one.entries) for inmate_id, one in before.items()},
        {inmate_id: plan["seen"] for inmate_id, plan in plans.items()},
    )
    changes = [_change(write, before[inmate_id], plan) for inmate_id, plan in plans.items()]
    entries = [
        row
        for (inmate_id, plan), change in zip(plans.items(), changes, strict=True)
        for row in _entries(write, inmate_id, plan, change["change_id"])
    ]
    await _end(write, plans)
    await insert_entries(write.transaction, entries)
    for plan in plans.values():
        for decided in plan["decides"]:
            await set_entry_decided(write.transaction, decided["entry_id"], _decision(write, decided, plan["as_of"]))
    is_change = [bool(plan["adds"] or plan["ends"]) for plan in plans.values()]
    await insert_changes(
        write.transaction, [change for change, counts in zip(changes, is_change, strict=True) if counts]
    )
    after = await _load(bench, write, plans)
    require_same(
        {inmate_id: {entry.entry_id for entry in one.entries} for inmate_id, one in after.items()},
        _expected(plans, entries),
    )
    await record_events(write.transaction, [_event(write, before[one], after[one], plans[one]) for one in plans])


def _expected(plans: Plans, entries: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Which entries each list must have now: another would be somebody else's."""
    expected = {
        inmate_id: set(plan["seen"]) - {end["entry_id"] for end in plan["ends"]} for inmate_id, plan in plans.items()
    }
    for entry in entries:
        expected[entry["inmate_id"]].add(entry["entry_id"])
    return expected


async def _load(bench: Bench, write: Write, plans: Plans) -> dict[str, PhoneList]:
    people = await load_whereabouts(write.transaction, plans)
    entries = await load_entries(write.transaction, plans)
    histories = await load_histories(write.transaction, plans)
    return {
        inmate_id: PhoneList(
            person=person,
            policy=load_policy(bench.deployment, person.locality.profile),
            entries=entries.get(inmate_id, ()),
            history=histories.get(inmate_id, _UNTOUCHED),
            now=write.now,
        )
        for inmate_id, person in people.items()
    }


async def _end(write: Write, plans: Plans) -> None:
    """Take them off, at the instant that the file tells: it is as old as what it says."""
    values = {
        "state": EntryState.REMOVED.value,
        "ended_by": EndedBy.LIST_CHANGE.value,
        "ended_author": write.actor.subject,
    }
    ended: dict[int, list[str]] = {}
    for plan in plans.values():
        ended.setdefault(plan["as_of"], []).extend(end["entry_id"] for end in plan["ends"])
    for as_of, entry_ids in ended.items():
        for at in range(0, len(entry_ids), PART):
            part = entry_ids[at : at + PART]
            await end_entries_by_id(write.transaction, part, values={**values, "ended_at": as_of})


def _change(write: Write, before: PhoneList, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The change that the file is: made when the file says that it held, so the 30 days run from there."""
    outcomes = [{"number": add["number"], "outcome": _outcome(add)} for add in plan["adds"]]
    outcomes += [{"number": number, "outcome": Outcome.NOT_APPROVED.value} for number in plan["struck"]]
    added = {add["number"] for add in plan["adds"]}
    ended = [end["number"] for end in plan["ends"] if end["number"] not in added]
    outcomes += [{"number": number, "outcome": Outcome.REMOVED.value} for number in ended]
    waits = any(add["state"] == EntryState.PENDING_WARDEN for add in plan["adds"])
    return {
        "change_id": write.new_id(),
        "inmate_id": before.person.inmate_id,
        "submitted_at": plan["as_of"],
        "local_day": _day(before, from_milliseconds(plan["as_of"])),
        "is_first": before.history.is_untouched,
        "state": "pending_warden" if waits else "applied",
        "author": write.actor.subject,
        "outcomes": json.dumps(outcomes),
    }


def _outcome(add: Mapping[str, Any]) -> str:
    waits = add["state"] == EntryState.PENDING_WARDEN
    return (Outcome.PENDING_WARDEN if waits else Outcome.ADDED).value


def _entries(write: Write, inmate_id: str, plan: Mapping[str, Any], change_id: str) -> list[dict[str, Any]]:
    return [{"entry_id": write.new_id(), "inmate_id": inmate_id, "change_id": change_id, **add} for add in plan["adds"]]


def _decision(write: Write, decided: Mapping[str, Any], as_of: int) -> EntryDecision:
    return EntryDecision(
        state=EntryState.ACTIVE.value,
        by=decided["decided_by"] or write.actor.subject,
        at_ms=decided["decided_at"] or as_of,
        reason=decided["decision_reason"] or "decided where the list is kept",
        evidence_reference=decided["evidence_reference"],
    )


def _event(write: Write, before: PhoneList, after: PhoneList, plan: Mapping[str, Any]) -> AuditEvent:
    told = {
        "as_of": plan["as_of"],
        "struck": len(plan["struck"]),
        "decided": [one["number"] for one in plan["decides"]]
        + [add["number"] for add in plan["adds"] if add["decided_by"]],
        # Sooner than the person may change it: the place that keeps the list let it pass.
        "early": before.next_change_on is not None,
    }
    return event_of(
        write,
        ACTION,
        "phone_list",
        before.person.inmate_id,
        facility_id=before.person.facility_id,
        before=before.shown(),
        after={**after.shown(), **told},
    )


async def _tell(bench: Bench, write: Write, plans: Plans) -> None:
    """Somebody's list has a protected number: those who guard it are told, once, and whoever feeds it is not."""
    meant = {inmate_id: plan for inmate_id, plan in plans.items() if plan["protected"]}
    people = await load_whereabouts(write.transaction, meant) if meant else {}
    alarms = []
    for inmate_id, plan in meant.items():
        told = [inmate_id, *sorted(plan["struck"])]
        alarms.append(
            Alarm(
                kind=AlertKind.PROTECTED_NUMBER_SUBMITTED,
                subject=f"import:{bench.deployment.pin_keys.fingerprint(told)[0]}"[:255],
                facility_id=people[inmate_id].facility_id,
                detail={"inmate_id": inmate_id},
            )
        )
    await write.tell(*alarms)


def _day(before: PhoneList, instant: datetime) -> str:
    return local_day(ZoneInfo(before.person.locality.time_zone), instant).isoformat()
