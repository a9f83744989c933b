"""How is FreeRADIUS run for one run, on the records that callgate decides on?

`freeradius/` is its whole configuration; what differs from run to run is written here. It is Debian's own package.
"""

import getpass
import grp
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.engine import make_url

from bench.servers import START_SECONDS_MAX, STOP_SECONDS_MAX, NotServing, Server

SECRET: Final = "a-secret-of-the-bench-alone"  # noqa: S105 - of a server that goes with the run
HOW_TO_INSTALL: Final = "apt-get install freeradius freeradius-postgresql"
_FOLDER: Final = Path(__file__).resolve().parent / "freeradius"
_DRIVERS: Final = ("usr/lib/freeradius", "usr/lib64/freeradius")
_DRIVER: Final = "rlm_sql_postgresql.so"


def find_freeradius() -> str | None:
    """The program, where it can speak to PostgreSQL; None where it is not installed."""
    program = shutil.which("freeradius", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    has_driver = any((Path("/") / folder / _DRIVER).exists() for folder in _DRIVERS)
    return program if has_driver else None


def version_of(program: str) -> str:
    """What it says of itself, without the machine that it was built on."""
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stdout
    return told.partition("Version ")[2].split(",")[0].split()[0]


def prepare_peer(url: str, pins: Iterable[tuple[str, str]]) -> None:
    """Make its two tables in a database that holds callgate's, and fill in who has which PIN."""
    with psycopg.connect(libpq_url(url)) as connection, connection.cursor() as cursor:
        cursor.execute((_FOLDER / "schema.sql").read_text(encoding="utf-8").encode())
        with cursor.copy("COPY peer_pins (inmate_id, pin) FROM STDIN") as copy:
            for row in pins:
                copy.write_row(row)


def count_of_peer(url: str) -> tuple[int, int]:
    """How many decisions, and how many allows among them, has it recorded?"""
    with psycopg.connect(libpq_url(url)) as connection:
        query = "SELECT count(*), count(*) FILTER (WHERE decision = 'allow') FROM peer_decisions"
        row = connection.execute(query).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def libpq_url(url: str) -> str:
    """As libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def serving_freeradius(program: str, *, url: str, folder: Path, threads: int, clock_shift_ms: int) -> Iterator[Server]:
    """Serve until left.

    Args:
        url: of the database.
        folder: for its files; emptied first.
        threads: as many connections to the database.
        clock_shift_ms: added to the clock of the database, as the other side's clock is shifted.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_FOLDER, folder)
    port = _free_port()
    _write_local(folder, url=url, port=port, threads=threads, clock_shift_ms=clock_shift_ms)
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen([program, "-f", "-d", str(folder)], stdout=log, stderr=log)
    try:
        _wait_until_ready(process, folder)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write_local(folder: Path, *, url: str, port: int, threads: int, clock_shift_ms: int) -> None:
    database = make_conninfo("", **dict(conninfo_to_dict(libpq_url(url))))
    local = folder / "bench-local.conf"
    local.touch(0o600)
    local.write_text(
        f'raddbdir = "{folder}"\nrun_dir = "{folder}"\nauth_port = {port}\nthreads = {threads}\n'
        f"clock_shift_ms = {clock_shift_ms}\n"
        f'database = "{database}"\n'
        f"radius_user = {getpass.getuser()}\nradius_group = {grp.getgrgid(os.getgid()).gr_name}\n"
        f'client bench {{\n ipaddr = 127.0.0.1\n secret = "{SECRET}"\n require_message_authenticator = yes\n}}\n',
        encoding="utf-8",
    )


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        said = "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
        if "Ready to process requests" in said:
            return
        if process.poll() is not None:
            raise NotServing(f"FreeRADIUS ended before it answered:\n{said}")
        time.sleep(0.05)
    raise NotServing("FreeRADIUS did not start in time")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
