"""What switches report: states, what remains, charges, orphans, keypresses, ceilings."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from callgate.domain.instants import to_milliseconds
from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.asking import SWITCH, ask, decide, event_body, tell
from tests.conftest import World
from tests.seeding import ANNA, FACILITY, NOON, NUMBER, facility_row, fill, seed

TARIFF = {
    "facility_id": FACILITY,
    "tariff": "collect-021",
    "payment_types": '["collect"]',
    "media": '["voice", "tty", "relay"]',
    "destination": "domestic",
    "currency": "USD",
    "per_minute": "0.21",
    "connection_fee": "0.00",
    "increment_seconds": 60,
    "payer": "called_party",
    "effective_from": "2020-01-01",
}


@pytest.fixture
def seeded(world: World, database_url: str) -> World:
    seed(database_url)
    fill(database_url, tariffs=[TARIFF])
    return world


async def test_a_call_from_allow_to_charge(seeded: World) -> None:
    allowed = await decide(seeded, "c1")
    seeded.clock.advance(10)
    answered = await tell(seeded, "c1", "answered", 1)
    seeded.clock.advance(60)
    going_on = await tell(seeded, "c1", "progress", 2)
    seeded.clock.advance(100)
    ended = await tell(seeded, "c1", "ended", 3, duration_seconds=160)

    assert allowed["rate_quote"]["max_charge"] == "3.15"
    assert answered == {
        "call_id": "c1",
        "state": "answered",
        "action": "continue",
        "max_duration_seconds": 900,
        "end_by": "2026-11-20T17:17:00.000Z",
        "duplicate": False,
        "charge": None,
    }
    assert (going_on["max_duration_seconds"], going_on["charge"]) == (840, None)
    assert (ended["state"], ended["action"], ended["max_duration_seconds"]) == ("ended", "terminate", 0)
    assert ended["charge"] == {"amount": "0.63", "currency": "USD"}


@pytest.mark.parametrize(
    ("seconds", "amount"), [(0, "0.00"), (1, "0.21"), (60, "0.21"), (61, "0.42"), (900, "3.15"), (5000, "3.15")]
)
async def test_charges_started_minutes_within_the_grant(seeded: World, seconds: int, amount: str) -> None:
    await decide(seeded, "c1")

    ended = await tell(seeded, "c1", "ended", 3, duration_seconds=seconds)

    assert ended["charge"] == {"amount": amount, "currency": "USD"}


async def test_an_equal_sequence_number_is_a_replay_and_counts_once(seeded: World) -> None:
    await decide(seeded, "c1")
    first = await tell(seeded, "c1", "ended", 3, duration_seconds=30)

    again = await tell(seeded, "c1", "ended", 3, duration_seconds=900)

    assert again == first | {"duplicate": True}


async def test_an_ended_call_frees_the_pin_and_an_unanswered_one_does_when_it_expires(seeded: World) -> None:
    await decide(seeded, "c1")
    seeded.clock.advance(119.999)
    busy = await decide(seeded, "c2")
    seeded.clock.advance(0.001)
    free = await decide(seeded, "c3")
    await tell(seeded, "c3", "answered", 1)
    seeded.clock.advance(900)
    still = await decide(seeded, "c4")
    await tell(seeded, "c3", "ended", 2)
    after = await decide(seeded, "c5")

    assert busy["reason"] == "call_in_progress"
    assert free["decision"] == "allow"
    assert still["reason"] == "call_in_progress"
    assert after["decision"] == "allow"


async def test_answered_after_expiry_must_end(seeded: World) -> None:
    await decide(seeded, "c1")
    seeded.clock.advance(120)

    late = await tell(seeded, "c1", "answered", 1)
    amended = await tell(seeded, "c1", "ended", 2, duration_seconds=10)

    assert (late["state"], late["action"]) == ("expired", "terminate")
    assert amended["charge"] == {"amount": "0.21", "currency": "USD"}


async def test_an_unknown_call_is_an_orphan_and_must_end(seeded: World) -> None:
    answered = await tell(seeded, "never-asked", "answered", 1)
    ended = await tell(seeded, "never-asked", "ended", 2)

    assert (answered["state"], answered["action"]) == ("orphan", "terminate")
    assert (ended["state"], ended["charge"]) == ("orphan", None)


async def test_a_denied_attempt_has_no_call_to_go_on(seeded: World) -> None:
    await decide(seeded, "c1", called_number="+18605550199")

    told = await tell(seeded, "c1", "ended", 1, cause="failed", duration_seconds=0)

    assert (told["state"], told["action"]) == ("ended", "terminate")


@pytest.mark.feature("F20")
async def test_a_keypress_blocks_from_the_next_authorize_on_even_when_it_comes_late(seeded: World) -> None:
    await decide(seeded, "c1")
    await tell(seeded, "c1", "ended", 9)

    late = await tell(seeded, "c1", "called_party_block", 2)
    again = await tell(seeded, "c1", "called_party_block", 2)
    denied = await decide(seeded, "c2")
    blocks = await seeded.call("warden", "GET", "/v1/blocks")

    assert late["action"] == "terminate"
    assert again["duplicate"] is True
    assert denied["reason"] == "number_not_available"
    assert [(one["kind"], one["scope"], one["inmate_id"]) for one in blocks.json()["items"]] == [
        ("called_party", "inmate", ANNA)
    ]


@pytest.mark.feature("F20")
async def test_a_keypress_on_a_hotline_is_kept_and_ignored(seeded: World, database_url: str) -> None:
    common = {
        "number": "+18005550142",
        "kind": "hotline",
        "name": "Hotline",
        "verified_by": "x",
        "state": "in_force",
        "proposed_by": "a",
        "proposed_at": to_milliseconds(NOON),
        "confirmed_by": "b",
        "confirmed_at": to_milliseconds(NOON),
    }
    fill(database_url, common_numbers=[common])
    await decide(seeded, "h1", called_number="+18005550142", pin=None)

    told = await tell(seeded, "h1", "called_party_block", 1)
    blocks = await seeded.call("warden", "GET", "/v1/blocks")

    assert told["action"] == "continue"
    assert blocks.json()["items"] == []
    assert (await decide(seeded, "h2", called_number="+18005550142", pin=None))["decision"] == "allow"


async def test_a_spooled_catch_up_is_answered_in_order(seeded: World) -> None:
    await decide(seeded, "c1")
    events = [
        event_body(seeded, "c1", "ended", 3, duration_seconds=61),
        event_body(seeded, "unknown", "ended", 1),
        event_body(seeded, "c1", "answered", 1),
        event_body(seeded, "c1", "ended", 3, duration_seconds=61),
    ]

    response = await seeded.call("switch", "POST", "/v1/call-events", json={"events": events}, subject=SWITCH)

    results = response.json()["results"]
    assert [one["state"] for one in results] == ["ended", "orphan", "ended", "ended"]
    assert [one["duplicate"] for one in results] == [False, False, False, True]
    assert results[0]["charge"] == results[3]["charge"] == {"amount": "0.42", "currency": "USD"}


@pytest.mark.feature("F30")
async def test_minutes_are_reserved_while_live_and_counted_as_talked(seeded: World, database_url: str) -> None:
    with open_sync(database_url) as connection:
        connection.execute(update(t.facilities).values(limits='{"minutes_per_day": 20, "calls_per_day": 3}'))
        connection.commit()

    first = await decide(seeded, "c1")
    await tell(seeded, "c1", "answered", 1)
    await tell(seeded, "c1", "ended", 2, duration_seconds=600)
    second = await decide(seeded, "c2")
    await tell(seeded, "c2", "answered", 1)
    await tell(seeded, "c2", "ended", 2, duration_seconds=599)
    third = await decide(seeded, "c3")
    await tell(seeded, "c3", "answered", 1)
    await tell(seeded, "c3", "ended", 2, duration_seconds=1)
    fourth = await decide(seeded, "c4")
    seeded.clock.set(NOON + timedelta(hours=18, seconds=1))
    tomorrow = await decide(seeded, "c5")

    assert (first["max_duration_seconds"], first["limiting_factor"]) == (900, "call_cap")
    assert (second["max_duration_seconds"], second["limiting_factor"]) == (600, "quota")
    assert (third["max_duration_seconds"], third["limiting_factor"]) == (1, "quota")
    assert fourth["reason"] == "limit_reached"
    assert fourth["retry_at"] == "2026-11-21T05:00:00.000Z"
    assert tomorrow["decision"] == "allow"


async def test_a_call_is_listed_with_its_state_as_of_now(seeded: World) -> None:
    allowed = await decide(seeded, "c1")
    before = await seeded.call("warden", "GET", "/v1/calls", headers={})
    seeded.clock.advance(120)
    expired = await seeded.call("security", "GET", "/v1/calls?state=expired")
    one = await seeded.call("security", "GET", f"/v1/calls/{allowed['decision_id']}")
    by_number = await seeded.call("warden", "GET", f"/v1/calls?number={NUMBER.replace('+', '%2B')}&inmate_id={ANNA}")
    foreign = await seeded.call("warden", "GET", f"/v1/calls/{allowed['decision_id']}", facilities=["other-ci"])

    assert [call["state"] for call in before.json()["items"]] == ["authorized"]
    assert [call["state"] for call in expired.json()["items"]] == ["expired"]
    assert one.json()["number"] == NUMBER
    assert len(by_number.json()["items"]) == 1
    assert foreign.status_code == 404


async def test_a_malformed_event_is_400_and_keeps_nothing(seeded: World) -> None:
    await ask(seeded, "c1")
    body = event_body(seeded, "c1", "ended", -1)

    response = await seeded.call("switch", "POST", "/v1/call-events", json=body, subject=SWITCH)

    assert response.status_code == 400
    assert response.json()["decision"] == "deny"
    assert (await tell(seeded, "c1", "progress", 1))["state"] == "answered"


async def test_a_token_that_the_switch_gave_up_reports_nothing(seeded: World, database_url: str) -> None:
    late = {
        "switch_id": SWITCH,
        "name": "x",
        "facilities": '["*"]',
        "webhook_secret": "s",
        "tokens_not_before": to_milliseconds(NOON) + 1000,
    }
    fill(database_url, switches=[late])

    refused = await seeded.call(
        "switch", "POST", "/v1/call-events", json=event_body(seeded, "c1", "ended", 1), subject=SWITCH
    )

    assert refused.status_code == 401
    assert refused.json()["decision"] == "deny"


@pytest.mark.feature("F55", "F61")
@pytest.mark.parametrize("change", [{"status": "released"}, {"facility_id": "other-ci"}])
async def test_a_call_of_somebody_released_or_moved_must_end(
    seeded: World, database_url: str, change: dict[str, str]
) -> None:
    fill(database_url, facilities=[facility_row("other-ci")])
    await decide(seeded, "c1")
    await tell(seeded, "c1", "answered", 1)
    body = {"facility_id": FACILITY, "unit": "A", "status": "active", "name": "A Person"}

    put = await seeded.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=body | change)
    told = await tell(seeded, "c1", "progress", 2)

    assert put.status_code == 200
    assert (told["action"], told["max_duration_seconds"]) == ("terminate", 0)


async def test_a_call_on_a_pin_that_was_replaced_must_end(seeded: World) -> None:
    await decide(seeded, "c1")

    issued = await seeded.call("counselor", "POST", f"/v1/inmates/{ANNA}/pin", json={})
    told = await tell(seeded, "c1", "answered", 1)

    assert issued.status_code == 201
    assert told["action"] == "terminate"
