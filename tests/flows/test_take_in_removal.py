"""Does a removal request meet the calls, bookings and moves that run beside it?"""

import asyncio

import pytest
from sqlalchemy import update

from callgate.store.locks import own_facilities, own_inmates, own_system
from callgate.store.tables import inmates
from tests.asking import decide, tell
from tests.conftest import World
from tests.flows.test_block_locks import until_somebody_waits
from tests.people import CARL, NORTH, seed_people, told
from tests.places import code_of
from tests.removals import ask_removal, blocks_of, refuse, take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, PINS, entry_row, fill

pytestmark = pytest.mark.feature("F19")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(BORIS, NUMBER)])
    return world


async def test_a_request_beside_a_call_is_seen_by_it_or_revokes_it(people: World) -> None:
    """Whichever comes first: once the request is answered, no call to the number goes on."""
    for position, whose in enumerate((None, BORIS, None, BORIS, None, BORIS)):
        call_id = f"c{position}"
        answer, asked = await asyncio.gather(
            decide(people, call_id, pin=PINS[BORIS], called_number=NUMBER), ask_removal(people, inmate_id=whose)
        )
        assert asked.status_code == 201, asked.text
        if answer["decision"] == "allow":
            assert (await tell(people, call_id, "answered", 1))["action"] == "terminate"
            await tell(people, call_id, "ended", 2)
        else:
            assert answer["reason"] == "number_not_available"
        await refuse(people, asked.json()["request_id"])


async def test_a_request_about_a_person_who_was_moved_while_it_waited_is_for_the_other_place(people: World) -> None:
    async with people.deployment.database.write() as transaction:
        await own_facilities(transaction, [FACILITY, NORTH])
        await own_inmates(transaction, [ANNA])
        waiting = asyncio.create_task(ask_removal(people, inmate_id=ANNA))
        await asyncio.sleep(0.05)
        await transaction.execute(update(inmates).where(inmates.c.inmate_id == ANNA).values(facility_id=NORTH))
    answer = await waiting
    assert (answer.status_code, code_of(answer)) == (422, "held_elsewhere")


async def test_a_request_about_somebody_who_is_booked_beside_it_binds_them(people: World) -> None:
    asked, booked = await asyncio.gather(
        ask_removal(people, inmate_id="100077"),
        people.call("operator", "PUT", "/v1/inmates/100077", json=told(FACILITY)),
    )
    assert (asked.status_code, booked.status_code) == (201, 201)
    (block,) = await blocks_of(people, asked.json()["request_id"])
    assert (block["scope"], block["inmate_id"]) == ("inmate", "100077")


async def test_a_request_about_a_facility_waits_for_a_write_of_the_whole_system(people: World) -> None:
    async with people.deployment.database.write() as transaction:
        await own_system(transaction)
        waiting = asyncio.create_task(take_in(people))
        await until_somebody_waits(transaction)
        assert not waiting.done()
    await waiting
    assert (await decide(people, "after"))["reason"] == "number_not_available"


async def test_a_request_about_one_person_keeps_nobody_else_waiting(people: World) -> None:
    async with people.deployment.database.write() as transaction:
        if transaction.dialect.name == "sqlite":
            return  # one writer at a time is what that database is
        await own_inmates(transaction, [CARL])
        assert (await ask_removal(people, inmate_id=ANNA)).status_code == 201
