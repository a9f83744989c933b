"""How fast, and what, does a server answer to so many connections that each ask again as soon as they are answered?

A process of its own, so that asking takes no time from answering: raw HTTP/1.1 over kept connections of the loopback,
requests rendered before the clock starts, answers read after it stopped. Reads its job as JSON from standard input and
writes what it saw as JSON to standard output.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self, cast

import uvloop

HOST: Final = "127.0.0.1"
# Beyond what a run is meant to take; whoever has not answered by then never will.
GRACE_SECONDS: Final = 30.0
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be asked, of whom, for how long.

    Args:
        plan: a file with one request a line: its kind, a tab, its JSON body.
        warm_up: so many of its first lines are asked before anything is measured.
        seconds_max: nothing is asked later than that after the measuring began.
        server_pid: whose processor time is told.
    """

    port: int
    path: str
    token: str = field(repr=False)
    plan: str
    connections: int
    warm_up: int
    seconds_max: float
    server_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one run showed. Latencies in milliseconds; `server_cpu_microseconds` for each answer, None where unknown.

    `outcomes`: how often each kind of request was answered how, the warm-up's included.
    """

    answers: int
    answers_with_warm_up: int
    seconds: float
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    server_cpu_microseconds: float | None
    driver_cpu_share: float
    outcomes: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Request:
    kind: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    kind: str
    status: bytes
    body: bytes
    seconds: float


class _Connection(asyncio.Protocol):
    """One kept connection with one request under way at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None
        self._waiting: asyncio.Future[tuple[bytes, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's own class says so of itself, not by type

    def data_received(self, data: bytes) -> None:
        """Hand over an answer once it is whole."""
        self._received += data
        end = self._received.find(_HEAD_END)
        if end < 0:
            return
        head = self._received[: end + 2].lower()
        begin = head.find(_LENGTH) + len(_LENGTH)
        whole = end + len(_HEAD_END) + int(head[begin : head.index(b"\r\n", begin)])
        if len(self._received) >= whole:
            answer = (head[:12], self._received[end + len(_HEAD_END) : whole])
            self._received = self._received[whole:]
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("the server closed the connection"))

    async def ask(self, raw: bytes) -> tuple[bytes, bytes]:
        """Send one request and wait for its status line's beginning and its body."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._waiting

    def close(self) -> None:
        """End."""
        if self._transport is not None:
            self._transport.close()

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        return connection


async def run(job: Job) -> Seen:
    """Ask everything of the plan that there is time for.

    Raises:
        ConnectionError: the server closed a connection.
        TimeoutError: an answer never came.
    """
    requests = _read_plan(job)
    connections = [await _Connection.open(job.port) for _ in range(job.connections)]
    gc.disable()  # a collection in the driver would be measured as the server's
    async with asyncio.timeout(2 * job.seconds_max + GRACE_SECONDS):
        warming = await _ask_all(connections, requests[: job.warm_up], seconds_max=job.seconds_max)
        server_before, driver_before, began = _server_cpu(job.server_pid), time.process_time(), time.perf_counter()
        measured = await _ask_all(connections, requests[job.warm_up :], seconds_max=job.seconds_max)
        seconds = time.perf_counter() - began
        driver_share = (time.process_time() - driver_before) / seconds
        server_after = _server_cpu(job.server_pid)
    for connection in connections:
        connection.close()
    if not measured:
        raise ValueError("the plan is no longer than its warm-up: nothing was measured")
    latencies = sorted(answer.seconds for answer in measured)
    return Seen(
        answers=len(measured),
        answers_with_warm_up=len(warming) + len(measured),
        seconds=seconds,
        per_second=len(measured) / seconds,
        p50_ms=_percentile_ms(latencies, 50),
        p95_ms=_percentile_ms(latencies, 95),
        p99_ms=_percentile_ms(latencies, 99),
        max_ms=latencies[-1] * 1000,
        server_cpu_microseconds=_each_microseconds(server_before, server_after, len(measured)),
        driver_cpu_share=driver_share,
        outcomes=_outcomes([*warming, *measured]),
    )


async def _ask_all(
    connections: Sequence[_Connection], requests: Sequence[_Request], *, seconds_max: float
) -> Sequence[_Answer]:
    """Let every connection take the next request as soon as it is free, until none is left or the time is up."""
    left = iter(requests)
    answers: deque[_Answer] = deque()
    until = time.perf_counter() + seconds_max

    async def keep_asking(connection: _Connection) -> None:
        for request in _until(left, until):
            sent = time.perf_counter()
            status, body = await connection.ask(request.raw)
            answers.append(_Answer(request.kind, status, body, time.perf_counter() - sent))

    await asyncio.gather(*map(keep_asking, connections))
    return answers


def _until(requests: Iterator[_Request], instant: float) -> Iterator[_Request]:
    while time.perf_counter() < instant:
        request = next(requests, None)
        if request is None:
            return
        yield request


def _read_plan(job: Job) -> list[_Request]:
    head = (
        f"POST {job.path} HTTP/1.1\r\nHost: {HOST}:{job.port}\r\nAuthorization: Bearer {job.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    requests = []
    with Path(job.plan).open(encoding="utf-8") as lines:
        for line in lines:
            kind, _, body = line.rstrip("\n").partition("\t")
            requests.append(_Request(kind, f"{head}{len(body.encode())}\r\n\r\n{body}".encode()))
    return requests


def _percentile_ms(latencies: Sequence[float], percent: int) -> float:
    """Nearest rank: a latency that was seen, never one between two."""
    rank = -(-len(latencies) * percent // 100)
    return latencies[max(rank, 1) - 1] * 1000


def _outcomes(answers: Sequence[_Answer]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for answer in answers:
        counted.setdefault(answer.kind, Counter())[_outcome(answer)] += 1
    return {kind: dict(outcomes) for kind, outcomes in counted.items()}


def _outcome(answer: _Answer) -> str:
    """`allow`, the class of the refusal, or what went wrong: no answer is taken on trust."""
    if answer.status != b"http/1.1 200":
        return f"status {answer.status[9:].decode()}"
    told: Any = json.loads(answer.body)
    if told["decision"] == "allow" and told["max_duration_seconds"] >= 1 and told["reason"] is None:
        return "allow"
    if told["decision"] == "deny" and told["max_duration_seconds"] == 0 and told["reason"] is not None:
        return str(told["reason"])
    return "no decision"


def _server_cpu(pid: int) -> float | None:
    """How much processor time has that process used, all its threads together? Linux alone can say."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the clock id of another process: CLOCK_PROCESS_CPUTIME_ID of pid
    except OSError:
        return None


def _each_microseconds(before: float | None, after: float | None, count: int) -> float | None:
    return None if before is None or after is None else (after - before) / count * 1e6


def main() -> None:
    """Do the job on standard input."""
    job = Job(**json.loads(sys.stdin.read()))
    print(json.dumps(asdict(uvloop.run(run(job)))))


if __name__ == "__main__":
    main()
