"""The shortcut between server and application: what a client hears is what it heard without."""

import re
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Server

from callgate.api.application import Application
from callgate.api.middleware import BODY_BYTES_MAX
from callgate.api.straight import SHORTCUT, Asked, Reply, reply_of
from callgate.clock import SystemClock
from callgate.commands.listening import configure
from callgate.commands.shortcut import CycleShortcut

PATH: Final = "/v1/authorize"
WANTED: Final = b"x-wanted: 3000000"


async def echo(asked: Asked) -> Reply:
    """Answer what was sent, as often as is wanted."""
    wanted = int(asked.header(b"x-wanted") or 0)
    return reply_of((await asked.read_body()).ljust(wanted), b"text/plain", (b"x-further", b"yes"))


class WithoutShortcut(Application):
    """The same, behind a server that has none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.pop(SHORTCUT, None)
        await super().__call__(scope, receive, send)


@contextmanager
def serving(kind: type[Application]) -> Iterator[int]:
    app = kind(openapi_url=None)
    app.put_in_envelope(clock=SystemClock(), straight={PATH: echo})
    server = Server(configure(app))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive() or server.started
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Application) as found:
        yield found


@pytest.fixture(scope="module")
def plain_port() -> Iterator[int]:
    with serving(WithoutShortcut) as found:
        yield found


def request(body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    head = b"POST %s HTTP/%s" % (PATH.encode(), version)
    return b"\r\n".join((head, b"Host: x", b"Content-Length: %d" % len(body), *headers, b"", body))


END: Final = request(b"the end", b"Connection: close")
CASES: Final = {
    "one": [request(b"one")],
    "no body": [request(b"")],
    "the largest body": [request(b"x" * BODY_BYTES_MAX)],
    "one byte too many": [request(b"x" * (BODY_BYTES_MAX + 1))],
    "one after the other": [request(b"one"), request(b"two"), request(b"three")],
    "all at once": [request(b"one") + request(b"two") + request(b"three")],
    "in pieces": [request(b"one")[:10], request(b"one")[10:-1], b"e"],
    "a body in chunks": [
        b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH.encode(),
        b"3\r\none\r\n3\r\ntwo\r\n",
        b"0\r\n\r\n",
    ],
    "of an old client": [request(b"one", version=b"1.0")],
    "asked first and sent all the same": [request(b"one", b"Expect: 100-continue")],
    "large answers": [request(b"one", WANTED), request(b"two", WANTED) + request(b"three")],
    "another method": [request(b"one").replace(b"POST", b"PUT", 1)],
}
_HANGS_UP: Final = ("one byte too many", "of an old client")
_IN_TIME: Final = ("in pieces", "a body in chunks")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"  # need not be said to whoever has sent it all
_CHANGING: Final = re.compile(rb"date: [^\r]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def heard(port: int, parts: Sequence[bytes], *, pause: float = 0.0) -> bytes:
    """What is heard until the server hangs up."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as line:
        for part in parts:
            line.sendall(part)
            threading.Event().wait(pause)
        found = b""
        while data := line.recv(1 << 20):
            found += data
    return found


def lines_of(answers: bytes) -> list[bytes]:
    """Its lines without what is new each time, in the order of the alphabet: that of headers means nothing."""
    return sorted(_CHANGING.sub(b"", answers.replace(_CONTINUE, b"")).split(b"\r\n"))


@pytest.mark.parametrize("name", CASES)
def test_a_client_hears_the_same_with_and_without(port: int, plain_port: int, name: str) -> None:
    parts = CASES[name] if name in _HANGS_UP else [*CASES[name], END]
    with_it, without = (heard(each, parts, pause=0.05 if name in _IN_TIME else 0.0) for each in (port, plain_port))

    assert lines_of(with_it) == lines_of(without)
    assert b"HTTP/1.1 " in with_it
    assert name in _HANGS_UP or with_it.endswith(b"the end")


def test_the_usual_request_takes_it(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    taken: list[object] = []
    take, send = CycleShortcut.take_whole_body, CycleShortcut.send_whole

    def take_and_note(self: CycleShortcut) -> bytes | None:
        taken.append(body := take(self))
        return body

    def send_and_note(self: CycleShortcut, head: Iterable[bytes], body: bytes) -> bool:
        taken.append(sent := send(self, head, body))
        return sent

    monkeypatch.setattr(CycleShortcut, "take_whole_body", take_and_note)
    monkeypatch.setattr(CycleShortcut, "send_whole", send_and_note)
    heard(port, [request(b"one") + request(b"two"), END])

    assert taken == [b"one", True, b"two", True, b"the end", False]


def test_every_answer_has_a_date_and_an_id_of_its_own(port: int) -> None:
    lines = heard(port, [request(b"one") + request(b"two"), END]).split(b"\r\n")

    ids = [each for each in lines if each.startswith(b"x-request-id: ")]
    assert len(set(ids)) == len(ids) == 3
    assert sum(each.startswith(b"date: ") for each in lines) == 3


def test_whoever_left_before_the_answer_harms_nobody(port: int) -> None:
    for _ in range(20):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as line:
            line.sendall(request(b"one", WANTED) * 3)
    assert heard(port, [END]).endswith(b"the end")
