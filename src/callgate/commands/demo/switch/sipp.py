"""How are calls placed and taken? With SIPp, one process a side, each with a trace of every message."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from callgate.commands.demo.switch.leash import Leash
from callgate.commands.demo.switch.ports import HOST, free_udp_port, free_udp_ports
from callgate.commands.demo.switch.programs import load_program
from callgate.commands.demo.switch.trace import Message, read_trace
from callgate.commands.demo.switch.waiting import wait_until
from callgate.commands.terminal import Refusal

SCENARIOS: Final = Path(__file__).with_name("scenarios")
PATIENCE_SECONDS: Final = 90
_DEFAULTS: Final = {"TALK_MS": "1000", "RING_MS": "20", "CODE": "200", "CALL_ID": "Call-ID:", "SPACE": ""}
_ERRORS_SHOWN: Final = 4000


class NotAsWritten(Refusal):
    """A call did not go as its scenario says."""


class Caller(Protocol):
    """Whoever can call: their PIN, whom they call, and the telephone that they stand at."""

    @property
    def pin(self) -> str:
        """What they key."""
        ...

    @property
    def number(self) -> str:
        """What they dial."""
        ...

    @property
    def station_id(self) -> str:
        """Where they stand."""
        ...


@dataclass(slots=True)
class Side:
    """One SIPp that was started."""

    folder: Path
    process: subprocess.Popen[bytes]

    def finish(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until every call went as its scenario says.

        Raises:
            NotAsWritten: one did not, or not in time.
        """
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotAsWritten(f"{self.folder.name} did not end within {seconds:.0f} s.") from None
        if code != 0:
            raise NotAsWritten(f"{self.folder.name} ended with {code}. {self.errors()}")

    def leave(self) -> None:
        """End it now, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def errors(self) -> str:
        """What SIPp complained of."""
        return "\n".join(path.read_text(errors="replace")[-_ERRORS_SHOWN:] for path in self.folder.glob("*.err"))

    def messages(self) -> list[Message]:
        """Every message so far, in order."""
        return list(read_trace(self.raw()))

    def raw(self) -> str:
        """The trace as it was written."""
        path = self.folder / "messages"
        return path.read_text(errors="replace") if path.exists() else ""

    def times(self, wanted: str, *, sent: bool | None = None) -> Mapping[str, datetime]:
        """When the first request of a method, or reply to INVITE of a status, passed, by Call-ID."""
        found: dict[str, datetime] = {}
        for message in self.messages():
            fits = message.is_reply(int(wanted)) if wanted.isdigit() else message.is_request(wanted)
            if fits and sent in (None, message.sent):
                found.setdefault(message.call_id, message.at)
        return found


@dataclass(slots=True, kw_only=True)
class Lines:
    """Starts callers and called parties around one switch, by the scenarios of these folders."""

    folder: Path
    switch_port: int
    called_port: int
    scenarios: Sequence[Path]
    _leash: Leash = field(default_factory=Leash)
    _started: list[Side] = field(default_factory=list)

    def take(self, scenario: str, *, calls: int = 1, **changes: object) -> Side:
        """Have the called side take so many calls, each as the scenario `called_*.xml` of this name says."""
        folder = self.folder / f"{len(self._started)}-called"
        side = self._start(f"called_{scenario}", folder, "-p", str(self.called_port), calls=calls, changes=changes)
        wait_until(lambda: _is_listening(self.called_port) or side.process.poll() is not None, "SIPp listens")
        return side

    def place(
        self,
        scenario: str,
        people: Sequence[Caller],
        *,
        rate: float = 20,
        header: str = "X-Payment-Type: collect",
        **changes: object,
    ) -> Side:
        """Have everybody of these call once, so many a second, as the scenario `caller_*.xml` of this name says."""
        folder = self.folder / f"{len(self._started)}-caller"
        lines = [f"{one.pin};{one.number};{one.station_id};{header}" for one in people]
        names = self.folder / f"{len(self._started)}.csv"
        names.write_text("\n".join(["SEQUENTIAL", *lines, ""]))
        own = ("-inf", str(names), "-r", str(rate), "-p", str(free_udp_port()), f"{HOST}:{self.switch_port}")
        return self._start(f"caller_{scenario}", folder, *own, calls=len(people), changes=changes)

    def close(self) -> None:
        """End whatever still runs."""
        self._leash.kill()
        for side in self._started:
            side.leave()

    def _start(self, scenario: str, folder: Path, *own: str, calls: int, changes: Mapping[str, object]) -> Side:
        folder.mkdir(parents=True)
        text = next(path for each in self.scenarios if (path := each / f"{scenario}.xml").exists()).read_text()
        for name, value in {**_DEFAULTS, **{key.upper(): str(one) for key, one in changes.items()}}.items():
            text = text.replace(f"@{name}@", value)
        (folder / "scenario.xml").write_text(text)
        # Media goes to the first and, for pictures, to the third.
        first = free_udp_ports(3)
        command = [
            *(load_program("sipp"), "-sf", "scenario.xml", "-i", HOST, "-mi", HOST, "-mp", str(first)),
            # Else its remote control listens on every interface.
            *("-ci", HOST, "-cp", str(first + 1)),
            *("-m", str(calls), "-l", str(calls), "-nostdin", "-trace_msg", "-message_file", "messages"),
            *("-trace_err", "-error_file", "errors.err", "-timeout", f"{PATIENCE_SECONDS - 5}s", "-timeout_error"),
            *("-default_behaviors", "all,-bye", *own),
        ]
        environment = {**os.environ, "TERM": "xterm", "TZ": "UTC"}
        process = self._leash.start(command, output=folder / "screen", folder=folder, environment=environment)
        self._started.append(Side(folder, process))
        return self._started[-1]


def _is_listening(port: int) -> bool:
    # SIPp itself never says so.
    wanted = f"0100007F:{port:04X}"
    return any(wanted in line for line in Path("/proc/net/udp").read_text().splitlines())


@contextmanager
def open_lines(
    folder: Path, *, switch_port: int, called_port: int, scenarios: Sequence[Path] = (SCENARIOS,)
) -> Iterator[Lines]:
    """Callers and called parties, all gone when the block is left."""
    lines = Lines(folder=folder, switch_port=switch_port, called_port=called_port, scenarios=scenarios)
    try:
        yield lines
    finally:
        lines.close()
