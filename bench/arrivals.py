"""What does a server answer when requests arrive at a rate of their own, however slowly it answers?

A process of its own, an open loop: each request has an instant at which it is due, and its latency counts from there,
so that a server that keeps everybody waiting is not measured kindly for it. A request that is due finds a free
connection or waits for one; one that none took within the client's patience is given up unsent. What was
refused goes back to the end of the plan, as a switch would ask again. Reads its job as JSON from standard input and
writes what it saw, stage by stage, as JSON to standard output.
"""

import asyncio
import gc
import json
import math
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.node import ROOT
from bench.wire import Answer, Line, render

# How often due requests are sent: at 5,000 a second ten at a time.
_TICK_SECONDS: Final = 0.002
_LAST_ANSWER_SECONDS: Final = 10.0
_START_SECONDS_MAX: Final = 60.0
_DECIDED: Final = frozenset({"allow", "deny"})
_REFUSED: Final = "status 503"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """So many arrivals a second for so long; none for a pause."""

    name: str
    seconds: float
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be asked, of whom, how fast.

    Args:
        plan: a file with one request a line: its kind, a tab, its JSON body.
        connections: kept ones; more are never opened, but one that breaks is opened again.
        patience_seconds: an arrival that found no connection for so long is given up.
    """

    port: int
    token: str = field(repr=False)
    plan: str
    connections: int
    patience_seconds: float
    stages: tuple[Stage, ...]


@dataclass(slots=True, kw_only=True)
class StageSeen:
    """What one stage showed. Latencies in milliseconds from the due instant; None where nothing was so answered.

    `unsent`: given up because no connection was free; `unanswered`: sent, and nothing came in time.
    `answered_ms`: of all answers, from the instant when the request was sent.
    `by_second`: decisions in each second after the stage began, by the instant of the answer.
    """

    name: str
    seconds: float
    offered: int
    outcomes: dict[str, int]
    unsent: int
    unanswered: int
    decided_per_second: float
    decided_ms: dict[str, float] | None
    refused_ms: dict[str, float] | None
    answered_ms: dict[str, float] | None
    by_second: list[int]


@dataclass(slots=True)
class _Arrival:
    due: float
    raw: bytes
    tally: "_Tally"


class _Tally:
    def __init__(self, stage: Stage, began: float) -> None:
        self.stage, self.began = stage, began
        self.offered = self.unsent = self.sent = 0
        self.outcomes: Counter[str] = Counter()
        self.seconds_of: dict[bool, list[float]] = {True: [], False: []}
        self.answer_seconds: list[float] = []
        self.by_second: Counter[int] = Counter()

    def note(self, answer: Answer, *, due: float, sent: float, now: float) -> None:
        self.outcomes[answer.outcome] += 1
        decided = answer.outcome in _DECIDED
        if decided or answer.outcome == _REFUSED:
            self.seconds_of[decided].append(now - due)
            self.answer_seconds.append(now - sent)
        if decided:
            self.by_second[int(now - self.began)] += 1

    def seen(self) -> StageSeen:
        within = [self.by_second[second] for second in range(math.ceil(self.stage.seconds))]
        return StageSeen(
            name=self.stage.name,
            seconds=self.stage.seconds,
            offered=self.offered,
            outcomes=dict(self.outcomes),
            unsent=self.unsent,
            unanswered=self.sent - sum(self.outcomes.values()),
            decided_per_second=sum(within) / self.stage.seconds,
            decided_ms=_latencies(self.seconds_of[True]),
            refused_ms=_latencies(self.seconds_of[False]),
            answered_ms=_latencies(self.answer_seconds),
            by_second=within,
        )


class _Driver:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._left: deque[bytes] = deque(_read_plan(job))
        self._free: deque[Line] = deque()
        self._due: deque[_Arrival] = deque()
        self._under_way = 0
        self._opening: set[asyncio.Task[None]] = set()

    async def run(self) -> list[StageSeen]:
        for _ in range(self._job.connections):
            self._free.append(await Line.open(self._job.port))
        gc.disable()  # a collection in the driver would be measured as the server's
        tallies = [await self._play(stage) for stage in self._job.stages]
        await self._wait_for_the_rest()
        return [tally.seen() for tally in tallies]

    async def _play(self, stage: Stage) -> _Tally:
        began = time.perf_counter()
        tally = _Tally(stage, began)
        while (passed := time.perf_counter() - began) < stage.seconds:
            while tally.offered < passed * stage.per_second and self._left:
                due = began + tally.offered / stage.per_second
                tally.offered += 1
                self._due.append(_Arrival(due, self._left.popleft(), tally))
            self._send_due()
            await asyncio.sleep(_TICK_SECONDS)
        return tally

    def _send_due(self) -> None:
        give_up_before = time.perf_counter() - self._job.patience_seconds
        while self._due and self._due[0].due < give_up_before:
            late = self._due.popleft()
            late.tally.unsent += 1
            self._left.append(late.raw)
        while self._due and self._free:
            line = self._free.popleft()
            if not line.is_open:
                self._reopen()
                continue
            self._send(line, self._due.popleft())

    def _send(self, line: Line, arrival: _Arrival) -> None:
        self._under_way += 1
        arrival.tally.sent += 1
        sent = time.perf_counter()

        def hear(answer: Answer) -> None:
            self._under_way -= 1
            arrival.tally.note(answer, due=arrival.due, sent=sent, now=time.perf_counter())
            if answer.outcome not in _DECIDED:
                self._left.append(arrival.raw)
            if not line.is_open:
                self._reopen()
            elif self._due:
                self._send(line, self._due.popleft())
            else:
                self._free.append(line)

        line.send(arrival.raw, hear)

    def _reopen(self) -> None:
        task = asyncio.ensure_future(self._open_again())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open_again(self) -> None:
        while True:
            try:
                self._free.append(await Line.open(self._job.port))
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return

    async def _wait_for_the_rest(self) -> None:
        for late in self._due:
            late.tally.unsent += 1
        self._due.clear()
        until = time.perf_counter() + _LAST_ANSWER_SECONDS
        while self._under_way and time.perf_counter() < until:  # noqa: ASYNC110 - a look now and then is enough here
            await asyncio.sleep(_TICK_SECONDS)
        for task in self._opening:
            task.cancel()


def _read_plan(job: Job) -> list[bytes]:
    lines = Path(job.plan).read_text(encoding="utf-8").splitlines()
    return [render(line.partition("\t")[2], token=job.token) for line in lines]


def _latencies(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    ranks = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {
        name: round(ordered[max(-(-len(ordered) * percent // 100), 1) - 1] * 1000, 1) for name, percent in ranks.items()
    }


def drive(job: Job) -> list[StageSeen]:
    """Do a job in a process of its own.

    Raises:
        subprocess.CalledProcessError: the driver failed; what it said stands above.
    """
    seconds_max = sum(stage.seconds for stage in job.stages) * 2 + _LAST_ANSWER_SECONDS + _START_SECONDS_MAX
    done = subprocess.run(
        [sys.executable, "-m", "bench.arrivals"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds_max,
        check=True,
    )
    return [StageSeen(**told) for told in json.loads(done.stdout)]


def job_from(told: dict[str, Any]) -> Job:
    """The job as it stands in JSON."""
    return Job(**{**told, "stages": tuple(Stage(**stage) for stage in told["stages"])})


def main() -> None:
    """Do the job on standard input."""
    job = job_from(json.loads(sys.stdin.read()))
    print(json.dumps([asdict(seen) for seen in uvloop.run(_Driver(job).run())]))


if __name__ == "__main__":
    main()
