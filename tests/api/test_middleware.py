"""What holds for every request and every answer, in process and over real connections."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from callgate.api.middleware import BODY_BYTES_MAX
from tests.api.small_app import SECRET, client_of, small_app
from tests.conftest import World

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}
SLOW_SECONDS = 0.5
SECONDS_MAX = 30.0


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(small_app()) as opened:
        yield opened


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


# ------------------------------------------------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/size", 200),
        ("GET", "/size", 405),
        ("HEAD", "/size", 405),
        ("OPTIONS", "/size", 405),
        ("GET", "/nothing", 404),
        ("GET", "/fail/conflict", 409),
        ("GET", "/fail/unavailable", 503),
        ("GET", "/crash", 500),
        ("POST", "/pins", 422),
        ("POST", "/v1/authorize", 400),
    ],
)
async def test_every_answer_has_the_security_headers_and_an_id(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get_list(name) for name in SECURITY_HEADERS} == {
        name: [value] for name, value in SECURITY_HEADERS.items()
    }
    assert len(answer.headers.get_list("x-request-id")) == 1


async def test_413_has_them_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/size", content=b"x" * (BODY_BYTES_MAX + 1))
    assert answer.headers.items() >= SECURITY_HEADERS.items()


async def test_each_request_has_its_own_id_and_none_that_was_sent(client: httpx.AsyncClient) -> None:
    sent = {"X-Request-Id": SECRET}
    ids = [(await client.post("/size", headers=sent)).headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert SECRET not in ids


async def test_the_real_application_is_wrapped(world: World) -> None:
    for path in ("/livez", "/version", "/v1/blocks", "/nothing"):
        answer = await world.client.get(path)
        assert answer.headers.items() >= SECURITY_HEADERS.items()


# -------------------------------------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize(("size", "status"), [(0, 200), (BODY_BYTES_MAX - 1, 200), (BODY_BYTES_MAX, 200)])
async def test_takes_a_body_of_64_kib(client: httpx.AsyncClient, size: int, status: int) -> None:
    for content in (b"x" * size, chunks(size), chunks(1000, size - 1000) if size else chunks()):
        answer = await client.post("/size", content=content)
        assert (answer.status_code, answer.json()) == (status, size)


@pytest.mark.parametrize("path", ["/size", "/pins", "/v1/authorize"])
async def test_refuses_one_byte_more_told_or_not(client: httpx.AsyncClient, path: str) -> None:
    size = BODY_BYTES_MAX + 1
    for content in (b"x" * size, chunks(size), chunks(BODY_BYTES_MAX, 1), chunks(*[1000] * 66)):
        answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert answer.headers["connection"] == "close"


async def test_a_length_that_lies_deceives_nobody(client: httpx.AsyncClient) -> None:
    too_large = await client.post("/size", content=chunks(BODY_BYTES_MAX, 1), headers={"Content-Length": "10"})
    assert too_large.status_code == 413
    # What is told to be too large is refused unread: nobody who says so needs to be believed about the rest.
    assert (await client.post("/size", content=b"x", headers={"Content-Length": str(2**40)})).status_code == 413


async def test_the_limit_holds_for_the_real_routes(world: World) -> None:
    token = {"Authorization": f"Bearer {world.token('counselor')}"}
    padded = b'{"add":[],"remove":[]}'.ljust(BODY_BYTES_MAX)
    within = await world.client.post("/v1/inmates/100001/list-changes", content=padded, headers=token)
    assert within.status_code == 404
    path = "/v1/authorize"
    token = {"Authorization": f"Bearer {world.token('switch')}"}
    body = b'{"call_id":"a","station_id":"b","called_number":"9"}'
    assert (await world.client.post(path, content=body.ljust(BODY_BYTES_MAX), headers=token)).status_code == 200
    assert (await world.client.post(path, content=body.ljust(BODY_BYTES_MAX + 1), headers=token)).status_code == 413


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    async with client_of(small_app(body_seconds_max=0.05)) as client:
        answer = await client.post("/v1/authorize", content=never())
    assert (answer.status_code, answer.json()["code"], answer.json()["decision"]) == (408, "body_too_slow", "deny")
    assert answer.headers["connection"] == "close"


async def test_time_is_counted_over_the_whole_body_and_not_by_the_part() -> None:
    async def drop_by_drop() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.02)

    async with client_of(small_app(body_seconds_max=0.2)) as client:
        assert (await client.post("/size", content=drop_by_drop())).status_code == 408


async def test_a_client_that_leaves_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    sent: list[Any] = []
    told = iter([{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/size",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
    }
    await small_app()(scope, receive, send)
    assert sent == []
    assert "request_failed" not in capsys.readouterr().out


# -------------------------------------------------------------------------------------------------- real connections


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A real server on the loopback."""
    with serving(small_app()) as opened:
        yield opened


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """That application, at a port of the loopback."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(SECONDS_MAX)
        assert not thread.is_alive()


def speak(port: int, *parts: bytes) -> bytes:
    """Send the parts and read until the server hangs up."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX)) as connection:
        for part in parts:
            connection.sendall(part)
        heard = b""
        while data := connection.recv(65536):
            heard += data
        return heard


HEAD = b"POST /v1/authorize HTTP/1.1\r\nHost: callgate.test\r\n"


def test_a_client_that_sends_megabytes_hears_413(port: int) -> None:
    for size in (BODY_BYTES_MAX + 1, 300_000, 1_000_000):
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/authorize", content=b"x" * size, timeout=SECONDS_MAX)
        assert (answer.status_code, answer.json()["decision"]) == (413, "deny")


def test_a_chunked_body_is_counted(port: int) -> None:
    def parts(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield b"x" * 1024

    within = httpx.post(f"http://127.0.0.1:{port}/size", content=parts(64), timeout=SECONDS_MAX)
    assert (within.status_code, within.json()) == (200, BODY_BYTES_MAX)
    beyond = httpx.post(f"http://127.0.0.1:{port}/size", content=parts(65), timeout=SECONDS_MAX)
    assert beyond.status_code == 413


def test_a_client_that_asks_first_is_not_told_to_send_too_much(port: int) -> None:
    heard = speak(port, HEAD + b"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in heard


def test_less_than_was_announced_is_waited_for_and_given_up() -> None:
    # One that waits no longer than this would be too impatient for the other tests on a busy machine.
    with serving(small_app(body_seconds_max=SLOW_SECONDS)) as port:
        heard = speak(port, HEAD + b"Content-Length: 50\r\n\r\n", b'{"pin":"49371568"')
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert SECRET.encode() not in heard


def test_more_than_was_announced_is_no_part_of_the_body(port: int) -> None:
    heard = speak(port, HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}", SECRET.encode())
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert SECRET.encode() not in heard


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"0x10", b"ten"])
def test_a_length_that_is_none_reaches_no_route(port: int, length: bytes) -> None:
    assert speak(port, HEAD + b"Content-Length: " + length + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_the_connection_lives_on_after_a_refusal_that_read_everything(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS_MAX) as client:
        for _ in range(3):
            answer = client.post("/v1/authorize", content=b"{}")
            assert answer.status_code == 400
            assert "connection" not in answer.headers
