"""Where every rule of the machine stands: the model of one run, the gate that it asks, and what both say of a call."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from callgate.domain.instants import to_milliseconds, to_wire
from tests.stateful.gate import Gate
from tests.stateful.model import Model
from tests.stateful.records import ANSWER_WITHIN, CONNECTICUT, NEW_YORK, Block, Call, Law, Person

# Noon in New York, ten in Denver: before the clocks go back, on an ordinary day, before they go forward.
STARTS = (
    datetime(2026, 10, 20, 16, 0, tzinfo=UTC),
    datetime(2026, 11, 20, 17, 0, tzinfo=UTC),
    datetime(2027, 2, 20, 17, 0, tzinfo=UTC),
)
PEOPLE = 4
NUMBERS = 16
HOT = 4  # the numbers that blocks and removals are about


class Desk:
    """One run: two facilities, four people of whom one is not booked yet, sixteen numbers."""

    gate: ClassVar[Gate]

    def begin(self, start: datetime) -> None:
        """Found a world that no run before has seen."""
        self.run = self.gate.begin_run(start)
        self.here, self.there = f"a{self.run}", f"b{self.run}"
        self.people = [f"p{self.run}-{i}" for i in range(PEOPLE)]
        self.numbers = [f"+1860{3_000_000 + self.run * NUMBERS + i}" for i in range(NUMBERS)]
        homes = (self.here, self.here, self.there)
        pins = {name: str(2_000_000_000 + (self.run * PEOPLE + i) * 7_919) for i, name in enumerate(self.people)}
        self.model = Model(
            now=start,
            laws={self.here: CONNECTICUT, self.there: NEW_YORK},
            people={
                name: Person(name, home, active=True, pin=pins[name], as_of=datetime(1970, 1, 1, tzinfo=UTC))
                for name, home in zip(self.people, homes, strict=False)
            },
        )
        newcomer = self.people[-1]
        self.model.people[newcomer] = Person(newcomer, None)
        self.last_pins = dict(pins)
        self.changes: dict[tuple[str, str], str] = {}
        self.spaced: dict[str, list[tuple[date, Law]]] = {}
        self.turned: dict[str, str] = {}
        self.asked = 0
        self.told: Counter[str] = Counter()
        self.denied: list[tuple[dict[str, Any], str]] = []
        self.written: Counter[tuple[str, int]] = Counter()
        self.wrong_pins: Counter[str] = Counter()
        self.gate.found(
            {self.here: ("ct-doc", CONNECTICUT.zone), self.there: ("ny-doccs", NEW_YORK.zone)},
            {name: (home, pins[name]) for name, home in zip(self.people, homes, strict=False)},
        )

    def go_to(self, ahead: timedelta) -> None:
        """The clocks of the service and of the model go on."""
        self.model.now += ahead
        self.gate.set_clock(self.model.now)
        self.model.look_at_the_clock()

    # ------------------------------------------------------------------------------------------------------ as staff

    def write(self, who: str, method: str, path: str, body: Any, *, expect: tuple[int, str | None]) -> Any:
        """One write by staff, which must be answered with this status and, where refused, this code."""
        answer = self.gate.call(who, method, path, body)
        assert answer.status_code == expect[0], (method, path, body, expect, answer.status_code, answer.text)
        told = answer.json()
        self.note_write(who, happened=answer.is_success)
        if expect[1] is not None:
            assert told["code"] == expect[1], (method, path, body, expect, told)
        return told

    def note_write(self, who: str, *, happened: bool) -> None:
        """Remember who wrote when, for the trail must say the same; and who was refused, for it must not."""
        self.written[self.gate.subject_of(who), to_milliseconds(self.model.now)] += happened

    def read(self, who: str, path: str) -> Any:
        """Something that can be read."""
        answer = self.gate.call(who, "GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def learn_blocks(self, number: str) -> None:
        """Hold every block on the number against the model's, and take down the ids of those that callgate made."""
        told = self.read("security", f"/v1/blocks?limit=200&number={number.replace('+', '%2B')}")["items"]
        ours = [it for it in self.model.blocks if it.number == number]
        unknown = {it["block_id"]: it for it in told}
        names = {it.key: it.name for it in ours}
        for block in sorted(ours, key=lambda it: it.name is None):
            like = self._representation(block, names)
            fits = [name for name, it in unknown.items() if name == (block.name or name) and like.items() <= it.items()]
            assert fits, (block, like, unknown)
            block.name = names[block.key] = fits[0]
            del unknown[fits[0]]
        assert not unknown, unknown

    def _representation(self, block: Block, names: dict[int, str | None]) -> dict[str, Any]:
        now = self.model.now
        request = next((it for it in self.model.requests if it.key == block.request), None)
        return {
            "scope": block.scope,
            "kind": block.kind,
            "inmate_id": block.person,
            "facility_id": block.facility,
            "unit": block.unit,
            "until": "indefinite" if block.until is None else to_wire(block.until),
            "state": "in_force" if block.in_force(now) else "lifted" if block.lifted else "expired",
            "request_id": request and request.name,
            "provisional": request is not None and request.state == "open",
            "carried_from": None if block.carried_from is None else names[block.carried_from],
        }

    # ---------------------------------------------------------------------------------------------------- as a switch

    def attempt(self, name: str, number: str, *, facility: str | None = None, unit: str = "A") -> dict[str, Any]:
        """What a switch sends when this person calls this number from where they are, or from that facility."""
        person = self.model.people[name]
        place = facility or person.facility or self.here
        pin = person.pin or self.last_pins[name]
        station = f"{place}-{unit}"
        if self.model.reason(name, number, facility=place, unit=unit) == "pin_not_accepted":
            self.wrong_pins[place] += 1
            station = f"{place}-w{self.wrong_pins[place] // 4 % 12}"
        self.asked += 1
        return {"call_id": f"c{self.asked}", "station_id": station, "pin": pin, "called_number": number}

    def place_calls(self, bodies: Sequence[dict[str, Any]]) -> list[Call | None]:
        """Send these, of different people, at once; each must be answered as the model says."""
        answers = self.gate.call_all([("switch", "POST", "/v1/authorize", body) for body in bodies])
        # First every prediction, then every effect: none of these people can stand in another's way.
        foreseen = [self._foreseen(body) for body in bodies]
        return [
            self._take(body, reason, answer.text, answer.json())
            for body, reason, answer in zip(bodies, foreseen, answers, strict=True)
        ]

    def probe(self, *pairs: tuple[str, str]) -> None:
        """Have these people call these numbers now, each person one number after the other, and hang up again."""
        waiting = [pair for pair in pairs if self.model.people[pair[0]].facility is not None]
        while waiting:
            at_once = {name: (name, number) for name, number in reversed(waiting)}.values()
            waiting = [pair for pair in waiting if pair not in at_once]
            placed = self.place_calls([self.attempt(*pair) for pair in at_once])
            self.hang_up(*(call for call in placed if call is not None))

    def hang_up(self, *calls: Call, talked: int = 0) -> None:
        """The calls are over."""
        if not calls:
            return
        over = {"duration_seconds": talked, "cause": "completed" if talked else "no_answer"}
        body = {"events": [self._event(call, "ended", **over) for call in calls]}
        answer = self.gate.call("switch", "POST", "/v1/call-events", body)
        assert answer.status_code == 200, (body, answer.text)
        for call, told in zip(calls, answer.json()["results"], strict=True):
            call.state = "ended"
            assert (told["state"], told["action"], told["duplicate"]) == ("ended", "terminate", False), told

    def tell(self, call: Call, kind: str) -> dict[str, Any]:
        """One event of a call."""
        body = self._event(call, kind)
        answer = self.gate.call("switch", "POST", "/v1/call-events", body)
        assert answer.status_code == 200, (body, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def _event(self, call: Call, kind: str, **more: Any) -> dict[str, Any]:
        self.told[call.call_id] += 1
        return {
            "call_id": call.call_id,
            "type": kind,
            "sequence_number": self.told[call.call_id],
            "occurred_at": to_wire(self.model.now),
            **more,
        }

    def _foreseen(self, body: dict[str, Any]) -> str | None:
        facility, unit = self.place_of(body)
        name = self.name_of(body)
        return self.model.reason(name, body["called_number"], facility=facility, unit=unit)

    def place_of(self, body: dict[str, Any]) -> tuple[str, str]:
        """Facility and unit of the telephone."""
        facility, _, unit = body["station_id"].partition("-")
        return facility, unit if unit in {"A", "B"} else "W"

    def name_of(self, body: dict[str, Any]) -> str:
        """Whose PIN it is, or was."""
        return next(name for name in self.people if body["pin"] in {self.model.people[name].pin, self.last_pins[name]})

    def _take(self, body: dict[str, Any], reason: str | None, text: str, told: dict[str, Any]) -> Call | None:
        assert told["decision"] == ("allow" if reason is None else "deny"), (body, reason, told)
        assert told["reason"] == reason, (body, reason, told)
        if reason is not None:
            assert told["max_duration_seconds"] == 0
            self.denied.append((body, text))
            return None
        call = self._begun(body, told["decision_id"])
        seconds = told["max_duration_seconds"]
        assert (seconds, _instant(told["end_by"])) == (call.seconds, call.end_by), (body, call, told)
        self.model.calls.append(call)
        self.model.people[call.person].called.add(call.number)
        return call

    def _begun(self, body: dict[str, Any], decision_id: str) -> Call:
        facility, unit = self.place_of(body)
        now, law, name = self.model.now, self.model.laws[facility], self.name_of(body)
        seconds = law.seconds(now)
        end_by = now + ANSWER_WITHIN + timedelta(seconds=seconds)
        if law.cut:
            end_by = min(end_by, law.at(law.day(now), law.closes))
        return Call(
            call_id=body["call_id"],
            decision_id=decision_id,
            person=name,
            number=body["called_number"],
            facility=facility,
            unit=unit,
            pin=body["pin"],
            seconds=seconds,
            end_by=end_by,
            frees_at=now + ANSWER_WITHIN,
        )


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told)
