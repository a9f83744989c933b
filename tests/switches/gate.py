"""How does a test of a switch run the real service, stop, kill and restart it, and set up whom it knows?

The service is `python -m callgate serve` in a process of its own, on the embedded database, by the machine's clock. The
hour at a facility is chosen by its time zone, so that calling hours hold whenever the tests run.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.clock import SystemClock
from callgate.commands.demo.setting import tariff_row
from callgate.commands.demo.switch.waiting import wait_until
from callgate.domain.roles import Role
from tests.command_line import clean_environment
from tests.seeding import PIN_KEY, TOKEN_KEY

SWITCH: Final = "switch-1"
OPEN: Final = "open-ci"
_PATIENCE_SECONDS: Final = 30
_LATER: Final = Path(__file__).with_name("serve_later.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a PIN and one number on the list, and the telephone that they stand at."""

    inmate_id: str
    pin: str = field(repr=False)
    number: str
    station_id: str


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def utc_now() -> datetime:
    """The present instant."""
    return SystemClock().now()


def zone_where_it_is(hour: int) -> str:
    """A time zone in which this hour has just begun or is running."""
    ahead = (hour - utc_now().hour + 11) % 24 - 11  # -11 .. 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@dataclass(slots=True)
class Gate:
    """The service, at the same address and on the same records however often it is started."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _booked: int = 0
    _facilities: list[str] = field(default_factory=list)
    _client: httpx.Client | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything that it wrote to its log so far, over all starts."""
        return (self.folder / "callgate.log").read_text()

    def start(self, *, later_seconds: int = 0) -> None:
        """Start it and wait until it answers; with `later_seconds`, by a clock that far ahead."""
        assert self.process is None, "it runs already"
        serve = ["-m", "callgate", "serve"] if not later_seconds else [str(_LATER), str(later_seconds)]
        environment = clean_environment(
            CALLGATE_DATABASE_URL=f"sqlite:///{self.folder}/callgate.db",
            CALLGATE_TOKEN_KEY=TOKEN_KEY,
            CALLGATE_PIN_KEY=PIN_KEY,
            CALLGATE_REVOKE_ALLOW="127.0.0.0/8",
            CALLGATE_DEADLINE_SECONDS="2",  # the machine may be busy
        )
        with (self.folder / "callgate.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *serve, "--port", str(self.port)],
                env=environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_up, "the service answers", seconds=_PATIENCE_SECONDS)

    def stop(self) -> None:
        """End it in order, as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it if it runs."""
        if self.process is not None:
            self.stop()
        if self._client is not None:
            self._client.close()

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None, "it does not run"
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        try:
            self.process.wait(_PATIENCE_SECONDS)
        finally:
            self.process = None

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            # Not /readyz, which rightly refuses a clock that is ahead.
            return httpx.get(f"{self.url}/livez", trust_env=False).is_success
        except httpx.TransportError:
            return False

    # ------------------------------------------------------------------------------------------------------ asking
    def token(self, role: str, *, subject: str | None = None) -> str:
        """A token of this role for every facility, as `callgate token` makes it."""
        return issue_token(
            TokenKeys.from_text(TOKEN_KEY),
            subject=subject or role,
            role=Role(role),
            facilities=None,
            now=utc_now(),
            lifetime_seconds=lifetime_seconds_max(Role(role)),
        )

    def switch_token(self, switch_id: str = SWITCH) -> str:
        """A switch's token, good for a year."""
        return self.token("switch", subject=switch_id)

    def call(self, role: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of somebody on the staff, or of a switch."""
        if self._client is None:
            self._client = httpx.Client(trust_env=False, timeout=_PATIENCE_SECONDS)
        token = self.switch_token() if role == "switch" else self.token(role)
        sent = {"Authorization": f"Bearer {token}", **headers}
        return self._client.request(method, self.url + path, json=body, headers=sent)

    def ask(self, role: str, method: str, path: str, body: Any = None) -> Any:
        """The same, where anything but success is a failure of the test."""
        answer = self.call(role, method, path, body)
        assert answer.is_success, f"{method} {path} as {role}: {answer.status_code} {answer.text}"
        return answer.json()

    # ----------------------------------------------------------------------------------------------------- setting
    def put_facility(self, facility_id: str = OPEN, *, hour: int = 12, **changes: Any) -> None:
        """A facility where it is this hour now, with tariffs for collect and prepaid calls; `SWITCH` serves it."""
        row = {
            "name": facility_id,
            "time_zone": zone_where_it_is(hour),
            "profile": "ct-doc",
            "hours": None,
            "region": "US",
            "rate_cap_tier": None,
            "limits": None,
        }
        self.ask("operator", "PUT", f"/v1/facilities/{facility_id}", row | changes)
        for payment_type, payer in (("collect", "called_party"), ("prepaid", "prepaid_account")):
            path = f"/v1/facilities/{facility_id}/tariffs/{facility_id}-{payment_type}"
            self.ask("operator", "PUT", path, tariff_row(payment_type, payer))
        if facility_id not in self._facilities:
            self._facilities.append(facility_id)
            self.put_switch()

    def put_station(self, station_id: str, facility_id: str = OPEN, **changes: Any) -> str:
        """A telephone."""
        row = {"unit": "A", "media": "voice", "hours": None, "enabled": True}
        self.ask("operator", "PUT", f"/v1/facilities/{facility_id}/stations/{station_id}", row | changes)
        return station_id

    def put_switch(self, switch_id: str = SWITCH, **changes: Any) -> Any:
        """A switch's row, for every facility there is; the answer shows its webhook secret, once."""
        row = {"name": switch_id, "facilities": self._facilities, "revoke_url": None, "tokens_not_before": None}
        return self.ask("operator", "PUT", f"/v1/switches/{switch_id}", row | changes)

    def book(self, station_id: str, facility_id: str = OPEN, *, is_listed: bool = True) -> Person:
        """Somebody new with a PIN of their own and, where `is_listed`, a number of their own on the list."""
        self._booked += 1
        inmate_id, number = f"9{self._booked:05d}", f"+1860555{self._booked:04d}"
        row = {
            "facility_id": facility_id,
            "unit": "A",
            "status": "active",
            "name": f"Person {self._booked}",
            "date_of_birth": None,
            "projected_release": None,
        }
        self.ask("operator", "PUT", f"/v1/inmates/{inmate_id}", row)
        pin = self.ask("operator", "POST", f"/v1/inmates/{inmate_id}/pin", {})["pin"]
        if is_listed:
            entry = {"number": number, "name": "A friend", "relationship": "friend", "kind": "social"}
            self.ask("counselor", "POST", f"/v1/inmates/{inmate_id}/list-changes", {"add": [entry], "remove": []})
        return Person(inmate_id=inmate_id, pin=pin, number=number, station_id=station_id)

    def block(self, person: Person) -> None:
        """Block this person's number for everybody at the facility."""
        self.ask("security", "POST", "/v1/blocks", block_of(person))

    # ----------------------------------------------------------------------------------------------------- looking
    def list_calls(self, **wanted: str) -> list[dict[str, Any]]:
        """Every call that fits these filters."""
        found: list[dict[str, Any]] = []
        query: Mapping[str, str] = {"limit": "200", **wanted}
        while True:
            page = self.ask("security", "GET", f"/v1/calls?{httpx.QueryParams(query)}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query = {**query, "cursor": page["next_cursor"]}

    def live_calls(self) -> list[dict[str, Any]]:
        """The calls that hold a PIN now."""
        # One that is answered between the two looks is seen in both.
        running = [call for state in ("authorized", "answered") for call in self.list_calls(state=state)]
        return list({call["decision_id"]: call for call in running}.values())

    def calls_of(self, person: Person) -> list[dict[str, Any]]:
        """This person's calls, newest first."""
        return self.list_calls(inmate_id=person.inmate_id)


def block_of(person: Person, **changes: Any) -> dict[str, Any]:
    """The body that blocks this person's number for that person."""
    body = {
        "number": person.number,
        "scope": "inmate",
        "inmate_id": person.inmate_id,
        "kind": "called_party",
        "authority": "AD 10.7",
        "note": "Asked by telephone.",
        "until": "indefinite",
    }
    return body | changes


def minute_after(soonest: datetime) -> datetime:
    """The first whole minute that comes after this instant."""
    return soonest.replace(second=0, microsecond=0) + timedelta(minutes=1)


@contextmanager
def running_gate(folder: Path, *, later_seconds: int = 0) -> Iterator[Gate]:
    """The service on an empty database, with one open facility and a registered switch, until the block is left."""
    gate = Gate(folder)
    try:
        gate.start(later_seconds=later_seconds)
        gate.put_facility()
        yield gate
    finally:
        gate.close()
