"""Is every fact of a decision found through an index, however large the tables are?

The statements are those that the application sends: it decides, and is listened to. Their plans are asked for on tables
so large that to read one whole would be the worse choice by far.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import event, make_url

from bench.ground import settle
from bench.population import callers_of, keep_log, populate
from bench.world import Ask, asks_of
from callgate.flows.notice_probes import look_through_log, notice_probes
from callgate.flows.sweep_calls import sweep_calls
from callgate.store.database import is_sqlite
from tests.asking import event_body
from tests.conftest import World, open_world
from tests.seeding import NOON

INMATES: Final = 10_000
DECISIONS: Final = 30_000
SWITCH: Final = "bench-switch"
# The tables that grow with the people and with the years; what stands in few rows may be read whole.
GROWING: Final = frozenset(
    {
        "block_exceptions",
        "blocks",
        "call_events",
        "calls",
        "decisions",
        "inmates",
        "list_entries",
        "one_time_calls",
        "pins",
        "restrictions",
        "revocations",
    }
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as it was sent, with what it was given."""

    text: str
    parameters: Mapping[str, Any] | Sequence[Any]


class Heard:
    """The statements that were sent, each text once."""

    def __init__(self, world: World) -> None:
        self.sent: dict[str, Sent] = {}
        event.listen(world.deployment.database._engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        is_many: bool = others[-1]
        one = parameters[0] if is_many else parameters
        if statement.lstrip().split()[0].upper() in ("SELECT", "WITH", "UPDATE", "INSERT", "DELETE"):
            self.sent.setdefault(statement, Sent(statement, one or {}))


@pytest.fixture
async def grown(database_url: str) -> AsyncIterator[tuple[World, Sequence[Ask]]]:
    """A world with many people and a long log, of which the first decision was made by callgate."""
    people = callers_of(INMATES, 120)
    populate(database_url, inmates=INMATES, callers=people)
    asks = sorted(asks_of(people), key=lambda ask: ask.kind != "listed")
    async with open_world(database_url) as first:
        await _ask(first, asks[:1])
    keep_log(database_url, inmates=INMATES, decisions=DECISIONS)
    if not is_sqlite(database_url):
        settle(database_url)
    async with open_world(database_url) as world:
        yield world, asks[1:]


_ROOTS: Final = "SELECT rootpage, tbl_name, name FROM sqlite_master WHERE rootpage > 0"
# So that a plan which reads a table whole is known when it is seen.
KNOWN: Final = {
    "SELECT count(*) FROM calls WHERE talk_seconds = 1": True,
    "SELECT d.facts FROM inmates i JOIN decisions AS d ON d.facts = i.name WHERE i.inmate_id = '100001'": True,
    "SELECT c.cause FROM inmates i JOIN calls c ON c.inmate_id = i.inmate_id WHERE i.inmate_id = '100001'": False,
    "SELECT d.facts FROM decisions d WHERE d.decided_at > 1 ORDER BY d.decided_at LIMIT 1": False,
}


async def test_every_hot_statement_seeks_in_the_tables_that_grow(
    grown: tuple[World, Sequence[Ask]], database_url: str
) -> None:
    world, asks = grown
    assert {text: bool(list_scans(database_url, Sent(text, {}))) for text in KNOWN} == KNOWN
    heard = Heard(world)

    allowed = await _ask(world, [*asks, asks[0]])
    await _tell_of(world, allowed)
    await sweep_calls(world.deployment)
    ids = [answer["decision_id"] for answer in allowed.values()]
    await notice_probes(world.deployment, ids)
    until = NOON - timedelta(days=1)
    await look_through_log(world.deployment, since=until - timedelta(minutes=1), before=until)

    assert len(heard.sent) >= 15, "what was to be looked at was not heard"
    tables = {table for text in heard.sent for table in GROWING if re.search(rf"\b{table}\b", text)}
    assert tables == GROWING, "a table that grows was not asked"
    scans = {text: found for text, sent in heard.sent.items() if (found := list_scans(database_url, sent))}
    assert not scans


async def _ask(world: World, asks: Sequence[Ask]) -> dict[str, dict[str, Any]]:
    """Ask all of this; the allows by call id."""
    allowed = {}
    for ask in asks:
        response = await world.call("switch", "POST", "/v1/authorize", json=dict(ask.body), subject=SWITCH)
        assert response.status_code == 200, response.text
        if (answer := response.json())["decision"] == "allow":
            allowed[ask.body["call_id"]] = answer
    return allowed


async def _tell_of(world: World, allowed: Mapping[str, Any]) -> None:
    """The first of these calls is answered and ends."""
    call_id = next(iter(allowed))
    for number, kind in enumerate(("answered", "ended"), start=1):
        body = event_body(world, call_id, kind, number)
        response = await world.call("switch", "POST", "/v1/call-events", json=body, subject=SWITCH)
        assert response.status_code == 200, response.text


def list_scans(url: str, sent: Sent) -> list[str]:
    """The growing tables that this statement would read from end to end."""
    return [*(_sqlite_scans(url, sent) if is_sqlite(url) else _postgresql_scans(url, sent))]


def _sqlite_scans(url: str, sent: Sent) -> Iterator[str]:
    """By the program that it runs: a cursor on a table or its index that is rewound goes through all of it.

    EXPLAIN QUERY PLAN names aliases alone, and one alias stands for several tables in one statement.
    """
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        roots = {root: (table, name) for root, table, name in connection.execute(_ROOTS)}
        steps = connection.execute(f"EXPLAIN {sent.text}", sent.parameters).fetchall()
    opened = {
        cursor: roots[root]
        for _, code, cursor, root, *_ in steps
        if code in ("OpenRead", "OpenWrite") and root in roots
    }
    for _, code, cursor, *_ in steps:
        table, name = opened.get(cursor, ("", "")) if code in ("Rewind", "Last", "Sort") else ("", "")
        if table in GROWING:
            yield f"{code} {name}"


def _postgresql_scans(url: str, sent: Sent) -> Iterator[str]:
    """By the plan for any parameters, which is the one that a prepared statement comes to, and by that for these."""
    names = [*sent.parameters] if isinstance(sent.parameters, Mapping) else []
    statement = sent.text
    for i, name in enumerate(names, start=1):
        statement = re.sub(rf"%\({name}\)s|(?<![:\w]):{name}\b", f"${i}", statement)
    values = [sent.parameters[name] for name in names] if isinstance(sent.parameters, Mapping) else []
    given = f"({', '.join(['%s'] * len(values))})" if values else ""
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(f"PREPARE asked AS {statement}".encode())
        for mode in ("force_generic_plan", "force_custom_plan"):
            connection.execute(f"SET plan_cache_mode = {mode}".encode())
            row = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked{given}".encode(), values).fetchone()
            assert row is not None
            yield from _scans_of(row[0][0]["Plan"])


def _scans_of(plan: Mapping[str, Any]) -> Iterator[str]:
    reads_whole = plan["Node Type"] == "Seq Scan" or (
        plan["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") and "Index Cond" not in plan
    )
    table = plan.get("Relation Name", "")
    if reads_whole and (table in GROWING or plan["Node Type"] == "Bitmap Index Scan"):
        yield f"{plan['Node Type']} {plan.get('Index Name', table)}"
    for part in plan.get("Plans", ()):
        yield from _scans_of(part)
