"""What stands in for a switch when the agent is tested? Asterisk's REST interface and FreeSWITCH's event socket."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Protocol

SECRET: Final = "a-secret-of-the-tests-alone"


class Standin(Protocol):
    """A switch's control line, without the switch."""

    ended: list[str]
    gone: bool

    @property
    def arguments(self) -> list[str]: ...


@dataclass(slots=True)
class Ari:
    """Asterisk's REST interface: notes whom it is told to hang up."""

    ended: list[str] = field(default_factory=list)
    gone: bool = False
    server: Any = None

    @property
    def arguments(self) -> list[str]:
        return ["--asterisk", f"http://127.0.0.1:{self.server.server_address[1]}"]

    def handler(self) -> type[BaseHTTPRequestHandler]:
        ari = self

        class Handler(BaseHTTPRequestHandler):
            def do_DELETE(self) -> None:
                assert self.headers["Authorization"].startswith("Basic ")
                ari.ended.append(self.path)
                self.send_response(404 if ari.gone else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@dataclass(slots=True)
class EventSocket:
    """FreeSWITCH's event socket: asks for the password, tells events, notes the commands."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    ended: list[str] = field(default_factory=list)
    gone: bool = False
    listening: list[Any] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        return ["--freeswitch", f"127.0.0.1:{self.listener.getsockname()[1]}"]

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.listener.accept()
                threading.Thread(target=self._take, args=(line,), daemon=True).start()

    def tell(self, **headers: str) -> None:
        body = "".join(f"{name.replace('__', '-')}: {value}\n" for name, value in headers.items()) + "\n"
        for stream in self.listening:
            stream.write(f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n{body}".encode())
            stream.flush()

    def _take(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as stream, suppress(OSError, ValueError):
            stream.write(b"Content-Type: auth/request\n\n")
            stream.flush()
            while command := stream.readline().decode().strip():
                stream.readline()
                stream.write(self._answer(command).encode())
                stream.flush()
                if command.startswith("event "):
                    self.listening.append(stream)

    def _answer(self, command: str) -> str:
        if command.startswith("api "):
            self.ended.append(command)
            body = "-ERR No such channel!\n" if self.gone else "+OK\n"
            return f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}"
        said = "+OK accepted" if command in (f"auth {SECRET}", "event plain CHANNEL_BRIDGE") else "-ERR invalid"
        return f"Content-Type: command/reply\nReply-Text: {said}\n\n"
