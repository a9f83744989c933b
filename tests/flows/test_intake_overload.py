"""Does the queue let in no more than can be decided in time, and is nothing decided twice over because some left?"""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from callgate.flows import intake as module
from callgate.flows.attempt import Attempt, Outcome
from callgate.flows.authorize_calls import Abandoned
from callgate.flows.intake import DeadlinePassed, Intake, Overloaded
from tests.flows.test_intake import answers, attempt, running, until_settled


class Seconds:
    """A clock that stands still until a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module, "monotonic_seconds", lambda: self.now)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    return Seconds(monkeypatch)


class Desk:
    """Decides each batch when the test says so, and takes as long as the test says."""

    def __init__(self, seconds: Seconds) -> None:
        self.batches: list[list[str]] = []
        self.takes_seconds = 0.0
        self.takes_first: list[float] = []
        self.turn = asyncio.Event()
        self._seconds = seconds

    async def decide(self, batch: Sequence[Attempt], gone: Callable[[], bool]) -> Sequence[Outcome]:
        self.batches.append([one.call_id for one in batch])
        await self.turn.wait()
        self._seconds.now += self.takes_first.pop(0) if self.takes_first else self.takes_seconds
        if gone():
            raise Abandoned
        return answers(batch)


async def fill(intake: Intake, *names: str) -> list[asyncio.Task[Outcome]]:
    asking = [asyncio.create_task(intake.submit(attempt(name))) for name in names]
    await until_settled()
    return asking


async def test_whoever_could_not_be_decided_in_half_the_deadline_is_not_let_in(seconds: Seconds) -> None:
    desk = Desk(seconds)
    async with running(desk.decide, deadline_seconds=8.0, batch_max=4, queue_max=100) as intake:
        desk.turn.set()
        desk.takes_seconds = 2.0
        for i in range(20):  # so that what a batch takes is known: two seconds
            await asyncio.gather(*await fill(intake, f"w{i}"))
        desk.turn.clear()
        asking = await fill(intake, "running")
        for i in range(8):  # two batches, which are four seconds
            assert not intake.is_full()
            asking += await fill(intake, f"c{i}")

        assert not intake.is_full()  # half of eight seconds exactly: the last one that is let in
        asking += await fill(intake, "c8")
        assert intake.is_full()
        with pytest.raises(Overloaded):
            await intake.submit(attempt("c9"))
        desk.takes_seconds = 0.0
        desk.turn.set()
        await asyncio.gather(*asking)
        assert not intake.is_full()


async def test_before_anything_was_decided_counting_alone_bounds_the_queue(seconds: Seconds) -> None:
    desk = Desk(seconds)
    async with running(desk.decide, batch_max=4, queue_max=6) as intake:
        asking = await fill(intake, "running")
        asking += await fill(intake, *(f"c{i}" for i in range(6)))

        assert intake.is_full()
        desk.turn.set()
        await asyncio.gather(*asking)


async def test_less_than_a_batch_is_let_in_however_long_the_last_one_took(seconds: Seconds) -> None:
    desk = Desk(seconds)
    async with running(desk.decide, deadline_seconds=1.0, batch_max=4) as intake:
        desk.turn.set()
        desk.takes_seconds = 0.9
        await asyncio.gather(*await fill(intake, *(f"w{i}" for i in range(3))))
        for i in range(10):
            await asyncio.gather(*await fill(intake, f"v{i}"))
        desk.turn.clear()
        desk.takes_seconds = 0.0
        asking = await fill(intake, "running")
        asking += await fill(intake, "c0", "c1", "c2")

        assert not intake.is_full()  # or a pause of the database would keep the door shut for good
        desk.turn.set()
        await asyncio.gather(*asking)


async def test_those_who_stay_are_decided_together_when_others_left_meanwhile(seconds: Seconds) -> None:
    desk = Desk(seconds)
    async with running(desk.decide, deadline_seconds=1.0, batch_max=8) as intake:
        early = await fill(intake, "running")
        leaving = await fill(intake, "c0", "c1")
        seconds.now += 0.6
        staying = await fill(intake, "c2", "c3", "c4")
        desk.takes_first = [0.0, 0.5, 0.3]  # the second is too late for those who came first
        desk.turn.set()
        await asyncio.gather(*early, *leaving, *staying, return_exceptions=True)

    assert desk.batches == [["running"], ["c0", "c1", "c2", "c3", "c4"], ["c2", "c3", "c4"]]
    assert all(isinstance(task.exception(), DeadlinePassed) for task in leaving)
    assert all(task.exception() is None for task in (*early, *staying))


async def test_whoever_will_not_wait_for_the_end_of_a_batch_is_told_at_once_and_spoils_none(seconds: Seconds) -> None:
    desk = Desk(seconds)
    async with running(desk.decide, deadline_seconds=1.0, batch_max=8) as intake:
        desk.turn.set()
        desk.takes_seconds = 0.2
        for i in range(20):
            await asyncio.gather(*await fill(intake, f"w{i}"))
        desk.turn.clear()
        desk.batches.clear()
        asking = await fill(intake, "running")
        late = await fill(intake, "late")
        seconds.now += 0.7
        asking += await fill(intake, "in-time")
        desk.takes_seconds = 0.15  # `late` has 0.15 s left then, and a batch takes 0.2
        desk.turn.set()
        await asyncio.gather(*asking, *late, return_exceptions=True)

    assert desk.batches == [["running"], ["in-time"]]
    assert isinstance(late[0].exception(), DeadlinePassed)
    assert all(task.exception() is None for task in asking)
