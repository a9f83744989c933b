"""What does a connection have to keep to, and is an attempt for which there is no room refused as the route refuses?"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request
from uvicorn import Server

from callgate.api.overload import IS_FULL, overloaded
from callgate.commands import protocol
from callgate.commands.listening import configure, listen

BODY = b'{"call_id": "c-1"}'
HEAD = b"POST /v1/authorize HTTP/1.1\r\nHost: x\r\n"
ATTEMPT = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Service:
    """A small application behind the real protocol, which is full whenever the test says so."""

    def __init__(self) -> None:
        self.is_full = False
        self.asked: list[bytes] = []
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
            yield {IS_FULL: lambda: self.is_full}

        app = FastAPI(lifespan=lifespan)

        async def taken_in(request: Request) -> dict[str, int]:
            self.asked.append(await request.body())
            return {"taken": len(self.asked)}

        app.post("/v1/authorize")(taken_in)
        app.post("/v1/other")(taken_in)
        config = configure(app)
        config.loop = "none"
        server = Server(config)
        listener = listen("127.0.0.1", 0)
        self.port = listener.getsockname()[1]
        serving = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event of it
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await serving

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    async with made.running():
        yield made


async def answer_on(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    """Status, head and body of the next answer."""
    async with asyncio.timeout(20):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: ([0-9]+)", head)
        assert length is not None
        return int(head.split()[1]), head, await reader.readexactly(int(length[1]))


async def test_an_attempt_for_which_there_is_no_room_is_refused_before_the_application_sees_it(
    service: Service,
) -> None:
    service.is_full = True
    reader, writer = await service.connect()
    writer.write(ATTEMPT)

    status, head, body = await answer_on(reader)

    told = json.loads(body)
    assert (status, told["code"], told["decision"], told["status"]) == (503, "overloaded", "deny", 503)
    assert "retry-after: 1" in head
    assert "content-security-policy" in head
    request_id = re.search(r"x-request-id: (\S+)", head)
    assert request_id is not None
    assert told["instance"] == f"urn:uuid:{request_id[1]}"
    assert service.asked == []
    writer.close()


async def test_the_connection_is_kept_and_its_next_attempt_is_taken_in_when_there_is_room_again(
    service: Service,
) -> None:
    service.is_full = True
    reader, writer = await service.connect()
    writer.write(ATTEMPT)
    assert (await answer_on(reader))[0] == 503
    service.is_full = False
    writer.write(ATTEMPT)

    assert (await answer_on(reader))[0] == 200

    assert service.asked == [BODY]
    writer.close()


async def test_two_attempts_sent_at_once_are_answered_in_order(service: Service) -> None:
    service.is_full = True
    reader, writer = await service.connect()
    writer.write(ATTEMPT + ATTEMPT)

    assert [(await answer_on(reader))[0] for _ in range(2)] == [503, 503]
    writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        ATTEMPT.replace(b"authorize", b"other"),
        ATTEMPT.replace(b"Host: x", b"Host: x\r\nConnection: close"),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        ATTEMPT.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"),
    ],
    ids=["another route", "to be closed", "no length", "asks first"],
)
async def test_what_is_no_ordinary_attempt_goes_the_ordinary_way(service: Service, sent: bytes) -> None:
    service.is_full = True
    reader, writer = await service.connect()
    writer.write(sent)
    async with asyncio.timeout(20):
        line = await reader.readline()
        if line.startswith(b"HTTP/1.1 100"):
            await reader.readline()
            line = await reader.readline()

    assert line.startswith(b"HTTP/1.1 200")
    assert service.asked == [BODY]
    writer.close()


async def test_a_head_that_is_not_finished_in_time_ends_the_connection(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.3)
    reader, writer = await service.connect()
    writer.write(HEAD)
    for _ in range(4):
        await asyncio.sleep(0.05)
        writer.write(b"X-A: a\r\n")  # still sending does not buy more time

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_a_body_that_nobody_reads_ends_the_connection_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "BODY_SECONDS_MAX", 0.3)
    reader, writer = await service.connect()
    writer.write(HEAD.replace(b"authorize", b"nowhere") + b"Content-Length: 500\r\n\r\nx")
    assert (await answer_on(reader))[0] == 404

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_a_connection_that_never_says_anything_is_ended(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "QUIET_SECONDS_MAX", 0.3)
    reader, writer = await service.connect()

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_a_head_in_two_parts_is_no_slow_one(service: Service) -> None:
    reader, writer = await service.connect()
    writer.write(ATTEMPT[:30])
    await asyncio.sleep(0.1)
    writer.write(ATTEMPT[30:])

    assert (await answer_on(reader))[0] == 200
    writer.close()


def test_the_ready_made_answer_is_as_long_as_it_says() -> None:
    head, _, body = overloaded("01a1f52e-138a-740e-b656-5f484e7e48e0").partition(b"\r\n\r\n")

    assert f"content-length: {len(body)}".encode() in head
    assert b"01a1f52e-138a-740e-b656-5f484e7e48e0" in body
