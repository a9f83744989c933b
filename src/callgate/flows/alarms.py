"""What must staff be told about the decisions just made?

Looked at after the commit, never inside it: one path and one time for every refusal. An alarm that a crash swallows
is still in the log, from which it can be derived again.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from callgate import observe
from callgate.domain.ids import new_id
from callgate.domain.instants import to_milliseconds
from callgate.flows.attempt import Answered, Attempt
from callgate.flows.deployment import Deployment
from callgate.store.alerts import record_alert
from callgate.store.database import StoreUnavailable

_QUEUE_MAX = 1000
_log = structlog.get_logger("callgate.alarms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing to tell. `subject` tells two alarms of a kind apart; the same one twice is told once."""

    kind: str
    subject: str
    facility_id: str | None
    detail: dict[str, object]


class Alarms:
    """Turns decisions into alerts, beside the decisions' own path."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._queue: asyncio.Queue[Alarm] = asyncio.Queue(_QUEUE_MAX)

    def look_at(self, attempt: Attempt, answered: Answered) -> None:
        """Note what this answer gives cause for; never waits and never raises."""
        for check in answered.failed_checks:
            observe.check_failed(check)
            _log.error("check_failed", check=check, decision_id=answered.decision_id)
            detail: dict[str, object] = {"check": check, "decision_id": answered.decision_id}
            self._note(
                Alarm(
                    kind="check_failed",
                    subject=f"{answered.decision_id}:{check}",
                    facility_id=answered.facility_id,
                    detail=detail,
                )
            )
        if answered.throttle_alert:
            self._note(
                Alarm(
                    kind="pin_guessing",
                    subject=answered.decision_id,
                    facility_id=answered.facility_id,
                    detail={"station_id": attempt.station_id, "decision_id": answered.decision_id},
                )
            )

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
        await self._queue.join()

    def _note(self, alarm: Alarm) -> None:
        try:
            self._queue.put_nowait(alarm)
        except asyncio.QueueFull:
            _log.error("alarm_dropped", kind=alarm.kind)

    async def _run(self) -> None:
        while True:
            alarm = await self._queue.get()
            try:
                await self._write(alarm)
            except StoreUnavailable:
                _log.error("alarm_not_written", kind=alarm.kind)
            finally:
                self._queue.task_done()

    async def _write(self, alarm: Alarm) -> None:
        now = self._deployment.clock.now()
        async with self._deployment.database.write() as transaction:
            await record_alert(
                transaction,
                alert_id=new_id(now),
                raised_at_ms=to_milliseconds(now),
                kind=alarm.kind,
                facility_id=alarm.facility_id,
                subject=alarm.subject,
                detail=json.dumps(alarm.detail, sort_keys=True),
            )
