"""How does the agent speak to callgate, to Asterisk and to FreeSWITCH?"""

# ruff: noqa: INP001 - programs copied to a switch as a folder, no package

import base64
import json
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from io import BufferedRWPair
from typing import Any

from reports import FILE_BYTES_MAX, Event, Spool

WAIT_SECONDS = 25
OK = 200
CHANNEL = re.compile(r"[A-Za-z0-9.-]{1,128}")


class Callgate:
    """The service, asked with the switch's token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def report(self, events: list[Event]) -> tuple[int, list[dict[str, Any]]]:
        """The status, and with 200 the answers in order; status 0 where nothing was heard."""
        status, body = self._call("POST", "/v1/call-events", {"events": events}, seconds=10)
        results = body.get("results") if status == OK else None
        if isinstance(results, list) and len(results) == len(events):
            return status, results
        return (0 if status == OK else status), []

    def commands(self) -> tuple[int, list[dict[str, Any]]]:
        """The status, and the calls that must end, waited for."""
        path = f"/v1/switches/self/commands?wait={WAIT_SECONDS}"
        status, body = self._call("GET", path, None, seconds=WAIT_SECONDS + 10)
        items = body.get("items")
        return status, [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    def settle(self, command_id: str) -> None:
        """Say that there is no such call any more."""
        self._call("POST", f"/v1/switches/self/commands/{urllib.parse.quote(command_id, safe='')}/ack", {}, seconds=10)

    def _call(self, method: str, path: str, body: object, *, seconds: float) -> tuple[int, dict[str, Any]]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        return fetch(method, self._url + path, data, headers, seconds=seconds)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes where the operator said, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""
        return


# The environment's proxies are for people; certificates are checked, as the standard library does.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def fetch(
    method: str, url: str, data: bytes | None, headers: dict[str, str], *, seconds: float
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of the answer; 0 where nothing was heard, {} where it is no object."""
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - main() takes http and https alone
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            status, raw = answer.status, answer.read(FILE_BYTES_MAX)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}
    except OSError:
        return 0, {}
    except Exception:  # noqa: BLE001 - http.client has many names for an answer that is none
        return 0, {}
    try:
        told = json.loads(raw) if raw else {}
    except ValueError:
        told = {}
    return status, told if isinstance(told, dict) else {}


class Asterisk:
    """Ends calls through ARI. A call_id is `UNIQUEID-TRY`, and ARI names channels by UNIQUEID."""

    def __init__(self, url: str, user: str, secret: str) -> None:
        self._url = url
        self._auth = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

    def hang_up(self, channel: str) -> str:
        """`ended`, `gone` where there is no such channel, or `failed`."""
        path = f"/ari/channels/{urllib.parse.quote(channel, safe='')}?reason=normal"
        status, _ = fetch("DELETE", self._url + path, None, {"Authorization": self._auth}, seconds=3)
        return {204: "ended", 200: "ended", 404: "gone"}.get(status, "failed")


class FreeSwitch:
    """Ends calls through the event socket, and hears from it when calls are connected."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._address = (host, port)
        self._secret = secret

    def hang_up(self, channel: str) -> str:
        """`ended`, `gone` where there is no such channel, or `failed`."""
        try:
            with socket.create_connection(self._address, 3) as line, line.makefile("rwb") as stream:
                self._log_in(stream)
                _send(stream, f"api uuid_kill {channel} MANAGER_REQUEST")
                _, body = _receive(stream)
        except (OSError, ValueError):
            return "failed"
        return "ended" if body.startswith("+OK") else "gone" if "No such channel" in body else "failed"

    def listen(self, spool: Spool) -> None:
        """Write a report for every call that is connected, until the line breaks.

        Raises:
            OSError, ValueError: it broke, or the password is wrong.
        """
        with socket.create_connection(self._address, 10) as line, line.makefile("rwb") as stream:
            self._log_in(stream)
            _send(stream, "event plain CHANNEL_BRIDGE")
            line.settimeout(None)
            while True:
                headers, body = _receive(stream)
                if headers.get("content-type") == "text/event-plain":
                    note_bridge(spool, body)

    def _log_in(self, stream: BufferedRWPair) -> None:
        _receive(stream)
        _send(stream, f"auth {self._secret}")
        headers, _ = _receive(stream)
        if not headers.get("reply-text", "").startswith("+OK"):
            raise ValueError("the event socket takes another password")


def note_bridge(spool: Spool, body: str) -> None:
    """Write the report of one CHANNEL_BRIDGE event, where callgate was asked about that call."""
    told = {name: urllib.parse.unquote(value) for name, _, value in (line.partition(": ") for line in body.split("\n"))}
    call_id, at = told.get("variable_callgate_call_id", ""), told.get("Event-Date-Timestamp", "")
    if call_id and at.isdigit() and CHANNEL.fullmatch(call_id):
        fields = {"type": "answered", "call_id": call_id, "at": str(int(at) // 1_000_000)}
        spool.write(f"{call_id}-answered", urllib.parse.urlencode(fields))


def _send(stream: BufferedRWPair, command: str) -> None:
    stream.write(command.encode() + b"\n\n")
    stream.flush()


def _receive(stream: BufferedRWPair) -> tuple[dict[str, str], str]:
    headers: dict[str, str] = {}
    while line := stream.readline(FILE_BYTES_MAX).decode():
        if line == "\n":
            length = int(headers.get("content-length", "0"))
            return headers, stream.read(min(length, FILE_BYTES_MAX)).decode(errors="replace")
        name, _, value = line.strip().partition(": ")
        headers[name.lower()] = value
    raise ValueError("the event socket was closed")
