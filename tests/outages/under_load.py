"""Does the service hold while something around it is broken and everyone calls?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callgate.clock import monotonic_seconds
from tests.outages import breaking
from tests.outages.history import UNAVAILABLE
from tests.outages.judge import judge
from tests.outages.load import Prober, calling
from tests.outages.scene import POSTGRESQL, SQLITE, Ground, Scene, set_scene
from tests.outages.small_disk import can_mount, small_disk
from tests.outages.town import PROBING
from tests.outages.verdict import BACK_SECONDS_MAX, Verdict, verdict_of

BOTH: Final = (SQLITE, POSTGRESQL)
_SMALL_MEGABYTES: Final = 48
_CROWD: Final = 80
_LEAVERS: Final = 12
_REFUSED: Final = str(UNAVAILABLE)

Breaks = Callable[[Scene], AbstractAsyncContextManager[None]]
# Says what is missing where the fault was not felt.
Felt = Callable[[Scene, Counter[str]], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One fault that happens to a running service.

    Args:
        breaks: breaks it, and mends it when left.
        felt: by what the fault shows.
        small_disk: the records lie on a small file system of their own.
        by_clock: the service's clock can be set.
        settings: CALLGATE_ variables.
    """

    name: str
    kinds: tuple[str, ...] = BOTH
    breaks: Breaks
    felt: Felt
    small_disk: bool = False
    by_clock: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


def _refusals(_: Scene, outcomes: Counter[str]) -> str | None:
    return None if outcomes[_REFUSED] else "the fault was not felt: nothing was refused"


def _refusals_of_a_server(scene: Scene, outcomes: Counter[str]) -> str | None:
    """An embedded database whose folder is moved is still open: there is nothing to refuse, and nothing may be lost."""
    if scene.kind == SQLITE:
        return "a new, empty database was made" if scene.figures["made_meanwhile"] else None
    return _refusals(scene, outcomes)


def _nothing_taken(scene: Scene, outcomes: Counter[str]) -> str | None:
    """While nothing can be written nothing may be decided, but for what was under way when it began."""
    taken = outcomes["allow"] + outcomes["deny"]
    return _refusals(scene, outcomes) or (f"{taken} decisions though nothing can be kept" if taken > 40 else None)


def _counted(name: str) -> Felt:
    return lambda scene, _: None if scene.figures.get(name) else f"the fault was not felt: {name} is 0"


def _not_ready(scene: Scene, _: Counter[str]) -> str | None:
    return None if scene.figures.get("readyz") == UNAVAILABLE else "readiness did not tell of the clock"


@asynccontextmanager
async def _clock_back(scene: Scene) -> AsyncIterator[None]:
    async with breaking.clock_back(scene):
        yield
        scene.figures["readyz"] = (await scene.asker.look("/readyz")).status or 0


@asynccontextmanager
async def _crowd(scene: Scene) -> AsyncIterator[None]:
    """Far more ask at once than may wait."""
    stop = asyncio.Event()

    async def push(i: int) -> None:
        while not stop.is_set():
            person = PROBING[i % len(PROBING)]
            call_id = scene.asker.new_call_id()
            asked = await scene.asker.ask(f"crowd-{i}", person, call_id)
            if asked.is_allowed:
                await scene.asker.end(f"crowd-{i}", call_id, cause="completed")

    pushing = [asyncio.create_task(push(i)) for i in range(_CROWD)]
    yield
    stop.set()
    await asyncio.gather(*pushing)


@asynccontextmanager
async def _leaving(scene: Scene) -> AsyncIterator[None]:
    """Clients ask and go before they are answered; later each asks again under its key, as a switch would."""
    stop = asyncio.Event()
    left: list[str] = []

    async def leave(i: int) -> None:
        while not stop.is_set():
            call_id = scene.asker.new_call_id()
            await scene.asker.leave(PROBING[-i - 1], call_id)
            again = await scene.asker.ask(f"leaver-{i}", PROBING[-i - 1], call_id)
            await scene.asker.end(f"leaver-{i}", call_id, cause="completed" if again.is_allowed else "failed")
            left.append(call_id)

    leaving = [asyncio.create_task(leave(i)) for i in range(_LEAVERS)]
    yield
    stop.set()
    await asyncio.gather(*leaving)
    scene.figures["left"] = len(left)


OUTAGES: Final = (
    Outage(name="database down", breaks=breaking.down, felt=_refusals_of_a_server),
    Outage(name="database slow", breaks=breaking.slow, felt=_refusals),
    Outage(name="database silent", kinds=(POSTGRESQL,), breaks=breaking.silent, felt=_nothing_taken),
    Outage(name="database vanished", kinds=(POSTGRESQL,), breaks=breaking.stranded, felt=_counted("stranded")),
    Outage(name="database locked", breaks=breaking.locked, felt=_nothing_taken),
    Outage(name="database read-only", breaks=breaking.read_only, felt=_nothing_taken),
    Outage(name="disk full", breaks=breaking.full, felt=_nothing_taken, small_disk=True),
    Outage(name="disk takes no byte", kinds=(SQLITE,), breaks=breaking.unwritable, felt=_nothing_taken),
    Outage(
        name="connection killed",
        kinds=(POSTGRESQL,),
        breaks=breaking.connections_killed,
        felt=_counted("killed"),
    ),
    Outage(name="COMMIT unheard", kinds=(POSTGRESQL,), breaks=breaking.commits_unheard, felt=_counted("unheard")),
    Outage(name="clock back 1 h", breaks=_clock_back, felt=_not_ready, by_clock=True),
    Outage(name="client leaves", breaks=_leaving, felt=_counted("left")),
    Outage(name="queue full", breaks=_crowd, felt=_refusals, settings={"QUEUE_MAX": "4", "BATCH_MAX": "2"}),
)


async def endure(outage: Outage, kind: str, ground: Ground) -> Verdict:
    """Start the service, let everyone call, break it, mend it, and compare what was heard with what is recorded."""
    length = ground.length
    async with AsyncExitStack() as until_done:
        scene = await until_done.enter_async_context(_staged(outage, kind, ground))
        await scene.start()
        async with calling(scene.asker):
            await asyncio.sleep(length.warm_seconds)
            since = monotonic_seconds()
            async with outage.breaks(scene):
                await asyncio.sleep(length.fault_seconds)
                until = monotonic_seconds()
            mended = monotonic_seconds()
            back = await Prober(scene.asker).seconds_until_back(seconds_max=3 * BACK_SECONDS_MAX)
            scene.figures["fault_seconds"] = round(mended - since, 1)
            await asyncio.sleep(length.after_seconds)
        findings = await asyncio.to_thread(judge, scene.url, scene.history, by_instants=not outage.by_clock)
        during = scene.history.between(since, until)
        complaint = outage.felt(scene, Counter(one.outcome for one in during.everything()))
        running = [] if scene.service.is_running() else ["the service ended"]
        return verdict_of(
            outage.name,
            kind,
            during=during,
            back_seconds=back,
            findings=findings,
            complaints=[*running, *([complaint] if complaint else [])],
            figures=scene.figures,
        )


@asynccontextmanager
async def _staged(outage: Outage, kind: str, ground: Ground) -> AsyncIterator[Scene]:
    """The scene, its records on a small disk where the fault needs one."""
    async with AsyncExitStack() as until_done:
        small: Path | None = None
        if outage.small_disk and can_mount():
            small = until_done.enter_context(small_disk(kind, ground, megabytes=_SMALL_MEGABYTES))
        yield await until_done.enter_async_context(
            set_scene(kind, ground, by_clock=outage.by_clock, settings=outage.settings, small=small)
        )
