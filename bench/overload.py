"""What becomes of callgate when twice or ten times as many attempts arrive as it can decide? `make overload`.

The peak is what 64 connections get decided that each ask again at once. Then attempts arrive at a rate of their own,
twice and ten times that, over many more connections; at ten times with it clients that send slowly, or without end, or
nothing at all. What counts is how many are still decided (the goodput), how soon the others hear 503, how much memory
that takes, and how soon after it everybody is decided again.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.arrivals import Job, Stage, StageSeen, drive
from bench.copies import NewDatabase, databases
from bench.node import Node, running_node, seconds_to_noon
from bench.rough import Rough, rough_clients
from bench.verdicts import Findings, keep
from bench.wire import switch_token
from bench.world import asks_of, people_of

GOODPUT_MIN: Final = 0.9
RECOVERY_SECONDS_MAX: Final = 5
DEADLINE_SECONDS: Final = 1.0
# What a busy machine adds: to the deadline, and until the answer is read.
GRACE_SECONDS: Final = 0.5
MEMORY_GROWTH_MAX: Final = 64 * 1024 * 1024
POOL_MAX: Final = 20
_PEAK_CONNECTIONS: Final = 64
_CONNECTIONS: Final = 1000
_AT_ONCE: Final = 1e6  # faster than any server: every connection asks again as soon as it is answered
_LOOK_SECONDS: Final = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is asked.

    Args:
        plan: a file with one request a line.
        seconds: of each stage.
        rounds: of peak and twice the peak, in turns.
    """

    plan: Path
    token: str = field(repr=False)
    seconds: float
    rounds: int


def goodput_at_2x(
    new_database: NewDatabase, *, inmates: int, rounds: int = 3, seconds: float = 5.0, say: Say = print
) -> dict[str, float]:
    """Decisions a second at twice the peak's arrivals, as a share of the peak: median, least and most of the rounds.

    Args:
        new_database: gives a fresh copy of the records of `people_of(inmates)`.
    """
    with _planned(inmates, seconds=seconds, rounds=rounds) as load, tempfile.TemporaryDirectory() as folder:
        told = _in_turns(new_database, load, log=Path(folder) / "log", say=say)
    shares = [twice.decided_per_second / max(peak.decided_per_second, 1.0) for peak, twice in told]
    return {
        "median": round(statistics.median(shares), 3),
        "min": round(min(shares), 3),
        "max": round(max(shares), 3),
        "peak_per_second": round(statistics.median(peak.decided_per_second for peak, _ in told), 1),
    }


def examine(name: str, new_database: NewDatabase, load: Load, *, log: Path, say: Say = print) -> Findings:
    """Everything, on one database."""
    found = Findings(title=f"Overload, {name}")
    told = _in_turns(new_database, load, log=log, say=say)
    peak = statistics.median(peak.decided_per_second for peak, _ in told)
    shares = [twice.decided_per_second / max(peak.decided_per_second, 1.0) for peak, twice in told]
    found.figures = {"peak_per_second": peak, "shares_at_2x": shares, "twice": [asdict(twice) for _, twice in told]}
    found.claim(
        f"goodput at 2 x is {GOODPUT_MIN} of the peak or more",
        holds=statistics.median(shares) >= GOODPUT_MIN,
        found=f"{statistics.median(shares):.2f} ({min(shares):.2f}..{max(shares):.2f}) of {peak:.0f}/s",
    )
    _claim_answers(found, "2 x", [twice for _, twice in told])
    _ten_times(found, new_database, load, peak=peak, log=log)
    return found


def _in_turns(new_database: NewDatabase, load: Load, *, log: Path, say: Say) -> list[tuple[StageSeen, StageSeen]]:
    """The peak, and twice that, one after the other on fresh copies, so that both see the same machine."""
    told = []
    for i in range(load.rounds):
        (peak,), _ = _run(
            new_database, load, [Stage(name="peak", seconds=load.seconds, per_second=_AT_ONCE)], log=log, is_peak=True
        )
        over = Stage(name="2 x", seconds=load.seconds, per_second=2 * peak.decided_per_second)
        (twice,), _ = _run(new_database, load, [over], log=log)
        told.append((peak, twice))
        say(f"round {i + 1}: {peak.decided_per_second:.0f}/s at the peak, {twice.decided_per_second:.0f}/s at 2 x")
    return told


