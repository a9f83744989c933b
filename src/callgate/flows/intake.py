"""In what order, and in which transaction, are waiting attempts decided?

Natural batching: attempts that arrive while a transaction runs wait and go together in the next one. There is no timer,
so an idle callgate adds no delay, and a busy one shares each commit among all who wait. The queue is bounded, and
whoever waits past the deadline leaves undecided.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from callgate import observe
from callgate.clock import monotonic_seconds
from callgate.domain.errors import Unavailable
from callgate.flows.attempt import Answered, Attempt, Outcome
from callgate.flows.authorize_calls import Abandoned
from callgate.store.database import CommitUnknown, Contended, RowRefused, StoreUnavailable

Decide = Callable[[Sequence[Attempt], Callable[[], bool]], Awaitable[Sequence[Outcome]]]
_log = structlog.get_logger("callgate.intake")


class Overloaded(Unavailable):
    """More are waiting than may."""

    def __init__(self) -> None:
        super().__init__("overloaded", "Too many attempts are waiting; this one was not decided. Try again.")


class DeadlinePassed(Unavailable):
    """It waited too long; it was not decided and will not be."""

    def __init__(self) -> None:
        super().__init__("deadline_passed", "No decision was made in time. Try again.")


@dataclass(slots=True, eq=False)
class _Waiting:
    attempt: Attempt
    future: asyncio.Future[Outcome]
    deadline: float
    since: float

    def is_gone(self) -> bool:
        return self.future.done() or monotonic_seconds() >= self.deadline


class Intake:
    """The queue in front of the decision.

    Args:
        decide: decides attempts of different keys in one transaction; asks its second argument before it commits.
        on_decided: hears every new answer after its commit.
        lanes: transactions at a time.
        queue_max: attempts waiting at most.
        batch_max: attempts in one transaction at most.
        deadline_seconds: how long an attempt may wait for its answer.
    """

    def __init__(
        self,
        decide: Decide,
        *,
        on_decided: Callable[[Attempt, Answered], None],
        lanes: int,
        queue_max: int,
        batch_max: int,
        deadline_seconds: float,
    ) -> None:
        self._decide = decide
        self._on_decided = on_decided
        self._lanes = lanes
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._deadline_seconds = deadline_seconds
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()

    async def submit(self, attempt: Attempt) -> Outcome:
        """Wait for this attempt's decision.

        Raises:
            Unavailable: no decision was made: overloaded, too late, or the records could not be written.
        """
        if len(self._queue) >= self._queue_max:
            observe.refused("overloaded")
            raise Overloaded
        loop = asyncio.get_running_loop()
        since = monotonic_seconds()
        waiting = _Waiting(attempt, loop.create_future(), since + self._deadline_seconds, since)
        self._queue.append(waiting)
        observe.queue_depth(len(self._queue))
        self._wake.set()
        timer = loop.call_later(self._deadline_seconds, _give_up, waiting)
        try:
            return await waiting.future
        finally:
            timer.cancel()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Decide what arrives until left; what then still waits is told that nothing was decided."""
        lanes = [asyncio.create_task(self._run_lane(), name=f"intake-{i}") for i in range(self._lanes)]
        try:
            yield
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            while self._queue:
                _tell(self._queue.popleft(), DeadlinePassed())

    async def _run_lane(self) -> None:
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
                await self._let_arrive()
            batch = self._take()
            if not batch:
                continue
            try:
                await self._settle(batch)
            except asyncio.CancelledError:
                for waiting in batch:
                    _tell(waiting, DeadlinePassed())
                raise

    async def _let_arrive(self) -> None:
        """Let the event loop hand over what it has already received, or whoever comes first goes alone.

        After a batch its answers come back as new attempts in one burst, and the first of it wakes the lane. Each turn
        of the loop takes in what is there; when a turn brings nobody, nobody more is there. No time is waited for.
        """
        waiting = 0
        while waiting < len(self._queue) < self._batch_max:
            waiting = len(self._queue)
            await asyncio.sleep(0)

    def _take(self) -> list[_Waiting]:
        """The next batch: nobody who left, and no key twice; a second attempt of a key stays for the next batch."""
        batch: list[_Waiting] = []
        keys: set[tuple[str, str]] = set()
        held_back: list[_Waiting] = []
        while self._queue and len(batch) < self._batch_max:
            waiting = self._queue.popleft()
            if waiting.is_gone():
                _give_up(waiting)
            elif waiting.attempt.key in keys:
                held_back.append(waiting)
            else:
                keys.add(waiting.attempt.key)
                batch.append(waiting)
        self._queue.extendleft(reversed(held_back))
        observe.queue_depth(len(self._queue))
        return batch

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Decide a batch, and where something in it stands in the way, its attempts one by one."""
        try:
            await self._decide_together(batch)
        except (CommitUnknown, Abandoned):
            # Asking again settles it: what was kept is found under its key, and who left is left out.
            await self._one_by_one(batch)
        except (Contended, RowRefused) as error:
            if len(batch) > 1:
                await self._one_by_one(batch)
            else:
                self._fail(batch, error)
        except StoreUnavailable as error:
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one bad attempt must not deny its neighbours
            if len(batch) > 1:
                await self._one_by_one(batch)
                return
            _log.error("attempt_failed", error=type(error).__name__)
            self._fail(batch, StoreUnavailable())

    async def _one_by_one(self, batch: Sequence[_Waiting]) -> None:
        for waiting in batch:
            if waiting.is_gone():
                _give_up(waiting)
                continue
            try:
                await self._decide_together([waiting])
            except Unavailable as error:
                self._fail([waiting], error)
            except Exception as error:  # noqa: BLE001 - as above
                _log.error("attempt_failed", error=type(error).__name__)
                self._fail([waiting], StoreUnavailable())

    async def _decide_together(self, batch: Sequence[_Waiting]) -> None:
        outcomes = await self._decide(
            [waiting.attempt for waiting in batch], lambda: any(waiting.is_gone() for waiting in batch)
        )
        observe.batch(len(batch))
        now = monotonic_seconds()
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Answered) and not outcome.replayed:
                observe.decided(outcome.decision, outcome.reason, now - waiting.since)
                self._on_decided(waiting.attempt, outcome)
            if not waiting.future.done():
                waiting.future.set_result(outcome)

    @staticmethod
    def _fail(batch: Sequence[_Waiting], error: Unavailable) -> None:
        for waiting in batch:
            if not waiting.future.done():
                observe.refused(error.code)
            _tell(waiting, error)


def _tell(waiting: _Waiting, error: Unavailable) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(error)


def _give_up(waiting: _Waiting) -> None:
    if not waiting.future.done():
        observe.refused("deadline_passed")
        waiting.future.set_exception(DeadlinePassed())
