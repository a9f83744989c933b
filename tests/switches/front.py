"""What stands between a switch and the service in a test? A TCP proxy that can fail in every way a network can.

It keeps its address whatever it does. `heard` counts the requests' connections, so a test can see that one was made.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_HOST: Final = "127.0.0.1"
_CHUNK: Final = 65_536
# Closing with this option set sends RST instead of FIN.
_RESET: Final = struct.pack("ii", 1, 0)
_UNAVAILABLE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
    b'Content-Length: 51\r\nConnection: close\r\n\r\n{"code":"unavailable","decision":"allow","status":1}'[:-1]
)
_BODIES: Final = {
    "not_json": b"<html>It works!</html>",
    "no_decision": b'{"max_duration_seconds":900}',
    "odd_case": b'{"decision":"ALLOW","max_duration_seconds":900}',
    "array": b'["allow"]',
    "no_duration": b'{"decision":"allow"}',
    "zero": b'{"decision":"allow","max_duration_seconds":0}',
    "minus": b'{"decision":"allow","max_duration_seconds":-1}',
    "no_end": b'{"decision":"allow","max_duration_seconds":900}',
    "empty": b"",
}
GARBAGE: Final = tuple(_BODIES)


class Mode(StrEnum):
    """How it treats the next connection."""

    PASS = "pass"
    SLOW = "slow"  # passes on at once, and brings the answer back late
    STALL = "stall"  # takes the request and never answers
    UNAVAILABLE = "unavailable"  # 503, with a body that says allow
    RESET = "reset"  # RST as soon as the request is there
    GARBAGE = "garbage"  # 200 with `Front.garbage`
    CUT = "cut"  # half of the real answer, then RST


@dataclass(slots=True)
class Front:
    """The proxy; `mode` may be set at any time."""

    behind: int
    mode: Mode = Mode.PASS
    garbage: str = GARBAGE[0]
    slow_seconds: float = 3.0
    heard: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server((_HOST, 0), backlog=256))
    _open: set[socket.socket] = field(default_factory=set)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"http://{_HOST}:{self.port}"

    def reset_open(self) -> int:
        """Reset every connection that is open, and answer how many those were."""
        found = list(self._open)
        for line in found:
            _reset(line)
        return len(found)

    def serve(self) -> None:
        """Take connections until closed."""
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.heard += 1
            self._open.add(line)
            threading.Thread(target=self._take, args=(line, self.mode), daemon=True).start()

    def close(self) -> None:
        """Listen no more, and drop what is open."""
        # Only this wakes a thread that waits in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset_open()

    def _take(self, line: socket.socket, mode: Mode) -> None:
        with line, suppress(OSError):
            try:
                self._treat(line, mode)
            finally:
                self._open.discard(line)

    def _treat(self, line: socket.socket, mode: Mode) -> None:
        if mode in (Mode.PASS, Mode.SLOW, Mode.CUT):
            self._carry(line, mode)
            return
        line.recv(_CHUNK)
        if mode is Mode.STALL:
            while line.recv(_CHUNK):
                pass
        elif mode is Mode.RESET:
            _reset(line)
        elif mode is Mode.UNAVAILABLE:
            line.sendall(_UNAVAILABLE)
        else:
            body = _BODIES[self.garbage]
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)

    def _carry(self, line: socket.socket, mode: Mode) -> None:
        """Carry bytes both ways until either side ends; a keep-alive connection stays as long as it is used."""
        with socket.create_connection((_HOST, self.behind), timeout=60) as back:
            there = threading.Thread(target=_pump, args=(line, back), daemon=True)
            there.start()
            while received := back.recv(_CHUNK):
                if mode is Mode.SLOW:
                    time.sleep(self.slow_seconds)
                if mode is Mode.CUT:
                    line.sendall(received[: len(received) // 2])
                    _reset(line)
                    return
                line.sendall(received)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(_CHUNK):
            target.sendall(received)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _reset(line: socket.socket) -> None:
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        line.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        line.close()


@contextmanager
def standing_before(port: int) -> Iterator[Front]:
    """A proxy in front of this port of the loopback interface, until the block is left."""
    front = Front(port)
    thread = threading.Thread(target=front.serve, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.close()
        thread.join(5)
