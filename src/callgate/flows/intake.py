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
from callgate.flows.authorize_calls import Abandoned, ClockWentBack
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

    def is_gone(self, at: float | None = None) -> bool:
        """Has it left, or will it have by that instant?"""
        return self.future.done() or (monotonic_seconds() if at is None else at) >= self.deadline


class _Deadlines:
    """One timer for all who wait: whoever came first must leave first, as all may wait equally long."""

    def __init__(self) -> None:
        self._watched: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, waiting: _Waiting) -> None:
        self._forget_answered()
        self._watched.append(waiting)
        if self._timer is None:
            self._wait_for_first()

    def _wait_for_first(self) -> None:
        left = self._watched[0].deadline - monotonic_seconds()
        self._timer = asyncio.get_running_loop().call_later(left, self._look)

    def _look(self) -> None:
        self._timer = None
        while self._watched and self._watched[0].is_gone():
            _give_up(self._watched.popleft())
        if self._watched:
            self._wait_for_first()

    def _forget_answered(self) -> None:
        while self._watched and self._watched[0].future.done():
            self._watched.popleft()


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
        self._batch_seconds = 0.0  # what a batch took lately
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._deadlines = _Deadlines()

    def is_full(self) -> bool:
        """Is there no room for one more, because so many may not wait or because it would wait too long?

        Counting alone would let in more than can be decided in time: each would wait, and then leave just before its
        turn. As long as batches take what they took lately, whoever is let in waits for half the deadline at most.
        """
        waiting = len(self._queue)
        if waiting < self._batch_max:
            return waiting >= self._queue_max
        batches = waiting / self._batch_max / self._lanes
        return waiting >= self._queue_max or batches * self._batch_seconds > self._deadline_seconds / 2

    async def submit(self, attempt: Attempt) -> Outcome:
        """Wait for this attempt's decision.

        Raises:
            Unavailable: no decision was made: overloaded, too late, or the records could not be written.
        """
        if self.is_full():
            observe.refused("overloaded")
            raise Overloaded
        since = monotonic_seconds()
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(attempt, future, since + self._deadline_seconds, since)
        self._queue.append(waiting)
        self._deadlines.watch(waiting)
        observe.queue_depth(len(self._queue))
        self._wake.set()
        return await future

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
            began = monotonic_seconds()
            try:
                await self._settle(batch)
                self._batch_seconds += (monotonic_seconds() - began - self._batch_seconds) / 4
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
        # Whoever leaves while a batch is decided spoils it for all: who would is told at once.
        soon = monotonic_seconds() + min(self._batch_seconds, self._deadline_seconds / 4)
        held_back: list[_Waiting] = []
        while self._queue and len(batch) < self._batch_max:
            waiting = self._queue.popleft()
            if waiting.is_gone(soon):
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
        except Abandoned:
            await self._settle_without_who_left(batch)
        except CommitUnknown:
            # Asking again settles it: what was kept is found under its key.
            await self._one_by_one(batch)
        except (Contended, RowRefused) as error:
            if len(batch) > 1:
                await self._one_by_one(batch)
            else:
                self._fail(batch, error)
        except (StoreUnavailable, ClockWentBack) as error:
            self._fail(batch, error)
        except Exception:  # noqa: BLE001 - one bad attempt must not deny its neighbours, and is logged by itself
            await self._one_by_one(batch)

    async def _settle_without_who_left(self, batch: Sequence[_Waiting]) -> None:
        """Decide the others, together: one by one would take so long that they would leave as well."""
        left = [waiting for waiting in batch if not waiting.is_gone()]
        if left:
            await self._settle(left)

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
