"""How is the Kamailio kit run? Unmodified, with a local file of its own, on free ports of the loopback interface."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from callgate.commands.demo.switch.leash import Leash
from callgate.commands.demo.switch.ports import HOST, free_udp_port
from callgate.commands.demo.switch.programs import PACKAGES, load_kit, load_program
from callgate.commands.demo.switch.waiting import wait_until
from callgate.commands.terminal import Refusal

_LEAVING_SECONDS: Final = 10
_ERRORS_SHOWN: Final = 3
# A socket's whole name has 107 bytes at the most, and Kamailio's longest ends in /kamailio_rpc.sock.
_SOCKETS_BYTES_MAX: Final = 89
_OPTIONS: Final = (
    "OPTIONS sip:ping@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK-ping\r\n"
    "From: <sip:ping@127.0.0.1>;tag=1\r\nTo: <sip:ping@127.0.0.1>\r\nCall-ID: ping\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(slots=True, kw_only=True)
class Switch:
    """One Kamailio with the kit, at the same address however often it is started."""

    folder: Path
    callgate_url: str
    token: str = field(repr=False)
    no_answer_ms: int = 30_000
    ask_seconds: int = 2  # shipped is 1; a busy machine is no failure of the kit's
    port: int = field(default_factory=free_udp_port)
    called_port: int = field(default_factory=free_udp_port)
    _leash: Leash | None = None
    _process: subprocess.Popen[bytes] | None = None
    _sockets: TemporaryDirectory[str] | None = None

    @property
    def log(self) -> str:
        """Everything that it wrote so far, over all starts."""
        return (self.folder / "kamailio.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Refusal: it does not run, and why.
        """
        self.kill()
        # A folder of their own, because the name of `folder` may be too long for them.
        self._sockets = TemporaryDirectory(prefix="cg-")
        sockets = self._sockets.name
        if len(sockets.encode()) > _SOCKETS_BYTES_MAX:
            raise Refusal(f"{sockets} is too long a name for Kamailio's sockets; set TMPDIR to a shorter one.")
        self._write_configuration()
        command = [
            *(load_program("kamailio"), "-DD", "-E", "-f", str(self.folder / "kamailio.cfg"), "-Y", sockets),
            *("-P", str(self.folder / "pid"), "-m", "64", "-M", "8"),
        ]
        self._leash = Leash()
        self._process = self._leash.start(command, output=self.folder / "kamailio.log", folder=self.folder)
        wait_until(self._is_up, "Kamailio answers")

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        if self._leash is not None:
            self._leash.kill()
        if self._process is not None:
            self._process.wait(_LEAVING_SECONDS)
        if self._sockets is not None:
            self._sockets.cleanup()
        self._leash = self._process = self._sockets = None

    def count(self, name: str) -> int:
        """One of the kit's counters."""
        return int(self._ask("stats.get_statistics", f"callgate_{name}").rsplit("=", 1)[1])

    def dialogs(self) -> int:
        """How many calls it holds."""
        told = self._ask("dlg.stats_active")
        found = {name.strip(): value for name, _, value in (line.partition(":") for line in told.splitlines())}
        return int(found["all"])

    def _ask(self, *words: str) -> str:
        command = [load_program("kamcmd"), "-s", self._control(), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - words of ours

    def _control(self) -> str:
        return f"unix:{self._sockets.name}/ctl" if self._sockets is not None else ""

    def _write_configuration(self) -> None:
        for path in load_kit().glob("*.cfg"):
            shutil.copy(path, self.folder)
        local = self.folder / "callgate-local.cfg"
        local.touch(0o600)
        local.write_text(
            f"listen=udp:{HOST}:{self.port}\n"
            f'#!define CALLGATE_URL "{self.callgate_url}"\n'
            f'#!define CALLGATE_TOKEN "{self.token}"\n'
            '#!define CALLERS "^127\\.0\\.0\\.1$"\n'
            '#!define CARRIERS "^127\\.0\\.0\\.1$"\n'
            f'#!define NEXT_HOP "{HOST}:{self.called_port}"\n'
            f"#!define NO_ANSWER_MS {self.no_answer_ms}\n"
            f"#!define ASK_SECONDS {self.ask_seconds}\n"
            f'#!define CTL_SOCKET "{self._control()}"\n'
        )

    def _is_up(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            errors = [line for line in self.log.splitlines() if "ERROR" in line or "CRITICAL" in line]
            told = " ".join(" ".join(errors[:_ERRORS_SHOWN]).split())
            raise Refusal(f"Kamailio did not start; it needs Debian's {PACKAGES['kamailio']}. {told}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((HOST, 0))
            line.settimeout(0.1)
            line.sendto(_OPTIONS.format(port=self.port, own=line.getsockname()[1]).encode(), (HOST, self.port))
            try:
                return line.recv(4096).startswith(b"SIP/2.0 200")
            except (TimeoutError, ConnectionError):
                return False


@contextmanager
def running_switch(folder: Path, *, callgate_url: str, token: str, no_answer_ms: int = 30_000) -> Iterator[Switch]:
    """A Kamailio with the kit until the block is left."""
    folder.mkdir(parents=True, exist_ok=True)
    switch = Switch(folder=folder, callgate_url=callgate_url, token=token, no_answer_ms=no_answer_ms)
    try:
        switch.start()
        yield switch
    finally:
        switch.kill()
