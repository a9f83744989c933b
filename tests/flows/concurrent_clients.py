"""Clients that do what staff and switches do, all at once, and write down what they saw and when.

Everything here is seen from outside: an instant before each request is sent and one after its answer came, on the
monotonic clock that all threads of a machine share.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any, Final

import httpx

from tests.conftest import World
from tests.flows.history_checker import Allow, Write

KINDS: Final = ("victim", "court_order", "called_party", "investigation")
SEEN: Final = {200, 201, 202, 409, 422, 503}


@dataclass(slots=True, kw_only=True)
class Fact:
    """Something that was written and may be undone. `kind` is a block's, or what else it is."""

    kind: str
    made_by: Write
    name: str = ""
    person: str | None = None
    number: str | None = None
    facility: str | None = None
    undone_by: list[Write] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """What all clients saw, in no order. Threads append to it, which the interpreter makes safe."""

    homes: dict[str, str]
    lists: dict[str, list[str]]
    numbers: Sequence[str]
    pins: dict[str, str]
    allows: list[Allow] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    puts: list[tuple[str, str, Write]] = field(default_factory=list)
    adds: list[tuple[str, str, Write]] = field(default_factory=list)
    removals: list[tuple[str, str, Write]] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    open_facts: list[Fact] = field(default_factory=list)


