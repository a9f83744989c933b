"""How is the same question asked over RADIUS, and what did the answer say?

Packets by RFC 2865 and RFC 3579, rendered before the clock starts: the PIN hidden by MD5 as the protocol has it, and a
Message-Authenticator. Reading an answer checks the server's authenticator, so that no answer is taken on trust.
"""

import asyncio
import hmac
import json
import struct
from collections.abc import Iterator
from hashlib import md5
from random import Random
from typing import Final, Self, cast

HOST: Final = "127.0.0.1"
ACCESS_REQUEST: Final = 1
ACCESS_ACCEPT: Final = 2
ACCESS_REJECT: Final = 3
_USER_NAME, _USER_PASSWORD, _REPLY_MESSAGE, _SESSION_TIMEOUT = 1, 2, 18, 27
_CALLED_STATION, _CALLING_STATION, _NAS_IDENTIFIER, _SESSION_ID = 30, 31, 32, 44
_CONNECT_INFO, _MESSAGE_AUTHENTICATOR = 77, 80
_HEAD: Final = struct.Struct("!BBH16s")
_BLOCK: Final = 16
_SWITCH: Final = b"bench-switch"


class Renderer:
    """Renders questions; the same ones in the same order for the same seed.

    Args:
        secret: shared with the server.
    """

    def __init__(self, secret: bytes, *, seed: int = 1) -> None:
        self._secret = secret
        self._random = Random(seed)
        self._next_identifier = 0

    def render(self, body: str) -> bytes:
        """One Access-Request. `body`: the same question as callgate is asked, in JSON."""
        asked = json.loads(body)
        authenticator = self._random.randbytes(_BLOCK)
        station = asked["station_id"].encode()
        pairs = [(_USER_NAME, station), (_CALLING_STATION, station), (_NAS_IDENTIFIER, _SWITCH)]
        if "pin" in asked:
            pin = asked["pin"].encode()
            pairs.append((_USER_PASSWORD, hide(pin, secret=self._secret, authenticator=authenticator)))
        pairs.append((_CALLED_STATION, asked["called_number"].encode()))
        pairs.append((_SESSION_ID, asked["call_id"].encode()))
        if "payment_type" in asked:
            pairs.append((_CONNECT_INFO, asked["payment_type"].encode()))
        pairs.append((_MESSAGE_AUTHENTICATOR, bytes(_BLOCK)))
        # Each socket has one question under way, so an identifier that comes again after 256 meets no other.
        identifier, self._next_identifier = self._next_identifier, (self._next_identifier + 1) % 256
        attributes = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in pairs)
        unsigned = _HEAD.pack(ACCESS_REQUEST, identifier, _HEAD.size + len(attributes), authenticator) + attributes
        return unsigned[:-_BLOCK] + hmac.digest(self._secret, unsigned, "md5")


def hide(password: bytes, *, secret: bytes, authenticator: bytes) -> bytes:
    """The password as RFC 2865, section 5.2, hides it."""
    padded = password + bytes(-len(password) % _BLOCK)
    hidden, before = b"", authenticator
    for i in range(0, len(padded), _BLOCK):
        key = md5(secret + before, usedforsecurity=False).digest()
        before = bytes(one ^ other for one, other in zip(padded[i : i + _BLOCK], key, strict=True))
        hidden += before
    return hidden


def outcome_of(sent: bytes, answer: bytes, *, secret: bytes) -> str:
    """`allow`, the class of the refusal, or what was wrong with the answer."""
    if len(answer) < _HEAD.size or answer[1] != sent[1]:
        return "not an answer to this"
    signed = answer[:4] + sent[4 : _HEAD.size] + answer[_HEAD.size :] + secret
    if not hmac.compare_digest(md5(signed, usedforsecurity=False).digest(), answer[4 : _HEAD.size]):
        return "not signed"
    told = dict(_attributes(answer))
    seconds = int.from_bytes(told.get(_SESSION_TIMEOUT, b""), "big")
    if answer[0] == ACCESS_ACCEPT and seconds >= 1 and _REPLY_MESSAGE not in told:
        return "allow"
    if answer[0] == ACCESS_REJECT and _REPLY_MESSAGE in told and seconds == 0:
        return told[_REPLY_MESSAGE].decode()
    return "no decision"


def _attributes(packet: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEAD.size
    while at + 2 <= len(packet) and packet[at + 1] >= 2:  # noqa: PLR2004 - kind and length themselves
        yield packet[at], packet[at + 2 : at + packet[at + 1]]
        at += packet[at + 1]


class RadiusLine(asyncio.DatagramProtocol):
    """One socket with one question under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: asyncio.Future[bytes] | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        """Take a socket of its own."""
        _, line = await asyncio.get_running_loop().create_datagram_endpoint(cls, remote_addr=(HOST, port))
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's own class says so of itself

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Hand over the answer."""
        del addr
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Tell whoever waits: nobody listens there."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc)

    async def ask(self, raw: bytes) -> bytes:
        """Send one question and wait for its answer."""
        if self._transport is None:
            raise ConnectionError("no socket")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.sendto(raw)
        return await self._waiting

    def close(self) -> None:
        """End."""
        if self._transport is not None:
            self._transport.close()
