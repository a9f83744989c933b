"""What is measured, and how is each of them started, asked and held to its records?"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import func, select

from bench.ground import Ground
from bench.load import Job, Seen
from bench.peer import SECRET, count_of_peer, serving_freeradius
from bench.servers import ROOT, processes_of, serving
from bench.world import KINDS
from callgate.clock import SystemClock
from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.seeding import NOON, PIN_KEY, TOKEN_KEY

DRIVER_SECONDS_MAX: Final = 600.0
_EMPTY, _CALLGATE, _PEER = "empty", "callgate", "freeradius"


class NotAsItMustBe(RuntimeError):
    """An answer or a record was wrong, so there is nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that answers. `database`: `sqlite`, `postgresql`, or None; `workers`: its processes."""

    name: str
    kind: str
    database: str | None = None
    workers: int = 1


EMPTY: Final = Target(name="empty_fastapi", kind=_EMPTY)
EMPTY_2: Final = Target(name="empty_fastapi_2_workers", kind=_EMPTY, workers=2)
SQLITE: Final = Target(name="callgate_sqlite", kind=_CALLGATE, database="sqlite")
POSTGRESQL: Final = Target(name="callgate_postgresql", kind=_CALLGATE, database="postgresql")
POSTGRESQL_2: Final = Target(name="callgate_postgresql_2_workers", kind=_CALLGATE, database="postgresql", workers=2)
FREERADIUS: Final = Target(name="freeradius_postgresql", kind=_PEER, database="postgresql")
TARGETS: Final = (EMPTY, EMPTY_2, SQLITE, POSTGRESQL, POSTGRESQL_2, FREERADIUS)
NOT_SERVED: Final = {
    "callgate_sqlite_2_workers": "SQLite is served by one process only: one writer, and two could corrupt its journal"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The FreeRADIUS that was found, and with how many threads it is run."""

    program: str
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that answers. `url`: of its records, None where it keeps none."""

    target: Target
    port: int
    pids: tuple[int, ...]
    secret: str = field(repr=False)
    url: str | None

    @property
    def wire(self) -> str:
        """How it is asked."""
        return "radius" if self.target.kind == _PEER else "http"


@contextmanager
def running(ground: Ground, target: Target, peer: Peer | None) -> Iterator[Running]:
    """Start it on a fresh copy of the records; stop it when left."""
    if target.kind == _EMPTY:
        with serving("empty", {}, workers=target.workers) as server:
            yield Running(target=target, port=server.port, pids=processes_of(server), secret=ground.token, url=None)
        return
    with ground.on_sqlite() if target.database == "sqlite" else ground.on_postgresql() as url:
        if target.kind == _PEER:
            with _running_peer(ground, target, peer, url=url) as started:
                yield started
        else:
            with running_callgate(target, url=url, token=ground.token) as started:
                yield started


@contextmanager
def running_callgate(target: Target, *, url: str, token: str) -> Iterator[Running]:
    """The real application on these records."""
    settings = {
        "CALLGATE_DATABASE_URL": url,
        "CALLGATE_TOKEN_KEY": TOKEN_KEY,
        "CALLGATE_PIN_KEY": PIN_KEY,
        "CALLGATE_LOG_LEVEL": "warning",
        # Who waits long is to be measured here, not turned away: that is what the overload run is about.
        "CALLGATE_DEADLINE_SECONDS": "10",
    }
    with serving("callgate", settings, workers=target.workers) as server:
        yield Running(target=target, port=server.port, pids=processes_of(server), secret=token, url=url)


@contextmanager
def _running_peer(ground: Ground, target: Target, peer: Peer | None, *, url: str) -> Iterator[Running]:
    if peer is None:
        raise NotAsItMustBe("FreeRADIUS is not installed")
    shift_ms = round((NOON - SystemClock().now()).total_seconds() * 1000)
    folder = ground.folder / "freeradius"
    with serving_freeradius(
        peer.program, url=url, folder=folder, threads=peer.threads, clock_shift_ms=shift_ms
    ) as server:
        yield Running(target=target, port=server.port, pids=(server.pid,), secret=SECRET, url=url)


def drive(server: Running, job: Job) -> Seen:
    """Have a driver of its own process do this job.

    Raises:
        NotAsItMustBe: a connection broke, or an answer was wrong or missing.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=DRIVER_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        raise NotAsItMustBe("a connection broke or an answer never came; what the driver said stands above")
    seen = Seen(**json.loads(done.stdout))
    if server.target.kind != _EMPTY:
        check_answers(seen)
    elif any({*counted} != {"allow"} for counted in seen.outcomes.values()):
        raise NotAsItMustBe(f"the empty endpoint answered {seen.outcomes}")
    return seen


def check_answers(seen: Seen) -> None:
    """Was every kind of request answered as it has to be?

    Raises:
        NotAsItMustBe: one was not.
    """
    for kind, counted in seen.outcomes.items():
        _, expected = KINDS[kind]
        if {*counted} != {expected}:
            raise NotAsItMustBe(f"`{kind}` must be answered {expected} and was answered {counted}")


def check_records(server: Running, seen: Sequence[Seen], *, before: tuple[int, int] = (0, 0)) -> None:
    """Does the log hold one decision for each answer, and one call for each allow?

    Args:
        before: how many of both it held before.

    Raises:
        NotAsItMustBe: it does not.
    """
    if server.url is None:
        return
    answers = sum(one.answers_with_warm_up for one in seen)
    allows = sum(counted.get("allow", 0) for one in seen for counted in one.outcomes.values())
    decided, called = count_of_peer(server.url) if server.target.kind == _PEER else count_of_callgate(server.url)
    if (decided - before[0], called - before[1]) != (answers, allows):
        answered = f"{answers} answers with {allows} allows"
        raise NotAsItMustBe(
            f"{answered} left {decided - before[0]} decisions and {called - before[1]} calls in the records"
        )


def count_of_callgate(url: str) -> tuple[int, int]:
    """How many decisions and calls are on record?"""
    with open_sync(url) as connection:
        decided = connection.execute(select(func.count()).select_from(t.decisions)).scalar_one()
        called = connection.execute(select(func.count()).select_from(t.calls)).scalar_one()
    return decided, called
