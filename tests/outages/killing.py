"""Does a service that is killed in the middle of everything lose or forge anything, two hundred times?

On PostgreSQL two services share the database, and one of them is always left; on the embedded database nobody is, and
whoever supervises it starts it again. Callers go on as switches do: to the other service, or until it is back.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callgate.clock import monotonic_seconds
from tests.outages.history import History
from tests.outages.judge import judge
from tests.outages.load import Asker, Prober, calling
from tests.outages.scene import POSTGRESQL, Ground, Scene, free_port, set_scene
from tests.outages.service import Service
from tests.outages.verdict import Verdict, verdict_of

KILLED: Final = "worker SIGKILLed"
_LIVES_SECONDS_MAX: Final = 0.3
_NEVER_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Tally:
    kills: int = 0
    back_seconds_max: float = 0.0
    start_seconds_max: float = 0.0


async def kill_again_and_again(kind: str, ground: Ground) -> Verdict:
    """Kill it at any instant while everyone calls, start it, wait until it decides, and again."""
    async with AsyncExitStack() as until_done:
        scene = await until_done.enter_async_context(set_scene(kind, ground))
        services = [scene.service]
        if kind == POSTGRESQL:
            second = _beside(scene)
            until_done.callback(second.stop)
            services.append(second)
        asker = Asker(*(one.port for one in services), history=scene.history)
        until_done.callback(asker.close)
        for one in services:
            one.start()
        probers = [Prober(_asker_of(one, scene.history, until_done)) for one in services]
        for prober in probers:
            assert await prober.seconds_until_back(seconds_max=60), scene.log_tail()
        tally = _Tally()
        began = monotonic_seconds()
        async with calling(asker):
            await _kill_all(services, probers, Prober(asker), tally, kills=ground.length.kills)
            await asyncio.sleep(ground.length.after_seconds)
        findings = await asyncio.to_thread(judge, scene.url, scene.history)
        return verdict_of(
            KILLED,
            kind,
            during=scene.history,
            back_seconds=tally.back_seconds_max,
            findings=findings,
            complaints=[] if tally.kills == ground.length.kills else [f"killed {tally.kills} times only"],
            figures={
                "kills": tally.kills,
                "start_seconds_max": round(tally.start_seconds_max, 1),
                "fault_seconds": round(monotonic_seconds() - began, 1),
            },
        )


async def _kill_all(
    services: list[Service], probers: list[Prober], anywhere: Prober, tally: _Tally, *, kills: int
) -> None:
    dice = random.Random(7)
    for i in range(kills):
        service, prober = services[i % len(services)], probers[i % len(services)]
        await asyncio.sleep(dice.uniform(0, _LIVES_SECONDS_MAX))
        service.kill()
        killed_at = monotonic_seconds()
        service.start()
        back = await anywhere.seconds_until_back(seconds_max=_NEVER_SECONDS, and_ready=False)
        tally.back_seconds_max = max(tally.back_seconds_max, back or _NEVER_SECONDS)
        # The same service must decide again before another is killed, or none would be left.
        started = await prober.seconds_until_back(seconds_max=_NEVER_SECONDS, and_ready=False)
        tally.start_seconds_max = max(tally.start_seconds_max, monotonic_seconds() - killed_at)
        if back is None or started is None:
            return
        tally.kills += 1


def _beside(scene: Scene) -> Service:
    """A second service on the same database."""
    folder = Path(scene.folder, "second")
    folder.mkdir()
    return Service(scene.ground.nursery, folder, free_port(), scene.service.settings)


def _asker_of(service: Service, history: History, until_done: AsyncExitStack) -> Asker:
    asker = Asker(service.port, history=history)
    until_done.callback(asker.close)
    return asker
