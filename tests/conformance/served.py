"""How does a test start the real service as a process of its own, and ask it?"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import callgate
from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.clock import SystemClock
from callgate.domain.roles import Role
from tests.seeding import PIN_KEY, TOKEN_KEY

_LISTENING = re.compile(r"listens on (http://\S+)")
_LEAVING_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Served:
    """The running service: where it answers, what it wrote to its log so far, and tokens for it."""

    url: str
    log: Path
    process: subprocess.Popen[str]

    def token(self, role: str) -> str:
        """A token for every facility, issued now."""
        return issue_token(
            TokenKeys.from_text(TOKEN_KEY),
            subject=role,
            role=Role(role),
            facilities=None,
            now=SystemClock().now(),
            lifetime_seconds=lifetime_seconds_max(Role(role)),
        )


@contextmanager
def serve(url: str, folder: Path) -> Iterator[Served]:
    """`callgate serve` on this database, on a free port of the loopback interface, until the end of the block."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CALLGATE_")}
    environment = own | {
        "PYTHONPATH": str(Path(callgate.__file__).parents[1]),  # the code under test, wherever another is installed
        "CALLGATE_DATABASE_URL": url,
        "CALLGATE_TOKEN_KEY": TOKEN_KEY,
        "CALLGATE_PIN_KEY": PIN_KEY,
        "CALLGATE_DEADLINE_SECONDS": "10",  # the machine may be busy with other tests
    }
    command = [sys.executable, "-m", "callgate", "serve", "--port", "0"]
    log = folder / "served.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            found = _LISTENING.search(told)
            assert found, told + log.read_text()
            yield Served(found[1], log, process)
        finally:
            process.terminate()
            process.wait(_LEAVING_SECONDS)


def this_second() -> datetime:
    """The present instant, as the service will see it."""
    return SystemClock().now().astimezone(UTC)
