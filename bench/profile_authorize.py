"""What does one decision cost, and where? Processor time of `decide_batch` in this process, with no HTTP around it.

First by stage, with nothing in the way: what a decision costs. Then by samples: what to look at. With `--calls` under
cProfile too, which counts calls but makes small functions look dearer than they are. Processor time and not the clock
on the wall, so that other work on the machine shows less.
"""

import argparse
import asyncio
import cProfile
import gc
import os
import pstats
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from bench.sampling import Place, Samples
from bench.world import Ask, asks_of, fill_records, people_of
from callgate.app import deploy
from callgate.clock import ShiftedClock
from callgate.domain.roles import Actor, Role
from callgate.flows import authorize_calls
from callgate.flows.attempt import Attempt
from callgate.flows.batch import Batch
from callgate.flows.deployment import Deployment
from callgate.flows.keep_policies import keep_policies
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database, postgres_server
from tests.seeding import NOON, settings_for

WARM_UP_BATCHES: Final = 8


class Stages:
    """How much processor time has each stage of a batch used, all threads together?"""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count what is done inside as this stage."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.process_time() - began

    def batch_class(self) -> type[Batch]:
        """The batch of the product, with its three public steps timed."""
        stages = self

        class TimedBatch(Batch):
            async def load(self, transaction: Any) -> None:  # noqa: ANN401 - as in Batch
                with stages.timed("facts"):
                    await super().load(transaction)

            def decide(self, i: int) -> Any:  # noqa: ANN401 - as in Batch
                with stages.timed("checks, answer and rows"):
                    return super().decide(i)

            async def record(self, transaction: Any) -> None:  # noqa: ANN401 - as in Batch
                with stages.timed("inserts"):
                    await super().record(transaction)

        return TimedBatch


def main() -> None:
    """Profile the databases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--batches", type=int, default=40, help="measured each way (%(default)s)")
    parser.add_argument("--batch-size", type=int, default=64, help="attempts in each (%(default)s)")
    parser.add_argument("--lines", type=int, default=25, help="of each table (%(default)s)")
    parser.add_argument("--calls", action="store_true", help="profile with cProfile too")
    given = parser.parse_args()
    wanted = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    for name in wanted:
        with _database(name) as url:
            asyncio.run(_measure(name, url, given))


@contextmanager
def _database(name: str) -> Iterator[str]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="callgate-profile-") as folder:
            yield f"sqlite:///{folder}/callgate.db"
        return
    with postgres_server(durable=True) as server:
        url = create_database(server)
        yield url
        drop_database(server, url)


async def _measure(name: str, url: str, given: argparse.Namespace) -> None:
    people = people_of((WARM_UP_BATCHES + 3 * given.batches) * given.batch_size)
    migrate(url)
    fill_records(url, people)
    batches = _batches([*asks_of(people)], given.batch_size)
    async with _deployment(url) as deployment:
        await _decide_all(deployment, batches[:WARM_UP_BATCHES])
        gc.collect()
        gc.freeze()  # the requests to come lie in memory, and no collection of theirs is the product's
        plain = batches[WARM_UP_BATCHES : WARM_UP_BATCHES + given.batches]
        print(f"\n== {name}: {len(plain)} batches of {given.batch_size}, processor microseconds for each decision")
        servers = [] if name == "sqlite" else _server_processes(url)
        before = _used_seconds(servers)
        await _print_stages(deployment, plain)
        if servers:
            used = _used_seconds(servers) - before
            print(f"{used / sum(map(len, plain)) * 1e6:8.1f}  beside it in the database's own processes")
        await _print_samples(deployment, batches[WARM_UP_BATCHES + given.batches :][: given.batches], lines=given.lines)
        if given.calls:
            await _print_calls(deployment, batches[-given.batches :], lines=given.lines)


def _server_processes(url: str) -> list[Path]:
    """Where the kernel tells of each process of this database's server, but for the one that is asked."""
    with open_sync(url) as connection:
        found = connection.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        return [Path(f"/proc/{pid}/stat") for (pid,) in found]


