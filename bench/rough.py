"""What do clients do that mean no good, or have lost their way? They run beside honest ones, in a process of their own.

Some send a head letter by letter, some a body, some connect and say nothing, some hang up in the middle of a request,
some send more than may be sent, with a length and without.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final

from bench.node import ROOT
from bench.wire import HOST, PATH, switch_token

# The service waits ten seconds for a head or a body; whoever is still there after this was not sent away.
SECONDS_MAX: Final = 20.0
_LETTER_SECONDS: Final = 0.5
_HUGE_BYTES: Final = 8 * 1024 * 1024
_HEAD: Final = (
    f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {switch_token()}\r\n"
    "Content-Type: application/json\r\n"
)


@dataclass(slots=True, kw_only=True)
class Rough:
    """What became of them.

    `slow`: so many sent slowly; `left_open`: so many of them were not sent away.
    `huge`: so many sent too much; `refused_bodies`: so many of them were told 413, or cut off.
    """

    slow: int = 0
    left_open: int = 0
    huge: int = 0
    refused_bodies: int = 0


@contextmanager
def rough_clients(
    port: int, *, heads: int = 200, bodies: int = 100, others: int = 100, huge: int = 20
) -> Iterator[Rough]:
    """Have them about meanwhile; what became of them is known once this is left.

    Args:
        heads: so many send a head slowly; `bodies` a body, `huge` too much of one.
        others: so many say nothing, and as many hang up in the middle.
    """
    counts = [str(count) for count in (heads, bodies, others, huge)]
    found = Rough()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.rough", str(port), *counts], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield found
            told, _ = process.communicate(timeout=4 * SECONDS_MAX)
        finally:
            process.kill()
    for name, value in json.loads(told).items():
        setattr(found, name, value)


async def be_rough(port: int, heads: int, bodies: int, others: int, huge: int) -> Rough:
    """Do all of it at once, against the service on that port."""
    slow = [
        *(_send_slowly(port, _HEAD.encode(), is_body=False) for _ in range(heads)),
        *(_send_slowly(port, f"{_HEAD}Content-Length: 500\r\n\r\n".encode(), is_body=True) for _ in range(bodies)),
    ]
    large = [_send_too_much(port, with_length=i % 2 == 0) for i in range(huge)]
    left = [*(_cut_off(port) for _ in range(others)), *(_be_silent(port) for _ in range(others))]
    told_slow, told_huge, _ = await asyncio.gather(asyncio.gather(*slow), asyncio.gather(*large), asyncio.gather(*left))
    return Rough(slow=len(slow), left_open=sum(told_slow), huge=len(large), refused_bodies=sum(told_huge))


async def _send_slowly(port: int, beginning: bytes, *, is_body: bool) -> bool:
    """Send the rest letter by letter; was the connection left open all the time?"""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(beginning)
    gone = asyncio.ensure_future(reader.read())
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not gone.done():
                writer.write(b"x" if is_body else b"X-A: a\r\n")
                await asyncio.wait({gone}, timeout=_LETTER_SECONDS)
        gone.exception()  # a reset is an answer too
    except TimeoutError:
        return True
    finally:
        gone.cancel()
        writer.close()
    return False


async def _send_too_much(port: int, *, with_length: bool) -> bool:
    """Send megabytes, with their length or in chunks without end; was it refused?"""
    reader, writer = await asyncio.open_connection(HOST, port)
    how = f"Content-Length: {_HUGE_BYTES}" if with_length else "Transfer-Encoding: chunked"
    writer.write(f"{_HEAD}{how}\r\n\r\n".encode())
    part = b"x" * 16_384
    piece = part if with_length else f"{len(part):x}\r\n".encode() + part + b"\r\n"
    answer = asyncio.ensure_future(reader.readline())
    try:
        async with asyncio.timeout(SECONDS_MAX):
            for _ in range(_HUGE_BYTES // len(part)):
                if answer.done():
                    break
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            return (await answer).startswith(b"HTTP/1.1 413")
    except OSError:
        return True  # cut off while it was sending; the answer was lost on the way
    except TimeoutError:
        return False
    finally:
        answer.cancel()
        writer.close()


async def _cut_off(port: int) -> None:
    """Leave in the middle of a body, and without a word."""
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"{_HEAD}Content-Length: 100\r\n\r\n{{".encode())
    await asyncio.sleep(1)
    writer.transport.abort()


async def _be_silent(port: int) -> None:
    """Connect and say nothing; the service lets a switch keep a quiet connection, so this one leaves by itself."""
    _, writer = await asyncio.open_connection(HOST, port)
    await asyncio.sleep(SECONDS_MAX / 2)
    writer.close()


def main() -> None:
    """Be rough to the port that the command line names."""
    print(json.dumps(asdict(asyncio.run(be_rough(*map(int, sys.argv[1:]))))))


if __name__ == "__main__":
    main()
