"""Which running calls does a write mean, and which does it never touch?"""

import json
from typing import Any

import pytest
from sqlalchemy import select

from callgate.domain.instants import to_milliseconds
from callgate.store.calls_revoked import RunningCalls, revoke_call, revoke_live_calls
from callgate.store.database import Database
from callgate.store.tables import calls
from tests.people import CARL, DORA, NORTH, NORTH_STATION, seed_people
from tests.seeding import ANNA, BORIS, FACILITY, NOON, NUMBER, OTHER_NUMBER, OTHER_STATION, STATION, fill, station_row

NOW = to_milliseconds(NOON)
UNIT_B = "demo-ci-b1"

# name -> facility, station, person, number, class. Dora is held in unit B and calls from there.
CALLS: dict[str, tuple[str, str, str | None, str, str]] = {
    "anna": (FACILITY, STATION, ANNA, NUMBER, "social"),
    "anna-lawyer": (FACILITY, STATION, ANNA, OTHER_NUMBER, "privileged"),
    "boris": (FACILITY, OTHER_STATION, BORIS, NUMBER, "social"),
    "dora": (FACILITY, UNIT_B, DORA, NUMBER, "social"),
    "carl": (NORTH, NORTH_STATION, CARL, NUMBER, "social"),
    "hotline": (FACILITY, STATION, None, NUMBER, "hotline"),
}
MEANT: tuple[tuple[RunningCalls, set[str]], ...] = (
    (RunningCalls(), {"anna", "anna-lawyer", "boris", "dora", "carl"}),
    (RunningCalls(hotlines=True), set(CALLS)),
    (RunningCalls(numbers=[NUMBER]), {"anna", "boris", "dora", "carl"}),
    (RunningCalls(numbers=[NUMBER], hotlines=True), {"anna", "boris", "dora", "carl", "hotline"}),
    (RunningCalls(numbers=[]), set()),
    (RunningCalls(inmate_ids=[ANNA]), {"anna", "anna-lawyer"}),
    (RunningCalls(inmate_ids=[ANNA], privileged=False), {"anna"}),
    (RunningCalls(inmate_ids=[ANNA], social=False), {"anna-lawyer"}),
    (RunningCalls(inmate_ids=[ANNA, CARL], numbers=[NUMBER]), {"anna", "carl"}),
    (RunningCalls(facility_id=FACILITY), {"anna", "anna-lawyer", "boris", "dora"}),
    (RunningCalls(facility_id=FACILITY, numbers=[NUMBER]), {"anna", "boris", "dora"}),
    (RunningCalls(person_unit=(FACILITY, "B")), {"dora"}),
    (RunningCalls(person_unit=(NORTH, "B")), set()),
    (RunningCalls(station_unit=(FACILITY, "A")), {"anna", "anna-lawyer", "boris"}),
    (RunningCalls(station_unit=(NORTH, "A")), {"carl"}),
)


def decision_row(decision_id: str, call: tuple[str, str, str | None, str, str]) -> dict[str, Any]:
    facility_id, station_id, inmate_id, number, call_class = call
    return {
        "decision_id": decision_id,
        "switch_id": "sw-1",
        "call_id": decision_id,
        "decided_at": NOW,
        "facility_id": facility_id,
        "station_id": station_id,
        "inmate_id": inmate_id,
        "number": number,
        "decision": "allow",
        "call_class": call_class,
        "fingerprint": "f",
        "answer": "{}",
        "findings": "[]",
        "facts": json.dumps({}),
    }


def call_row(decision_id: str, call: tuple[str, str, str | None, str, str], **changes: Any) -> dict[str, Any]:
    facility_id, station_id, inmate_id, number, call_class = call
    row: dict[str, Any] = {
        "decision_id": decision_id,
        "switch_id": "sw-1",
        "call_id": decision_id,
        "facility_id": facility_id,
        "station_id": station_id,
        "inmate_id": inmate_id,
        "number": number,
        "call_class": call_class,
        "local_day": "2026-11-20",
        "authorized_at": NOW,
        "expires_at": NOW + 120_000,
        "end_by": NOW + 1_020_000,
        "max_duration_seconds": 900,
        "state": "authorized",
        "frees_at": NOW + 120_000,
        "counted_seconds": 0,
    }
    return row | changes


@pytest.fixture
def url(database_url: str) -> str:
    seed_people(database_url)
    fill(
        database_url,
        stations=[station_row(UNIT_B, unit="B")],
        decisions=[decision_row(name, call) for name, call in CALLS.items()],
        calls=[call_row(name, call) for name, call in CALLS.items()],
    )
    return database_url


async def revoked(database: Database) -> dict[str, tuple[int, str]]:
    query = select(calls.c.decision_id, calls.c.revoked_at, calls.c.revoked_reason).where(
        calls.c.revoked_at.is_not(None)
    )
    async with database.read() as transaction:
        return {row.decision_id: (row.revoked_at, row.revoked_reason) for row in await transaction.execute(query)}


async def test_each_condition_means_its_calls_and_no_other(url: str) -> None:
    database = Database(url)
    for meant, expected in MEANT:
        async with database.write() as transaction:
            undone = await transaction.begin_nested()
            count = await revoke_live_calls(transaction, meant, reason="not_in_service", now_ms=NOW)
            query = select(calls.c.decision_id).where(calls.c.revoked_at.is_not(None))
            found = set((await transaction.execute(query)).scalars())
            await undone.rollback()
        assert (found, count) == (expected, len(expected)), meant
    assert await revoked(database) == {}
    await database.close()


async def test_what_does_not_run_any_more_or_was_revoked_before_is_left_alone(url: str) -> None:
    fill(
        url,
        decisions=[decision_row(name, CALLS["anna"]) for name in ("over", "ended", "answered", "last-second")],
        calls=[
            call_row("over", CALLS["anna"], frees_at=NOW),
            call_row("ended", CALLS["anna"], state="ended"),
            call_row("answered", CALLS["anna"], state="answered", frees_at=NOW + 900_000),
            call_row("last-second", CALLS["anna"], frees_at=NOW + 1),
        ],
    )
    database = Database(url)
    meant = RunningCalls(inmate_ids=[ANNA], numbers=[NUMBER])
    async with database.write() as transaction:
        assert await revoke_live_calls(transaction, meant, reason="calls_restricted", now_ms=NOW) == 3
    async with database.write() as transaction:
        assert await revoke_live_calls(transaction, meant, reason="not_in_service", now_ms=NOW) == 0
    kept = (NOW, "calls_restricted")
    assert await revoked(database) == dict.fromkeys(("anna", "answered", "last-second"), kept)
    await database.close()


async def test_one_call_is_revoked_once(url: str) -> None:
    database = Database(url)
    for now_ms, reason in ((NOW, "number_not_available"), (NOW + 1, "not_in_service")):
        async with database.write() as transaction:
            await revoke_call(transaction, decision_id="anna", reason=reason, now_ms=now_ms)
    assert await revoked(database) == {"anna": (NOW, "number_not_available")}
    await database.close()
