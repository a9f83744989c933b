"""Whose turn is it to write on SQLite, which has one writer at a time?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Writers in the order in which they came.

    Where each of many waits for a lock that somebody else holds, the last would wait for the sum of all: nobody waits
    for a turn longer than `seconds_max`, and whose turn does not come is told `late`.
    """

    def __init__(self, *, seconds_max: float, late: type[Exception]) -> None:
        self._lock = asyncio.Lock()
        self._late = late
        self._seconds_max = seconds_max

    @asynccontextmanager
    async def own(self) -> AsyncIterator[None]:
        """Be the one writer."""
        try:
            async with asyncio.timeout(self._seconds_max if self._lock.locked() else None):
                await self._lock.acquire()
        except TimeoutError:
            raise self._late from None
        try:
            yield
        finally:
            self._lock.release()
