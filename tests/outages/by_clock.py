"""The real service by a clock that somebody else sets: the machine's, and so many seconds as a file says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from callgate import observe
from callgate.app import build, deploy
from callgate.clock import SystemClock
from callgate.commands.listening import listen, serve_alone
from callgate.commands.terminal import Refusal, note, say
from callgate.settings import load_settings
from callgate.store.database import serving_alone

_LAST: Final = -1


class FileClock:
    """The machine's clock, off by what the file holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machine = SystemClock()

    def now(self) -> datetime:
        """The present instant."""
        return self._machine.now() + timedelta(seconds=float(self._path.read_text()))


def set_clock(path: Path, seconds: float) -> None:
    """Let the service's clock be that far ahead, at once and never half written."""
    draft = path.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.replace(path)


def run(arguments: Sequence[str], clock_file: Path) -> int:
    """Serve as `callgate serve --port PORT` does, on migrated tables, by that clock."""
    settings = load_settings()
    observe.start_logging(settings.log_level)
    with serving_alone(settings.database_url):
        application = build(deploy(settings, clock=FileClock(clock_file)))
        try:
            serve_alone(application, listen("127.0.0.1", int(arguments[_LAST])), announce=lambda: say("listens"))
        except Refusal as refusal:
            note(str(refusal))
            return 1
    return 0
