"""Do the files for deploying name commands, settings and scripts that there are, and is nothing in them left open?

Neither containers nor systemd run here: the files are read as their programs would read them, and the two scripts that
make a primary and a standby are run with real PostgreSQL servers.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from bench.failover.cluster import Cluster, Server, prepared_server
from callgate.cli import build
from callgate.commands.listening import configure
from callgate.settings import Settings
from tests.postgres import INITDB_OPTIONS, find_owner, list_installs

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
CALLGATE_SERVICES = ("node-1", "node-2", "migrate")
POSTGRES_SERVICES = ("primary", "standby")
SETTINGS = {f"CALLGATE_{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
PROGRAM = "/opt/callgate/bin/callgate"


def read_unit(path: Path) -> list[tuple[str, str]]:
    """Every key with its value, in order; a key may stand more than once."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith(("#", "[")))
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def values(path: Path, wanted: str) -> list[str]:
    return [value for name, value in read_unit(path) if name == wanted]


def parse_command(arguments: Sequence[str]) -> dict[str, Any]:
    """What the command line means, as the command itself reads it; nothing is run."""
    name, *options = arguments
    group: Any = get_command(build([name]))
    with group.make_context("callgate", [name, *options]) as context:
        command = group.get_command(context, name)
        assert command is not None, f"there is no command {name}"
        parsed: dict[str, Any] = command.make_context(name, options).params
    return parsed


def drain_seconds() -> float:
    seconds = configure("unused").timeout_graceful_shutdown
    assert seconds is not None
    return seconds


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_that_there_is_with_settings_that_there_are(unit: Path) -> None:
    program, *arguments = shlex.split(values(unit, "ExecStart")[0])
    assert program == PROGRAM
    assert parse_command(arguments).get("host", "127.0.0.1") == "127.0.0.1"
    names = [each.partition("=")[0] for each in values(unit, "Environment")]
    assert names
    assert set(names) <= SETTINGS


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_every_secret_of_a_unit_is_a_credential_that_it_loads(unit: Path) -> None:
    wanted = re.findall(r"%d/(\w+)", " ".join(values(unit, "Environment")))
    loaded = dict(each.split(":") for each in values(unit, "LoadCredential"))

    assert set(wanted) == set(loaded)
    assert all(path == f"/etc/callgate/{name}" for name, path in loaded.items())


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_gives_the_service_nothing_that_it_does_not_need(unit: Path) -> None:
    given = read_unit(unit)
    for line in (
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallFilter", "~@privileged @resources"),
        ("UMask", "0077"),
    ):
        assert line in given


@pytest.mark.parametrize("unit", [unit for unit in UNITS if "migrate" not in unit.stem], ids=lambda path: path.stem)
def test_a_unit_lets_what_is_being_answered_be_answered(unit: Path) -> None:
    assert int(values(unit, "TimeoutStopSec")[0]) > drain_seconds()
    assert values(unit, "Restart") == ["always"]


def test_systemd_itself_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text()
        assert text.count("[Unit]") == text.count("[Service]") == 1
        (tmp_path / unit.name).write_text(text.replace(PROGRAM, sys.executable))
    if analyze is None:  # the lines were read above all the same
        return
    told = subprocess.run(
        [analyze, "verify", "--man=no", *tmp_path.glob("*.service")], capture_output=True, text=True, check=False
    )
    assert [line for line in told.stderr.splitlines() if "callgate" in line] == []


@pytest.mark.parametrize("name", CALLGATE_SERVICES)
def test_a_container_of_ours_runs_a_command_that_there_is_with_settings_that_there_are(name: str) -> None:
    service = SERVICES[name]
    parse_command(service["command"])
    assert set(service["environment"]) <= SETTINGS
    for value in service["environment"].values():
        assert value.removeprefix("/run/secrets/") in service["secrets"]


@pytest.mark.parametrize("name", [*CALLGATE_SERVICES, *POSTGRES_SERVICES])
def test_a_container_may_do_nothing_that_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert int(service["stop_grace_period"].removesuffix("s")) > drain_seconds()


def test_every_secret_is_a_file_and_none_has_a_default() -> None:
    assert set(SERVICES) == {*CALLGATE_SERVICES, *POSTGRES_SERVICES}
    for name, service in SERVICES.items():
        assert set(service["secrets"]) <= set(COMPOSE["secrets"]), name
        named = [key for key in service["environment"] if "PASSWORD" in key or "KEY" in key or "URL" in key]
        assert all(key.endswith("_FILE") for key in named), name
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    ignored = (DEPLOY.parent / ".gitignore").read_text().splitlines()
    assert "deploy/secrets/" in ignored


def test_what_a_container_waits_for_and_mounts_is_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"], name
    assert SERVICES["node-1"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_the_image_is_built_from_the_projects_own_dockerfile() -> None:
    context = DEPLOY / SERVICES["node-1"]["build"]["context"]
    assert (context / "Dockerfile").is_file()


@pytest.fixture
def two_servers() -> Iterator[Cluster]:
    with ExitStack() as until_done:
        owner = find_owner()
        primary = prepared_server(list_installs()[0], owner, until_done)
        standby = prepared_server(primary.install, owner, until_done)
        primary.run("initdb", "-D", primary.data, *INITDB_OPTIONS)
        primary.configure(durable=False)
        primary.start()
        yield Cluster(primary, standby)


def start_script(server: Server, name: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """Run a script of the deployment as the server's account, which may not be able to read the checkout."""
    script = server.folder / name
    shutil.copy(DEPLOY / "postgresql" / name, script)
    script.chmod(0o755)
    secret = server.folder / "secret"
    secret.write_text('it\'s a "secret" with $signs\n')
    secret.chmod(0o644)
    own = {
        "PATH": f"{server.install.programs}:{os.environ['PATH']}",
        "PGDATA": str(server.data),
        "CALLGATE_PASSWORD_FILE": str(secret),
        "REPLICATION_PASSWORD_FILE": str(secret),
    }
    return subprocess.Popen(
        [script, *arguments],
        cwd=server.folder,
        env=own | variables,
        user=server.owner and server.owner.pw_uid,
        group=server.owner and server.owner.pw_gid,
        extra_groups=server.owner and (),
    )


def test_the_scripts_make_a_primary_whose_commits_wait_for_the_standby(two_servers: Cluster) -> None:
    primary, standby = two_servers.primary, two_servers.standby
    made = start_script(primary, "make-primary.sh", PGHOST=str(primary.folder), PGUSER="postgres")
    assert made.wait(60) == 0
    roles = "SELECT count(*) FROM pg_roles WHERE (rolname, rolreplication, rolsuper) IN "
    assert primary.ask(roles + "(('callgate', false, false), ('replication', true, false))") == (2,)
    running = start_script(standby, "start-standby.sh", "-k", str(standby.folder), PRIMARY_HOST=str(primary.folder))
    try:
        with psycopg.connect(primary.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        two_servers.wait_for_standby()

        assert primary.ask("SHOW synchronous_standby_names") == ("FIRST 1 (standby)",)
        assert primary.ask("SHOW synchronous_commit") == ("on",)
        assert standby.ask("SELECT pg_is_in_recovery()") == (True,)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)
