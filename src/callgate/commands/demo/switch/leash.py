"""How is it made sure that no program outlives whoever started it, however that ended?

The programs are started in the process group of a keeper. It waits for the end of a pipe that its starter alone holds
open, and then kills the whole group, itself included. So nothing is left where no `finally` ran either (`kill -9`).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_KEEPER: Final = "import os, signal, sys; sys.stdin.buffer.read(); os.killpg(0, signal.SIGKILL)"


class Leash:
    """Programs that end together. A Ctrl-C in the terminal reaches none of them: their group is not its foreground."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(  # noqa: S603 - this very Python, with a line of ours
            [sys.executable, "-I", "-S", "-c", _KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def start(
        self, command: Sequence[str], *, output: Path, folder: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program; what it prints is added to `output`."""
        with output.open("ab") as file:
            return subprocess.Popen(  # noqa: S603 - callers put the command together from words of their own
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                process_group=self._keeper.pid,
            )

    def kill(self) -> None:
        """End all of them at once, as a power cut does. Whoever started one still waits for it."""
        if self._keeper.returncode is None:
            # The number of a process that nobody waited for yet is given to no other.
            os.killpg(self._keeper.pid, signal.SIGKILL)
            self._keeper.wait()
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
