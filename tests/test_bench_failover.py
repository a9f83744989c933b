"""Does the story of a lost standby and a lost primary hold, in short; and would its records show what went wrong?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bench.failover.callers import Told
from bench.failover.records import Compared, compare_records
from bench.failover.story import Plan, play
from bench.verdicts import Findings, keep
from callgate.domain.instants import to_milliseconds
from callgate.store import tables as t
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database
from tests.seeding import NOON

NOON_MS = to_milliseconds(NOON)
ALLOW = Told(
    call_id="c-1", inmate_id="100001", node=0, sent_at=1.0, told_at=2.0, outcome="allow", decision_id="decision-1"
)


async def test_two_nodes_lose_nothing_when_the_standby_and_then_the_primary_is_killed_under_load() -> None:
    plan = Plan(people=60, per_second=6.0, seconds=1.0, durable=False)

    found = await play(plan, say=lambda _: None)

    assert len(found) == 4
    assert all(each.hold for each in found), "\n".join(each.text() for each in found)


@pytest.fixture
def left(postgres_url: str) -> Any:
    """A database with one decision, its call, and nothing else."""
    url = create_database(postgres_url)
    migrate(url)
    keep_call(url, "decision-1", "c-1", NOON_MS)
    yield url
    drop_database(postgres_url, url)


def keep_call(url: str, decision_id: str, call_id: str, at_ms: int) -> None:
    named = {"decision_id": decision_id, "switch_id": "sw", "call_id": call_id, "facility_id": "f", "station_id": "s"}
    named |= {"inmate_id": "100001", "number": "+18605550123", "call_class": "social"}
    decision = {"decided_at": at_ms, "decision": "allow", "fingerprint": "-", "answer": "{}"}
    call = {"local_day": "2026-11-20", "authorized_at": at_ms, "expires_at": at_ms, "end_by": at_ms}
    call |= {"max_duration_seconds": 900, "state": "authorized", "frees_at": at_ms + 1000, "counted_seconds": 0}
    with open_sync(url) as connection:
        connection.execute(insert(t.decisions), named | decision | {"findings": "[]", "facts": "{}"})
        connection.execute(insert(t.calls), named | call)
        connection.commit()


def compared(url: str, *told: Told) -> Compared:
    return compare_records(url.replace("postgresql+psycopg://", "postgresql://"), told)


def test_what_was_told_and_is_kept_is_no_loss(left: str) -> None:
    found = compared(left, ALLOW, replace(ALLOW, node=1))

    assert found == Compared(acknowledged=1, lost=0, told_twice=0, double_calls=0, kept_untold=0)


@pytest.mark.parametrize("change", [{"decision_id": "decision-2"}, {"outcome": "deny"}, {"call_id": "c-2"}])
def test_a_decision_that_was_told_and_is_not_kept_so_is_lost(left: str, change: dict[str, str]) -> None:
    assert compared(left, replace(ALLOW, **change)).lost == 1  # type: ignore[arg-type]  # texts, all of them


def test_an_allow_that_a_503_hid_is_no_loss_and_is_counted(left: str) -> None:
    found = compared(left, replace(ALLOW, outcome="status 503", decision_id=None))

    assert (found.acknowledged, found.lost, found.kept_untold) == (0, 0, 1)


def test_two_decisions_told_of_one_attempt_are_found(left: str) -> None:
    keep_call(left, "decision-2", "c-2", NOON_MS + 5000)

    assert compared(left, ALLOW, replace(ALLOW, decision_id="decision-2")).told_twice == 1


@pytest.mark.parametrize(("later_ms", "doubled"), [(0, 1), (999, 1), (1000, 0)])
def test_a_second_call_while_the_first_holds_the_pin_is_found(left: str, later_ms: int, doubled: int) -> None:
    keep_call(left, "decision-2", "c-2", NOON_MS + later_ms)

    assert compared(left, ALLOW).double_calls == doubled


def test_a_finding_without_a_claim_shows_nothing(tmp_path: Path) -> None:
    found = Findings(title="nothing")
    assert not found.hold
    found.claim("one", holds=True, found=1)
    assert found.hold
    found.claim("another", holds=False, found=2)
    assert not found.hold
    assert "FAILS  another" in found.text()
    keep([found], tmp_path / "found.json")
    assert '"hold": false' in (tmp_path / "found.json").read_text()
