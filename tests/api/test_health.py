"""What a supervisor, a load balancer and a scraper are told, without a token."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callgate import __version__
from callgate.app import deploy
from callgate.clock import ShiftedClock, StepWatch, SystemClock
from callgate.flows.check_readiness import Readiness, check_readiness
from callgate.store.database import open_sync
from tests.asking import counted_statements
from tests.conftest import World, open_world
from tests.seeding import settings_for

OK = dict.fromkeys(("database", "migrations", "keys", "clock"), "ok")


@pytest.fixture
async def ready(world: World) -> World:
    """A world whose clock is the machine's."""
    world.app.state.deployment = replace(world.deployment, clock=SystemClock())
    return world


async def checks_of(world: World) -> tuple[int, dict[str, str]]:
    answer = await world.client.get("/readyz")
    body: dict[str, Any] = answer.json()
    if answer.status_code == 200:
        assert body.keys() == {"status", "checks"}
        assert body["status"] == "ok"
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert body.keys() == {"type", "title", "status", "detail", "instance", "code", "checks"}
        assert (body["code"], answer.headers["retry-after"]) == ("not_ready", "1")
    return answer.status_code, body["checks"]


def execute(url: str, *statements: str) -> None:
    with open_sync(url) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


async def test_is_ready_when_all_is_well(ready: World) -> None:
    assert await checks_of(ready) == (200, OK)
    assert await checks_of(ready) == (200, OK)


async def test_the_clock_may_be_one_second_off(world: World) -> None:
    for off, agrees in ((0.9, True), (-0.9, True), (1.1, False), (-1.1, False), (86_400.0, False)):
        clock = ShiftedClock(SystemClock().now() + timedelta(seconds=off))
        found = await check_readiness(replace(world.deployment, clock=clock, steps=StepWatch(clock.now())))
        assert found == Readiness(database=True, migrations=True, keys=True, clock=agrees)


async def test_a_shifted_clock_is_reported_for_what_it_is(world: World) -> None:
    assert await checks_of(world) == (503, {**OK, "clock": "failed"})


async def test_tables_of_another_version_are_not_ready(ready: World, database_url: str) -> None:
    execute(database_url, "UPDATE alembic_version SET version_num = 'older'")
    assert await checks_of(ready) == (503, {**OK, "migrations": "failed"})
    execute(database_url, "DELETE FROM alembic_version")
    assert await checks_of(ready) == (503, {**OK, "migrations": "failed"})


async def test_a_database_that_cannot_be_written_is_not_ready(ready: World, database_url: str) -> None:
    execute(database_url, "ALTER TABLE idempotency_keys RENAME TO elsewhere")
    assert await checks_of(ready) == (503, {**OK, "database": "failed", "clock": "failed"})
    execute(database_url, "ALTER TABLE elsewhere RENAME TO idempotency_keys")
    assert await checks_of(ready) == (200, OK)


async def test_a_database_that_is_gone_is_not_ready() -> None:
    deployment = deploy(settings_for("postgresql://nobody@127.0.0.1:1/nothing"))
    found = await check_readiness(deployment)
    await deployment.database.close()
    assert found == Readiness(keys=True)
    assert not found.is_ready


async def test_who_asks_meanwhile_is_told_the_same_look(ready: World) -> None:
    with counted_statements(ready) as statements:
        answers = await asyncio.gather(*(ready.client.get("/readyz") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum("INSERT" in statement for statement in statements) == 1


async def test_readiness_leaves_nothing_behind(ready: World, database_url: str) -> None:
    await checks_of(ready)
    with open_sync(database_url) as connection:
        assert connection.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 0


async def test_liveness_touches_nothing(world: World) -> None:
    await world.deployment.database.close()
    answer = await world.client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_says_which_version_runs(world: World) -> None:
    answer = await world.client.get("/version")
    assert (answer.status_code, answer.json()) == (200, {"name": "callgate", "version": __version__})


# ------------------------------------------------------------------------------------------------------------- metrics


async def scrape(world: World, address: tuple[str, int] | None, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=world.app, client=address)  # type: ignore[arg-type]  # None is a Unix socket
    async with httpx.AsyncClient(transport=transport, base_url="http://callgate.test", headers=headers) as client:
        return await client.get("/metrics")


async def test_metrics_are_for_clients_on_this_machine(world: World) -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        answer = await scrape(world, (host, 1))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "# TYPE callgate_decisions_total counter" in answer.text


async def test_metrics_are_for_nobody_else(world: World) -> None:
    for host in ("10.0.0.1", "192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", "::", "localhost", "", "callgate.test"):
        answer = await scrape(world, (host, 1))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
        assert "callgate_decisions" not in answer.text


async def test_metrics_are_not_for_whom_a_proxy_on_this_machine_speaks_for(world: World) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert (await scrape(world, ("127.0.0.1", 1), **{name: "192.0.2.7"})).status_code == 403
    assert (await scrape(world, None)).status_code == 403


async def test_metrics_with_a_port_of_their_own_are_not_here(database_url: str) -> None:
    async with open_world(database_url, metrics_port=9) as world:
        assert (await scrape(world, ("127.0.0.1", 1))).status_code == 404


async def test_none_of_them_needs_or_minds_a_token(ready: World) -> None:
    for path in ("/livez", "/readyz", "/version", "/metrics"):
        for sent in ({}, {"Authorization": "Bearer none"}):
            assert (await ready.client.get(path, headers=sent)).status_code == 200
            assert (await ready.client.post(path, headers=sent)).status_code == 405
