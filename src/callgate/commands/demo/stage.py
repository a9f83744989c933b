"""Where is the demonstration played? On the real application behind the real server, with a clock of its own.

Everything that a deployment has is here: an embedded database that was migrated, generated keys, uvicorn on a port.
Only the clock is the demonstration's, so that a day passes in seconds and closing time comes whenever it is wanted.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import SecretStr

from callgate.app import build, deploy
from callgate.clock import ShiftedClock
from callgate.commands.listening import AnnouncingServer, address_of, configure, listen
from callgate.commands.terminal import Refusal
from callgate.settings import Settings
from callgate.store import migrate
from callgate.store.database import serving_alone

_HOST: Final = "127.0.0.1"
_START_SECONDS_MAX: Final = 30
# A decision waits for a disk, and the disk of whoever tries this may be slow or busy.
_DEADLINE_SECONDS: Final = 10


class StageClock:
    """Stands still at the instant it is set to, until it is let run."""

    def __init__(self, instant: datetime) -> None:
        self._inner = ShiftedClock(instant, running=False)

    def now(self) -> datetime:
        """The instant it shows."""
        return self._inner.now()

    def stand_at(self, instant: datetime) -> None:
        """Show this instant from now on."""
        self._inner = ShiftedClock(instant, running=False)

    def run_from(self, instant: datetime) -> None:
        """Show this instant, and go on as time does."""
        self._inner = ShiftedClock(instant, running=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service: where it listens, where its records are, its clock and what signs its tokens."""

    url: str
    database_url: str
    clock: StageClock
    token_key: SecretStr


@contextmanager
def open_stage(*, begins_at: datetime, port: int) -> Iterator[Stage]:
    """Start the service on an empty database in a temporary folder; both are gone afterwards."""
    with TemporaryDirectory(prefix="callgate-demo-") as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/callgate.db",
            token_key=SecretStr(secrets.token_urlsafe(32)),
            pin_key=SecretStr(secrets.token_urlsafe(32)),
            deadline_seconds=_DEADLINE_SECONDS,
        )
        clock = StageClock(begins_at)
        with serving_alone(settings.database_url):
            migrate.migrate(settings.database_url)
            with _serving(settings, clock, port) as url:
                yield Stage(
                    url=url,
                    database_url=settings.database_url,
                    clock=clock,
                    token_key=settings.token_key or SecretStr(""),
                )


@contextmanager
def _serving(settings: Settings, clock: StageClock, port: int) -> Iterator[str]:
    listener = listen(_HOST, port)
    url = address_of(listener)
    is_up = threading.Event()
    server = AnnouncingServer(configure(build(deploy(settings, clock=clock))), is_up.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="demo-server")
    thread.start()
    try:
        if not is_up.wait(_START_SECONDS_MAX):
            raise Refusal("The demonstration's service did not start.")
        yield url
    finally:
        server.should_exit = True
        thread.join()