class Client:
    """One client of one node: some mixture of everything, one request after the other."""

    def __init__(self, world: World, history: History, *, name: str, seed: int) -> None:
        self._world = world
        self._history = history
        self._name = name
        self._dice = Random(seed)
        self._tokens: dict[str, str] = {}
        self._count = 0
        self.statuses: Counter[str] = Counter()
        self.written: Counter[str] = Counter()

    async def work(self, until: float) -> None:
        """Go on until that instant of the monotonic clock."""
        deeds: dict[Callable[[], Awaitable[None]], int] = {
            self.call: 50,
            self.set_a_block: 10,
            self.undo: 16,
            self.take_in_a_removal: 5,
            self.restrict: 4,
            self.shut_off: 1,
            self.move: 5,
            self.change_a_list: 6,
            self.remove_from_a_list: 2,
        }
        while monotonic() < until:
            (deed,) = self._dice.choices(list(deeds), weights=list(deeds.values()))
            await deed()

    # ---------------------------------------------------------------------------------------------------- as a switch

    async def call(self) -> None:
        """Somebody calls from where they were last told to be; an allowed call is reported as over soon after."""
        person, number = self._person(), self._dice.choice(self._history.numbers)
        facility = self._history.places[person]
        self._count += 1
        call_id = f"{self._name}-{self._count}"
        body = {
            "call_id": call_id,
            "station_id": f"{facility}-{self._dice.randrange(8)}",
            "pin": self._history.pins[person],
            "called_number": number,
        }
        self._history.asked.append(call_id)
        answer, seen = await self._send("switch", "POST", "/v1/authorize", body)
        if answer.status_code != 200:
            return
        self._history.answered[call_id] = answer.text
        told = answer.json()
        self.statuses[f"call: {told['reason'] or told['decision']}"] += 1
        if told["decision"] == "allow":
            allow = Allow(
                call_id=call_id,
                person=person,
                number=number,
                facility=facility,
                began=seen.began,
                answered=seen.answered,
            )
            self._history.allows.append(allow)
            await self._talk(allow)

    async def _talk(self, allow: Allow) -> None:
        await asyncio.sleep(self._dice.random() * 0.02)
        if self._dice.random() < 0.02:
            answer, seen = await self._tell(allow, "called_party_block", 1)
            if answer.is_success:
                self._history.facts.append(
                    Fact(kind="called_party", made_by=seen, person=allow.person, number=allow.number)
                )
        self._history.ends[allow.call_id] = monotonic()
        answer = httpx.Response(503)
        while answer.status_code == 503:  # a switch tells it until it was heard
            answer, _ = await self._tell(allow, "ended", 2, duration_seconds=0, cause="no_answer")

    async def _tell(self, allow: Allow, kind: str, number: int, **more: Any) -> tuple[httpx.Response, Write]:
        now = self._world.clock.now().isoformat().replace("+00:00", "Z")
        event = {"call_id": allow.call_id, "type": kind, "sequence_number": number, "occurred_at": now, **more}
        return await self._send("switch", "POST", "/v1/call-events", event)

    # ------------------------------------------------------------------------------------------------------- as staff

    async def set_a_block(self) -> None:
        """A number is blocked for a person, a facility or everywhere."""
        kind, scope = self._dice.choice(KINDS), self._dice.choices(("inmate", "facility", "system"), (12, 2, 1))[0]
        number = self._dice.choice(self._history.numbers)
        person = self._person() if scope == "inmate" else None
        facility = self._facility() if scope == "facility" else None
        body = {
            "number": number,
            "scope": scope,
            "kind": kind,
            "authority": "Superior Court",
            "note": "n",
            "document_reference": "FA-26-4011",
            "until": "indefinite",
        } | {name: it for name, it in (("inmate_id", person), ("facility_id", facility)) if it}
        answer, seen = await self._write("warden", "POST", "/v1/blocks", body)
        if answer.is_success:
            name = answer.json()["block_id"]
            # Only what names one person shields others.
            kept = kind if scope == "inmate" or kind not in {"victim", "court_order"} else f"{kind} (wide)"
            self._keep(Fact(kind=kept, name=name, made_by=seen, person=person, number=number, facility=facility))

    async def undo(self) -> None:
        """Something that stands is ended: a block lifted, a request decided, a restriction or a shut-off ended."""
        if len(self._history.open_facts) < 6:
            return
        try:
            fact = self._history.open_facts.pop(self._dice.randrange(len(self._history.open_facts)))
        except (IndexError, ValueError):
            return  # another client was quicker
        if fact.kind in {"restriction", "shutoff"}:
            await self._undo(fact, "warden", f"/v1/{fact.kind}s/{fact.name}/end", {"note": "over"})
        elif fact.kind == "removal":
            decision = "refuse" if self._dice.random() < 0.8 else "grant"
            body = {"decision": decision, "scope": "inmate" if fact.person else "facility", "note": "n"}
            path = f"/v1/removal-requests/{fact.name}/decision"
            if decision == "refuse":
                await self._undo(fact, "warden", path, body)
            else:
                await self._write("warden", "POST", path, body)
        else:
            protects = fact.kind.startswith(("victim", "court_order"))
            for who in ("warden", "victim_services") if protects else ("warden",):
                evidence = {"authority": "Superior Court", "evidence_reference": "FA-26-4012"}
                await self._undo(fact, who, f"/v1/blocks/{fact.name}/lift", evidence)

    async def _undo(self, fact: Fact, who: str, path: str, body: dict[str, Any]) -> None:
        # Noted before it is sent: whoever reads the history at any time finds what may have been undone by then.
        answer, seen = await self._write(who, "POST", path, body)
        if answer.status_code in {200, 503}:
            fact.undone_by.append(seen)

    async def take_in_a_removal(self) -> None:
        """An owner asks not to be called by somebody, or by anybody at a facility."""
        person = self._person() if self._dice.random() < 0.8 else None
        facility = self._history.places[person] if person else self._facility()
        number = self._dice.choice(self._history.numbers)
        body = {
            "facility_id": facility,
            "number": number,
            "requester_name": "Ruth Doe",
            "received_on": "2026-11-19",
            "channel": "phone",
            "identity_checked": True,
        } | ({"inmate_id": person} if person else {})
        answer, seen = await self._write("counselor", "POST", "/v1/removal-requests", body)
        if answer.is_success:
            name = answer.json()["request_id"]
            bound = None if person else facility
            self._keep(Fact(kind="removal", name=name, made_by=seen, person=person, number=number, facility=bound))

    async def restrict(self) -> None:
        """Somebody loses calls."""
        person = self._person()
        body = {
            "kind": "disciplinary",
            "starts_at": "2026-11-20T00:00:00Z",
            "ends_at": "2026-12-20T00:00:00Z",
            "authority": "Hearing officer",
            "case_number": "DR-1",
        }
        answer, seen = await self._write("security", "POST", f"/v1/inmates/{person}/restrictions", body)
        if answer.is_success:
            self._keep(Fact(kind="restriction", name=answer.json()["restriction_id"], made_by=seen, person=person))

    async def shut_off(self) -> None:
        """A facility falls silent, and not for long."""
        facility = self._facility()
        body = {"reason": "count", "ends_at": "2026-12-20T00:00:00Z"}
        answer, seen = await self._write("warden", "POST", f"/v1/facilities/{facility}/shutoffs", body)
        if answer.is_success:
            fact = Fact(kind="shutoff", name=answer.json()["shutoff_id"], made_by=seen, facility=facility)
            self._history.facts.append(fact)
            await asyncio.sleep(0.05)
            while not fact.undone_by:
                await self._undo(fact, "warden", f"/v1/shutoffs/{fact.name}/end", {"note": "over"})

    async def move(self) -> None:
        """Somebody is brought to the other facility."""
        person = self._person()
        facility = next(it for it in sorted(set(self._history.homes.values())) if it != self._history.places[person])
        body = {"facility_id": facility, "unit": "A", "status": "active", "name": "A Person"}
        answer, seen = await self._write("operator", "PUT", f"/v1/inmates/{person}", body)
        if answer.status_code in {200, 503}:
            self._history.puts.append((person, facility, seen))
        if answer.is_success:
            self._history.places[person] = facility

    async def change_a_list(self) -> None:
        """A counselor hands in one more number for somebody; most lists take one change and no second."""
        person, number = self._dice.choice(list(self._history.homes)), self._dice.choice(self._history.numbers)
        add = {"number": number, "name": "R. Doe", "relationship": "friend", "kind": "social"}
        path = f"/v1/inmates/{person}/list-changes"
        answer, seen = await self._write("counselor", "POST", path, {"add": [add], "remove": []})
        if answer.status_code in {201, 503}:
            self._history.adds.append((person, number, seen))

    async def remove_from_a_list(self) -> None:
        """Staff take a number off."""
        person, number = self._person(), self._dice.choice(self._history.numbers)
        path = f"/v1/inmates/{person}/list-removals"
        answer, seen = await self._write("security", "POST", path, {"number": number, "note": "n"})
        if answer.is_success:
            self._history.removals.append((person, number, seen))

    # -------------------------------------------------------------------------------------------------------- the wire

    def _keep(self, fact: Fact) -> None:
        self._history.facts.append(fact)
        self._history.open_facts.append(fact)

    def _facility(self) -> str:
        return self._dice.choice(sorted(set(self._history.homes.values())))

    def _person(self) -> str:
        """Most often one of a few, so that clients meet."""
        people = list(self._history.homes)
        return self._dice.choice(people[:10] if self._dice.random() < 0.8 else people)

    async def _write(self, who: str, method: str, path: str, body: Any) -> tuple[httpx.Response, Write]:
        answer, seen = await self._send(who, method, path, body)
        if answer.is_success:
            self.written[self._subject(who)] += 1
        return answer, seen

    async def _send(self, who: str, method: str, path: str, body: Any) -> tuple[httpx.Response, Write]:
        token = self._tokens.get(who) or self._world.token(who, subject=self._subject(who))
        self._tokens[who] = token
        began = monotonic()
        answer = await self._world.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        answered = monotonic()
        self.statuses[f"{answer.status_code}"] += 1
        if answer.status_code not in SEEN:
            self._history.failures.append(f"{method} {path} {body}: {answer.status_code} {answer.text}")
        name = f"{method} {path} by {self._subject(who)}"
        return answer, Write(name=name, began=began, answered=answered, applied=answer.is_success)

    def _subject(self, who: str) -> str:
        return f"{who}-{self._name}"
