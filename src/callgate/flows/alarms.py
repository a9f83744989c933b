"""What must staff be told about the decisions just made?

Looked at after the commit, never inside it: one path and one time for every refusal. What a crash or a burst swallows
here is still in the log, where the watch finds it (`flows/watch.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from callgate import observe
from callgate.domain.alerts import AlertKind
from callgate.domain.errors import Unavailable
from callgate.domain.verdict import Reason
from callgate.flows.attempt import Answered, Attempt
from callgate.flows.deployment import Deployment
from callgate.flows.notice_probes import notice_probes
from callgate.flows.raise_alerts import Alarm, raise_alerts

_QUEUE_MAX: Final = 1000
_PAUSE_SECONDS: Final = 0.5
"""What is noted is told this much later. An alert written on the heels of one refusal would keep whoever dials next
waiting, and so tell a patient listener which refusals are worth an alert."""

_log = structlog.get_logger("callgate.alarms")


class Alarms:
    """Turns decisions into alerts, beside the decisions' own path.

    Args:
        queue_max: how much may be noted and not yet told; of refused numbers half of it.
    """

    def __init__(self, deployment: Deployment, *, queue_max: int = _QUEUE_MAX) -> None:
        self._deployment = deployment
        self._queue: asyncio.Queue[Alarm | str] = asyncio.Queue(queue_max)
        self._refused_max = queue_max // 2
        self._hurry = asyncio.Event()

    def look_at(self, attempt: Attempt, answered: Answered) -> None:
        """Note what this answer gives cause for; never waits and never raises."""
        for check in answered.failed_checks:
            observe.check_failed(check)
            _log.error("check_failed", check=check, decision_id=answered.decision_id)
            self._note(
                Alarm(
                    kind=AlertKind.CHECK_FAILED,
                    subject=f"{answered.decision_id}:{check}",
                    facility_id=answered.facility_id,
                    detail={"check": check, "decision_id": answered.decision_id},
                )
            )
        if answered.throttle_alert:
            self._note(
                Alarm(
                    kind=AlertKind.PIN_GUESSING,
                    subject=answered.decision_id,
                    facility_id=answered.facility_id,
                    detail={"station_id": attempt.station_id, "decision_id": answered.decision_id},
                )
            )
        if answered.reason == Reason.NUMBER_NOT_AVAILABLE:
            self._note_refused(answered.decision_id)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write alarms until left; what is still queued then is written first."""
        task = asyncio.create_task(self._run(), name="alarms")
        try:
            yield
        finally:
            await self.settled()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until everything noted so far was written or given up."""
        self._hurry.set()
        try:
            await self._queue.join()
        finally:
            self._hurry.clear()

    def _note(self, alarm: Alarm) -> None:
        try:
            self._queue.put_nowait(alarm)
        except asyncio.QueueFull:
            _log.error("alarm_dropped", kind=alarm.kind.value)

    def _note_refused(self, decision_id: str) -> None:
        # Refusals come in bursts, and the watch finds them in the log as well: they leave room for the other alarms.
        if self._queue.qsize() < self._refused_max:
            self._queue.put_nowait(decision_id)

    async def _run(self) -> None:
        while True:
            noted = [await self._queue.get()]
            await self._pause()
            while not self._queue.empty():
                noted.append(self._queue.get_nowait())
            try:
                await self._tell(noted)
            finally:
                for _ in noted:
                    self._queue.task_done()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _tell(self, noted: Sequence[Alarm | str]) -> None:
        alarms = [each for each in noted if isinstance(each, Alarm)]
        try:
            await raise_alerts(self._deployment, alarms)
        except Unavailable:
            for alarm in alarms:
                _log.error("alarm_not_written", kind=alarm.kind.value)
        except Exception as error:  # noqa: BLE001 - nobody would start this task again
            _log.error("alarms_failed", error=type(error).__name__)
        try:
            await notice_probes(self._deployment, [each for each in noted if isinstance(each, str)])
        except Unavailable as error:
            _log.warning("probes_not_looked_at", code=error.code)
        except Exception as error:  # noqa: BLE001 - as above; the watch goes over the same log
            _log.error("probes_failed", error=type(error).__name__)
