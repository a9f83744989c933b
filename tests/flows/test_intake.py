"""The queue in front of the decision: batches, bounds, deadlines, and neighbours that do no harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain

import pytest

from callgate.clock import monotonic_seconds
from callgate.domain.errors import Unavailable
from callgate.domain.roles import Actor, Role
from callgate.flows.attempt import Answered, Attempt, Outcome
from callgate.flows.authorize_calls import Abandoned
from callgate.flows.intake import DeadlinePassed, Intake, Overloaded
from callgate.store.database import CommitUnknown, Contended, RowRefused, StoreUnavailable
from tests.seeding import NOON

Decide = Callable[[Sequence[Attempt], Callable[[], bool]], Awaitable[Sequence[Outcome]]]


def attempt(call_id: str, switch_id: str = "sw") -> Attempt:
    return Attempt(
        switch_id=switch_id,
        call_id=call_id,
        station_id="s",
        pin="4711",
        called_number="+18605550123",
        payment_type="collect",
        media=None,
        requested_duration_seconds=None,
        setup_time=None,
        actor=Actor("sw", Role.SWITCH, None),
        token_issued_at=NOON,
    )


def answers(batch: Sequence[Attempt]) -> list[Outcome]:
    return [Answered(body=one.call_id, decision="deny", reason="limit_reached") for one in batch]


@asynccontextmanager
async def running(decide: Decide, **changes: float) -> AsyncIterator[Intake]:
    bounds = {"lanes": 1, "queue_max": 100, "batch_max": 4, "deadline_seconds": 1.0} | changes
    intake = Intake(
        decide,
        on_decided=lambda _attempt, _answered: None,
        lanes=int(bounds["lanes"]),
        queue_max=int(bounds["queue_max"]),
        batch_max=int(bounds["batch_max"]),
        deadline_seconds=bounds["deadline_seconds"],
    )
    async with intake.running():
        yield intake


def body(outcome: Outcome) -> str:
    assert isinstance(outcome, Answered)
    return outcome.body


async def until_settled() -> None:
    """Let everything that can go on go as far as it can; a pause alone may be over at once on a busy machine."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_arrives_while_a_batch_runs_goes_together_in_the_next_one() -> None:
    batches: list[list[str]] = []
    runs, gate = asyncio.Event(), asyncio.Event()

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        batches.append([one.call_id for one in batch])
        runs.set()
        await gate.wait()
        return answers(batch)

    async with running(decide) as intake:
        first = asyncio.create_task(intake.submit(attempt("c0")))
        await runs.wait()
        rest = [asyncio.create_task(intake.submit(attempt(f"c{i}"))) for i in range(1, 7)]
        await until_settled()
        gate.set()
        heard = await asyncio.gather(first, *rest)

    assert batches == [["c0"], ["c1", "c2", "c3", "c4"], ["c5", "c6"]]
    assert [body(one) for one in heard] == [f"c{i}" for i in range(7)]


async def test_what_the_loop_has_already_received_goes_with_the_attempt_that_woke_the_lane() -> None:
    batches: list[list[str]] = []

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        batches.append([one.call_id for one in batch])
        return answers(batch)

    async def arrive(intake: Intake, i: int) -> Outcome:
        for _ in range(i):  # each one turn of the loop after the one before it, as requests are read
            await asyncio.sleep(0)
        return await intake.submit(attempt(f"c{i}"))

    async with running(decide) as intake:
        await asyncio.gather(*(arrive(intake, i) for i in range(4)))
        assert batches == [["c0", "c1", "c2", "c3"]]
        await intake.submit(attempt("c4"))
    assert batches[1:] == [["c4"]]  # and whoever comes alone waits for nobody


async def test_no_key_stands_twice_in_a_batch() -> None:
    batches: list[list[str]] = []

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        batches.append([f"{one.switch_id}/{one.call_id}" for one in batch])
        await asyncio.sleep(0.01)
        return answers(batch)

    async with running(decide) as intake:
        await asyncio.gather(
            *(intake.submit(attempt("a")) for _ in range(3)),
            intake.submit(attempt("a", "other")),
            intake.submit(attempt("b")),
        )

    assert all(len(set(batch)) == len(batch) for batch in batches)
    assert sorted(chain.from_iterable(batches)) == ["other/a", "sw/a", "sw/a", "sw/a", "sw/b"]


async def test_one_more_than_may_wait_is_refused_at_once() -> None:
    gate = asyncio.Event()

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        await gate.wait()
        return answers(batch)

    async with running(decide, queue_max=2, batch_max=1) as intake:
        waiting = [asyncio.create_task(intake.submit(attempt("c0")))]
        await until_settled()
        waiting += [asyncio.create_task(intake.submit(attempt(f"c{i}"))) for i in (1, 2)]
        await until_settled()
        with pytest.raises(Overloaded):
            await intake.submit(attempt("c3"))
        gate.set()
        assert len(await asyncio.gather(*waiting)) == 3


