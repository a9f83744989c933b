"""How many decisions a second, and how soon, beside what a carrier would take instead and beside nothing at all?

Runs take turns, each against a server of its own and a fresh copy of the same records. Every answer is read, every
kind of request must be answered as it has to be, and the log must hold one decision for each answer: a fast refusal
to work counts for nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.ground import Ground
from bench.load import Job, Seen
from bench.peer import find_freeradius
from bench.targets import (
    EMPTY,
    EMPTY_2,
    FREERADIUS,
    TARGETS,
    Peer,
    Target,
    check_records,
    drive,
    running,
)

PEER_THREADS: Final = (8, 16, 32, 64)
_TRIAL_SECONDS: Final = 3.0
# Beside nothing at all there is nothing to wait for: latencies are compared among those that decide.
LATENCY_TARGETS: Final = tuple(target for target in TARGETS if target not in (EMPTY, EMPTY_2))

Round = Mapping[str, Seen]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured?

    Args:
        rounds: of throughput.
        seconds_max: of asking in one run; a run also ends when everyone has called.
        connections: lines that ask at once.
        inmates: each of whom calls once in a run.
        warm_up: so many of them before the measuring begins.
        latency_rounds: of the runs at fixed rates.
        rates: questions a second.
        rate_seconds: of asking at each of these rates.

    Raises:
        ValueError: nothing would be measured.
    """

    rounds: int = 5
    seconds_max: float = 10.0
    connections: int = 64
    inmates: int = 20_000
    warm_up: int = 1_500
    latency_rounds: int = 3
    rates: tuple[int, ...] = (50, 200, 500)
    rate_seconds: float = 10.0

    def __post_init__(self) -> None:
        """Hold the invariants."""
        if min(self.rounds, self.latency_rounds, self.connections) < 1 or min(self.seconds_max, self.rate_seconds) <= 0:
            raise ValueError("rounds, connections and seconds must be more than nothing")
        needed = max(self.warm_up + 1, sum(map(self.asks_at, self.rates)))
        if self.inmates < needed:
            raise ValueError(f"everyone would have called before the end; there must be {needed} people or more")

    def asks_at(self, rate: int) -> int:
        """How many questions one run at that rate takes, its warm-up included."""
        return self.warm_up_at_rate + round(rate * self.rate_seconds)

    @property
    def warm_up_at_rate(self) -> int:
        """Of the warm-up a part for each rate."""
        return self.warm_up // len(self.rates)


def find_peer(ground: Ground, options: Options, say: Say) -> tuple[Peer | None, Mapping[int, float]]:
    """FreeRADIUS with the number of threads that serves it best here; None where it is not installed.

    Returns:
        The peer, and the decisions a second that each number of threads showed.
    """
    program = find_freeradius()
    if program is None:
        return None, {}
    tried = {}
    for threads in PEER_THREADS:
        peer = Peer(program=program, threads=threads)
        seen = measure_once(ground, options, FREERADIUS, peer, seconds_max=_TRIAL_SECONDS)
        tried[threads] = seen.per_second
        say(f"FreeRADIUS with {threads} threads and connections: {seen.per_second:.0f}/s")
    best = max(tried, key=lambda threads: tried[threads])
    return Peer(program=program, threads=best), tried


def measure_once(
    ground: Ground, options: Options, target: Target, peer: Peer | None, *, seconds_max: float | None = None
) -> Seen:
    """One run of one target, every line asking again as soon as it is answered."""
    with running(ground, target, peer) as server:
        job = Job(
            wire=server.wire,
            port=server.port,
            secret=server.secret,
            plan=str(ground.plan),
            connections=options.connections,
            warm_up=options.warm_up,
            seconds_max=options.seconds_max if seconds_max is None else seconds_max,
            server_pids=server.pids,
        )
        seen = drive(server, job)
        check_records(server, [seen])
    return seen


def measure_at_rates(ground: Ground, options: Options, target: Target, peer: Peer | None) -> Mapping[int, Seen]:
    """One run of one target at each rate, questions coming at fixed instants."""
    found, skip = {}, 0
    with running(ground, target, peer) as server:
        for rate in options.rates:
            job = Job(
                wire=server.wire,
                port=server.port,
                secret=server.secret,
                plan=str(ground.plan),
                skip=skip,
                connections=options.connections,
                warm_up=options.warm_up_at_rate,
                seconds_max=options.rate_seconds,
                rate=float(rate),
                server_pids=server.pids,
            )
            found[rate] = drive(server, job)
            skip += options.asks_at(rate)
        check_records(server, [*found.values()])
    return found


def measure_throughput(ground: Ground, options: Options, peer: Peer | None, say: Say) -> list[Round]:
    """All targets in turns; what is not installed is not in the rounds."""
    rounds: list[Round] = []
    for i in range(options.rounds):
        order = _in_turn([target for target in TARGETS if peer is not None or target is not FREERADIUS], i)
        seen = {target.name: measure_once(ground, options, target, peer) for target in order}
        rounds.append(seen)
        rates = ", ".join(f"{target} {one.per_second:.0f}/s" for target, one in seen.items())
        say(f"round {i + 1} of {options.rounds}: {rates}")
    return rounds


def measure_latency(ground: Ground, options: Options, peer: Peer | None, say: Say) -> list[Mapping[int, Round]]:
    """All targets in turns at each rate: rounds of rates of targets."""
    rounds: list[Mapping[int, Round]] = []
    for i in range(options.latency_rounds):
        order = _in_turn([target for target in LATENCY_TARGETS if peer is not None or target is not FREERADIUS], i)
        seen = {target.name: measure_at_rates(ground, options, target, peer) for target in order}
        rounds.append({rate: {name: one[rate] for name, one in seen.items()} for rate in options.rates})
        for rate, of_rate in rounds[-1].items():
            told = ", ".join(f"{name} {one.p99_ms:.1f} ms" for name, one in of_rate.items())
            say(f"latency round {i + 1} of {options.latency_rounds}, {rate}/s, p99: {told}")
    return rounds


def _in_turn(targets: Sequence[Target], i: int) -> list[Target]:
    """Another one begins each round, so that no target always follows the same one."""
    first = i % len(targets)
    return [*targets[first:], *targets[:first]]
