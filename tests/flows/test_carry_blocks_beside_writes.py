"""A move beside other writes: is a block that is just being set found, and does the answer tell what went along?"""

import asyncio

import pytest
from sqlalchemy import insert

from callgate.store.database import Transaction
from callgate.store.locks import own_facilities
from callgate.store.tables import blocks
from tests.asking import counted_statements, decide, tell
from tests.conftest import World
from tests.flows.test_block_locks import until_somebody_waits
from tests.moves import carried_from, move_anna, put_person
from tests.people import FREE, of_facility, seed_people, set_block
from tests.seeding import ANNA, FACILITY, NUMBER, block_row, entry_row, fill


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def set_by_hand(transaction: Transaction) -> None:
    block = block_row(NUMBER, block_id="b-hand", scope="facility", facility_id=FACILITY, kind="facility")
    await transaction.execute(insert(blocks), [block])


@pytest.mark.feature("F54")
async def test_a_block_that_is_being_set_when_the_person_leaves_goes_along(people: World) -> None:
    async with people.deployment.database.write() as transaction:
        await own_facilities(transaction, [FACILITY])
        await set_by_hand(transaction)
        waiting = asyncio.create_task(move_anna(people))
        await until_somebody_waits(transaction)
    await waiting
    assert await carried_from(people) == ["b-hand"]


@pytest.mark.feature("F17", "F54")
async def test_an_operators_move_takes_the_same_statements_and_says_the_same_whatever_goes_along(
    people: World, database_url: str
) -> None:
    fill(database_url, list_entries=[entry_row(ANNA, number) for number in FREE[:6]])
    told_of, statements = [], []
    for kinds in ((), ("called_party",), ("victim",), ("victim", "investigation", "facility")):
        for position, kind in enumerate(kinds):
            await set_block(people, FREE[position], **of_facility(kind=kind))
        with counted_statements(people) as sent:
            answer = await move_anna(people)
        statements.append([statement.split("(")[0] for statement in sent])
        told_of.append({**answer.json(), "as_of": None})
        await put_person(people, ANNA, FACILITY)
    assert [told_of[0]] * 4 == told_of
    assert [statements[0]] * 4 == statements


async def test_the_calls_of_whoever_leaves_end_and_those_of_others_go_on(people: World) -> None:
    await decide(people, "anna")
    await move_anna(people)
    assert (await tell(people, "anna", "answered", 1))["action"] == "terminate"
