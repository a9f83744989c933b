"""The way past the router: the same answers as through it."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callgate.api import authorize, problems
from callgate.api.straight import first_headers
from tests.conftest import World
from tests.seeding import ANNA, NUMBER, PINS, STATION, seed

BODY = {"call_id": "one", "station_id": STATION, "pin": PINS[ANNA], "called_number": NUMBER}
FORM = "application/x-www-form-urlencoded"


def routed(world: World) -> httpx.AsyncClient:
    """The same service where the request comes through FastAPI's own way."""
    app = FastAPI()
    app.state = world.app.state
    problems.install(app)
    app.include_router(authorize.router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://callgate.test")


def told(answer: httpx.Response) -> dict[str, Any]:
    headers = {name: answer.headers.get(name) for name in ("content-type", "idempotent-replayed", "www-authenticate")}
    body = answer.text if answer.headers["content-type"] == FORM else answer.json()
    if isinstance(body, dict):
        body.pop("instance", None)
    return {"status": answer.status_code, "body": body, **headers}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        ({"accept": FORM}, BODY),
        ({"accept": f"{FORM};q=0.1, application/json"}, BODY),
        ({}, {**BODY, "called_number": "+18605550199"}),
        ({}, {**BODY, "station_id": "no such place"}),
        ({}, {}),
        ({"authorization": "Bearer none"}, BODY),
        ({"authorization": ""}, BODY),
    ],
)
async def test_the_answer_is_the_one_that_the_router_gives(
    world: World, headers: dict[str, str], body: dict[str, str]
) -> None:
    seed(world.deployment.settings.database_url)
    sent = {"authorization": f"Bearer {world.token('switch')}", **headers}

    first = told(await world.client.post("/v1/authorize", json=body, headers=sent))
    async with routed(world) as client:
        again = told(await client.post("/v1/authorize", json=body, headers=sent))
    third = told(await world.client.post("/v1/authorize", json=body, headers=sent))

    assert again == third
    assert first == {**third, "idempotent-replayed": None}
    assert third["idempotent-replayed"] == ("true" if third["status"] == 200 else None)


async def test_a_failure_of_the_code_is_told_as_everywhere_straight_or_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr("callgate.api.authorize.parse_attempt", broken)
    monkeypatch.setattr("callgate.api.call_events.parse_events", broken)
    sent = {"authorization": f"Bearer {world.token('switch')}"}

    for path in ("/v1/authorize", "/v1/call-events"):
        answer = await world.client.post(path, json={}, headers=sent)
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert (answer.json()["code"], answer.json()["decision"]) == ("internal_error", "deny")
        assert answer.headers["cache-control"] == "no-store"


async def test_other_methods_of_the_path_go_through_the_router(world: World) -> None:
    answer = await world.client.get("/v1/authorize")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_of_a_header_that_came_twice_the_first_counts() -> None:
    assert first_headers([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]) == {b"a": b"1", b"b": b"2"}
