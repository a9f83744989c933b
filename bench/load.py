"""How fast, and what, does a server answer to so many lines that each ask again as soon as they are answered?

Or, with a `rate`, to questions that come at fixed instants whoever is still busy (`open_loop.py`). A process of its
own, so that asking takes no time from answering: requests rendered before the clock starts, answers read after it
stopped. Reads its job as JSON from standard input and writes what it saw as JSON to standard output.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.lines import Line, Speech, speech_of
from bench.open_loop import ask_at, precise_loop

# Beyond what a run is meant to take; whoever has not answered by then never will.
GRACE_SECONDS: Final = 120.0
# A switch gives up early: what took longer than this is as good as no answer.
LATE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be asked, of whom, for how long.

    Args:
        wire: `http` or `radius`.
        secret: the switch's token, or what RADIUS signs with.
        plan: a file with one request a line: its kind, a tab, its JSON body.
        skip: so many of its first lines were asked by another run.
        warm_up: so many of the lines after them are asked before anything is measured.
        seconds_max: nothing is asked later than that after the measuring began.
        count_max: so many lines are asked at most, the warm-up's included.
        rate: questions a second, at fixed instants; None: each line asks again once it is answered.
        server_pids: whose processor time is told, all together.
    """

    wire: str
    port: int
    secret: str = field(repr=False)
    plan: str
    skip: int = 0
    connections: int
    warm_up: int
    seconds_max: float
    count_max: int | None = None
    rate: float | None = None
    server_pids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one run showed. Latencies in milliseconds; `server_cpu_microseconds` for each answer, None where unknown.

    With a rate, a latency is counted from the instant at which the question was due, and `late_p99_ms` of it is the
    driver's own: how late it sent.

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
    late_p99_ms: float | None = None
    later_than_a_switch_waits: int = 0
    server_cpu_microseconds: float | None
    driver_cpu_share: float
    outcomes: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Request:
    """One question as it goes over the wire."""

    kind: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took; `late`: of that the driver itself."""

    request: Request
    told: Any
    seconds: float
    late: float = 0.0


async def run(job: Job) -> Seen:
    """Ask everything of the plan that there is time for.

    Raises:
        ConnectionError: the server closed a connection.
        TimeoutError: an answer never came.
    """
    speech = speech_of(job.wire, job.secret)
    requests = _read_plan(job, speech)
    lines = [await speech.open(job.port) for _ in range(job.connections)]
    gc.disable()  # a collection in the driver would be measured as the server's
    async with asyncio.timeout(2 * job.seconds_max + GRACE_SECONDS):
        warming = await _ask_all(lines, requests[: job.warm_up], seconds_max=job.seconds_max)
        server_before, driver_before, began = _cpu_of(job.server_pids), time.process_time(), time.perf_counter()
        measured = await _measure(job, lines, requests[job.warm_up :])
        seconds = time.perf_counter() - began
        driver_share = (time.process_time() - driver_before) / seconds
        server_after = _cpu_of(job.server_pids)
    for line in lines:
        line.close()
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
        late_p99_ms=None if job.rate is None else _percentile_ms(sorted(answer.late for answer in measured), 99),
        later_than_a_switch_waits=sum(latency > LATE_SECONDS for latency in latencies),
        server_cpu_microseconds=_each_microseconds(server_before, server_after, len(measured)),
        driver_cpu_share=driver_share,
        outcomes=_outcomes([*warming, *measured], speech),
    )


async def _measure(job: Job, lines: Sequence[Line], requests: Sequence[Request]) -> Sequence[Answer]:
    if job.rate is None:
        return await _ask_all(lines, requests, seconds_max=job.seconds_max)
    due = requests[: round(job.rate * job.seconds_max)]
    answers = await ask_at(lines, [request.raw for request in due], rate=job.rate)
    return [Answer(request, *answer) for request, answer in zip(due, answers, strict=True)]


async def _ask_all(lines: Sequence[Line], requests: Sequence[Request], *, seconds_max: float) -> Sequence[Answer]:
    """Let every line take the next request as soon as it is free, until none is left or the time is up."""
    left = iter(requests)
    answers: deque[Answer] = deque()
    until = time.perf_counter() + seconds_max

    async def keep_asking(line: Line) -> None:
        for request in _until(left, until):
            sent = time.perf_counter()
            told = await line.ask(request.raw)
            answers.append(Answer(request, told, time.perf_counter() - sent))

    await asyncio.gather(*map(keep_asking, lines))
    return answers


def _until(requests: Iterator[Request], instant: float) -> Iterator[Request]:
    while time.perf_counter() < instant:
        request = next(requests, None)
        if request is None:
            return
        yield request


def _read_plan(job: Job, speech: Speech) -> list[Request]:
    """Everything that this run may ask; what lies before `skip` is rendered for nobody."""
    wanted = job.count_max if job.rate is None else job.warm_up + round(job.rate * job.seconds_max)
    requests = []
    with Path(job.plan).open(encoding="utf-8") as lines:
        for i, line in enumerate(lines):
            if i >= job.skip and (wanted is None or i < job.skip + wanted):
                kind, _, body = line.rstrip("\n").partition("\t")
                requests.append(Request(kind, speech.render(body)))
    return requests


def _percentile_ms(latencies: Sequence[float], percent: int) -> float:
    """Nearest rank: a latency that was seen, never one between two."""
    rank = -(-len(latencies) * percent // 100)
    return latencies[max(rank, 1) - 1] * 1000


def _outcomes(answers: Iterable[Answer], speech: Speech) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for answer in answers:
        outcome = speech.outcome(answer.request.raw, answer.told)
        counted.setdefault(answer.request.kind, Counter())[outcome] += 1
    return {kind: dict(outcomes) for kind, outcomes in counted.items()}


def _cpu_of(pids: Sequence[int]) -> float | None:
    """How much processor time have these processes used, all their threads together? Linux alone can say."""
    try:
        # The clock id of another process: CLOCK_PROCESS_CPUTIME_ID of pid.
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids) if pids else None
    except OSError:
        return None


def _each_microseconds(before: float | None, after: float | None, count: int) -> float | None:
    return None if before is None or after is None else (after - before) / count * 1e6


def main() -> None:
    """Do the job on standard input."""
    told = json.loads(sys.stdin.read())
    job = Job(**(told | {"server_pids": tuple(told["server_pids"])}))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if job.rate is None else precise_loop) as runner:
        print(json.dumps(asdict(runner.run(run(job)))))


if __name__ == "__main__":
    main()
