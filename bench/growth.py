"""Does a decision stay as cheap when there are a hundred times the people, and years of decisions before it?

Every size is a database of its own, asked in turns with the smallest. A big one is built once, and each run asks about
people who have not called yet; a small one is copied anew for each run.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.engine import make_url

from bench.ground import settle, write_plan
from bench.load import Job, Seen
from bench.population import callers_of, keep_log, populate
from bench.ratios import spread
from bench.targets import (
    POSTGRESQL,
    SQLITE,
    Running,
    Target,
    check_records,
    count_of_callgate,
    drive,
    running_callgate,
)
from bench.wire import switch_token
from bench.world import NUMBERS_EACH
from callgate.store.database import is_sqlite, open_sync
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database

_RATE: Final = 200
_RATE_SECONDS: Final = 10.0
_CONNECTIONS: Final = 64
_WARM_UP: Final = 500
_FIRST_CALLERS: Final = 20
TARGETS: Final[Mapping[str, Target]] = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
_TITLES: Final = (
    "database",
    "inmates",
    "listed numbers",
    "decisions before",
    "decisions/s",
    "to the smallest",
    "p99 at 64 lines",
    f"p99 at {_RATE}/s",
    "server's memory",
    "database's size",
)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What is compared.

    Args:
        inmates: how many there are, the smallest first.
        decisions: kept in a log before the largest is asked once more; 0: not.
        rounds: how often each is asked.
        callers: people who call in one run.
    """

    inmates: tuple[int, ...]
    decisions: int
    rounds: int
    callers: int = 10_000
    rate_seconds: float = _RATE_SECONDS

    @property
    def callers_at_rate(self) -> int:
        """People who call in one run at a fixed rate."""
        return _WARM_UP + round(_RATE * self.rate_seconds)


@dataclass(slots=True, kw_only=True)
class World:
    """One database of one size. `copies`: whether each run gets a copy of it, since everyone is needed in each."""

    url: str
    inmates: int
    decisions: int = 0
    copies: bool
    plan: Path
    asked: int = 0
    build_seconds: float
    runs: list[Seen] = field(default_factory=list)
    at_rate: list[Seen] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def measure_growth(
    sizes: Sizes, *, databases: Sequence[str], folder: Path, postgres_url: str, say: Say
) -> dict[str, Any]:
    """Build and ask all of them.

    Returns:
        `cells`: what each size showed; `ratios`: for each database the throughput of the largest to the smallest,
        round by round.
    """
    cells: list[dict[str, Any]] = []
    ratios: dict[str, list[float]] = {}
    for name in databases:
        with ExitStack() as until_done:
            worlds = []
            for inmates in sizes.inmates:
                worlds.append(until_done.enter_context(_built(name, inmates, sizes, folder, postgres_url)))
                say(f"{name}: built {inmates:,} inmates in {worlds[-1].build_seconds:.0f} s")
            _ask_in_turns(worlds, sizes, TARGETS[name], say)
            found = [_cell(name, world) for world in worlds]
            ratios[name] = _ratios(worlds)
            if sizes.decisions:
                found += _with_log(worlds, sizes, name, say)
            cells += found
    return {"cells": cells, "ratios": ratios}


def _ratios(worlds: Sequence[World]) -> list[float]:
    return [one.per_second / other.per_second for one, other in zip(worlds[-1].runs, worlds[0].runs, strict=True)]


def _with_log(worlds: Sequence[World], sizes: Sizes, name: str, say: Say) -> list[dict[str, Any]]:
    """Fill the largest one's log and ask it again, in turns with the smallest."""
    smallest, largest = worlds[0], worlds[-1]
    began = time.monotonic()
    keep_log(largest.url, inmates=largest.inmates, decisions=sizes.decisions)
    if not is_sqlite(largest.url):
        settle(largest.url)
    seconds = time.monotonic() - began
    say(f"{name}: kept {sizes.decisions:,} decisions in {seconds:.0f} s")
    again = [replace(smallest, runs=[], at_rate=[], memory_mb=[]), replace(largest, runs=[], at_rate=[], memory_mb=[])]
    again[-1].decisions, again[-1].build_seconds = sizes.decisions, largest.build_seconds + seconds
    _ask_in_turns(again, sizes, TARGETS[name], say)
    return [_cell(name, again[-1]) | {"to_smallest": spread(_ratios(again), digits=3)}]


