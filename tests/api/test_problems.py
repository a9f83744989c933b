"""Every failure is told in one form, and never with what was sent."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from callgate.domain import errors
from tests.api.small_app import AT_FAULT, SECRET, STATUS, client_of, small_app
from tests.conftest import World

MEMBERS = {"type", "title", "status", "detail", "instance", "code"}
INSTANCE = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SWITCH_PATHS = ("/v1/authorize", "/v1/call-events")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(small_app()) as opened:
        yield opened


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The members, having checked what holds for each of them."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body.keys() >= MEMBERS
    assert body["status"] == answer.status_code >= 400
    assert INSTANCE.fullmatch(body["instance"])
    assert body["instance"].removeprefix("urn:uuid:") == answer.headers["x-request-id"]
    assert body["type"].endswith(f"/{body['code']}")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", body["code"])
    assert SECRET not in answer.text
    return body


@pytest.mark.parametrize("kind", AT_FAULT)
async def test_tells_what_a_flow_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.get(f"/fail/{kind}")
    body = problem_of(answer)
    assert (answer.status_code, body["code"], body["detail"]) == (
        STATUS[kind],
        AT_FAULT[kind].code,
        AT_FAULT[kind].detail,
    )
    assert "decision" not in body


def test_every_kind_of_error_is_tried() -> None:
    assert {type(error) for error in AT_FAULT.values()} == set(errors.CallgateError.__subclasses__())


async def test_names_the_field_at_fault(client: httpx.AsyncClient) -> None:
    body = problem_of(await client.get("/fail/invalid"))
    assert body["errors"] == [{"pointer": "/pin", "code": "pin_not_acceptable", "message": "Choose another."}]


async def test_carries_what_the_error_has_to_add(client: httpx.AsyncClient) -> None:
    assert problem_of(await client.get("/fail/conflict"))["next_change_on"] == "2026-12-20"


async def test_says_when_to_try_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fail/unavailable")).headers["retry-after"] == "1"


async def test_a_crash_is_told_without_its_cause(client: httpx.AsyncClient) -> None:
    body = problem_of(await client.get("/crash"))
    assert (body["status"], body["code"]) == (500, "internal_error")


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1", "/v1/authorize/", "/docs", "/openapi.json", "/%00", "/fail"])
async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    assert problem_of(await client.get(path))["status"] == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_a_method_that_the_route_does_not_take_is_a_problem(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/size")
    assert (problem_of(answer)["status"], answer.headers["allow"]) == (405, "POST")


async def test_allow_names_every_method_of_the_path(world: World) -> None:
    answer = await world.client.delete("/v1/facilities/osborn")
    assert (problem_of(answer)["status"], answer.headers["allow"]) == (405, "GET, PUT")


async def test_head_is_answered_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/size")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


MALFORMED = {
    "no body": (b"", [("", "missing")]),
    "no JSON": (b'{"pin":"49371568"', [("", "json_invalid")]),
    "no object": (b'"49371568"', [("", "model_attributes_type")]),
    "a number": (b'{"pin":49371568}', [("/pin", "string_type")]),
    "an array": (b'{"pin":["49371568"]}', [("/pin", "string_type")]),
    "an object": (b'{"pin":{"49371568":"49371568"}}', [("/pin", "string_type")]),
    "null": (b'{"pin":null}', [("/pin", "string_type")]),
    "as a key": (b'{"pin":"1","49371568":1}', [("", "extra_forbidden")]),
    "as a key of letters": (b'{"pin":"1","hunter":1}', [("", "extra_forbidden")]),
    "in another field": (b'{"pin":"1","q850_cause":"49371568"}', [("/q850_cause", "int_type")]),
    "twice wrong": (b'{"pin":1,"q850_cause":"x"}', [("/pin", "string_type"), ("/q850_cause", "int_type")]),
}


@pytest.mark.parametrize(("raw", "found"), MALFORMED.values(), ids=MALFORMED)
async def test_names_each_field_at_fault_and_none_of_their_values(
    client: httpx.AsyncClient, raw: bytes, found: list[tuple[str, str]]
) -> None:
    answer = await client.post("/pins", content=raw, headers={"Content-Type": "application/json"})
    body = problem_of(answer)
    assert (body["status"], body["code"]) == (422, "malformed_request")
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == found
    assert all(error["message"].endswith(".") for error in body["errors"])
    assert "hunter" not in answer.text


# ----------------------------------------------------------------------------------------------------- switch routes


@pytest.mark.parametrize("kind", AT_FAULT)
async def test_on_a_switch_route_every_refusal_says_deny(client: httpx.AsyncClient, kind: str) -> None:
    body = problem_of(await client.post("/v1/authorize", headers={"X-Kind": kind}))
    assert (body["status"], body["decision"], body["max_duration_seconds"]) == (STATUS[kind], "deny", 0)


async def test_on_a_switch_route_a_crash_says_deny(client: httpx.AsyncClient) -> None:
    asked = {"call_id": "a", "station_id": "b", "called_number": "9", "pin": SECRET}
    body = problem_of(await client.post("/v1/authorize", json=asked))
    assert (body["status"], body["decision"], body["max_duration_seconds"]) == (500, "deny", 0)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"pin":"4937', b'{"pin":49371568}', b"\xff", b'{"pin":"1","pin":"1"}'])
async def test_on_a_switch_route_a_malformed_body_is_400(client: httpx.AsyncClient, raw: bytes) -> None:
    body = problem_of(await client.post("/v1/authorize", content=raw))
    assert (body["status"], body["code"], body["decision"]) == (400, "malformed_request", "deny")
    assert body["errors"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_on_a_switch_route_a_wrong_method_says_deny(client: httpx.AsyncClient, method: str) -> None:
    body = problem_of(await client.request(method, "/v1/authorize"))
    assert (body["status"], body["decision"], body["max_duration_seconds"]) == (405, "deny", 0)


async def test_a_switch_hears_deny_with_every_status(world: World) -> None:
    for path in SWITCH_PATHS:
        sent = {"Authorization": f"Bearer {world.token('switch')}"}
        staff = {"Authorization": f"Bearer {world.token('warden')}"}
        answers = [
            (401, await world.client.post(path, json={})),
            (401, await world.client.post(path, json={}, headers={"Authorization": f"Bearer {SECRET}"})),
            (403, await world.client.post(path, json={}, headers=staff)),
            (400, await world.client.post(path, json={}, headers=sent)),
            (405, await world.client.get(path, headers=sent)),
            (413, await world.client.post(path, content=b" " * 65_537, headers=sent)),
        ]
        for status, answer in answers:
            body = problem_of(answer)
            assert (body["status"], body["decision"], body["max_duration_seconds"]) == (status, "deny", 0)


async def test_401_says_how_to_be_let_in(world: World) -> None:
    assert (await world.client.get("/v1/blocks")).headers["www-authenticate"] == 'Bearer realm="callgate"'
    for path in SWITCH_PATHS:
        told = (await world.client.post(path)).headers["www-authenticate"]
        assert told.startswith('Bearer realm="callgate"')
        assert "Basic" in told


async def test_a_long_list_of_faults_is_cut(world: World) -> None:
    events: dict[str, list[object]] = {"events": [{}] * 200}
    sent = {"Authorization": f"Bearer {world.token('switch')}"}
    body = problem_of(await world.client.post("/v1/call-events", json=events, headers=sent))
    assert len(body["errors"]) == 20
    assert body["errors"][0] == {
        "pointer": "/events/0/call_id",
        "code": "missing",
        "message": "This field is required.",
    }
