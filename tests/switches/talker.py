"""What stands before the service and can answer anything? The proxy of `front.py`, with words of a test's choosing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket

from tests.switches.front import Front, Mode


@dataclass(slots=True)
class Talker(Front):
    """A proxy that can also answer any status with any body."""

    body: bytes = b""
    status: int = 200

    def _treat(self, line: socket, mode: Mode) -> None:
        if mode is not Mode.GARBAGE:
            Front._treat(self, line, mode)
            return
        line.recv(65_536)
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        line.sendall(head.encode() + self.body)

    def says(self, body: str, status: int = 200) -> None:
        """Answer so from now on, on new connections; those that are open lead to the service."""
        self.reset_open()
        self.mode, self.body, self.status = Mode.GARBAGE, body.encode(), status

    def fails(self, how: str) -> None:
        """Fail so from now on."""
        self.reset_open()
        self.mode = Mode(how)

    def passes(self) -> None:
        """Pass everything on."""
        self.mode = Mode.PASS


@contextmanager
def standing_talker(port: int) -> Iterator[Talker]:
    """One in front of this port of the loopback interface, until the block is left."""
    front = Talker(port)
    thread = threading.Thread(target=front.serve, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.close()
        thread.join(5)
