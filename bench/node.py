"""How is one callgate node started, and ended, by a test of many?

`python -m bench.node AHEAD_SECONDS` serves exactly as `callgate serve` does, by a clock that is ahead of the machine's
by so many seconds: the records are those of a certain noon, and at night everything would be refused. Nodes that were
given the same figure agree on the time. What they log goes to standard error, which the test keeps in a file.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from callgate import observe
from callgate.app import build, deploy
from callgate.clock import ShiftedClock, SystemClock
from callgate.commands.listening import listen, serve_alone
from callgate.settings import load_settings
from callgate.store.database import serving_alone
from tests.seeding import NOON, PIN_KEY, TOKEN_KEY

ROOT: Final = Path(__file__).resolve().parent.parent
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 30.0


class NotServing(RuntimeError):
    """The node did not start or did not stop; its log says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A process that serves callgate on a port of 127.0.0.1."""

    port: int
    pid: int

    def resident_bytes(self) -> int:
        """How much memory does it hold? Linux alone can say."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def handle_count(self) -> int:
        """How many files and sockets has it open? Linux alone can say."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - names are counted, not opened

    def handles_once_quiet(self, seconds_max: float = 15.0) -> int:
        """The same once what is being closed is closed: when it was the same for two seconds, or after so many."""
        seen, until = [self.handle_count()], time.monotonic() + seconds_max
        while time.monotonic() < until and len({*seen[-5:]}) + (len(seen) < 5) > 1:  # noqa: PLR2004 - two seconds' looks
            time.sleep(0.5)
            seen.append(self.handle_count())
        return seen[-1]


def seconds_to_noon() -> int:
    """How far is a clock ahead that shows the noon which the records are made for?"""
    return round((NOON - SystemClock().now()).total_seconds())


@contextmanager
def running_node(database_url: str, *, ahead_seconds: int, log: Path, **settings: str) -> Iterator[Node]:
    """Serve these records in a process of its own until left.

    Args:
        settings: further CALLGATE_ variables, named without the prefix; none of this process are passed on.

    Raises:
        NotServing: it did not start, or did not end in order.
    """
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "bench.node", str(ahead_seconds)],
            cwd=ROOT,
            env=_environment(database_url, settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Node(_port_of(process), process.pid)
        finally:
            _stop(process)


def _environment(database_url: str, settings: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLGATE_")}
    own = {"database_url": database_url, "token_key": TOKEN_KEY, "pin_key": PIN_KEY, "log_level": "warning"}
    given = own | settings
    return inherited | {f"CALLGATE_{name.upper()}": value for name, value in given.items()}


def _port_of(process: subprocess.Popen[str]) -> int:
    said = process.stdout.readline().strip() if process.stdout is not None else ""
    if not said.isdigit():
        raise NotServing("the node ended before it listened")
    return int(said)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS_MAX
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        raise NotServing("the node did not stop in time")


def main() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    observe.start_logging(settings.log_level)
    clock = ShiftedClock(SystemClock().now() + timedelta(seconds=int(sys.argv[1])))
    with serving_alone(settings.database_url) if settings.is_embedded else nullcontext():
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        serve_alone(build(deploy(settings, clock=clock)), listener, announce=lambda: print(port, flush=True))


if __name__ == "__main__":
    main()
