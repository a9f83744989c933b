"""How is a server started for one run, and stopped after it?"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 30.0


class NotServing(RuntimeError):
    """The server did not start or did not stop; what it said stands above."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens on a port of 127.0.0.1."""

    port: int
    pid: int


@contextmanager
def serving(application: str, settings: Mapping[str, str], *, workers: int = 1) -> Iterator[Server]:
    """Serve one application in its own process until left.

    Args:
        application: a name of `bench.serving.APPLICATIONS`.
        settings: its CALLGATE_ variables; none of this process are passed on.
        workers: processes that share the port; with several, the server's process only watches them.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLGATE_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.serving", application, str(workers)],
        cwd=ROOT,
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Server(_wait_until_it_listens(process, workers), process.pid)
        finally:
            _stop(process)


def processes_of(server: Server) -> tuple[int, ...]:
    """The server's process and those that it started, where the system tells: whose processor time is to be counted."""
    try:
        told = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii")
    except OSError:
        told = ""
    return (server.pid, *map(int, told.split()))


def _wait_until_it_listens(process: subprocess.Popen[str], workers: int) -> int:
    told = [process.stdout.readline().strip() if process.stdout is not None else "" for _ in range(1 + workers)]
    said = told[0]
    if not said.isdigit() or "" in told:
        raise NotServing("the server ended before it was ready")
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", int(said)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            time.sleep(0.3 if workers > 1 else 0)  # one listens; the others do in a moment, and must get their share
            return int(said)
    raise NotServing("the server did not listen in time")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        raise NotServing("the server did not stop in time") from None
