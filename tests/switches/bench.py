"""The bench of the Kamailio tests: the service, the proxy before it, the switch, and lines on both sides of it.

`judge` holds for every cell of the matrix, whatever failed in it.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from callgate.commands.demo.switch.kamailio import Switch, running_switch
from callgate.commands.demo.switch.sipp import SCENARIOS, Lines, Side, open_lines
from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.front import Front, Mode, standing_before
from tests.switches.gate import Gate, Person, running_gate

KAMAILIO: Final = "kamailio-1"
# What the demonstration plays too, and what is tested alone.
ALL_SCENARIOS: Final = (SCENARIOS, Path(__file__).with_name("scenarios"))
_SETTLED_SECONDS: Final = 15


@dataclass(slots=True, kw_only=True)
class Bench:
    """Everything that one test needs."""

    gate: Gate
    front: Front
    switch: Switch
    lines: Lines
    station: str
    switch_id: str
    people: list[Person] = field(default_factory=list)
    called: list[Side] = field(default_factory=list)

    def book(self, count: int = 1, *, is_listed: bool = True) -> list[Person]:
        """So many new people."""
        found = [self.gate.book(self.station, is_listed=is_listed) for _ in range(count)]
        self.people += found
        return found

    def take(self, scenario: str, *, calls: int = 1, **changes: object) -> Side:
        """Have the called side take calls; its trace is judged."""
        side = self.lines.take(scenario, calls=calls, **changes)
        self.called.append(side)
        return side

    def place(
        self,
        scenario: str,
        people: Sequence[Person],
        *,
        rate: float = 20,
        header: str = "X-Payment-Type: collect",
        **changes: object,
    ) -> Side:
        """Have these people call."""
        return self.lines.place(scenario, people, rate=rate, header=header, **changes)

    def judge(self) -> None:
        """No call that callgate did not allow, no PIN past the switch or in its log, and no call held afterwards."""
        wait_until(lambda: not self.live(), "callgate holds no live call", seconds=_SETTLED_SECONDS)
        allowed = {call["call_id"] for call in self.gate.list_calls()}
        for side in self.called:
            placed = set(side.times("INVITE", sent=False))
            assert placed <= allowed, f"placed without being allowed: {placed - allowed}"
        seen = "".join([side.raw() for side in self.called] + [self.switch.log, self.gate.log])
        for person in self.people:
            assert person.pin not in seen, "a PIN passed the switch, or was logged"
        assert "X-Inmate" not in "".join(side.raw() for side in self.called)
        wait_until(lambda: self.switch.dialogs() == 0, "the switch holds no call", seconds=_SETTLED_SECONDS)

    def clear(self) -> None:
        """End what a failed test left, so that the next one is not about it."""
        for call in self.live():
            self.gate.call("security", "POST", f"/v1/calls/{call['decision_id']}/terminate", {"note": "Left over."})

    def live(self) -> list[dict[str, Any]]:
        """This switch's calls that hold a PIN now; other tests' switches are none of its business."""
        return [call for call in self.gate.live_calls() if call["switch_id"] == self.switch_id]

    def live_of(self, person: Person) -> bool:
        """Does a call of this person run?"""
        return any(call["state"] in ("authorized", "answered") for call in self.gate.calls_of(person))

    def answered(self, count: int) -> None:
        """Wait until callgate holds so many answered calls."""
        wait_until(
            lambda: len([call for call in self.live() if call["state"] == "answered"]) >= count,
            f"{count} calls are answered",
        )


@contextmanager
def whole_bench(folder: Path, **how: int) -> Iterator[Bench]:
    """A bench with a service and a switch of its own, for a test that breaks them."""
    (folder / "gate").mkdir()
    with running_gate(folder / "gate") as gate, standing_before(gate.port) as front:
        front.mode = Mode.PASS
        with switch_bench(folder, gate, front, **how) as bench:
            yield bench


@contextmanager
def switch_bench(folder: Path, gate: Gate, front: Front, **how: int) -> Iterator[Bench]:
    """A bench with a switch of its own before this service."""
    station = gate.put_station("bench-1")
    # A credential of its own, because a switch is handed the commands of its own calls alone.
    switch_id = f"kamailio-{folder.name}"[:64]
    token = gate.switch_token(switch_id)
    with (
        running_switch(folder / "kamailio", callgate_url=front.url, token=token, **how) as switch,
        lines_around(folder, switch) as lines,
    ):
        yield Bench(gate=gate, front=front, switch=switch, lines=lines, station=station, switch_id=switch_id)


def lines_around(folder: Path, switch: Switch) -> AbstractContextManager[Lines]:
    """Callers and called parties on both sides of this switch."""
    return open_lines(folder, switch_port=switch.port, called_port=switch.called_port, scenarios=ALL_SCENARIOS)


def spread(seconds: Sequence[float]) -> str:
    """Median and worst, to be read."""
    return f"median {median(seconds):.2f} s, worst {max(seconds):.2f} s of {len(seconds)}"


def between(first: datetime, then: datetime) -> float:
    """Seconds from one to the other."""
    return (then - first).total_seconds()
