"""Do the files that come out go in again unchanged, byte by byte, and does a fault in any row change nothing?

`FEED_PEOPLE=10000` makes the round trip as large as a state's; `pytest --durations=1` then tells its seconds.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callgate.flows.feeds.csv_rows import FileRefused
from callgate.store.migrate import migrate
from tests.conftest import World, open_world
from tests.feeding import NORTH, as_csv, blocked, export_all, feed, later, listed, made_up_files, person
from tests.people import FREE
from tests.places import audit_trail
from tests.seeding import ANNA, BORIS, facility_row, fill

PEOPLE = int(os.environ.get("FEED_PEOPLE", "60"))
KINDS = ("inmates", "lists", "blocks")


async def test_what_comes_out_goes_in_unchanged_and_into_empty_records_byte_by_byte(
    world: World, database_url: str, tmp_path: Path
) -> None:
    files = made_up_files(PEOPLE)
    places = [facility_row(), facility_row(NORTH, name="North CI")]
    fill(database_url, facilities=places)
    with later(world.clock):
        for kind in KINDS:
            fed = await feed(world.deployment, kind, files[kind])
            assert fed.state == "applied", [one for one in fed.told() if one[1] == "refused"][:3]
            assert fed.result.proof is not None
            assert fed.result.proof.held == fed.result.rows
        first, trail = export_all(database_url), len(await audit_trail(world))
        for kind in KINDS:
            assert (await feed(world.deployment, kind, first[kind])).state == "nothing_new"

    assert export_all(database_url) == first
    assert len(await audit_trail(world)) == trail
    empty = f"sqlite:///{tmp_path}/empty.db"
    migrate(empty)
    fill(empty, facilities=places)
    async with open_world(empty) as other:
        with later(other.clock):
            for kind in KINDS:
                assert (await feed(other.deployment, kind, first[kind])).state == "applied"
    assert export_all(empty) == first


BAD: dict[str, list[dict[str, Any]]] = {
    "inmates": [person(ANNA, facility_id="nowhere"), person(ANNA, status="escaped"), person(ANNA, as_of="yesterday")],
    "lists": [listed("nobody", FREE[0]), listed(BORIS, "911-x"), listed(BORIS, FREE[0], kind="cousin")],
    "blocks": [blocked("b", "x"), blocked("b", FREE[0], inmate_id=""), blocked("b", FREE[0], kind="court_order")],
}
GOOD = {
    "inmates": [person(f"30000{at}") for at in range(6)] + [person(ANNA, unit="C"), person(BORIS, status="released")],
    "lists": [listed(ANNA, number) for number in FREE[:6]],
    "blocks": [blocked(f"jms-{at}", number) for at, number in enumerate(FREE[:6])],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_in_any_row_changes_nothing(world: World, seeded: str, kind: str) -> None:
    before, trail = export_all(seeded), await audit_trail(world)
    good, bad = GOOD[kind], BAD[kind]

    for at in range(len(good) + 1):
        rows = [*good[:at], bad[at % len(bad)], *good[at:]]
        fed = await feed(world.deployment, kind, rows)
        assert fed.state == "refused"
        assert [line for line, outcome, _ in fed.told() if outcome == "refused"] == [at + 2]

    assert export_all(seeded) == before
    assert await audit_trail(world) == trail
    assert (await feed(world.deployment, kind, good)).state == "applied"


CELL = st.text(max_size=12) | st.sampled_from(
    ["active", "social", "2026-11-20T18:00:00Z", FREE[0], ANNA, "demo-ci", '"']
)


async def test_whatever_a_file_holds_is_applied_whole_or_not_at_all(world: World, seeded: str) -> None:
    """Hypothesis makes the files, and every one of them goes into the same records."""
    files: list[tuple[str, bytes]] = []

    @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(kind=st.sampled_from(KINDS), cells=st.lists(CELL, min_size=1, max_size=8), cut=st.integers(0, 400))
    def draw(kind: str, cells: list[str], cut: int) -> None:
        whole = as_csv(kind, GOOD[kind]).encode()
        files.append((kind, whole[:cut] + ",".join(cells).encode("utf-8", "replace") + whole[cut:]))

    draw()
    for kind, content in files:
        before = export_all(seeded)
        try:
            fed = await feed(world.deployment, kind, content, dry_run=False)
        except FileRefused:
            assert export_all(seeded) == before
            continue
        changed = export_all(seeded) != before
        assert not changed or fed.state == "applied"
