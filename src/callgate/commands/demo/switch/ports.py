"""Which ports of the loopback interface are free?"""

import secrets
import socket
from contextlib import ExitStack
from typing import Final

HOST: Final = "127.0.0.1"
# Below those that the system gives to whoever names none, so that between looking and taking nobody comes first.
_FIRST: Final = 16_384
_LAST: Final = 32_000
_TRIES_MAX: Final = 200


def free_udp_port() -> int:
    """A UDP port that nobody uses."""
    return free_udp_ports(1)


def free_udp_ports(count: int) -> int:
    """The first of so many UDP ports in a row that nobody uses.

    Raises:
        OSError: none were found.
    """
    for _ in range(_TRIES_MAX):
        first = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if _are_free(range(first, first + count)):
            return first
    raise OSError(f"no {count} free UDP ports in a row on {HOST}")


def _are_free(ports: range) -> bool:
    with ExitStack() as taken:
        for port in ports:
            line = taken.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                line.bind((HOST, port))
            except OSError:
                return False
    return True
