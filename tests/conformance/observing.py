"""What does somebody see who may not know of a block: every answer, whole, with only ids and secrets by their order?

An `Observer` asks as a switch, a counselor or an operator, and keeps each answer: its status, headers, body and the
statements that it took. Two histories are alike when `told` of both is the same text. Instants are left as they are,
since the clock stands where the test puts it; ids, ETags and secrets are called by the order in which they appear, so
that what is named twice must be named twice in the other history too.
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from sqlalchemy import event

from tests.conftest import World
from tests.people import FREE

OBSERVERS: Final = ("switch", "counselor", "operator")
"""The roles of those who may not know, and whose answers the person inside may hear."""
HIDDEN_NUMBER: Final = FREE[0]
"""The number that something stands against."""

_ID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_SECRET: Final = re.compile(r'"(pin|tracking_token|webhook_secret|next_cursor)":\s*"([^"]+)"')
_NAMED: Final = re.compile(rf'(?P<id>{_ID})|(?<="etag": )(?P<etag>"[^,}}]+")')
_ORDER: Final = re.compile(_ID.replace("-7[0-9a-f]{3}-", "-7([0-9a-f]{3})-"))


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer as it came: what was asked in which part of the history, and all that was told, logged and done."""

    part: str
    asked: str
    told: str
    logged: str
    statements: tuple[str, ...]


class Observer:
    """Asks as those who may not know, and keeps what they are told."""

    def __init__(self, world: World, log: list[MutableMapping[str, Any]]) -> None:
        """`log`: where every line of the application's log is put."""
        self.world = world
        self._log = log
        self.part = "begin"
        self.seen: list[Seen] = []
        self.sent: set[tuple[str, str]] = set()
        self.known: defaultdict[str, list[str]] = defaultdict(list)

    async def ask(
        self,
        role: str,
        method: str,
        path: str,
        *,
        template: str | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request as a switch, a counselor or an operator, or as anybody without a token.

        `template`: of the path, where it has parameters.
        """
        sent = dict(headers or {})
        if role in _SUBJECTS:
            sent["Authorization"] = f"Bearer {self.world.token(role, subject=_SUBJECTS[role])}"
        self._log.clear()
        with _statements_of_this_request(self.world) as statements:
            answer = await self.world.client.request(method, path, json=json, content=content, headers=sent)
        await self.settle()
        assert answer.status_code < 500 or path == "/readyz", f"{role}: {method} {path}"
        name = f"{method} {template or path.partition('?')[0]}"
        self.sent.add((role, name))
        asked = f"{role}: {method} {path} {_shown(json)}"
        self.seen.append(Seen(self.part, asked, _whole(answer), self._logged(), tuple(statements)))
        if answer.status_code < 400 and "json" in answer.headers.get("content-type", ""):
            self._learn(answer.json())
        return answer

    def _logged(self) -> str:
        """What was written to the log meanwhile, without how long it took."""
        return "\n".join(json.dumps({**line, "duration_ms": 0}, sort_keys=True, default=str) for line in self._log)

    async def settle(self) -> None:
        """Let what is written after an answer be written, so that it falls into no other request."""
        await self.world.app.state.alarms.settled()

    def _learn(self, told: Any) -> None:
        """Note every id that was told, by its name: it is what a path can be asked with."""
        if isinstance(told, dict):
            for name, value in told.items():
                if isinstance(value, str) and (name.endswith(("_id", "_token")) or name in ("number", "tariff")):
                    if value not in self.known[name]:
                        self.known[name].append(value)
                else:
                    self._learn(value)
        if isinstance(told, list):
            for each in told:
                self._learn(each)


_SUBJECTS: Final = {"switch": "sw-1", "counselor": "m.okafor", "operator": "o.perez"}


def _shown(body: Any) -> str:
    return "" if body is None else json.dumps(body, sort_keys=True)


def _whole(answer: httpx.Response) -> str:
    """Everything that left: status, headers in their order and the body's text."""
    headers = ", ".join(f'"{name}": {value}' for name, value in answer.headers.items())
    return f"{answer.status_code} {{{headers}}} {answer.text}"


@contextmanager
def _statements_of_this_request(world: World) -> Iterator[list[str]]:
    """The statements that the request waits for: those of its own task and of the intake, none of what runs beside."""
    engine = world.deployment.database._engine.sync_engine
    asking = asyncio.current_task()
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        task = asyncio.current_task()
        if task is asking or (task is not None and task.get_name().startswith("intake")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


class _Names:
    """Calls ids, ETags and secrets by the order in which they appear."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._secrets: dict[str, str] = {}

    def alike(self, text: str) -> str:
        """The text with every one of them by its name."""
        for kind, value in _SECRET.findall(text):
            self._secrets[value] = self._of(value, kind)
        for value, name in self._secrets.items():
            text = text.replace(value, name)  # wherever it stands: a letter repeats the code that it sends
        return _NAMED.sub(lambda found: self._of(found[0], "id" if found["id"] else "etag"), text)

    def _of(self, word: str, kind: str) -> str:
        return self._names.setdefault(word, f"<{kind} {len(self._names)}>")


@dataclass(frozen=True, slots=True)
class Told:
    """One answer with ids by their order, ready to be held against its twin."""

    where: str
    text: str
    logged: str
    statements: tuple[str, ...]
    between_ids: tuple[int, ...]
    """How far apart the new ids in one answer are: work that is not told could be counted by them."""


def told(seen: list[Seen]) -> list[Told]:
    """The history as those who may not know could compare it."""
    names = _Names()
    known: set[str] = set()
    found = []
    for each in seen:
        asked, text, logged = names.alike(each.asked), names.alike(each.told), names.alike(each.logged)
        given = [match for match in _ORDER.finditer(each.told) if match[0] not in known]
        known.update(match[0] for match in given)
        orders = [int(match[1], 16) for match in given] if ": POST " in each.asked else []
        between = tuple((order - orders[0]) % 4096 for order in orders)
        found.append(Told(f"{each.part}: {asked}", text, logged, each.statements, between))
    return found


def differences(one: list[Told], other: list[Told]) -> list[str]:
    """Where two histories differ, and in what."""
    found: list[str] = []
    for left, right in zip(one, other, strict=True):
        if left.where != right.where:
            return [*found, f"asked differently: {left.where}\n  and {right.where}"]
        if left.text != right.text:
            found.append(f"{left.where}\n  answered {left.text}\n  and      {right.text}")
        elif left.logged != right.logged:
            found.append(f"{left.where}\n  logged {left.logged}\n  and    {right.logged}")
        elif left.statements != right.statements:
            only = [statement for statement in left.statements if statement not in right.statements]
            more = [statement for statement in right.statements if statement not in left.statements]
            counts = f"{len(left.statements)} and {len(right.statements)} statements"
            found.append(f"{left.where}\n  took {counts}\n  only there: {only}\n  only here: {more}")
        elif left.between_ids != right.between_ids:
            found.append(f"{left.where}\n  gave ids {left.between_ids} and {right.between_ids}")
    return found
