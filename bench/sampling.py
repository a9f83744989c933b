"""Where does the processor spend its time, looked at without slowing it down?

The kernel interrupts after every few milliseconds of processor time used, and what stands on the stack then is noted.
Unlike a profiler that counts calls it does not make small functions look dear; a figure is as good as the square root
of the samples behind it. What another thread burns is noted as the place where the main thread waits for it.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

INTERVAL_SECONDS: Final = 0.001  # the kernel rounds it up to its own tick
_SITE: Final = "site-packages/"
_OURS: Final = "src/callgate/"


class Place(NamedTuple):
    """One function."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        """Its file from the package on, its first line and its name."""
        file = self.file.rsplit(_OURS, 1)[-1] if self.is_ours else self.file.rsplit(_SITE, 1)[-1].rsplit("/lib/", 1)[-1]
        return f"{file}:{self.line} {self.function}"

    @property
    def is_ours(self) -> bool:
        """Is it callgate's?"""
        return _OURS in self.file

    @property
    def group(self) -> str:
        """The module, package or part of the standard library that it belongs to."""
        if self.is_ours:
            return "callgate." + self.file.rsplit(_OURS, 1)[-1].removesuffix(".py").replace("/", ".")
        if _SITE in self.file:
            return self.file.rsplit(_SITE, 1)[-1].split("/")[0].removesuffix(".py")
        path = Path(self.file)
        folder = path.parent.name
        return f"library: {path.stem if folder.startswith('python3') else folder}"


class Samples:
    """What was on the stack, how often.

    `own`: the innermost function. `ours`: callgate's innermost, which called whatever ran. `within`: each of
    callgate's functions on the stack, once a sample.
    """

    def __init__(self) -> None:
        self.count = 0
        self.own: Counter[Place] = Counter()
        self.ours: Counter[Place] = Counter()
        self.within: Counter[Place] = Counter()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take samples of what is done inside, in the main thread."""
        before = signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _note(self, _signal: int, frame: FrameType | None) -> None:
        places = [*_places(frame)]
        if not places:
            return
        self.count += 1
        self.own[places[0]] += 1
        ours = [place for place in places if place.is_ours]
        self.ours.update(ours[:1])
        self.within.update(set(ours))


def _places(frame: FrameType | None) -> Iterator[Place]:
    while frame is not None:
        code = frame.f_code
        yield Place(code.co_filename, code.co_firstlineno, code.co_qualname)
        frame = frame.f_back
