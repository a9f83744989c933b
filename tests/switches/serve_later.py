"""The real service by a clock that is ahead: `serve_later.py SECONDS --port PORT`. What waits for a term ends."""

import sys
from datetime import timedelta

from callgate.app import build, deploy
from callgate.clock import ShiftedClock, SystemClock
from callgate.commands.listening import listen, serve_alone
from callgate.settings import load_settings
from callgate.store.database import serving_alone
from callgate.store.migrate import migrate


def main(ahead_seconds: int, port: int) -> None:
    """Serve on the embedded database of the environment until SIGTERM."""
    settings = load_settings()
    clock = ShiftedClock(SystemClock().now() + timedelta(seconds=ahead_seconds))
    with serving_alone(settings.database_url):
        migrate(settings.database_url)
        serve_alone(build(deploy(settings, clock=clock)), listen("127.0.0.1", port), announce=lambda: None)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[3]))