def _ten_times(found: Findings, new_database: NewDatabase, load: Load, *, peak: float, log: Path) -> None:
    stages = [
        Stage(name="before", seconds=2.0, per_second=peak / 4),
        Stage(name="10 x", seconds=load.seconds, per_second=10 * peak),
        Stage(name="after", seconds=RECOVERY_SECONDS_MAX + 3.0, per_second=peak / 4),
    ]
    (_, over, after), use = _run(new_database, load, stages, log=log, with_rough=True)
    found.figures |= {"ten_times": asdict(over), "after": asdict(after), "use": asdict(use)}
    share = over.decided_per_second / peak
    offered = (over.offered - over.unsent) / over.seconds / peak
    found.figures["share_at_10x"] = share
    found.claim(
        "some are still decided at 10 x", holds=share > 0, found=f"{share:.2f} of the peak, {offered:.1f} x sent"
    )
    _claim_answers(found, "10 x", [over])
    grown = use.resident_max - use.resident_before
    found.claim(
        "memory is bounded",
        holds=grown <= MEMORY_GROWTH_MAX,
        found=f"{grown >> 20} MiB more, {MEMORY_GROWTH_MAX >> 20} at most",
    )
    recovered = _seconds_to_recover(after)
    found.claim(
        "everybody is decided again soon",
        holds=recovered is not None and recovered <= RECOVERY_SECONDS_MAX,
        found=f"{recovered} s after it ended",
    )
    left = use.handles_after - use.handles_before
    found.claim(
        "no handle is left",
        holds=left <= POOL_MAX,
        found=f"{left} more than before, {POOL_MAX} to the database at most",
    )
    rough = use.rough
    found.claim(
        "slow and silent clients are sent away",
        holds=rough is not None and rough.left_open == 0 and rough.refused_bodies == rough.huge,
        found=""
        if rough is None
        else f"{rough.left_open} of {rough.slow} left, {rough.refused_bodies} of {rough.huge} too large refused",
    )


def _claim_answers(found: Findings, name: str, seen: Sequence[StageSeen]) -> None:
    """Everybody who was sent hears a decision or 503, and in time."""
    other = {
        outcome: count
        for each in seen
        for outcome, count in each.outcomes.items()
        if outcome not in ("allow", "deny", "status 503")
    }
    unanswered = sum(each.unanswered for each in seen)
    found.claim(
        f"a decision or 503 for everybody at {name}",
        holds=not other and not unanswered,
        found=f"{unanswered} unanswered, other: {json.dumps(other)}",
    )
    slowest = max((each.answered_ms["p99"] for each in seen if each.answered_ms is not None), default=0.0)
    found.claim(
        f"answers within the deadline at {name} (p99)",
        holds=slowest <= (DEADLINE_SECONDS + GRACE_SECONDS) * 1000,
        found=f"{slowest:.0f} ms, of {DEADLINE_SECONDS:.1f} s and {GRACE_SECONDS:.1f} for the machine",
    )


def _seconds_to_recover(after: StageSeen) -> int | None:
    """The first second from which on as many were decided as asked; together, as a busy machine answers in bursts."""
    asked = after.offered / after.seconds * GOODPUT_MIN
    return next(
        (i for i in range(len(after.by_second)) if sum(after.by_second[i:]) >= asked * (len(after.by_second) - i)), None
    )


@dataclass(slots=True, kw_only=True)
class _Use:
    resident_before: int
    resident_max: int
    handles_before: int
    handles_after: int
    rough: Rough | None = None


def _run(
    new_database: NewDatabase,
    load: Load,
    stages: Sequence[Stage],
    *,
    log: Path,
    is_peak: bool = False,
    with_rough: bool = False,
) -> tuple[list[StageSeen], _Use]:
    with new_database() as url, running_node(url, ahead_seconds=seconds_to_noon(), log=log) as node:
        job = Job(
            port=node.port,
            token=load.token,
            plan=str(load.plan),
            connections=_PEAK_CONNECTIONS if is_peak else _CONNECTIONS,
            patience_seconds=1e6 if is_peak else DEADLINE_SECONDS,
            stages=tuple(stages),
        )
        with _watched(node) as use:
            if not with_rough:
                return drive(job), use
            with rough_clients(node.port) as rough:
                seen = drive(job)
            use.rough = rough
        use.handles_after = node.handles_once_quiet()
        return seen, use


@contextmanager
def _watched(node: Node) -> Iterator[_Use]:
    """Look at the node's memory again and again meanwhile."""
    now, handles = node.resident_bytes(), node.handle_count()
    use = _Use(resident_before=now, resident_max=now, handles_before=handles, handles_after=handles)
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            use.resident_max = max(use.resident_max, node.resident_bytes())

    thread = threading.Thread(target=look, name="watch")
    thread.start()
    try:
        yield use
    finally:
        over.set()
        thread.join()


@contextmanager
def _planned(inmates: int, *, seconds: float, rounds: int) -> Iterator[Load]:
    with tempfile.TemporaryDirectory(prefix="callgate-overload-") as folder:
        plan = Path(folder) / "plan"
        plan.write_text("".join(f"{ask.kind}\t{json.dumps(ask.body)}\n" for ask in asks_of(people_of(inmates))))
        yield Load(plan=plan, token=switch_token(), seconds=seconds, rounds=rounds)


def main() -> int:
    """Examine both databases; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append", help="one alone (both)")
    parser.add_argument("--inmates", type=int, default=20_000, help="people, each of whom calls once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each stage (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of peak and 2 x (%(default)s)")
    parser.add_argument("--json", type=Path, help="write what was found to this file as well")
    given: Any = parser.parse_args()
    found = []
    for kind in given.database or ("sqlite", "postgresql"):
        with (
            databases(kind, given.inmates) as new_database,
            _planned(given.inmates, seconds=given.seconds, rounds=given.rounds) as load,
        ):
            found.append(examine(kind, new_database, load, log=load.plan.with_name("log")))
        print(found[-1].text(), flush=True)
    keep(found, given.json)
    return 0 if all(each.hold for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
