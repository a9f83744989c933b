"""Whatever the alarms lost is found in the log: after a crash, after a burst, page by page, and by its indexes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from callgate.flows import notice_probes
from callgate.flows.alarms import Alarms
from callgate.flows.notice_probes import look_through_log
from callgate.flows.watch import run_round
from callgate.store import probes
from callgate.store.batch import Lookup, _statement
from callgate.store.database import Transaction
from tests.asking import counted_statements
from tests.conftest import World, open_world
from tests.noticing import UNLISTED, attempt_of, decide_unheard, dial, told
from tests.seeding import ANNA, NOON, NUMBER, block_row, fill, seed

DIALLED, PROBING = "protected_number_dialled", "number_probing"
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
async def seeded(database_url: str) -> AsyncIterator[World]:
    seed(database_url)
    fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind="victim")])
    async with open_world(database_url) as world:
        yield world


async def kinds(world: World) -> list[str]:
    return sorted(alert["kind"] for alert in await told(world))


async def test_a_process_that_dies_after_the_commit_loses_no_alert(seeded: World, database_url: str) -> None:
    await decide_unheard(seeded, [NUMBER, *UNLISTED[:4]])
    assert await kinds(seeded) == []

    async with open_world(database_url) as restarted:
        for _ in range(3):
            await run_round(restarted.deployment)

        assert await kinds(restarted) == [PROBING, DIALLED]


async def test_what_was_told_is_not_told_again(seeded: World) -> None:
    await dial(seeded, [NUMBER, *UNLISTED[:5]])
    before = await told(seeded)
    assert len(before) == 2

    await run_round(seeded.deployment)

    assert await told(seeded) == before


@pytest.mark.parametrize(("hours", "found"), [(24, [PROBING, DIALLED]), (24.001, [])])
async def test_the_first_round_looks_at_the_last_day(seeded: World, hours: float, found: list[str]) -> None:
    await decide_unheard(seeded, [NUMBER, *UNLISTED[:4]])
    seeded.clock.set(NOON + timedelta(hours=hours))

    await run_round(seeded.deployment)

    assert await kinds(seeded) == found


async def test_later_rounds_go_on_from_where_the_last_one_was(seeded: World) -> None:
    first = await run_round(seeded.deployment)
    assert first is not None
    await decide_unheard(seeded, UNLISTED[:4])
    seeded.clock.advance(60)
    await decide_unheard(seeded, [UNLISTED[4]], prefix="later")
    with counted_statements(seeded) as statements:
        second = await run_round(seeded.deployment, log_since=first)

    assert await kinds(seeded) == [PROBING]
    assert second == first + timedelta(seconds=60)
    assert len(statements) < 40  # a day's log alone takes hundreds


async def test_a_burst_that_the_queue_cannot_hold_is_found_by_the_watch(seeded: World) -> None:
    alarms = Alarms(seeded.deployment, queue_max=2)
    numbers = [*UNLISTED[:9], NUMBER]
    answers = await decide_unheard(seeded, numbers)
    for number, answer in zip(numbers, answers, strict=True):
        alarms.look_at(attempt_of(seeded, "any", number), answer)
    async with alarms.running():
        pass
    # One was noted, and the log told of the person's others; of the protected number nobody has heard.
    assert await kinds(seeded) == [PROBING]

    await run_round(seeded.deployment)

    assert await kinds(seeded) == [PROBING, DIALLED]


async def test_refusals_leave_room_for_other_alarms(seeded: World) -> None:
    alarms = Alarms(seeded.deployment, queue_max=4)
    answers = await decide_unheard(seeded, UNLISTED[:8])
    for answer in answers:
        alarms.look_at(attempt_of(seeded, "any"), answer)

    assert alarms._queue.qsize() == 2


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_a_page_boundary_loses_nothing_even_within_one_instant(
    seeded: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(notice_probes, "AT_ONCE_MAX", page)
    await decide_unheard(seeded, [NUMBER, NUMBER, *UNLISTED[:4], NUMBER])

    looked = await look_through_log(seeded.deployment, since=NOON, before=NOON + MILLISECOND)

    assert looked == NOON + MILLISECOND
    assert await kinds(seeded) == [PROBING, DIALLED, DIALLED, DIALLED]


async def test_a_round_that_read_its_fill_says_from_where_to_go_on(
    seeded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_probes, "AT_ONCE_MAX", 2)
    monkeypatch.setattr(notice_probes, "_PAGES_MAX", 3)
    for i, number in enumerate([*UNLISTED[:8], NUMBER]):
        await decide_unheard(seeded, [number], prefix=f"u{i}")
        seeded.clock.advance(200)
    end = seeded.clock.now()
    since, rounds = NOON, 0
    while since < end:
        since, rounds = await look_through_log(seeded.deployment, since=since, before=end), rounds + 1
        assert rounds < 20

    assert rounds > 1
    assert await kinds(seeded) == [PROBING, DIALLED]


async def test_the_log_is_read_from_its_instant_up_to_the_other(seeded: World) -> None:
    await decide_unheard(seeded, [NUMBER])

    await look_through_log(seeded.deployment, since=NOON - MILLISECOND, before=NOON)
    await look_through_log(seeded.deployment, since=NOON + MILLISECOND, before=NOON + 2 * MILLISECOND)
    assert await kinds(seeded) == []

    await look_through_log(seeded.deployment, since=NOON, before=NOON + MILLISECOND)
    assert await kinds(seeded) == [DIALLED]


# -------------------------------------------------------------------------------------------------------------- indexes


ENOUGH = """
    INSERT INTO decisions (decision_id, switch_id, call_id, decided_at, facility_id, station_id, inmate_id, number,
                           decision, reason, fingerprint, answer, findings, facts)
    SELECT 'd-' || i, 'sw', 'c-' || i, 1763658000000 + i * 20000, 'demo-ci', 'st-' || i % 200, 'p-' || i % 2000,
           '+1860555' || i % 1000, CASE WHEN i % 10 = 0 THEN 'deny' ELSE 'allow' END,
           CASE WHEN i % 10 = 0 THEN 'number_not_available' END, 'f',
           repeat('a', 600), repeat('b', 900), repeat('c', 900)
    FROM generate_series(1, 20000) AS i
