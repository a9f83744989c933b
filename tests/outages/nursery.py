"""How is the real service started again in a fraction of a second, two hundred times? By forking what has imported it.

`callgate serve` spends most of its start importing. This process imports everything once and does nothing else; each
child then runs the command as if it had been typed. Nothing is built at import (a law of the house), so a child begins
where a fresh process would. It speaks one line of JSON a request on standard input and output.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from callgate import app, cli
from callgate.commands import serve
from tests.outages import by_clock


def main() -> None:
    """Answer requests until standard input ends; then end what still runs."""
    assert app is not None
    assert serve is not None
    assert "tzdata" not in sys.modules, "a child could not be given other time zones"
    running: set[int] = set()
    # Ctrl-C is meant for whoever started this process, and who then closes our standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without the children
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            told = _bear(asked, running) if "start" in asked else _look_after(asked["look"], running)
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()
    finally:
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _bear(asked: dict[str, Any], running: set[int]) -> int:
    pid = os.fork()
    if pid:
        running.add(pid)
        return pid
    code = 1
    try:
        _become(asked)
        clock_file = asked["clock"]
        code = cli.run(asked["start"]) if clock_file is None else by_clock.run(asked["start"], Path(clock_file))
    except BaseException:  # noqa: BLE001 - a child must never come back into the loop of its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(asked: dict[str, Any]) -> None:
    """Stand where a command that was typed would: own settings, folder, log and no standard input."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.path[:0] = asked["packages"]
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)


def _look_after(pid: int, running: set[int]) -> int | None:
    """The exit code, negative for a signal; None: it still runs."""
    if pid not in running:
        return 0
    found, status = os.waitpid(pid, os.WNOHANG)
    if found == 0:
        return None
    running.discard(pid)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
