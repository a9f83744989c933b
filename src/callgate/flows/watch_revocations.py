"""Which running calls must be ended now, and who waits to hear of it?

One look at the records every fifth of a second, through an index that holds revoked running calls alone and so is
nearly always empty, serves everybody in this process: the sender of webhooks and every switch that waits for its
commands. Looking is enough: it needs no word from whoever wrote, works across workers and nodes, and loses nothing when
a process dies.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from callgate.clock import monotonic_seconds, sleep_seconds
from callgate.domain.errors import Unavailable
from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.store.revoke_commands import OpenCommand, claim_command, list_open_commands

LOOK_EVERY_SECONDS: Final = 0.2
_FETCHED_AGAIN_AFTER_MS: Final = 2_000
"""A command that a switch fetched and neither settled nor ended the call of is handed out again after this."""
_log = structlog.get_logger("callgate.revocations")


class Revocations:
    """The revoked calls that still run, as last seen."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._open: Sequence[OpenCommand] = ()
        self._looked = asyncio.Condition()
        self._hears: list[Callable[[Sequence[OpenCommand]], None]] = []

    def tell(self, hear: Callable[[Sequence[OpenCommand]], None]) -> None:
        """Have `hear` called after every look that found something; it must not wait and not raise."""
        self._hears.append(hear)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look again and again until left."""
        task = asyncio.create_task(self._run(), name="revocations")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> None:
        """Look once."""
        now_ms = to_milliseconds(self._deployment.clock.now())
        async with self._deployment.database.read() as transaction:
            found = await list_open_commands(transaction, now_ms=now_ms)
        self._open = found
        if not found:
            return
        for hear in self._hears:
            hear(found)
        async with self._looked:
            self._looked.notify_all()

    async def fetch(self, switch: Actor, *, wait_seconds: float) -> Sequence[OpenCommand]:
        """The commands of this switch, as soon as there is one; empty when none came in time."""
        ends_at = monotonic_seconds() + wait_seconds
        while True:
            found = await self._take(switch)
            left = ends_at - monotonic_seconds()
            if found or left <= 0:
                return found
            await self._wait_for_a_look(left)

    async def _take(self, switch: Actor) -> Sequence[OpenCommand]:
        """This switch's commands that are due, claimed, so that asking again at once does not repeat them."""
        now_ms = to_milliseconds(self._deployment.clock.now())
        async with self._deployment.database.read() as transaction:
            found = await list_open_commands(transaction, now_ms=now_ms)
        due = [
            one
            for one in found
            if one.switch_id == switch.subject and switch.covers(one.facility_id) and one.is_due(now_ms)
        ]
        if not due:
            return ()
        async with self._deployment.database.write() as transaction:
            again_at = now_ms + _FETCHED_AGAIN_AFTER_MS
            return [
                one
                for one in due
                if await claim_command(transaction, one.decision_id, now_ms=now_ms, next_try_at_ms=again_at)
            ]

    async def _wait_for_a_look(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._looked:
                await self._looked.wait()
        except TimeoutError:
            return

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                # The next look finds whatever this one missed; a switch hears it from its next event as well.
                _log.warning("revocations_not_read", code=error.code)
            except Exception as error:  # noqa: BLE001 - the next look is a new try, and nobody would start this again
                _log.error("revocations_failed", error=type(error).__name__)
            await sleep_seconds(LOOK_EVERY_SECONDS)
