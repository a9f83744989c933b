"""Is a running call ended by what no write announces, and by nothing else?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from callgate.domain.instants import to_milliseconds
from callgate.flows.sweep_calls import sweep_calls
from callgate.store.database import open_sync
from tests.asking import ask, decide, tell
from tests.conftest import World
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
    block_row,
    fill,
    seed,
)

CLOSING = datetime(2026, 11, 21, 4, 0, 0, tzinfo=UTC)  # 23:00 in New York


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


def url(world: World) -> str:
    return world.deployment.settings.database_url


def change(world: World, statement: str, **values: Any) -> None:
    with open_sync(url(world)) as connection:
        connection.execute(text(statement), values)
        connection.commit()


async def sweep(world: World) -> int:
    return await sweep_calls(world.deployment)


async def action(world: World, number: int = 9) -> str:
    return str((await tell(world, "c1", "progress", number))["action"])


async def restrict(world: World, *, starts_in: timedelta, bars_privileged: bool = False) -> None:
    now = world.clock.now()
    body = {
        "kind": "disciplinary",
        "starts_at": (now + starts_in).isoformat(),
        "ends_at": (now + timedelta(days=10)).isoformat(),
        "authority": "hearing officer",
        "case_number": "D-1",
        "bars_privileged": bars_privileged,
        "finding": "its own" if bars_privileged else None,
    }
    answer = await world.call("warden", "POST", f"/v1/inmates/{ANNA}/restrictions", json=body)
    assert answer.status_code == 201, answer.text


async def test_a_call_that_may_go_on_is_left_alone(world: World) -> None:
    await decide(world, "c1")
    assert await sweep(world) == 0
    await tell(world, "c1", "answered", 1)
    assert await sweep(world) == 0
    assert await action(world) == "continue"


async def test_a_restriction_that_begins_during_the_call_ends_it_at_its_first_instant(world: World) -> None:
    await restrict(world, starts_in=timedelta(seconds=60))
    decision = await decide(world, "c1")
    assert decision["decision"] == "allow"
    await tell(world, "c1", "answered", 1)
    world.clock.advance(59.999)
    assert await sweep(world) == 0
    world.clock.advance(0.001)
    assert await sweep(world) == 1
    assert await action(world) == "terminate"
    assert await sweep(world) == 0


async def test_what_ended_it_is_on_record_and_a_repeat_hears_the_refusal(world: World) -> None:
    await restrict(world, starts_in=timedelta(seconds=60))
    decision = await decide(world, "c1")
    world.clock.advance(60)
    assert await sweep(world) == 1
    again = (await ask(world, "c1")).json()
    assert (again["decision"], again["reason"]) == ("deny", "calls_restricted")
    assert again["decision_id"] == decision["decision_id"]
    with open_sync(url(world)) as connection:
        row = connection.execute(text("SELECT revoked_reason, revoked_at FROM calls")).one()
    assert row == ("calls_restricted", to_milliseconds(world.clock.now()))


async def test_an_attorney_call_goes_on_under_a_social_restriction(world: World) -> None:
    change(world, "UPDATE list_entries SET kind = 'attorney' WHERE inmate_id = :who", who=ANNA)
    await restrict(world, starts_in=timedelta(seconds=60))
    decision = await decide(world, "c1")
    assert decision["call_class"] == "privileged"
    world.clock.advance(60)
    assert await sweep(world) == 0


async def test_closing_time_ends_a_call_that_still_rings(world: World) -> None:
    world.clock.set(CLOSING - timedelta(seconds=30))
    decision = await decide(world, "c1")
    assert decision["max_duration_seconds"] == 30
    world.clock.advance(29)
    assert await sweep(world) == 0
    world.clock.advance(0.001)  # less than the shortest grant, one second, is left
    assert await sweep(world) == 1
    assert (await tell(world, "c1", "answered", 1))["action"] == "terminate"


async def test_where_a_call_begun_in_time_has_its_full_length_closing_time_ends_none(world: World) -> None:
    change(world, "UPDATE facilities SET profile = 'ny-doccs'")
    world.clock.set(CLOSING - timedelta(seconds=30))
    decision = await decide(world, "c1", payment_type="free")
    assert decision["max_duration_seconds"] == 1800
    await tell(world, "c1", "answered", 1)
    world.clock.advance(600)
    assert await sweep(world) == 0
    assert await action(world) == "continue"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param("UPDATE stations SET enabled = false", "not_in_service", id="the telephone is taken out"),
        pytest.param(
            "UPDATE list_entries SET state = 'removed', ended_at = 1, ended_by = 'staff'",
            "number_not_available",
            id="the number is off the list",
        ),
        pytest.param("UPDATE inmates SET status = 'released'", "pin_not_accepted", id="the person is released"),
    ],
)
async def test_what_a_write_elsewhere_left_behind_is_found(world: World, statement: str, reason: str) -> None:
    await decide(world, "c1")
    change(world, statement)
    assert await sweep(world) == 1
    assert (await ask(world, "c1")).json()["reason"] == reason


async def test_a_block_written_past_the_service_is_found_and_ends_that_call_alone(world: World) -> None:
    await decide(world, "c1")
    other = await decide(world, "c2", station_id=OTHER_STATION, pin=PINS[BORIS], called_number=OTHER_NUMBER)
    assert other["decision"] == "allow"
    fill(url(world), blocks=[block_row(NUMBER, scope="facility", facility_id=FACILITY, kind="facility")])
    assert await sweep(world) == 1
    assert await action(world) == "terminate"
    assert (await tell(world, "c2", "progress", 9))["action"] == "continue"


async def test_used_up_minutes_and_a_lapsed_price_end_no_call_that_was_granted(world: World) -> None:
    change(world, "UPDATE facilities SET limits = :limits", limits='{"calls_per_day":1,"minutes_per_day":15}')
    assert (await decide(world, "c1"))["decision"] == "allow"
    await tell(world, "c1", "answered", 1)
    change(world, "UPDATE facilities SET limits = :limits", limits='{"minutes_per_day":1}')
    assert await sweep(world) == 0


async def test_a_hotline_call_is_left_alone_even_when_its_registration_changes(world: World) -> None:
    fill(url(world), common_numbers=[hotline_row("+18005550123")])
    decision = await decide(world, "c1", called_number="+18005550123", pin=None)
    assert decision["call_class"] == "hotline"
    change(world, "UPDATE common_numbers SET state = 'proposed'")
    assert await sweep(world) == 0


@pytest.mark.parametrize("kind", ["ended", "expired", "revoked"])
async def test_a_call_that_is_over_or_revoked_is_not_looked_at(world: World, kind: str) -> None:
    decision = await decide(world, "c1")
    if kind == "ended":
        await tell(world, "c1", "ended", 1)
    elif kind == "expired":
        world.clock.advance(120)
    else:
        path = f"/v1/calls/{decision['decision_id']}/terminate"
        assert (await world.call("warden", "POST", path, json={"note": "n"})).status_code == 200
    change(world, "UPDATE stations SET enabled = false")
    assert await sweep(world) == 0


async def test_a_record_that_cannot_be_read_does_not_shield_the_other_calls(world: World) -> None:
    await decide(world, "c1")
    await decide(world, "c2", station_id=OTHER_STATION, pin=PINS[BORIS], called_number=OTHER_NUMBER)
    with open_sync(url(world)) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER append_only_decisions_update"))
        else:
            connection.execute(text("ALTER TABLE decisions DISABLE TRIGGER append_only"))
        connection.execute(text("UPDATE decisions SET facts = '{' WHERE call_id = 'c1'"))
        connection.commit()
    change(world, "UPDATE stations SET enabled = false WHERE station_id = :it", it=OTHER_STATION)
    change(world, "UPDATE stations SET enabled = false WHERE station_id = :it", it=STATION)
    assert await sweep(world) == 1
    assert (await tell(world, "c2", "progress", 9))["action"] == "terminate"


async def test_many_calls_are_swept_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callgate.flows.sweep_calls._AT_A_TIME", 1)
    await decide(world, "c1")
    await decide(world, "c2", station_id=OTHER_STATION, pin=PINS[BORIS], called_number=OTHER_NUMBER)
    change(world, "UPDATE stations SET enabled = false")
    assert await sweep(world) == 2
