"""The bench of the FreeRADIUS tests: the service, the proxy before it, and the server, which asks for a switch."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx

from tests.switches.gate import Gate, Person
from tests.switches.radius_server import Heard, RadiusServer
from tests.switches.talker import Talker

NO_DECISION: Final = {"Reply-Message": '"no_decision"'}
KEPT: Final = "Accounting-Response"
_numbers = count(1)


@dataclass(slots=True, kw_only=True)
class RadiusBench:
    """The service, the proxy before it and the server, with people whose PINs are looked for in every log."""

    gate: Gate
    front: Talker
    server: RadiusServer
    people: list[Person] = field(default_factory=list)

    def book(self) -> Person:
        """Somebody new."""
        person = self.gate.book(self.gate.put_station("radius-1"))
        self.people.append(person)
        return person

    def ask(self, person: Person, call_id: str | None = None, **how: Any) -> Heard:
        """Ask about one call of this person, under a name of its own unless told."""
        return self.server.ask(person, call_id or new_id(), **how)

    def begin(self, person: Person) -> str:
        """Have a call of this person be answered."""
        call_id = new_id()
        assert self.ask(person, call_id).accepted
        assert self.server.report(call_id, "Start").code == KEPT
        assert self.only(person)["state"] == "answered"
        return call_id

    def only(self, person: Person) -> Any:
        """The one call of this person."""
        [call] = self.gate.calls_of(person)
        return call

    def answered(self) -> float:
        """How many questions callgate answered with allow since it started, repeats included."""
        text = httpx.get(f"{self.gate.url}/metrics", trust_env=False).text
        lines = [line for line in text.splitlines() if line.startswith('callgate_decisions_total{decision="allow"')]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def judge(self) -> None:
        """No PIN in a log or a spool, and the switch's token in none either."""
        seen = self.server.log + self.gate.log
        for person in self.people:
            assert person.pin not in seen, "a PIN was logged"
        assert self.server.token not in seen


def new_id() -> str:
    return f"radius-{next(_numbers)}"


def refused(heard: Heard) -> bool:
    """Was it rejected because nobody decided, without a word that a switch could take for a grant?"""
    return heard.code == "Access-Reject" and heard.attributes == NO_DECISION