def _used_seconds(processes: Sequence[Path]) -> float:
    """How much processor time have these used since they began?"""
    ticks = 0
    for process in processes:
        fields = process.read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # in user mode and in the kernel
    return ticks / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _deployment(url: str) -> AsyncIterator[Deployment]:
    deployment = deploy(settings_for(url, deadline_seconds=10.0), clock=ShiftedClock(NOON))
    await keep_policies(deployment)
    yield deployment
    await deployment.database.close()


def _batches(asks: Sequence[Ask], size: int) -> list[list[Attempt]]:
    actor = Actor("bench-switch", Role.SWITCH, None)
    attempts = [
        Attempt(
            switch_id=actor.subject,
            call_id=ask.body["call_id"],
            station_id=ask.body["station_id"],
            pin=ask.body.get("pin"),
            called_number=ask.body["called_number"],
            payment_type=ask.body.get("payment_type", "collect"),
            media=None,
            requested_duration_seconds=None,
            setup_time=NOON,
            actor=actor,
            token_issued_at=NOON,
        )
        for ask in asks
    ]
    return [attempts[i : i + size] for i in range(0, len(attempts), size)]


async def _decide_all(deployment: Deployment, batches: Sequence[Sequence[Attempt]]) -> None:
    for batch in batches:
        await authorize_calls.decide_batch(deployment, batch)


async def _print_stages(deployment: Deployment, batches: Sequence[Sequence[Attempt]]) -> None:
    stages = Stages()
    vars(authorize_calls)["Batch"] = stages.batch_class()
    loop_began = time.thread_time()
    try:
        with stages.timed("whole"):
            await _decide_all(deployment, batches)
    finally:
        vars(authorize_calls)["Batch"] = Batch
    loop_seconds = time.thread_time() - loop_began
    whole = stages.seconds.pop("whole")
    decisions = sum(map(len, batches))
    rows = [
        *stages.seconds.items(),
        ("begin, locks, places, people, commit", whole - sum(stages.seconds.values())),
        ("the whole decision", whole),
        ("  of it in the database driver's own thread", whole - loop_seconds),
    ]
    for stage, seconds in rows:
        print(f"{seconds / decisions * 1e6:8.1f}  {stage}")


async def _print_samples(deployment: Deployment, batches: Sequence[Sequence[Attempt]], *, lines: int) -> None:
    samples = Samples()
    began = time.process_time()
    with samples.taken():
        await _decide_all(deployment, batches)
    if samples.count == 0:
        print("\nno samples: more --batches")
        return
    each = (time.process_time() - began) / samples.count / sum(map(len, batches)) * 1e6
    groups: Counter[str] = Counter()
    for place, count in samples.own.items():
        groups[place.group] += count
    print(f"\n{samples.count} samples of {each:.1f} us")
    tables: tuple[tuple[str, Counter[Any]], ...] = (
        ("own time by group", groups),
        ("own time by function", samples.own),
        ("callgate's functions with what they call that is not callgate's", samples.ours),
        ("callgate's functions with all they call", samples.within),
    )
    for title, counted in tables:
        print(f"\n      us  {title}")
        for place, count in counted.most_common(lines):
            print(f"{count * each:8.1f}  {place}")


async def _print_calls(deployment: Deployment, batches: Sequence[Sequence[Attempt]], *, lines: int) -> None:
    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    await _decide_all(deployment, batches)
    profile.disable()
    decisions = sum(map(len, batches))
    found: Any = vars(pstats.Stats(profile))["stats"]  # what the typed interface only prints
    rows = [(Place(*place), calls, own) for place, (_, calls, own, _, _) in found.items()]
    print("\n      us   calls  under cProfile, own time by function")
    for place, calls, own in sorted(rows, key=lambda row: -row[2])[:lines]:
        print(f"{own / decisions * 1e6:8.1f} {calls / decisions:7.2f}  {place}")


if __name__ == "__main__":
    main()
