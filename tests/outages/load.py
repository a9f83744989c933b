"""Who calls meanwhile? Telephones, two for each person, that give each other no time.

A call that is allowed is held for a moment and reported as ended until somebody takes the report. An attempt that was
not decided is sent again under the same key, or given up and reported as failed: what a careful switch does.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.clock import SystemClock, monotonic_seconds
from callgate.domain.instants import to_wire
from callgate.domain.roles import Role
from tests.outages.history import Asked, Ended, History
from tests.outages.line import Line, Reply, request_of
from tests.outages.town import BLOCKED, CALLING, PROBING, SWITCH, Person, other_station
from tests.seeding import TOKEN_KEY

AUTHORIZE: Final = "/v1/authorize"
EVENTS: Final = "/v1/call-events"
_TRIES_MAX: Final = 4
_ENDED_NUMBER: Final = 9


def switch_token(*, issued_before: timedelta = timedelta(hours=2)) -> str:
    """A token of the switch that was made a while ago, so that a clock that goes back does not unmake it."""
    return issue_token(
        TokenKeys.from_text(TOKEN_KEY),
        subject=SWITCH,
        role=Role.SWITCH,
        facilities=None,
        now=SystemClock().now() - issued_before,
        lifetime_seconds=lifetime_seconds_max(Role.SWITCH),
    )


class Asker:
    """Asks one service, and keeps every answer.

    Args:
        port: where it listens; several are taken in turn, by attempt.
    """

    def __init__(self, *ports: int, history: History) -> None:
        self.history = history
        self._ports = ports
        self._token = switch_token()
        self._lines: dict[tuple[str, int], Line] = {}
        self._numbers = 0
        # Several askers of one run are one switch to the service, and a key is a switch's.
        self._prefix = uuid4().hex[:8]
        self._dice = random.Random(5)

    def new_call_id(self) -> str:
        """A key that was never used."""
        self._numbers += 1
        return f"{self._prefix}-{self._numbers}"

    async def ask(self, who: str, person: Person, call_id: str, *, try_number: int = 0, **changes: Any) -> Asked:
        """One authorize over a connection of `who`."""
        body = person.body(call_id, **changes)
        began = monotonic_seconds()
        reply = await self._send(who, AUTHORIZE, body, turn=hash(call_id) + try_number)
        asked = Asked(
            call_id=call_id,
            inmate_id=person.inmate_id,
            number=body["called_number"],
            began=began,
            ended=monotonic_seconds(),
            reply=reply,
        )
        self.history.asked.append(asked)
        return asked

    async def end(self, who: str, call_id: str, *, cause: str, tries_max: int = _TRIES_MAX) -> None:
        """Report the end of a call until it is taken."""
        body = {
            "call_id": call_id,
            "type": "ended",
            "sequence_number": _ENDED_NUMBER,
            "occurred_at": to_wire(SystemClock().now()),
            "duration_seconds": 0,
            "cause": cause,
        }
        for i in range(tries_max):
            began = monotonic_seconds()
            reply = await self._send(who, EVENTS, body, turn=i)
            told = Ended(call_id=call_id, began=began, ended=monotonic_seconds(), reply=reply)
            self.history.ended.append(told)
            if told.is_acknowledged:
                return
            await asyncio.sleep(0.1 * (i + 1))

    async def look(self, path: str) -> Reply:
        """One GET."""
        return await self._line("look", 0).ask(request_of(path, self._token, method="GET"))

    async def leave(self, person: Person, call_id: str) -> None:
        """Ask and go away, in one of the ways that there are."""
        body = json.dumps(person.body(call_id)).encode()
        after = self._dice.choice([0.0, 0.001, 0.003, 0.01, 0.03])
        line = Line(self._ports[0])
        await line.send_and_leave(
            request_of(AUTHORIZE, self._token, body), after_seconds=after, reset=self._dice.random() < 0.5
        )

    async def _send(self, who: str, path: str, body: Any, *, turn: int) -> Reply:
        return await self._line(who, turn % len(self._ports)).ask(
            request_of(path, self._token, json.dumps(body).encode())
        )

    def _line(self, who: str, which: int) -> Line:
        return self._lines.setdefault((who, which), Line(self._ports[which]))

    def close(self) -> None:
        """Hang up everywhere."""
        for line in self._lines.values():
            line.drop()


@asynccontextmanager
async def calling(asker: Asker, *, pause_seconds: float = 0.02) -> AsyncIterator[None]:
    """Everyone calls, from both of their telephones, until left; what runs then is finished."""
    stop = asyncio.Event()
    callers = [
        asyncio.create_task(_call_on(asker, person, station, stop, pause_seconds))
        for person in CALLING
        for station in (person.station_id, other_station(person))
    ]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*callers)


async def _call_on(asker: Asker, person: Person, station: str, stop: asyncio.Event, pause_seconds: float) -> None:
    dice = random.Random(station)
    while not stop.is_set():
        number = BLOCKED if dice.random() < 0.1 else None
        await _call(asker, person, station, dice, number=number)
        await asyncio.sleep(dice.uniform(0.5, 1.5) * pause_seconds)


async def _call(asker: Asker, person: Person, station: str, dice: random.Random, **changes: Any) -> None:
    call_id = asker.new_call_id()
    for i in range(_TRIES_MAX):
        asked = await asker.ask(station, person, call_id, try_number=i, station_id=station, **changes)
        if asked.is_allowed:
            await asyncio.sleep(dice.uniform(0.0, 0.04))
            await asker.end(station, call_id, cause="completed")
            return
        if asked.answer is not None:
            return
        if dice.random() < 0.3:
            break
        await asyncio.sleep(dice.uniform(0.05, 0.2))
    await asker.end(station, call_id, cause="failed")


class Prober:
    """Tries whether a new call can be had, each time with somebody who is in no other call."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._next = 0

    async def is_decided(self) -> bool:
        """Was a new attempt decided just now?"""
        person = PROBING[self._next % len(PROBING)]
        self._next += 1
        call_id = self._asker.new_call_id()
        asked = await self._asker.ask("probe", person, call_id, try_number=self._next)
        await self._asker.end("probe", call_id, cause="completed" if asked.is_allowed else "failed", tries_max=1)
        return asked.answer is not None

    async def seconds_until_back(self, *, seconds_max: float, and_ready: bool = True) -> float | None:
        """How long until a new attempt is decided and the service says that it is ready; None: not in that time."""
        since = monotonic_seconds()
        decided = ready = False
        while monotonic_seconds() - since < seconds_max:
            decided = decided or await self.is_decided()
            ready = ready or not and_ready or (await self._asker.look("/readyz")).status == 200
            if decided and ready:
                return monotonic_seconds() - since
            await asyncio.sleep(0.05)
        return None
