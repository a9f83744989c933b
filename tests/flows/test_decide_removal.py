"""Two decisions at once, a decision beside a list change or a move, and one that fails half way."""

import asyncio

import pytest
from sqlalchemy import insert, select

from callgate.store.locks import own_inmate
from callgate.store.tables import list_entries
from tests.asking import decide
from tests.conftest import World, open_world
from tests.flows.test_block_locks import until_somebody_waits
from tests.people import DORA, FREE, NORTH, NORTH_STATION, change_list, read_list, seed_people, told
from tests.places import code_of
from tests.removals import PATH, blocks_of, grant, rule, take_in
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, PINS, entry_row, fill, inmate_row

pytestmark = pytest.mark.feature("F19")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(database_url, list_entries=[entry_row(BORIS, NUMBER)])
    return world


@pytest.mark.parametrize("whose", [None, ANNA])
async def test_of_two_decisions_at_once_one_is_taken(people: World, database_url: str, whose: str | None) -> None:
    async with open_world(database_url) as other:
        for _ in range(5):
            request_id = (await take_in(people, inmate_id=whose))["request_id"]
            answers = await asyncio.gather(
                rule(people, request_id, "grant", "facility" if whose is None else "inmate"),
                rule(other, request_id, "refuse"),
                rule(people, request_id, "grant", "facility"),
            )
            assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
            assert {code_of(answer) for answer in answers if answer.status_code == 409} == {"already_decided"}
            (taken,) = [answer.json() for answer in answers if answer.status_code == 200]
            read = (await people.call("warden", "GET", f"{PATH}/{request_id}")).json()
            assert (read["state"], read["decided_scope"]) == (taken["state"], taken["decided_scope"])
            standing = {block["block_id"] for block in await blocks_of(people, request_id)}
            assert standing == set(taken["block_ids"])
            assert bool(standing) == (taken["state"] == "granted")


async def test_a_number_that_is_listed_beside_a_grant_is_taken_off_or_not_approved(people: World) -> None:
    """The request names Anna, so that Dora may list the number until it is granted for everybody."""
    number = FREE[0]
    request_id = (await take_in(people, number, inmate_id=ANNA))["request_id"]
    granted, changed = await asyncio.gather(
        rule(people, request_id, "grant", "facility"), change_list(people, DORA, add=(number,))
    )
    assert (granted.status_code, changed.status_code) == (200, 201)
    assert (await read_list(people, DORA)).json()["numbers"] == []
    outcome = changed.json()["outcomes"][0]["outcome"]
    assert (outcome, granted.json()["lists_changed"]) in (("added", 1), ("not_approved", 0))


async def test_a_grant_for_a_facility_waits_for_a_list_that_is_being_changed(people: World) -> None:
    """What a change adds that began before the grant is seen by it, because the grant's lock waits for the change's."""
    request_id = (await take_in(people, FREE[0], inmate_id=ANNA))["request_id"]
    async with people.deployment.database.write() as transaction:
        await own_inmate(transaction, DORA)
        waiting = asyncio.create_task(rule(people, request_id, "grant", "facility"))
        await until_somebody_waits(transaction)
        assert not waiting.done()
        await transaction.execute(insert(list_entries), [entry_row(DORA, FREE[0])])
    assert (await waiting).json()["lists_changed"] == 1
    assert (await read_list(people, DORA)).json()["numbers"] == []


async def test_whoever_moves_beside_a_grant_is_kept_from_the_number_there(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    people.clock.advance(1)
    granted, moved = await asyncio.gather(
        rule(people, request_id, "grant"), people.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=told(NORTH))
    )
    assert (granted.status_code, moved.status_code) == (200, 200)
    assert (await read_list(people, ANNA)).json()["numbers"] == []
    answer = await decide(people, "there", pin=PINS[ANNA], station_id=NORTH_STATION)
    assert answer["reason"] == "number_not_available"
    assert [block["inmate_id"] for block in await blocks_of(people, request_id)].count(ANNA) == 1


async def test_a_grant_that_is_refused_at_the_end_leaves_everything_as_it_was(people: World) -> None:
    """The profile was taken out of the deployment: the decision fails, and the provisional block stands."""
    request_id = (await take_in(people))["request_id"]
    policies = dict(people.deployment.policies)
    object.__setattr__(people.deployment, "policies", {})
    answer = await rule(people, request_id, "grant")
    assert (answer.status_code, code_of(answer)) == (409, "profile_unknown")
    object.__setattr__(people.deployment, "policies", policies)
    (block,) = await blocks_of(people, request_id)
    assert block["provisional"]
    assert (await decide(people, "after"))["reason"] == "number_not_available"
    await grant(people, request_id)


async def test_the_history_of_a_list_keeps_what_its_owner_took_off_and_not_who_asked(people: World) -> None:
    request_id = (await take_in(people))["request_id"]
    await grant(people, request_id)
    async with people.deployment.database.read() as transaction:
        rows = (await transaction.execute(select(list_entries).where(list_entries.c.number == NUMBER))).all()
    assert len(rows) == 2
    for row in rows:
        assert (row.state, row.ended_by, row.ended_author) == ("removed", "owner", "warden")
        assert request_id in row.ended_note
        assert "Ruth" not in row.ended_note
        assert row.ended_at is not None


async def test_a_number_on_many_lists_is_taken_off_all_of_them_in_a_moment(people: World, database_url: str) -> None:
    names = [f"5{position:05d}" for position in range(150)]
    fill(
        database_url,
        inmates=[inmate_row(name) for name in names],
        list_entries=[entry_row(name, FREE[0]) for name in names],
    )
    request_id = (await take_in(people, FREE[0]))["request_id"]
    decided = await grant(people, request_id)
    assert (decided["lists_changed"], len(decided["block_ids"])) == (150, 151)
    assert (await people.call("warden", "GET", f"{PATH}?facility_id={FACILITY}")).json()["items"][0][
        "listed_for"
    ] == 150
