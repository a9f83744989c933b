"""How does a machine, which is no coroutine, ask the real application again and again on one open database?"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx
from sqlalchemy import insert, text

from callgate.store import tables as t
from tests.conftest import World, open_world
from tests.seeding import facility_row, inmate_row, pin_row, station_row

STAFF = MappingProxyType(
    {
        "counselor": ("counselor", "k.ames"),
        "warden": ("warden", "w.lamb"),
        "deputy": ("warden", "w.holt"),
        "victim_services": ("victim_services", "v.stone"),
        "advocate": ("victim_services", "v.rivera"),
        "security": ("security", "s.ward"),
        "operator": ("operator", "o.perez"),
        "switch": ("switch", "sw-1"),
    }
)
_TOKEN_LASTS = timedelta(minutes=10)


class Gate:
    """The application in this process, asked through its HTTP interface as staff and as a switch."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        self._runner = runner
        self._world = world
        self._tokens: dict[str, tuple[datetime, str]] = {}
        self.runs = 0
        self.steps = 0
        self.requests = 0
        self.heard: Counter[str] = Counter()

    def begin_run(self, now: datetime) -> int:
        """Begin anew at that instant, with staff whom nobody has seen before; answers the number of the run."""
        self.runs += 1
        self._tokens.clear()
        self._world.deployment.steps._latest = None  # no run is a clock that went back: each is a life of its own
        self.set_clock(now)
        return self.runs

    def set_clock(self, now: datetime) -> None:
        """Go there, forwards or back."""
        self._world.clock.set(now)

    def subject_of(self, who: str) -> str:
        """Under which name do this run's writes of that person stand on the trail?"""
        return f"{STAFF[who][1]}-{self.runs}"

    def call(
        self, who: str, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One request, answered."""
        (answer,) = self.call_all([(who, method, path, body)], headers=headers)
        return answer

    def call_all(
        self, asked: Sequence[tuple[str, str, str, Any]], *, headers: Mapping[str, str] | None = None
    ) -> list[httpx.Response]:
        """Several at once, answered in order. No answer of the service may ever be a failure of the service."""

        async def send() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*one, headers=headers) for one in asked))

        self.requests += len(asked)
        answers = self._runner.run(send())
        assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
        self.heard.update(map(_heading, asked, answers))
        return answers

    def rows(self, query: str, **values: Any) -> list[Any]:
        """What the tables say, for what no route shows."""

        async def read() -> list[Any]:
            async with self._world.deployment.database.read() as transaction:
                return list(await transaction.execute(text(query), values))

        return self._runner.run(read())

    def found(self, facilities: Mapping[str, tuple[str, str]], people: Mapping[str, tuple[str, str]]) -> None:
        """Put new places there with two telephones each, and people with their PINs.

        Args:
            facilities: name to profile and time zone.
            people: name to facility and PIN.
        """
        stations = [station_row(f"{name}-{unit}", name, unit=unit) for name in facilities for unit in "AB"]
        # A wrong PIN locks its telephone after five of them, so those are typed in elsewhere.
        stations += [station_row(f"{name}-w{i}", name, unit="W") for name in facilities for i in range(12)]
        rows = {
            t.facilities: [
                facility_row(name, profile=profile, time_zone=zone) for name, (profile, zone) in facilities.items()
            ],
            t.stations: stations,
            t.inmates: [inmate_row(name, facility, as_of=0) for name, (facility, _) in people.items()],
            t.pins: [pin_row(name, pin) for name, (_, pin) in people.items()],
        }

        async def write() -> None:
            async with self._world.deployment.database.write() as transaction:
                for table, several in rows.items():
                    await transaction.execute(insert(table), several)

        self._runner.run(write())

    async def _send(
        self, who: str, method: str, path: str, body: Any, *, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self._token(who)}", **(headers or {})}
        content = None if body is None else json.dumps(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        return await self._world.client.request(method, path, content=content, headers=sent)

    def _token(self, who: str) -> str:
        now = self._world.clock.now()
        minted, token = self._tokens.get(who, (now, ""))
        if not token or not minted <= now < minted + _TOKEN_LASTS:
            token = self._world.token(STAFF[who][0], subject=self.subject_of(who))
            self._tokens[who] = (now, token)
        return token


def _heading(asked: tuple[str, str, str, Any], answer: httpx.Response) -> str:
    """What was asked and how it was answered, without whom it was about."""
    _, method, path, _ = asked
    words = [word for word in path.partition("?")[0].split("/")[2:] if word.replace("-", "").isalpha()]
    told = answer.json()
    outcome = next((told[name] for name in ("code", "reason", "decision", "action", "state") if told.get(name)), "")
    return f"{method} {'/'.join(words)} {answer.status_code} {outcome}"


@contextmanager
def open_gate(database_url: str) -> Iterator[Gate]:
    """Start the application on that database and stop it afterwards."""
    context = open_world(database_url)
    with asyncio.Runner() as runner:
        world = runner.run(context.__aenter__())
        try:
            yield Gate(runner, world)
        finally:
            runner.run(context.__aexit__(None, None, None))
