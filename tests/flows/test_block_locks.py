"""Does a block meet the facts as they are when it commits, whoever moves or calls meanwhile?"""

import asyncio

import pytest
from sqlalchemy import text, update

from callgate.store.database import Transaction
from callgate.store.locks import own_facilities, own_inmates
from callgate.store.tables import inmates
from tests.asking import decide, tell
from tests.conftest import World
from tests.people import CARLS_PIN, NORTH, NORTH_STATION, block_body, seed_people
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, PINS, entry_row, fill

CARL_CALLS = {"pin": CARLS_PIN, "station_id": NORTH_STATION}


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row("200001", NUMBER), entry_row(BORIS, NUMBER)])
    return world


async def until_somebody_waits(transaction: Transaction) -> None:
    """Until another transaction waits for one of this one's locks. On SQLite it waits for its turn to begin instead."""
    if transaction.dialect.name == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()"
    )
    while (await transaction.execute(waiting)).scalar_one() == 0:  # noqa: ASYNC110 - the queue is the database's
        await asyncio.sleep(0.005)


@pytest.mark.feature("F17", "F54")
async def test_a_shield_stands_where_its_person_was_moved_while_it_waited(people: World) -> None:
    await decide(people, "carl", **CARL_CALLS)
    body = block_body(NUMBER, kind="victim")
    async with people.deployment.database.write() as transaction:
        await own_facilities(transaction, [FACILITY, NORTH])
        await own_inmates(transaction, [ANNA])
        waiting = asyncio.create_task(people.call("warden", "POST", "/v1/blocks", json=body))
        await until_somebody_waits(transaction)
        moved = update(inmates).where(inmates.c.inmate_id == ANNA).values(facility_id=NORTH)
        await transaction.execute(moved)
    answer = await waiting
    assert answer.status_code == 201, answer.text
    # Carl is beside her now: his running call to the number was found, and is revoked.
    assert answer.json()["calls_revoked"] == 1
    assert (await tell(people, "carl", "answered", 1))["action"] == "terminate"
    event = (await people.call("security", "GET", "/v1/audit-events")).json()["items"][0]
    assert event["facility_id"] == NORTH


@pytest.mark.feature("F11", "F61")
async def test_a_block_beside_a_call_is_seen_by_it_or_revokes_it(people: World) -> None:
    for position in range(5):
        answer, block = await asyncio.gather(
            decide(people, f"c{position}", pin=PINS[BORIS], called_number=NUMBER),
            people.call("warden", "POST", "/v1/blocks", json=block_body(NUMBER, inmate_id=BORIS)),
        )
        assert block.status_code == 201
        if answer["decision"] == "allow":
            assert block.json()["calls_revoked"] == 1
            assert (await tell(people, f"c{position}", "answered", 1))["action"] == "terminate"
            await tell(people, f"c{position}", "ended", 2)
        else:
            assert (answer["reason"], block.json()["calls_revoked"]) == ("number_not_available", 0)
        papers = {"authority": "a", "evidence_reference": "e"}
        await people.call("warden", "POST", f"/v1/blocks/{block.json()['block_id']}/lift", json=papers)
