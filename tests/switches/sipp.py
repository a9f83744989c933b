"""How does a test place and take calls? With SIPp, one process a side, each with a trace of every message."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.switches.gate import Person, wait_until

_SCENARIOS: Final = Path(__file__).with_name("scenarios")
_HOST: Final = "127.0.0.1"
_DEFAULTS: Final = {"TALK_MS": "1000", "RING_MS": "20", "CODE": "200", "CALL_ID": "Call-ID:", "SPACE": ""}
_PART: Final = re.compile(r"^-{20,} (\S+)[ \t]+([0-9:.]+)\S*$", re.MULTILINE)
_DIRECTION: Final = re.compile(r"message (sent|received)")
_CALL_ID: Final = re.compile(r"^(?:Call-ID|i):[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_CSEQ: Final = re.compile(r"^CSeq:[ \t]*[0-9]+ (\S+)", re.MULTILINE | re.IGNORECASE)
_FATAL_SECONDS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SIP message as SIPp saw it, and when, by this machine's clock."""

    at: datetime
    sent: bool
    first_line: str
    call_id: str
    cseq_method: str
    text: str = field(repr=False)

    def is_request(self, method: str) -> bool:
        """Is it a request of this method?"""
        return self.first_line.startswith(f"{method} ")

    def is_reply(self, status: int, method: str = "INVITE") -> bool:
        """Is it a reply of this status to a request of this method?"""
        return self.first_line.startswith(f"SIP/2.0 {status} ") and self.cseq_method == method


def free_udp_port() -> int:
    """A UDP port of the loopback interface that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((_HOST, 0))
        port: int = free.getsockname()[1]
    return port


def is_listening(port: int) -> bool:
    """Does somebody take UDP on this port of the loopback interface? SIPp itself never says so."""
    wanted = f"0100007F:{port:04X}"
    return any(wanted in line for line in Path("/proc/net/udp").read_text().splitlines())


@dataclass(slots=True)
class Side:
    """One SIPp that was started."""

    folder: Path
    process: subprocess.Popen[bytes]
    calls: int

    def finish(self, seconds: float = _FATAL_SECONDS) -> None:
        """Wait until every call went as its scenario says.

        Raises:
            AssertionError: one did not.
        """
        code = self.process.wait(seconds)
        assert code == 0, f"{self.folder.name} ended with {code}\n{self.errors()}"

    def leave(self) -> None:
        """End it now, whatever it does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def errors(self) -> str:
        """What SIPp complained of."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.folder.glob("*.err"))

    def messages(self) -> list[Message]:
        """Every message so far, in order."""
        path = self.folder / "messages"
        return list(_parse(path.read_text(errors="replace"))) if path.exists() else []

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


def _parse(text: str) -> Iterator[Message]:
    heads = list(_PART.finditer(text))
    for i, head in enumerate(heads):
        part = text[head.end() : heads[i + 1].start() if i + 1 < len(heads) else len(text)]
        about, _, body = part.strip().partition("\n")
        direction, call_id, cseq = _DIRECTION.search(about), _CALL_ID.search(body), _CSEQ.search(body)
        if direction is None or call_id is None or cseq is None:
            continue
        yield Message(
            at=datetime.fromisoformat(f"{head[1]}T{head[2]}").replace(tzinfo=UTC),
            sent=direction[1] == "sent",
            first_line=body.strip().splitlines()[0],
            call_id=call_id[1],
            cseq_method=cseq[1],
            text=body,
        )


def _start(scenario: str, folder: Path, *arguments: str, calls: int, changes: Mapping[str, object]) -> Side:
    folder.mkdir(parents=True)
    text = (_SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in {**_DEFAULTS, **{key.upper(): str(one) for key, one in changes.items()}}.items():
        text = text.replace(f"@{name}@", value)
    (folder / "scenario.xml").write_text(text)
    program = shutil.which("sipp")
    assert program is not None
    command = [
        *(program, "-sf", "scenario.xml", "-i", _HOST, "-mi", _HOST, "-mp", str(free_udp_port())),
        *("-m", str(calls), "-l", str(calls), "-nostdin", "-trace_msg", "-message_file", "messages"),
        *("-trace_err", "-error_file", "errors.err", "-timeout", f"{_FATAL_SECONDS - 5}s", "-timeout_error"),
        *("-default_behaviors", "all,-bye", *arguments),
    ]
    with (folder / "screen").open("wb") as screen:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=screen,
            stderr=screen,
            env={**os.environ, "TERM": "xterm", "TZ": "UTC"},
            start_new_session=True,
        )
    return Side(folder, process, calls)


@dataclass(slots=True)
class Lines:
    """Starts callers and called parties around one switch."""

    folder: Path
    switch_port: int
    called_port: int
    _started: list[Side] = field(default_factory=list)

    def take(self, scenario: str, *, calls: int = 1, **changes: object) -> Side:
        """Have the called side take so many calls, each as this scenario of `scenarios/called_*.xml` says."""
        side = _start(
            f"called_{scenario}",
            self.folder / f"{len(self._started)}-called",
            *("-p", str(self.called_port)),
            calls=calls,
            changes=changes,
        )
        self._started.append(side)
        wait_until(lambda: is_listening(self.called_port) or side.process.poll() is not None, "SIPp listens")
        return side

    def place(
        self,
        scenario: str,
        people: Sequence[Person],
        *,
        rate: float = 20,
        header: str = "X-Payment-Type: collect",
        **changes: object,
    ) -> Side:
        """Have everybody of these call once, so many a second, as this scenario of `scenarios/caller_*.xml` says."""
        folder = self.folder / f"{len(self._started)}-caller"
        lines = [f"{one.pin};{one.number};{one.station_id};{header}" for one in people]
        names = self.folder / f"{len(self._started)}.csv"
        names.write_text("\n".join(["SEQUENTIAL", *lines, ""]))
        side = _start(
            f"caller_{scenario}",
            folder,
            *("-inf", str(names), "-r", str(rate), "-p", str(free_udp_port()), f"{_HOST}:{self.switch_port}"),
            calls=len(people),
            changes=changes,
        )
        self._started.append(side)
        return side

    def close(self) -> None:
        """End whatever still runs."""
        for side in self._started:
            side.leave()


@contextmanager
def open_lines(folder: Path, *, switch_port: int, called_port: int) -> Iterator[Lines]:
    """Callers and called parties, all gone when the block is left."""
    lines = Lines(folder, switch_port, called_port)
    try:
        yield lines
    finally:
        lines.close()
