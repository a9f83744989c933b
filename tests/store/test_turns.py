"""Who waits for a turn to write is told in time that it does not come, and nobody's turn is lost by that."""

import asyncio

import pytest

from callgate.store.turns import Turns


class Late(Exception):
    pass


async def test_a_turn_that_does_not_come_is_told_and_the_next_one_comes() -> None:
    turns = Turns(seconds_max=0.05, late=Late)
    order = []

    async def wait(name: str) -> None:
        async with turns.own():
            order.append(name)

    async with turns.own():
        with pytest.raises(Late):
            await wait("late")
        next_one = asyncio.create_task(wait("next"))
        await asyncio.sleep(0)
    await next_one

    assert order == ["next"]


async def test_turns_are_in_the_order_of_asking() -> None:
    turns = Turns(seconds_max=5, late=Late)
    order = []

    async def wait(i: int) -> None:
        async with turns.own():
            await asyncio.sleep(0)
            order.append(i)

    await asyncio.gather(*(wait(i) for i in range(5)))

    assert order == [0, 1, 2, 3, 4]


async def test_a_writer_that_fails_gives_its_turn_back() -> None:
    turns = Turns(seconds_max=0.05, late=Late)
    with pytest.raises(ValueError, match="on purpose"):
        async with turns.own():
            raise ValueError("on purpose")

    async with turns.own():
        pass
