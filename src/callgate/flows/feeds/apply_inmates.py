"""Everybody whom the file tells of is written: who among them needs more than a row?

Whoever is on the telephone, is named by a block, or leaves a place that blocks one of their numbers is written by the
flow for one person, event after event; everybody else as rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callgate.flows.feeds.applying import Plans, as_row, event_of, require_same
from callgate.flows.feeds.judge_inmates import given_of, person_of
from callgate.flows.feeds.judging import PART, Bench
from callgate.flows.put_inmate import RELEASED, arrive, write_inmate
from callgate.flows.representations import Shown, shown_inmate
from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent
from callgate.store.feed_stage import FeedStage
from callgate.store.feed_writes import delete_pins, insert_people, record_events, set_people, set_people_as_of
from callgate.store.feeds import list_people_to_look_at, list_people_with_victims, load_people

_ACTION: Final = "put_inmate"


async def prepare_inmates(_: Bench, write: Write, stage: FeedStage) -> None:
    """Write those who are new. Nobody can be calling for them, so nobody waits."""
    for plans in stage.each_plans(PART):
        new = {name: plan["events"][0] for name, plan in plans.items() if plan["before"] is None and plan["events"]}
        await insert_people(write.transaction, list(new.values()))
        await _require_there(write, new)
        await record_events(write.transaction, [_event(write, None, event) for event in new.values()])


async def finish_inmates(_: Bench, write: Write, stage: FeedStage) -> None:
    """Write everybody else, now that every call waits.

    Raises:
        ChangedMeanwhile: somebody was moved, or booked, since they were judged.
    """
    for plans in stage.each_plans(PART, new=False):
        expected = {inmate_id: plan["before"] or plan["events"][0] for inmate_id, plan in plans.items()}
        await _require_there(write, expected)
        await _write(write, plans)
    # Of those who are new only the ones with a victim bring anything along.
    shielding = await list_people_with_victims(write.transaction)
    for inmate_id, plan in stage.find_plans(sorted(shielding)).items():
        if plan["is_new"]:
            await arrive(write, inmate_id, given_of(plan["events"][0]), None)


async def _require_there(write: Write, expected: Plans) -> None:
    """Go on only if everybody stands as expected.

    Raises:
        ChangedMeanwhile: somebody does not.
    """
    found = await load_people(write.transaction, expected) if expected else {}
    require_same({inmate_id: person_of(row) for inmate_id, row in found.items()}, expected)


async def _write(write: Write, plans: Plans) -> None:
    changed = [inmate_id for inmate_id, plan in plans.items() if plan["events"]]
    careful = await list_people_to_look_at(write.transaction, changed, now_ms=write.now_ms) if changed else frozenset()
    rows: list[Mapping[str, Any]] = []
    events: list[AuditEvent] = []
    released: list[str] = []
    for inmate_id in changed:
        plan = plans[inmate_id]
        before, left = plan["before"], plan["events"]
        if before is None:
            before, left = left[0], left[1:]
            if inmate_id in careful:
                await arrive(write, inmate_id, given_of(before), None)
        if inmate_id in careful or len(left) > 1:
            await _write_carefully(write, inmate_id, before, left)
        elif left:
            rows.append(left[0])
            events.append(_event(write, before, left[0]))
            released += [inmate_id] if left[0]["status"] == RELEASED else []
    await set_people(write.transaction, rows)
    places = {row["inmate_id"]: row["facility_id"] for row in rows}
    ended = await delete_pins(write.transaction, released)
    events += [
        event_of(write, "end_pin", "pin", inmate_id, facility_id=places[inmate_id], before=None, after=None)
        for inmate_id in ended
    ]
    await record_events(write.transaction, events)
    told = {inmate_id: plan["as_of"] for inmate_id, plan in plans.items() if plan["as_of"] is not None}
    await set_people_as_of(write.transaction, told)


async def _write_carefully(
    write: Write, inmate_id: str, before: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> None:
    for event in events:
        await write_inmate(write, inmate_id, given=given_of(event), before=_shown(before), as_of_ms=event["as_of"])
        before = event


def _event(write: Write, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> AuditEvent:
    return event_of(
        write,
        _ACTION,
        "inmate",
        after["inmate_id"],
        facility_id=after["facility_id"],
        before=None if before is None else _shown(before),
        after=_shown(after),
    )


def _shown(person: Mapping[str, Any]) -> Shown:
    return shown_inmate(as_row(person))
