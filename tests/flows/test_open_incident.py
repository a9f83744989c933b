"""A privileged call that was recorded is an incident: at once, once, in whatever order the switch reports it."""

from collections.abc import AsyncIterator
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text, update

from callgate.flows.watch import run_round
from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.asking import SWITCH, ask, decide, event_body, tell
from tests.conftest import World, open_world
from tests.noticing import told
from tests.people import hotline_row
from tests.seeding import (
    ANNA,
    BORIS,
    FACILITY,
    NUMBER,
    OTHER_NUMBER,
    OTHER_STATION,
    PINS,
    STATION,
    entry_row,
    fill,
    seed,
)

pytestmark = pytest.mark.feature("F38", "F39")

LAWYER, HOTLINE, CLINIC = "+18605550180", "+18605550181", "+18605550182"
KIND = "privileged_call_recorded"


@pytest.fixture
async def seeded(database_url: str) -> AsyncIterator[World]:
    seed(database_url)
    fill(
        database_url,
        list_entries=[entry_row(ANNA, LAWYER, kind="attorney")],
        common_numbers=[hotline_row(HOTLINE), hotline_row(CLINIC, kind="privileged")],
    )
    async with open_world(database_url) as world:
        yield world


async def call(world: World, number: str, call_class: str, call_id: str = "c1") -> dict[str, Any]:
    answer = await decide(world, call_id, called_number=number)
    assert (answer["call_class"], answer["record"]) == (call_class, call_class == "social")
    return answer


async def incidents(world: World, query: str = "") -> list[dict[str, Any]]:
    answer = await world.call("security", "GET", f"/v1/incidents{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def trail(world: World) -> list[dict[str, Any]]:
    items = (await world.call("security", "GET", "/v1/audit-events")).json()["items"]
    return [item for item in items if item["object_type"] == "incident"]


@pytest.mark.parametrize("number", [LAWYER, CLINIC])
async def test_a_recorded_privileged_call_is_an_incident_and_an_alert_with_its_report(
    seeded: World, number: str
) -> None:
    answer = await call(seeded, number, "privileged")
    await tell(seeded, "c1", "answered", 1)
    assert await incidents(seeded) == []
    seeded.clock.advance(60)

    await tell(seeded, "c1", "ended", 2, recorded=True)

    (incident,) = await incidents(seeded)
    (alert,) = await told(seeded)
    detail = {"call_class": "privileged", "decision_id": answer["decision_id"], "switch_id": SWITCH}
    assert incident == {
        "incident_id": incident["incident_id"],
        "kind": KIND,
        "subject": answer["decision_id"],
        "facility_id": FACILITY,
        "detail": detail,
        "state": "open",
        "opened_at": "2026-11-20T17:01:00.000Z",
        "closed_by": None,
        "closed_at": None,
        "close_note": None,
    }
    assert (alert["kind"], alert["subject"], alert["facility_id"]) == (KIND, answer["decision_id"], FACILITY)
    assert alert["detail"] == {
        "incident_id": incident["incident_id"],
        "decision_id": answer["decision_id"],
        "switch_id": SWITCH,
    }
    (opened,) = await trail(seeded)
    assert (opened["author"], opened["role"], opened["action"]) == (SWITCH, "switch", "open_incident")
    assert (opened["before"], opened["after"]) == (None, incident)


async def test_a_privileged_call_that_was_not_recorded_is_none(seeded: World) -> None:
    for i, recorded in enumerate((False, None)):
        await call(seeded, LAWYER, "privileged", f"c{i}")
        await tell(seeded, f"c{i}", "ended", 2, recorded=recorded)

    assert await incidents(seeded) == await told(seeded) == []


async def test_a_social_call_is_recorded_as_it_should_be(seeded: World) -> None:
    await call(seeded, NUMBER, "social")
    await tell(seeded, "c1", "ended", 2, recorded=True)
    await run_round(seeded.deployment)

    assert await incidents(seeded) == await told(seeded) == []


async def test_a_word_on_recording_before_the_end_is_no_report(seeded: World) -> None:
    await call(seeded, LAWYER, "privileged")
    for number, kind in enumerate(("answered", "progress", "three_way_suspected")):
        await tell(seeded, "c1", kind, number, recorded=True)

    assert await incidents(seeded) == []


async def test_calls_that_were_refused_or_never_asked_about_are_none(seeded: World) -> None:
    await ask(seeded, "refused", called_number="+18605550199")
    for call_id in ("refused", "never-asked"):
        await tell(seeded, call_id, "ended", 1, recorded=True)

    assert await incidents(seeded) == []


REPORTS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("ended", 2, {"recorded": True}),
    ("ended", 3, {"recorded": False}),  # a later correction
    ("answered", 1, {}),
    ("ended", 2, {"recorded": True}),
)


async def test_the_same_events_open_the_same_incident_in_any_order(seeded: World) -> None:
    orders = list(permutations(REPORTS))
    for i, order in enumerate(orders):
        await call(seeded, LAWYER, "privileged", f"c{i}")
        for kind, number, changes in order:
            await tell(seeded, f"c{i}", kind, number, **changes)
            seeded.clock.advance(1)
    await run_round(seeded.deployment)

    subjects = {incident["subject"] for incident in await incidents(seeded)}
    assert len(subjects) == len(await incidents(seeded)) == len(await told(seeded)) == len(orders) == 24


