"""How does a test run the Kamailio kit? Unmodified, with a local file of its own, on free ports of loopback."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.switches.gate import wait_until
from tests.switches.sipp import free_udp_port

KIT: Final = Path(__file__).parents[2] / "deploy" / "switches" / "kamailio"
_HOST: Final = "127.0.0.1"
_LEAVING_SECONDS: Final = 10
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
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything that it wrote so far, over all starts."""
        return (self.folder / "kamailio.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self.process is None, "it runs already"
        self._write_configuration()
        command = [
            *(_program("kamailio"), "-DD", "-E", "-f", str(self.folder / "kamailio.cfg"), "-Y", str(self.folder)),
            *("-P", str(self.folder / "pid"), "-m", "64", "-M", "8"),
        ]
        with (self.folder / "kamailio.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._is_up, "Kamailio answers")

    def stop(self) -> None:
        """End it in order."""
        assert self.process is not None
        self.process.terminate()
        self._wait()

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self._wait()

    def count(self, name: str) -> int:
        """One of the kit's counters."""
        told = subprocess.run(
            [_program("kamcmd"), "-s", f"unix:{self.folder}/ctl", "stats.get_statistics", f"callgate_{name}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return int(told.rsplit("=", 1)[1])

    def dialogs(self) -> int:
        """How many calls it holds."""
        told = subprocess.run(
            [_program("kamcmd"), "-s", f"unix:{self.folder}/ctl", "dlg.stats_active"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = {name.strip(): value for name, _, value in (line.partition(":") for line in told.splitlines())}
        return int(found["all"])

    def _wait(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(_LEAVING_SECONDS)
        finally:
            self.process = None

    def _write_configuration(self) -> None:
        for path in KIT.glob("*.cfg"):
            shutil.copy(path, self.folder)
        local = self.folder / "callgate-local.cfg"
        local.touch(0o600)
        local.write_text(
            f"listen=udp:{_HOST}:{self.port}\n"
            f'#!define CALLGATE_URL "{self.callgate_url}"\n'
            f'#!define CALLGATE_TOKEN "{self.token}"\n'
            '#!define CALLERS "^127\\.0\\.0\\.1$"\n'
            '#!define CARRIERS "^127\\.0\\.0\\.1$"\n'
            f'#!define NEXT_HOP "{_HOST}:{self.called_port}"\n'
            f"#!define NO_ANSWER_MS {self.no_answer_ms}\n"
            f"#!define ASK_SECONDS {self.ask_seconds}\n"
            f'#!define CTL_SOCKET "unix:{self.folder}/ctl"\n'
        )

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((_HOST, 0))
            line.settimeout(0.1)
            line.sendto(_OPTIONS.format(port=self.port, own=line.getsockname()[1]).encode(), (_HOST, self.port))
            try:
                return line.recv(4096).startswith(b"SIP/2.0 200")
            except (TimeoutError, ConnectionError):
                return False


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed"
    return found


@contextmanager
def running_switch(folder: Path, *, callgate_url: str, token: str, no_answer_ms: int = 30_000) -> Iterator[Switch]:
    """A Kamailio with the kit until the block is left."""
    folder.mkdir(parents=True, exist_ok=True)
    switch = Switch(folder=folder, callgate_url=callgate_url, token=token, no_answer_ms=no_answer_ms)
    try:
        switch.start()
        yield switch
    finally:
        if switch.process is not None:
            switch.kill()