"""


async def plan_of(transaction: Transaction, statement: str, parameters: dict[str, Any]) -> str:
    """How the database would run it; PostgreSQL is asked with a log that is long enough for a choice."""
    if transaction.dialect.name == "sqlite":
        rows = await transaction.execute(text(f"EXPLAIN QUERY PLAN {statement}"), parameters)
        return "\n".join(str(row.detail) for row in rows)
    await transaction.execute(text(ENOUGH))
    await transaction.execute(text("ANALYZE decisions"))
    return "\n".join((await transaction.execute(text(f"EXPLAIN {statement}"), parameters)).scalars())


@pytest.mark.parametrize(
    ("lookup", "index"),
    [
        (probes.OF_PERSON, "ix_decisions_refused_person"),
        (probes.OF_STATION, "ix_decisions_refused_station"),
    ],
    ids=["person", "station"],
)
async def test_counting_takes_the_index_of_refused_numbers(seeded: World, lookup: Lookup, index: str) -> None:
    async with seeded.deployment.database.read() as transaction:
        statement = _statement((lookup,), transaction.dialect.name)
        day = '[{"i":0,"who":"p-10","since":1763658000000,"before":1763744400000}]'
        plan = await plan_of(transaction, statement, {"batch": day})

    assert index in plan, plan
    assert "SCAN d " not in plan, plan


async def test_looking_through_the_log_reads_no_more_than_its_time(seeded: World) -> None:
    query = probes._refused_between(since_ms=1763744400000, before_ms=1763744700000, after=(0, ""), limit=100)
    async with seeded.deployment.database.read() as transaction:
        compiled = query.compile(dialect=transaction.dialect, compile_kwargs={"literal_binds": True})
        plan = await plan_of(transaction, str(compiled).replace(":", "\\:"), {})

    assert "ix_decisions_decided_at" in plan, plan