@contextmanager
def _built(name: str, inmates: int, sizes: Sizes, folder: Path, postgres_url: str) -> Iterator[World]:
    """A world of that size until left."""
    needed = _FIRST_CALLERS + 2 * sizes.rounds * sizes.callers + 2 * sizes.callers_at_rate
    copies = inmates < needed
    callers = callers_of(inmates, inmates if copies else needed)
    plan = folder / f"plan-{inmates}"
    write_plan(plan, callers)
    url = f"sqlite:///{folder / f'growth-{inmates}.db'}" if name == "sqlite" else create_database(postgres_url)
    try:
        began = time.monotonic()
        migrate(url)
        populate(url, inmates=inmates, callers=callers)
        if name != "sqlite":
            settle(url)
        world = World(url=url, inmates=inmates, copies=copies, plan=plan, build_seconds=time.monotonic() - began)
        if sizes.decisions:
            # The log repeats the texts of a decision that callgate made.
            _ask(replace(world), world.url, TARGETS[name], count=_FIRST_CALLERS, warm_up=0)
            world.asked = _FIRST_CALLERS
        yield world
    finally:
        if name == "sqlite":
            for left in folder.glob(f"growth-{inmates}.db*"):
                left.unlink()
        else:
            drop_database(postgres_url, url)


@contextmanager
def _copy_of(world: World) -> Iterator[str]:
    """The URL to ask one run of: the world's own, or a copy."""
    if not world.copies:
        yield world.url
    elif is_sqlite(world.url):
        path = Path(make_url(world.url).database or "")
        copy = path.with_suffix(".copy")
        shutil.copyfile(path, copy)
        try:
            yield f"sqlite:///{copy}"
        finally:
            for left in copy.parent.glob(f"{copy.name}*"):
                left.unlink()
    else:
        server = make_url(world.url).set(database="postgres").render_as_string(hide_password=False)
        copied = create_database(server, template=world.url)
        try:
            yield copied
        finally:
            drop_database(server, copied)


def _ask_in_turns(worlds: Sequence[World], sizes: Sizes, target: Target, say: Say) -> None:
    for i in range(sizes.rounds):
        for world in worlds if i % 2 == 0 else worlds[::-1]:
            with _copy_of(world) as url:
                world.runs.append(_ask(world, url, target, count=sizes.callers))
        told = ", ".join(f"{world.inmates:,} inmates {world.runs[-1].per_second:.0f}/s" for world in worlds)
        say(f"{target.name}, round {i + 1} of {sizes.rounds}: {told}")
    for world in worlds:
        with _copy_of(world) as url:
            world.at_rate.append(_ask(world, url, target, count=sizes.callers_at_rate, rate=_RATE))


def _ask(
    world: World, url: str, target: Target, *, count: int, warm_up: int = _WARM_UP, rate: int | None = None
) -> Seen:
    """One run: so many of those who have not called on this database."""
    before = count_of_callgate(url)
    with running_callgate(target, url=url, token=switch_token()) as server:
        job = Job(
            wire=server.wire,
            port=server.port,
            secret=server.secret,
            plan=str(world.plan),
            skip=world.asked,
            connections=_CONNECTIONS,
            warm_up=warm_up,
            seconds_max=30.0 if rate is None else (count - warm_up) / rate,
            rate=rate,
            count_max=count,
            server_pids=server.pids,
        )
        seen = drive(server, job)
        world.memory_mb.append(_memory_mb(server))
        check_records(server, [seen], before=before)
    if not world.copies:
        world.asked += count
    return seen


def _memory_mb(server: Running) -> float:
    """The most memory that the server's processes have held, where the system tells."""
    held = 0
    for pid in server.pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            continue
        held += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return held / 1024


def _cell(name: str, world: World) -> dict[str, Any]:
    return {
        "database": name,
        "inmates": world.inmates,
        "listed_numbers": world.inmates * NUMBERS_EACH,
        "decisions_before": world.decisions,
        "decisions_per_second": spread([seen.per_second for seen in world.runs]),
        "p99_ms": spread([seen.p99_ms for seen in world.runs], digits=2),
        f"p99_ms_at_{_RATE}": spread([seen.p99_ms for seen in world.at_rate], digits=2),
        "server_memory_mb": round(statistics.median(world.memory_mb)),
        "database_mb": round(_size_bytes(world.url) / 1e6),
        "build_seconds": round(world.build_seconds),
    }


def _size_bytes(url: str) -> int:
    if is_sqlite(url):
        path = Path(make_url(url).database or "")
        return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
    with open_sync(url) as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def growth_table_of(growth: Mapping[str, Any]) -> str:
    """The table for a reader at a terminal, and for the documentation: it is Markdown."""
    lines = [
        f"| {' | '.join(_TITLES)} |",
        f"|{'---|' * len(_TITLES)}",
    ]
    smallest: dict[str, float] = {}
    for cell in growth["cells"]:
        rate = cell["decisions_per_second"]["median"]
        first = smallest.setdefault(cell["database"], rate)
        share = cell["to_smallest"]["median"] if "to_smallest" in cell else rate / first
        shown = (
            cell["database"],
            f"{cell['inmates']:,}",
            f"{cell['listed_numbers']:,}",
            f"{cell['decisions_before']:,}",
            f"{rate:,.0f}",
            f"{share:.2f}",
            f"{cell['p99_ms']['median']:.1f} ms",
            f"{cell[f'p99_ms_at_{_RATE}']['median']:.1f} ms",
            f"{cell['server_memory_mb']:,} MB",
            f"{cell['database_mb']:,} MB",
        )
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)
