"""How is the service started, killed and ended here, and how does whoever tests it know how it fared?"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.command_line import clean_environment
from tests.seeding import PIN_KEY, TOKEN_KEY

ROOT: Final = Path(__file__).resolve().parents[2]
_END_SECONDS_MAX: Final = 30.0


class Nursery:
    """The process that bears services; see `nursery.py`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._turn = threading.Lock()

    def start(self, arguments: Sequence[str], *, folder: Path, log: Path, **how: Any) -> int:
        """Run one command in a process of its own, and answer its id."""
        asked = {"start": list(arguments), "folder": str(folder), "log": str(log), "clock": None, "packages": [], **how}
        return int(self._ask(asked))

    def find_code(self, pid: int) -> int | None:
        """How did it end? None: it runs."""
        code: int | None = self._ask({"look": pid})
        return code

    def _ask(self, asked: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(f"{json.dumps(asked)}\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A nursery; what it bore ends with it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.outages.nursery"],
        cwd=ROOT,
        env=clean_environment(PYTHONPATH=f"{ROOT}/src:{ROOT}"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Nursery(process)


@dataclass(slots=True)
class Service:
    """One serving process, at the same address and with the same settings however often it is started."""

    nursery: Nursery
    folder: Path
    port: int
    settings: Mapping[str, str]
    clock: Path | None = None
    packages: Sequence[str] = ()
    pid: int | None = None
    starts: int = field(default=0)

    @property
    def log(self) -> Path:
        """What it wrote, over all starts."""
        return self.folder / f"callgate-{self.port}.log"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings, and nothing of ours."""
        return environment_of(**self.settings)

    def start(self) -> None:
        """Start it; it answers a little later."""
        assert self.pid is None, "it runs already"
        self.starts += 1
        self.pid = self.nursery.start(
            ["serve", "--port", str(self.port)],
            folder=self.folder,
            log=self.log,
            environment=self.environment,
            clock=None if self.clock is None else str(self.clock),
            packages=list(self.packages),
        )

    def kill(self) -> None:
        """End it as a power cut or the kernel's memory killer does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        if self.pid is not None:
            self._end(signal.SIGTERM)

    def is_running(self) -> bool:
        """Has it not ended by itself?"""
        return self.pid is not None and self.nursery.find_code(self.pid) is None

    def _end(self, how: signal.Signals) -> None:
        assert self.pid is not None, "it does not run"
        pid, self.pid = self.pid, None
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        give_up_at = time.monotonic() + _END_SECONDS_MAX
        while self.nursery.find_code(pid) is None:
            if time.monotonic() > give_up_at:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise AssertionError(f"the service did not end on {how.name}")
            time.sleep(0.005)


def environment_of(**settings: str) -> dict[str, str]:
    """A clean environment with both keys, patient about nothing, and these CALLGATE_ settings."""
    named = {"TOKEN_KEY": TOKEN_KEY, "PIN_KEY": PIN_KEY, **settings}
    return clean_environment(**{f"CALLGATE_{name}": value for name, value in named.items() if value})
