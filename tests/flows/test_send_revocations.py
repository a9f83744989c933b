"""Is a switch told at once that its call must end, once and for all, and by nobody else?"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.asking import SWITCH, decide, tell
from tests.conftest import World, open_world
from tests.people import set_block
from tests.receiver import Receiver, receiving
from tests.seeding import BORIS, FACILITY, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS, seed

ALLOW = "127.0.0.0/8"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A world whose switches may be told over plain HTTP on loopback."""
    seed(database_url)
    async with open_world(database_url, revoke_allow=ALLOW) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def register(world: World, url: str | None) -> str:
    body = {"name": "Kamailio", "facilities": [FACILITY], "revoke_url": url}
    answer = await world.call("operator", "PUT", f"/v1/switches/{SWITCH}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["webhook_secret"])


async def look(world: World) -> None:
    await world.app.state.revocations.look()
    await world.app.state.sender.settled()


async def talk(world: World, call_id: str = "c1") -> str:
    """An answered call; its decision."""
    decision = await decide(world, call_id)
    assert decision["decision"] == "allow"
    await tell(world, call_id, "answered", 1)
    return str(decision["decision_id"])


async def test_a_block_during_a_call_is_sent_signed_and_without_a_cause(world: World, receiver: Receiver) -> None:
    secret = await register(world, receiver.url)
    decision_id = await talk(world)
    await look(world)
    assert receiver.received == []
    await set_block(world, NUMBER)
    await look(world)
    (got,) = receiver.received
    assert json.loads(got.body) == {"decision_id": decision_id, "call_id": "c1"}
    assert got.path == "/revoke"
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert at == world.clock.now()
    assert got.headers["webhook-signature"] == Webhook(secret).sign(decision_id, at, got.body.decode())
    assert got.headers["webhook-id"] == decision_id


async def test_it_is_sent_again_until_the_call_is_over(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    await talk(world)
    await set_block(world, NUMBER)
    receiver.answers = ["503 Busy", "500 Broken"]
    sent = []
    for seconds in (0, 0.4, 0.2, 1.0, 9.9, 0.2):
        world.clock.advance(seconds)
        await look(world)
        sent.append(len(receiver.received))
    # Half a second after the first failure, one after the second, ten after one that was taken.
    assert sent == [1, 1, 2, 3, 3, 4]
    await tell(world, "c1", "ended", 2)
    world.clock.advance(60)
    await look(world)
    assert len(receiver.received) == 4


async def test_every_try_has_the_same_id(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    await talk(world)
    await set_block(world, NUMBER)
    receiver.answers = ["503 Busy"]
    await look(world)
    world.clock.advance(1)
    await look(world)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


async def test_a_call_that_expired_is_sent_no_more(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    await decide(world, "c1")
    await set_block(world, NUMBER)
    world.clock.advance(120)
    await look(world)
    assert receiver.received == []


async def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    await talk(world)
    await set_block(world, NUMBER)
    receiver.answers = [f"307 Elsewhere\r\nLocation: {receiver.url}2"]
    await look(world)
    assert [got.path for got in receiver.received] == ["/revoke"]
    world.clock.advance(1)
    await look(world)
    assert [got.path for got in receiver.received] == ["/revoke", "/revoke"]


async def test_a_switch_that_hangs_or_is_gone_is_tried_again(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    await talk(world)
    await set_block(world, NUMBER)
    receiver.answers = [None]
    began = asyncio.get_running_loop().time()
    await look(world)
    assert 1.5 < asyncio.get_running_loop().time() - began < 8
    world.clock.advance(1)
    await look(world)
    assert len(receiver.received) == 2


async def test_an_address_that_is_allowed_no_more_is_not_asked(database_url: str, receiver: Receiver) -> None:
    seed(database_url)
    async with open_world(database_url, revoke_allow=ALLOW) as world:
        await register(world, receiver.url)
        await talk(world)
        await set_block(world, NUMBER)
    async with open_world(database_url) as world:
        await look(world)
    assert receiver.received == []


async def test_two_workers_send_it_once(database_url: str, receiver: Receiver) -> None:
    seed(database_url)
    async with (
        open_world(database_url, revoke_allow=ALLOW) as world,
        open_world(database_url, revoke_allow=ALLOW) as other,
    ):
        await register(world, receiver.url)
        await talk(world)
        await set_block(world, NUMBER)
        await asyncio.gather(look(world), look(other), look(world), look(other))
    assert len(receiver.received) == 1


async def test_a_crash_between_the_commit_and_the_sending_loses_nothing(database_url: str, receiver: Receiver) -> None:
    seed(database_url)
    async with open_world(database_url, revoke_allow=ALLOW) as world:
        await register(world, receiver.url)
        await talk(world)
        await set_block(world, NUMBER)
    async with open_world(database_url, revoke_allow=ALLOW) as world:
        await look(world)
    assert len(receiver.received) == 1


async def test_only_the_calls_that_are_revoked_are_sent(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    decision_id = await talk(world, "c1")
    other = await decide(world, "c2", station_id=OTHER_STATION, pin=PINS[BORIS], called_number=OTHER_NUMBER)
    assert other["decision"] == "allow"
    await set_block(world, NUMBER)
    await look(world)
    assert [json.loads(got.body)["decision_id"] for got in receiver.received] == [decision_id]


async def change_secret(world: World, **how: Any) -> Any:
    return await world.call("operator", "POST", f"/v1/switches/{SWITCH}/webhook-secret", **how)


async def test_for_a_day_after_a_change_both_secrets_sign(world: World, receiver: Receiver) -> None:
    old = await register(world, receiver.url)
    changed = (await change_secret(world)).json()
    new = changed["webhook_secret"]
    assert new != old
    decision_id = await talk(world)
    await set_block(world, NUMBER)
    await look(world)
    (got,) = receiver.received
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    wanted = [Webhook(each).sign(decision_id, at, got.body.decode()) for each in (new, old)]
    assert got.headers["webhook-signature"] == " ".join(wanted)


async def test_after_that_day_the_old_secret_signs_nothing(world: World, receiver: Receiver) -> None:
    await register(world, receiver.url)
    new = (await change_secret(world)).json()["webhook_secret"]
    world.clock.advance(24 * 3600)
    decision_id = await talk(world)
    await set_block(world, NUMBER)
    await look(world)
    (got,) = receiver.received
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert got.headers["webhook-signature"] == Webhook(new).sign(decision_id, at, got.body.decode())


async def test_a_new_secret_is_shown_once_and_never_kept_for_a_replay(world: World) -> None:
    await register(world, None)
    first = await change_secret(world, headers={"Idempotency-Key": "k"})
    again = await change_secret(world, headers={"Idempotency-Key": "k"})
    assert first.status_code == again.status_code == 201
    assert first.json()["webhook_secret"].startswith("whsec_")
    assert again.json() == first.json() | {"webhook_secret": None}
    shown = await world.call("operator", "GET", f"/v1/switches/{SWITCH}")
    assert shown.json()["webhook_secret"] is None
    trail = await world.call("auditor", "GET", "/v1/audit-events")
    assert "change_webhook_secret" in trail.text
    assert "whsec_" not in trail.text


async def test_the_secret_of_a_switch_that_is_not_there_or_not_covered_is_404(world: World) -> None:
    assert (await change_secret(world)).status_code == 404
    await register(world, None)
    assert (await change_secret(world, facilities=["elsewhere"])).status_code == 404
