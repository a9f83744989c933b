"""How are a primary and its synchronous standby run on one machine, killed, and promoted?

Two servers in folders of their own, each listening on a socket in its folder and on nothing else. Commits wait until
the standby has them on disk (`synchronous_commit = on`): it need not have applied them (`remote_apply`), because
callgate never reads from it, and a standby applies all that it has before it takes a write.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from tests.postgres import (
    INITDB_OPTIONS,
    Install,
    NoServerError,
    find_owner,
    guarded,
    list_installs,
    reachable,
    run_program,
    temporary_folder,
)

DATABASE: Final = "callgate"
STANDBY_NAME: Final = "standby"
JOIN_SECONDS_MAX: Final = 30.0
_PORT: Final = 5432
_LOOK_SECONDS: Final = 0.02

# What deployments are given, and after it what this machine's purpose asks for.
SETTINGS: Final = Path(__file__).resolve().parents[2] / "deploy" / "postgresql" / "callgate.conf"
_HERE: Final = """
listen_addresses = ''
port = {port}
max_connections = 100
shared_buffers = 64MB
fsync = {fsync}
full_page_writes = {fsync}
wal_retrieve_retry_interval = 500ms
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One PostgreSQL server; `folder` holds its data, its socket and its log."""

    install: Install
    folder: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """Where its records are."""
        return self.folder / "data"

    def url(self, database: str = DATABASE) -> str:
        """The URL that leads to this server, whatever its role."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={_PORT}"

    def configure(self, *, durable: bool) -> None:
        """Give it the settings of a deployment, on a socket in its folder."""
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS.read_text() + _HERE.format(port=_PORT, fsync="on" if durable else "off"))

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            NoServerError: it did not start; the message is its log.
        """
        try:
            self.run("pg_ctl", "start", "--wait", "-D", self.data, "-l", self.folder / "log", "-o", f"-k {self.folder}")
        except subprocess.CalledProcessError as error:
            raise NoServerError((self.folder / "log").read_text()) from error

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of its programs as its account."""
        run_program([self.install.programs / program, *arguments], folder=self.folder, owner=self.owner)

    def kill(self) -> None:
        """End every one of its processes at once, as a loss of power does."""
        leader = int((self.data / "postmaster.pid").read_text().split()[0])
        for pid in (leader, *_children_of(leader)):
            _send(pid, signal.SIGKILL)
        (self.data / "postmaster.pid").unlink()  # another process may have that number by the time somebody stops it

    def send_all(self, which: signal.Signals) -> None:
        """Stop all of its processes where they are, or let them go on."""
        leader = int((self.data / "postmaster.pid").read_text().split()[0])
        for pid in (leader, *_children_of(leader)):
            _send(pid, which)

    def promote(self) -> None:
        """Make a standby the primary, and wait until it takes writes."""
        self.run("pg_ctl", "promote", "--wait", "-D", self.data)

    def ask(self, question: LiteralString) -> tuple[object, ...] | None:
        """The first row of an answer."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            return connection.execute(question).fetchone()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A primary, and a standby that every commit waits for."""

    primary: Server
    standby: Server

    @property
    def url(self) -> str:
        """What callgate is given: both servers, and that it wants the one that takes writes."""
        hosts, ports = f"{self.primary.folder},{self.standby.folder}", f"{_PORT},{_PORT}"
        return f"postgresql://postgres@/{DATABASE}?host={hosts}&port={ports}&target_session_attrs=read-write"

    def wait_for_standby(self) -> None:
        """Wait until the primary's commits wait for the standby.

        Raises:
            NoServerError: the standby did not join.
        """
        joined = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        until = time.monotonic() + JOIN_SECONDS_MAX
        while self.primary.ask(joined) is None:
            if time.monotonic() > until:
                raise NoServerError("the standby did not join in time")
            time.sleep(_LOOK_SECONDS)

    def set_standbys(self, names: str) -> None:
        """Say whom commits wait for; nobody, if `names` is empty. Takes hold at once, waiting commits included."""
        with psycopg.connect(self.primary.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(names)))
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def running_cluster(*, durable: bool = True) -> Iterator[Cluster]:
    """Run both with an empty database `callgate` until left; nothing of them stays, however the block ends.

    Args:
        durable: sync to disk, as production does; the end of a process loses nothing without.

    Raises:
        NoServerError: no PostgreSQL could be started.
    """
    failures = []
    for install in list_installs():
        with ExitStack() as until_done:
            try:
                cluster = _start_both(install, until_done, durable=durable)
            except (OSError, NoServerError, subprocess.CalledProcessError) as error:
                failures.append(f"{install.programs}: {error}")
                continue
            yield cluster
            return
    raise NoServerError("no PostgreSQL with a standby could be started. Tried: " + ("; ".join(failures) or "nothing"))


def _start_both(install: Install, until_done: ExitStack, *, durable: bool) -> Cluster:
    owner = find_owner()
    primary = prepared_server(install, owner, until_done)
    standby = prepared_server(primary.install, owner, until_done)
    primary.run("initdb", "-D", primary.data, *INITDB_OPTIONS)
    primary.configure(durable=durable)
    primary.start()
    with psycopg.connect(primary.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    source = f"host={primary.folder} port={_PORT} user=postgres application_name={STANDBY_NAME}"
    standby.run(
        "pg_basebackup", "-D", standby.data, "-d", source, "--checkpoint=fast", "--write-recovery-conf", "--no-sync"
    )
    standby.start()
    cluster = Cluster(primary, standby)
    cluster.set_standbys(STANDBY_NAME)
    cluster.wait_for_standby()
    return cluster


def prepared_server(install: Install, owner: pwd.struct_passwd | None, until_done: ExitStack) -> Server:
    """A folder for a server, which is stopped and gone when this process is, however that ends."""
    folder = Path(tempfile.mkdtemp(prefix="callgate-ha-", dir=temporary_folder()))
    until_done.callback(shutil.rmtree, folder, ignore_errors=True)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        install = reachable(install, folder=folder, owner=owner)
    until_done.enter_context(guarded(install, folder=folder, owner=owner))
    return Server(install, folder, owner)


def _children_of(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(after_name[1]) == leader:
            found.append(int(stat.parent.name))
    return found


def _send(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return