async def test_an_end_that_is_told_late_or_in_a_batch_counts_too(seeded: World) -> None:
    await call(seeded, LAWYER, "privileged")
    await decide(seeded, "c2", called_number=OTHER_NUMBER, pin=PINS[BORIS], station_id=OTHER_STATION)
    seeded.clock.advance(86_400)  # long expired
    events = [
        event_body(seeded, "c2", "ended", 1, recorded=True),
        event_body(seeded, "c1", "ended", 1, recorded=True),
        event_body(seeded, "c1", "ended", 1, recorded=True),
        event_body(seeded, "c1", "ended", 2, recorded=True),
    ]

    answer = await seeded.call("switch", "POST", "/v1/call-events", json={"events": events}, subject=SWITCH)

    assert [result["state"] for result in answer.json()["results"]] == ["ended"] * 4
    assert len(await incidents(seeded)) == len(await told(seeded)) == 1


async def test_an_incident_that_cannot_be_kept_keeps_its_event_out_too(seeded: World, database_url: str) -> None:
    await call(seeded, LAWYER, "privileged")
    with open_sync(database_url) as connection:
        connection.execute(text("ALTER TABLE incidents RENAME TO incidents_elsewhere"))
        connection.commit()
    body = event_body(seeded, "c1", "ended", 1, recorded=True)

    failed = await seeded.call("switch", "POST", "/v1/call-events", json=body, subject=SWITCH)
    with open_sync(database_url) as connection:
        connection.execute(text("ALTER TABLE incidents_elsewhere RENAME TO incidents"))
        connection.commit()
    again = await tell(seeded, "c1", "ended", 1, recorded=True)

    assert failed.status_code >= 500
    assert (again["state"], again["duplicate"]) == ("ended", False)
    assert len(await incidents(seeded)) == 1


# ------------------------------------------------------------------------------------------------------------ hotlines


@pytest.mark.feature("F40")
async def test_a_recorded_hotline_call_is_an_incident_that_names_nobody_and_no_alert(seeded: World) -> None:
    answer = await call(seeded, HOTLINE, "hotline", "hotline-call")
    seeded.clock.advance(60)

    await tell(seeded, "hotline-call", "ended", 1, recorded=True)
    await run_round(seeded.deployment)

    (incident,) = await incidents(seeded)
    assert incident["detail"] == {
        "call_class": "hotline",
        "decision_id": answer["decision_id"],
        "switch_id": SWITCH,
    }
    for secret in (ANNA, STATION, HOTLINE, PINS[ANNA], "hotline-call"):
        assert secret not in str([incident, await trail(seeded)])
    assert await told(seeded) == []


# ------------------------------------------------------------------------------------------------------ reconciliation


def report_unheard(url: str, *, recorded: bool) -> None:
    """Calls that ended, without the report: as rows of an older version stand."""
    with open_sync(url) as connection:
        connection.execute(update(t.calls).values(state="ended", recorded=recorded, ended_at=t.calls.c.authorized_at))
        connection.commit()


async def test_the_watch_opens_what_no_report_opened(seeded: World, database_url: str) -> None:
    privileged = await call(seeded, LAWYER, "privileged")
    hotline = await call(seeded, HOTLINE, "hotline", "c2")
    await decide(seeded, "c3", called_number=OTHER_NUMBER, pin=PINS[BORIS], station_id=OTHER_STATION)
    report_unheard(database_url, recorded=True)

    for _ in range(2):
        await run_round(seeded.deployment)

    found = {incident["subject"]: incident["detail"]["call_class"] for incident in await incidents(seeded)}
    assert found == {privileged["decision_id"]: "privileged", hotline["decision_id"]: "hotline"}
    assert [alert["subject"] for alert in await told(seeded)] == [privileged["decision_id"]]
    assert [(event["author"], event["role"]) for event in await trail(seeded)] == [("callgate", "callgate")] * 2


async def test_the_watch_finds_nothing_where_nothing_was_recorded(seeded: World, database_url: str) -> None:
    await call(seeded, LAWYER, "privileged")
    report_unheard(database_url, recorded=False)

    await run_round(seeded.deployment)

    assert await incidents(seeded) == []


async def test_a_closed_incident_is_not_opened_again(seeded: World) -> None:
    await call(seeded, LAWYER, "privileged")
    await tell(seeded, "c1", "ended", 1, recorded=True)
    (incident,) = await incidents(seeded)
    path = f"/v1/incidents/{incident['incident_id']}/close"
    assert (await seeded.call("warden", "POST", path, json={"note": "deleted"})).status_code == 200

    await tell(seeded, "c1", "ended", 2, recorded=True)
    await run_round(seeded.deployment)

    assert [each["state"] for each in await incidents(seeded)] == ["closed"]
    assert await incidents(seeded, "?state=open") == []


async def test_reconciling_takes_the_index_of_recorded_calls(seeded: World) -> None:
    query = "SELECT decision_id FROM calls WHERE recorded AND call_class <> 'social' ORDER BY ended_at LIMIT 1"
    async with seeded.deployment.database.read() as transaction:
        if transaction.dialect.name == "sqlite":
            rows = (await transaction.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all()
        else:
            await transaction.execute(text("SET LOCAL enable_seqscan = off"))
            rows = (await transaction.execute(text(f"EXPLAIN {query}"))).all()

    assert "ix_calls_recorded" in str(rows)
