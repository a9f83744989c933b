"""Is a PostgreSQL there for the tests on every machine, and gone after them?"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests import postgres

ROOT = Path(__file__).parents[1]
GONE_WITHIN_SECONDS = 30


def is_from_wheel(install: postgres.Install) -> bool:
    return "pginstall" in install.programs.parent.name


def connect(url: str | URL) -> psycopg.Connection:
    return psycopg.connect(postgres._conninfo(make_url(url)), autocommit=True)


@pytest.fixture(scope="module")
def wheel_server() -> Iterator[str]:
    installs = [install for install in postgres.list_installs() if is_from_wheel(install)]
    with ExitStack() as until_done:
        yield postgres._enter_first(installs, until_done)


@pytest.fixture
def no_named_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.GIVEN_SERVER, raising=False)


def test_prefers_the_machine_s_server_and_always_has_the_wheel_s_to_fall_back_on() -> None:
    from_wheel = [is_from_wheel(install) for install in postgres.list_installs()]
    assert from_wheel == sorted(from_wheel)
    assert from_wheel[-1]


def test_finds_no_server_of_the_machine_where_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert all(is_from_wheel(install) for install in postgres.list_installs(root=tmp_path))


def test_finds_the_newest_first_and_none_older_than_the_oldest_supported(tmp_path: Path) -> None:
    for major in (9, 14, 15, 17):
        programs = tmp_path / f"usr/lib/postgresql/{major}/bin"
        programs.mkdir(parents=True)
        for name in ("postgres", "initdb", "pg_ctl"):
            (programs / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.4 (Debian)'\n")
            (programs / name).chmod(0o755)
    found = [i.major for i in postgres.list_installs(root=tmp_path) if tmp_path in i.programs.parents]
    assert found == [17, 15]


@pytest.mark.usefixtures("no_named_server")
def test_says_what_to_do_when_there_is_no_server() -> None:
    with ExitStack() as until_done, pytest.raises(postgres.NoServerError, match=postgres.GIVEN_SERVER):
        postgres._enter_first([], until_done)


def test_tries_the_next_server_when_one_does_not_start(tmp_path: Path) -> None:
    broken = postgres.Install(programs=tmp_path, major=99)
    working = postgres.list_installs()[-1]
    with ExitStack() as until_done:
        url = postgres._enter_first([broken, working], until_done)
        with connect(url) as connection:
            assert connection.info.server_version // 10_000 == working.major


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_syncs_every_commit_where_that_is_asked_for(*, durable: bool, fsync: str) -> None:
    with postgres.postgres_server(durable=durable) as url, connect(url) as connection:
        settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "full_page_writes")]
    assert settings == [(fsync,), (fsync,)]


def test_a_new_database_holds_what_its_template_held_and_shares_nothing(wheel_server: str) -> None:
    template = postgres.create_database(wheel_server)
    with connect(template) as connection:
        connection.execute("CREATE TABLE facilities AS SELECT 'cheshire' AS facility_id")
    copies = [postgres.create_database(wheel_server, template=template) for _ in range(2)]
    with connect(copies[0]) as connection:
        connection.execute("DELETE FROM facilities")
    with connect(copies[1]) as connection:
        assert connection.execute("SELECT facility_id FROM facilities").fetchall() == [("cheshire",)]


def test_drops_a_database_that_somebody_is_still_connected_to(wheel_server: str) -> None:
    url = postgres.create_database(wheel_server)
    with connect(url):
        postgres.drop_database(wheel_server, url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(url)


def test_uses_the_server_that_the_environment_names(wheel_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make_url(wheel_server).set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv(postgres.GIVEN_SERVER, plain)
    with postgres.postgres_server() as url:
        assert url == wheel_server


def test_never_replaces_a_named_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(postgres.GIVEN_SERVER, f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(postgres.NoServerError, match="does not let us in"), postgres.postgres_server():
        pass


def test_refuses_a_named_user_who_may_not_create_databases(wheel_server: str) -> None:
    with connect(wheel_server) as connection:
        connection.execute(sql.SQL("CREATE ROLE visitor LOGIN"))
    url = make_url(wheel_server).set(username="visitor").render_as_string(hide_password=False)
    with pytest.raises(postgres.NoServerError, match="CREATEDB"):
        postgres.load_given_server(url)


@pytest.mark.usefixtures("no_named_server")
def test_a_killed_test_run_leaves_no_server_and_no_data_behind() -> None:
    code = "from tests.postgres import *\nwith postgres_server() as url:\n print(url, flush=True)\n input()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        url = make_url(run.stdout.readline().strip())
        folder = Path(str(url.query["host"]))
        connection = connect(url)
        run.kill()
    give_up_at = time.monotonic() + GONE_WITHIN_SECONDS
    while folder.exists() and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert not folder.exists()
    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