async def test_whoever_waits_past_the_deadline_leaves_undecided() -> None:
    decided: list[str] = []
    gate = asyncio.Event()

    async def decide(batch: Sequence[Attempt], gone: Callable[[], bool]) -> Sequence[Outcome]:
        await gate.wait()
        if gone():
            raise Abandoned
        decided.extend(one.call_id for one in batch)
        return answers(batch)

    async with running(decide, deadline_seconds=0.5, batch_max=1) as intake:
        running_one = asyncio.create_task(intake.submit(attempt("running")))
        queued = asyncio.create_task(intake.submit(attempt("queued")))
        results = await asyncio.gather(running_one, queued, return_exceptions=True)
        gate.set()
        await until_settled()
        later = await intake.submit(attempt("later"))

    assert [type(one) for one in results] == [DeadlinePassed, DeadlinePassed]
    assert decided == ["later"]
    assert body(later) == "later"


async def test_each_leaves_at_its_own_deadline_whoever_was_answered_before() -> None:
    gate = asyncio.Event()
    left: dict[str, float] = {}

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        if batch[0].call_id != "answered":
            await gate.wait()
        return answers(batch)

    async def wait_in_vain(intake: Intake, name: str) -> None:
        since = monotonic_seconds()
        with pytest.raises(DeadlinePassed):
            await intake.submit(attempt(name))
        left[name] = monotonic_seconds() - since

    async with running(decide, deadline_seconds=0.2) as intake:
        await intake.submit(attempt("answered"))
        async with asyncio.timeout(30), asyncio.TaskGroup() as waiting:
            for name in ("a", "b", "c"):
                waiting.create_task(wait_in_vain(intake, name))
                await asyncio.sleep(0.08)

    assert list(left) == ["a", "b", "c"]
    assert all(seconds > 0.19 for seconds in left.values())


async def test_whoever_no_longer_listens_is_left_out() -> None:
    decided: list[str] = []
    gate = asyncio.Event()

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        await gate.wait()
        decided.extend(one.call_id for one in batch)
        return answers(batch)

    async with running(decide, batch_max=1) as intake:
        first = asyncio.create_task(intake.submit(attempt("first")))
        gone = asyncio.create_task(intake.submit(attempt("gone")))
        await until_settled()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        gate.set()
        await asyncio.gather(first, intake.submit(attempt("last")))

    assert decided == ["first", "last"]


async def test_a_bad_attempt_is_refused_alone() -> None:
    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        if any(one.call_id == "bad" for one in batch):
            raise ValueError
        return answers(batch)

    async with running(decide) as intake:
        heard = await asyncio.gather(
            *(intake.submit(attempt(name)) for name in ("a", "bad", "b", "c")), return_exceptions=True
        )

    assert [body(one) for one in heard if isinstance(one, Answered)] == ["a", "b", "c"]
    assert isinstance(heard[1], Unavailable)


@pytest.mark.parametrize("error", [Contended, RowRefused])
async def test_what_hinders_a_batch_is_tried_one_by_one(error: type[StoreUnavailable]) -> None:
    sizes: list[int] = []

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        sizes.append(len(batch))
        if len(batch) > 1 or batch[0].call_id == "held":
            raise error
        return answers(batch)

    async with running(decide) as intake:
        heard = await asyncio.gather(
            *(intake.submit(attempt(name)) for name in ("a", "held", "b")), return_exceptions=True
        )

    assert sizes == [3, 1, 1, 1]
    assert [isinstance(one, Answered) for one in heard] == [True, False, True]


async def test_a_lost_database_is_503_for_the_whole_batch_and_not_tried_again() -> None:
    sizes: list[int] = []

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        sizes.append(len(batch))
        raise StoreUnavailable

    async with running(decide) as intake:
        heard = await asyncio.gather(*(intake.submit(attempt(name)) for name in "abc"), return_exceptions=True)

    assert sizes == [3]
    assert all(isinstance(one, StoreUnavailable) for one in heard)


async def test_a_commit_that_nobody_can_vouch_for_is_settled_by_asking_again() -> None:
    kept: dict[str, int] = {}

    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        for one in batch:
            kept[one.call_id] = kept.get(one.call_id, 0) + 1
        if all(count == 1 for count in kept.values()) and len(batch) > 1:
            raise CommitUnknown
        return answers(batch)

    async with running(decide) as intake:
        heard = await asyncio.gather(*(intake.submit(attempt(name)) for name in "ab"))

    assert [body(one) for one in heard] == ["a", "b"]
    assert kept == {"a": 2, "b": 2}


async def test_what_waits_when_the_service_stops_is_told_so() -> None:
    async def decide(batch: Sequence[Attempt], _gone: Callable[[], bool]) -> Sequence[Outcome]:
        await asyncio.sleep(10)
        return answers(batch)

    async with running(decide) as intake:
        tasks = [asyncio.create_task(intake.submit(attempt(name))) for name in ("a", "b", "c", "d", "e")]
        await until_settled()

    assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)] == [DeadlinePassed] * 5


def test_what_a_person_typed_is_in_no_repr() -> None:
    shown = repr(attempt("c"))

    assert "4711" not in shown
    assert "5550123" not in shown
