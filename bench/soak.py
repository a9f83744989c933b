"""Does callgate stay as it is while it is asked at a steady rate for a long time? `make soak`: ten minutes at 200/s.

Memory and handles are looked at every five seconds, latencies are told minute by minute from the instant when each
request was due. The first minute warms up and is left out. People call again and again, so that among the decisions
are those of people who are still on the telephone.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.arrivals import Job, Stage, StageSeen, drive
from bench.copies import databases
from bench.node import Node, running_node, seconds_to_noon
from bench.overload import POOL_MAX
from bench.verdicts import Findings, keep
from bench.wire import switch_token
from bench.world import Person, asks_of, people_of

GROWTH_MAX: Final = 0.05
# The p99 of a minute is a figure of few answers; a change below this is no change.
P99_SLACK_MS: Final = 10.0
P99_FACTOR_MAX: Final = 1.5
_CONNECTIONS: Final = 64
_LOOK_SECONDS: Final = 5.0
# Five wrong PINs in ten minutes would lock a telephone, and minute by minute more of them.
_LEFT_OUT: Final = frozenset({"wrong_pin"})


@dataclass(frozen=True, slots=True)
class Look:
    """What was held at one moment."""

    second: float
    resident_bytes: int
    handles: int


@dataclass(slots=True, kw_only=True)
class Soaked:
    """What was seen: minute by minute, look by look, and the handles before and after everybody had hung up."""

    minutes: list[StageSeen] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    handles_before: int = 0
    handles_after: int = 0


def soak(kind: str, *, inmates: int, minutes: int, per_second: float, minute_seconds: float = 60.0) -> Soaked:
    """Ask for so long on a fresh database of that kind; the first minute is part of it."""
    seen = Soaked()
    with databases(kind, inmates) as new_database, tempfile.TemporaryDirectory(prefix="callgate-soak-") as name:
        plan = Path(name) / "plan"
        write_plan(plan, people_of(inmates), count=round(minutes * minute_seconds * per_second * 1.1))
        stages = [Stage(name=f"minute {i + 1}", seconds=minute_seconds, per_second=per_second) for i in range(minutes)]
        with (
            new_database() as url,
            running_node(url, ahead_seconds=seconds_to_noon(), log=Path(name) / "log") as node,
        ):
            job = Job(
                port=node.port,
                token=switch_token(),
                plan=str(plan),
                connections=_CONNECTIONS,
                patience_seconds=1.0,
                stages=tuple(stages),
            )
            seen.handles_before = node.handle_count()
            with _watched(node, seen.looks):
                seen.minutes = drive(job)
            seen.handles_after = node.handles_once_quiet()
    return seen


def judge(kind: str, seen: Soaked) -> Findings:
    """Hold what was seen against the claims."""
    found = Findings(title=f"Soak, {kind}", figures=asdict(seen))
    outcomes = {name for minute in seen.minutes for name in minute.outcomes}
    lost = sum(minute.unanswered + minute.unsent for minute in seen.minutes)
    found.claim(
        "everybody is decided",
        holds=outcomes <= {"allow", "deny"} and not lost,
        found=f"{sorted(outcomes)}, {lost} unheard",
    )
    warm = [look.resident_bytes for look in seen.looks[len(seen.looks) // max(len(seen.minutes), 1) :]]
    third = max(len(warm) // 3, 1)
    first, last = statistics.median(warm[:third]), statistics.median(warm[-third:])
    found.claim(
        "memory grows by less than 5 %",
        holds=last < first * (1 + GROWTH_MAX),
        found=f"{last / first - 1:+.1%} to {last / 2**20:.0f} MiB (median of the last third over that of the first)",
    )
    left = seen.handles_after - seen.handles_before
    found.claim(
        "no handle is left",
        holds=left <= POOL_MAX,
        found=f"{left} more than before, {POOL_MAX} to the database at most",
    )
    p99 = [minute.decided_ms["p99"] for minute in seen.minutes[1:] if minute.decided_ms is not None]
    half = max(len(p99) // 2, 1)
    early, late = statistics.median(p99[:half] or [0.0]), statistics.median(p99[-half:] or [0.0])
    found.claim(
        "p99 is flat",
        holds=bool(p99) and late <= max(early * P99_FACTOR_MAX, early + P99_SLACK_MS),
        found=f"{early:.1f} ms in the first half, {late:.1f} ms in the second; by minute {p99}",
    )
    return found


def write_plan(path: Path, people: Sequence[Person], *, count: int) -> None:
    """Write so many requests: everybody's one call, and again under other names until there are enough."""
    asks = [ask for ask in asks_of(people) if ask.kind not in _LEFT_OUT]
    with path.open("w", encoding="utf-8") as lines:
        for i in range(count):
            ask = asks[i % len(asks)]
            body = {**ask.body, "call_id": f"soak-{i:07d}@switch"}
            lines.write(f"{ask.kind}\t{json.dumps(body)}\n")


@contextmanager
def _watched(node: Node, looks: list[Look]) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        for i in range(sys.maxsize):
            looks.append(Look(i * _LOOK_SECONDS, node.resident_bytes(), node.handle_count()))
            if over.wait(_LOOK_SECONDS):
                return

    thread = threading.Thread(target=look, name="watch")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def main() -> int:
    """Soak; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql", help="(%(default)s)")
    parser.add_argument("--inmates", type=int, default=20_000, help="people, who call again and again (%(default)s)")
    parser.add_argument("--minutes", type=int, default=10, help="the first is left out (%(default)s)")
    parser.add_argument("--per-second", type=float, default=200.0, help="arrivals (%(default)s)")
    parser.add_argument("--json", type=Path, help="write what was found to this file as well")
    given: Any = parser.parse_args()
    seen = soak(given.database, inmates=given.inmates, minutes=given.minutes, per_second=given.per_second)
    found = judge(given.database, seen)
    print(found.text())
    keep([found], given.json)
    return 0 if found.hold else 1


if __name__ == "__main__":
    sys.exit(main())
