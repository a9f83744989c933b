"""Who asks while the database fails: switches that give an attempt up only when there is nobody left to ask.

Each person is asked for twice in the same instant, at two telephones, one attempt at each node: one of the two at most
may be allowed. An attempt that is refused with 503, or not answered, is asked again at the other node under the same
`call_id`, as a switch does.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final

from bench.wire import BROKEN, Answer, Line, render
from bench.world import FACILITIES, STATIONS, Person

# A node answers within its deadline of one second or says 503; whoever is silent for so long broke that.
PATIENCE_SECONDS: Final = 4.0
# A switch that asks again at once, and hundreds of them, would be what keeps the nodes from coming back.
_AGAIN_SECONDS: Final = (0.2, 0.4, 0.8, 1.0)
_SILENT: Final = Answer(-1, b"")
DECIDED: Final = frozenset({"allow", "deny"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer, or that none came. Instants are of `time.monotonic()`.

    `outcome`: `allow`, `deny`, `status N`, `broken` or `silent`.
    `decision_id`: of a decision.
    """

    call_id: str
    inmate_id: str
    node: int
    sent_at: float
    told_at: float
    outcome: str
    decision_id: str | None


class Callers:
    """Switches at both nodes.

    Args:
        ports: of the nodes.
        people: each is asked for in turn, with two attempts; when all were, from the first one again.
        per_second: people a second.
    """

    def __init__(self, ports: Sequence[int], people: Sequence[Person], *, token: str, per_second: float) -> None:
        self._ports = ports
        self._people = people
        self._token = token
        self._per_second = per_second
        self._free: tuple[deque[Line], ...] = tuple(deque() for _ in ports)
        self._asking: set[asyncio.Task[None]] = set()
        self._ends = asyncio.Event()
        self.told: list[Told] = []

    async def run(self) -> None:
        """Ask until `end` is called, and until every attempt then under way was answered."""
        began, begun = time.monotonic(), 0
        while not self._ends.is_set():
            while begun < (time.monotonic() - began) * self._per_second:
                self._begin(self._people[begun % len(self._people)], begun)
                begun += 1
            await asyncio.sleep(1 / self._per_second / 2)
        await asyncio.gather(*self._asking)
        for lines in self._free:
            for line in lines:
                line.close()

    def end(self) -> None:
        """Begin no more, and ask nothing again."""
        self._ends.set()

    def _begin(self, person: Person, number: int) -> None:
        for i in range(len(self._ports)):
            call_id = f"failover-{number}-{i}@switch"
            raw = render(json.dumps(_body(person, call_id, i)), token=self._token)
            task = asyncio.ensure_future(self._settle(person, call_id, raw, node=(number + i) % len(self._ports)))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _settle(self, person: Person, call_id: str, raw: bytes, *, node: int) -> None:
        for again_seconds in chain(_AGAIN_SECONDS, repeat(_AGAIN_SECONDS[-1])):
            sent_at = time.monotonic()
            answer = await self._ask(node, raw)
            outcome = "silent" if answer is _SILENT else answer.outcome
            decided = outcome in DECIDED
            told = Told(
                call_id=call_id,
                inmate_id=person.inmate_id,
                node=node,
                sent_at=sent_at,
                told_at=time.monotonic(),
                outcome=outcome,
                decision_id=json.loads(answer.body)["decision_id"] if decided else None,
            )
            self.told.append(told)
            if decided or self._ends.is_set():
                return
            await asyncio.sleep(again_seconds)
            node = (node + 1) % len(self._ports)

    async def _ask(self, node: int, raw: bytes) -> Answer:
        free = self._free[node]
        line = free.popleft() if free else None
        try:
            if line is None or not line.is_open:
                line = await Line.open(self._ports[node])
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await line.ask(raw)
        except TimeoutError:
            if line is not None:
                line.close()
            return _SILENT
        except OSError:
            return BROKEN
        if line.is_open:
            free.append(line)
        return answer


def _body(person: Person, call_id: str, i: int) -> dict[str, Any]:
    station = (person.station + i * FACILITIES) % STATIONS  # the next telephone of the same facility
    return {
        "call_id": call_id,
        "station_id": f"station-{station:03d}",
        "pin": person.pin,
        "called_number": person.numbers[1],
    }
