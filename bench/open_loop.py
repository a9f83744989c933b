"""How long does an answer take when questions come at fixed instants, whoever is still busy?

Telephones do not wait for each other: who asks only when the last answer is there measures a server that stalled once
instead of everyone who would have called meanwhile. Here every latency is counted from the instant at which the
question was due, and a question that finds no line free waits for one at the server's cost.
"""

import asyncio
import selectors
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.lines import Line


class Heard(NamedTuple):
    """An answer, seconds since the question was due, and how late the driver itself came to it."""

    told: Any
    seconds: float
    late: float


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers are exact: those of uvloop and of epoll come in whole milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def ask_at(lines: Sequence[Line], raws: Sequence[bytes], *, rate: float) -> list[Heard]:
    """Ask them in order, `rate` a second, and wait for every answer."""
    free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
    for line in lines:
        free.put_nowait(line)

    async def ask(raw: bytes, due: float) -> Heard:
        late = time.perf_counter() - due
        line = await free.get()
        told = await line.ask(raw)
        seconds = time.perf_counter() - due
        free.put_nowait(line)
        return Heard(told, seconds, late)

    began = time.perf_counter()
    asked = []
    for i, raw in enumerate(raws):
        due = began + i / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.create_task(ask(raw, due)))
    return list(await asyncio.gather(*asked))
