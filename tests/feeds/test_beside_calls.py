"""Do calls and staff go on while a file is taken in, and is nobody's work lost?"""

import asyncio
import subprocess
from pathlib import Path

import httpx
import pytest

from callgate.flows.feeds import run
from tests.command_line import clean_environment, command_of, started, url_once_listening
from tests.conftest import World
from tests.feeding import NORTH, as_csv, feed, listed, person
from tests.people import DORA, FREE, change_list, read_list
from tests.seeding import ANNA, FACILITY, attempt_body


async def test_what_staff_do_between_the_judging_and_the_lock_is_not_lost(
    world: World, seeded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_all = run._judge_all
    world.clock.advance(7200)

    async def judge_and_let_staff_write(*given: object) -> object:
        judged = await judge_all(*given)  # type: ignore[arg-type]  # as it was called
        monkeypatch.setattr(run, "_judge_all", judge_all)
        assert (await change_list(world, DORA, add=(FREE[5],))).status_code == 201
        return judged

    monkeypatch.setattr(run, "_judge_all", judge_and_let_staff_write)
    fed = await feed(world.deployment, "lists", [listed(DORA, FREE[0]), listed(ANNA, FREE[1])])

    assert seeded
    assert fed.outcomes() == ["stale", "added"], "the counselor's change is newer than the file"
    numbers = [entry["number"] for entry in (await read_list(world, DORA)).json()["numbers"]]
    assert numbers == [FREE[5]]


async def test_calls_are_decided_while_a_file_is_taken_in(world: World, seeded: str) -> None:
    people = [person(f"3{at:05d}", facility_id=NORTH if at % 2 else FACILITY) for at in range(600)]
    task = asyncio.create_task(feed(world.deployment, "inmates", people))
    statuses, at = [], 0
    while not task.done():
        answer = await world.call("switch", "POST", "/v1/authorize", json=attempt_body(f"beside-{at}"))
        statuses.append(answer.status_code)
        at += 1
        await asyncio.sleep(0)

    fed = await task
    assert fed.state == "applied"
    assert set(statuses) == {200}
    assert seeded


def test_a_file_is_taken_in_through_the_service_that_holds_the_embedded_database(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("served")
    environment = clean_environment()
    (folder / "people.csv").write_text(as_csv("inmates", [person("1", as_of="2026-01-01T00:00:00Z")]), encoding="utf-8")
    (folder / "none.csv").write_bytes(b"inmate_id\xff\n")
    with started("serve", "--port", "0", folder=folder, environment=environment) as service:
        address = url_once_listening(service)
        token = _output_of("token", "--role", "operator", run_in=folder)
        facility = {"name": "N", "time_zone": "America/New_York", "profile": "ct-doc", "hours": None, "region": "US"}
        put = httpx.put(
            f"{address}/v1/facilities/demo-ci",
            json={**facility, "rate_cap_tier": None},
            headers={"Authorization": f"Bearer {token.strip()}"},
        )
        assert put.status_code == 201, put.text
        told = _output_of("import", "inmates", "people.csv", run_in=folder)
        refused = _output_of("import", "inmates", "none.csv", run_in=folder, code=1)
        exported = _output_of("export", "inmates", run_in=folder)

    assert "1 rows: 1 added." in told
    assert "Proved row by row: 1 of 1 stand" in told
    assert "Line 1 is not UTF-8: byte 0xFF at position 10." in refused
    assert exported.splitlines()[1].startswith("1,demo-ci,A,active")
    assert list((folder / "var" / "callgate.db.feeds").iterdir()) == []


def _output_of(*arguments: str, run_in: Path, code: int = 0) -> str:
    done = subprocess.run(
        command_of(*arguments),
        cwd=run_in,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr if code else done.stdout
