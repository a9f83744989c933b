"""Are list writes one statement each, whatever they write, and read back as they were written?"""

from dataclasses import replace

import pytest
from sqlalchemy import select

from callgate.domain.instants import to_milliseconds
from callgate.store import phone_lists as store
from callgate.store.database import Database
from callgate.store.tables import list_entries
from tests.people import DORA, FREE, seed_people
from tests.seeding import ANNA, NOON, NUMBER

NOW = to_milliseconds(NOON)
AWKWARD = 'Zoë "Z" O\'Brien \\ \U0001f4de {"a": 1}'
ENDING = store.Ending(by="staff", author="w.lamb", note=AWKWARD, at_ms=NOW + 1)


@pytest.fixture
async def database(database_url: str) -> Database:
    seed_people(database_url)
    return Database(database_url)


def new_entry(position: int, *, state: str = "active") -> store.NewEntry:
    return store.NewEntry(
        entry_id=f"e{position}",
        inmate_id=DORA,
        number=FREE[position],
        name=AWKWARD,
        relationship=AWKWARD,
        kind="social",
        state=state,
        since=NOW,
        change_id="ch-1",
    )


async def test_entries_are_read_back_as_they_were_put_in_the_order_of_their_ids(database: Database) -> None:
    async with database.write() as transaction:
        await store.insert_entries(transaction, [new_entry(2), new_entry(0, state="pending_warden"), new_entry(1)])
    async with database.read() as transaction:
        found = await store.list_entries_of(transaction, DORA)
    assert [(entry.number, entry.state) for entry in found] == [
        (FREE[0], "pending_warden"),
        (FREE[1], "active"),
        (FREE[2], "active"),
    ]
    assert {(entry.name, entry.relationship, entry.since_ms) for entry in found} == {(AWKWARD, AWKWARD, NOW)}
    await database.close()


async def test_writing_nothing_is_a_statement_too_and_writes_nothing(database: Database) -> None:
    async with database.write() as transaction:
        await store.insert_entries(transaction, [])
        await store.end_entries(transaction, inmate_id=ANNA, numbers=[], ending=ENDING)
        assert await store.list_hotlines_among(transaction, []) == frozenset()
        found = await store.list_entries_of(transaction, ANNA)
    assert [entry.number for entry in found] == [NUMBER]
    await database.close()


async def test_ending_takes_the_numbers_named_off_this_list_alone_and_keeps_the_rows(database: Database) -> None:
    beside = store.NewEntry(
        entry_id="a1",
        inmate_id=ANNA,
        number=FREE[0],
        name="n",
        relationship="r",
        kind="social",
        state="active",
        since=NOW,
        change_id="ch-2",
    )
    async with database.write() as transaction:
        await store.insert_entries(transaction, [new_entry(0), new_entry(1), beside])
        await store.end_entries(transaction, inmate_id=DORA, numbers=[FREE[0], FREE[5]], ending=ENDING)
        assert [entry.number for entry in await store.list_entries_of(transaction, DORA)] == [FREE[1]]
        assert {entry.number for entry in await store.list_entries_of(transaction, ANNA)} == {NUMBER, FREE[0]}
        query = select(list_entries).where(list_entries.c.entry_id == "e0")
        row = (await transaction.execute(query)).one()
    assert (row.state, row.ended_at, row.ended_by) == ("removed", NOW + 1, "staff")
    assert (row.ended_author, row.ended_note) == ("w.lamb", AWKWARD)
    await database.close()


async def test_history_knows_the_last_change_that_counts_and_whether_there_was_anything(database: Database) -> None:
    async def history(inmate_id: str) -> store.History:
        async with database.read() as transaction:
            return await store.find_history(transaction, inmate_id)

    async def submit(change_id: str, day: str, *, is_first: bool) -> None:
        change = store.Change(
            change_id=change_id,
            inmate_id=DORA,
            submitted_at_ms=NOW,
            local_day=day,
            is_first=is_first,
            state="applied",
            author="m.okafor",
            outcomes=({"number": FREE[0], "outcome": "not_approved"},),
        )
        async with database.write() as transaction:
            await store.insert_change(transaction, change)
            assert await store.find_change(transaction, change_id) == replace(change, outcomes=list(change.outcomes))

    assert await history(DORA) == store.History(last_change_day=None, is_untouched=True)
    await submit("c1", "2026-12-31", is_first=True)
    assert await history(DORA) == store.History(last_change_day=None, is_untouched=False)
    await submit("c2", "2026-11-20", is_first=False)
    await submit("c3", "2026-10-01", is_first=False)
    assert await history(DORA) == store.History(last_change_day="2026-11-20", is_untouched=False)
    # Anna's number came without a submission.
    assert await history(ANNA) == store.History(last_change_day=None, is_untouched=False)
    await database.close()
