"""How does a test run the FreeRADIUS kit? Unmodified, with local files of its own, on free ports of loopback."""

import getpass
import grp
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callgate.commands.demo.switch.ports import free_udp_port
from callgate.commands.demo.switch.programs import load_program
from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.gate import Person

KIT: Final = Path(__file__).parents[2] / "deploy" / "switches" / "freeradius"
SECRET: Final = "a-secret-of-the-tests-alone"
DEBIT_TRUNK: Final = "debit-trunk"
_HOST: Final = "127.0.0.1"
_LEAVING_SECONDS: Final = 10
_NOT_PLAIN: Final = re.compile(r"[^ !#$&-\[\]-~]")
_RECEIVED: Final = re.compile(r"^Received (\S+) Id", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(r"^\t(\S+) = (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the RADIUS client heard: None where nobody answered in time."""

    code: str | None
    attributes: Mapping[str, str]
    seconds: float

    @property
    def accepted(self) -> bool:
        """May the call be placed?"""
        return self.code == "Access-Accept"


@dataclass(slots=True, kw_only=True)
class RadiusServer:
    """One FreeRADIUS with the kit, at the same address however often it is started."""

    folder: Path
    callgate_url: str
    token: str = field(repr=False)
    auth_port: int = field(default_factory=free_udp_port)
    acct_port: int = field(default_factory=free_udp_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Path:
        """Where reports lie that callgate could not take."""
        return self.folder / "spool"

    @property
    def log(self) -> str:
        """Everything that it wrote so far, its log and its spool, over all starts."""
        written = [*self.folder.glob("*.log"), *self.spool.glob("*")]
        return "".join(path.read_text(errors="replace") for path in written)

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self.process is None, "it runs already"
        self._write_configuration()
        with (self.folder / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                [load_program("freeradius"), "-f", "-d", str(self.folder)],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_up, "FreeRADIUS answers")

    def stop(self) -> None:
        """End it in order."""
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(_LEAVING_SECONDS)
        finally:
            self.process = None

    def ask(self, person: Person, call_id: str, *, port: int | None = None, **changes: str) -> Heard:
        """May this person call their number from their telephone? `port`: of a relay before the server."""
        attributes = {
            "User-Name": person.station_id,
            "User-Password": person.pin,
            "Calling-Station-Id": person.station_id,
            "Called-Station-Id": person.number,
            "Acct-Session-Id": call_id,
            "Message-Authenticator": "0x00",
        }
        return self.send("auth", attributes | named(changes), port=port)

    def report(self, call_id: str, status: str, **values: str) -> Heard:
        """Tell what became of a call."""
        attributes = {"Acct-Session-Id": call_id, "Acct-Status-Type": status, **named(values)}
        return self.send("acct", attributes)

    def send(
        self,
        kind: str,
        attributes: Mapping[str, str],
        *,
        secret: str = SECRET,
        seconds: float = 3.0,
        port: int | None = None,
    ) -> Heard:
        """Send one packet with radclient and wait so long for the answer; an empty attribute is left out."""
        packet = "\n".join(f"{name} = {_quoted(value)}" for name, value in attributes.items() if value)
        port = port or (self.acct_port if kind == "acct" else self.auth_port)
        began = time.monotonic()
        told = subprocess.run(
            [load_program("radclient"), "-x", "-r", "1", "-t", str(seconds), f"{_HOST}:{port}", kind, secret],
            input=packet,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        ).stdout
        found = _RECEIVED.search(told)
        return Heard(
            code=found.group(1) if found else None,
            attributes=dict(_ATTRIBUTE.findall(told[found.end() :])) if found else {},
            seconds=time.monotonic() - began,
        )

    def _write_configuration(self) -> None:
        self.spool.mkdir(exist_ok=True)
        for path in KIT.iterdir():
            if path.suffix != ".md":
                shutil.copy(path, self.folder)
        local = self.folder / "callgate-local.conf"
        local.touch(0o600)
        local.write_text(
            f'raddbdir = "{self.folder}"\n'
            f'callgate_url = "{self.callgate_url}"\n'
            f'callgate_token = "{self.token}"\n'
            'callgate_ca_bundle = "/etc/ssl/certs/ca-certificates.crt"\n'
            f"radius_address = {_HOST}\nauth_port = {self.auth_port}\nacct_port = {self.acct_port}\n"
            f'logdir = "{self.folder}"\nrun_dir = "{self.folder}"\nspool_dir = "{self.spool}"\n'
            f"radius_user = {getpass.getuser()}\nradius_group = {grp.getgrgid(os.getgid()).gr_name}\n"
            f'client switch-1 {{\n ipaddr = {_HOST}\n secret = "{SECRET}"\n require_message_authenticator = yes\n}}\n'
        )
        (self.folder / "callgate-words.conf").write_text(
            f'callgate_words {{\n if (&NAS-Port-Id == "{DEBIT_TRUNK}") {{\n  update request {{\n'
            '   &Callgate-Payment-Type := "debit"\n  }\n }\n}\n'
        )

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        asked = {"Message-Authenticator": "0x00"}
        return self.send("status", asked, seconds=0.2).code == "Access-Accept"


@contextmanager
def running_radius(folder: Path, *, callgate_url: str, token: str) -> Iterator[RadiusServer]:
    """The kit, running, until the block is left."""
    server = RadiusServer(folder=folder, callgate_url=callgate_url, token=token)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.stop()


@contextmanager
def repeating(port: int, times: int) -> Iterator[int]:
    """The port of a relay that sends the one packet that it gets so many times, as a switch does that hears nothing.

    It brings the first answer back.
    """

    def relay(line: socket.socket) -> None:
        with suppress(OSError):
            packet, asker = line.recvfrom(4096)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
                for _ in range(times):
                    back.sendto(packet, (_HOST, port))
                    time.sleep(0.05)
                back.settimeout(3)
                line.sendto(back.recv(4096), asker)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((_HOST, 0))
        line.settimeout(5)
        thread = threading.Thread(target=relay, args=(line,), daemon=True)
        thread.start()
        yield line.getsockname()[1]
        thread.join(10)


def named(values: Mapping[str, str]) -> dict[str, str]:
    """Python's names as RADIUS's."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def _quoted(value: str) -> str:
    """As radclient reads it back; whatever it would give a meaning is written in octal."""
    if value.startswith("0x"):
        return value
    return '"' + _NOT_PLAIN.sub(lambda found: f"\\{ord(found.group()):03o}", value) + '"'
