"""What can happen on the demonstration's day? Each move sends real requests and answers what came back, by member.

A member of an answer inside another is named with a dot (`rate_quote.per_minute`). Added to every answer are `status`,
and where they apply `replayed`, `same_bytes` and `alike` (the same as an earlier answer but for ids and instants).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from callgate.commands.demo.desk import Desk
from callgate.commands.demo.people import FACILITY, REYES, Person, instant
from callgate.domain.instants import to_wire

Got = Mapping[str, Any]
Move = Callable[[Desk], Got]

_OWN: Final = ("decision_id", "call_id", "decided_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the day: when, what is done, and what the rules say must come back.

    Args:
        time: local, `HH:MM:SS`; the clock stands there meanwhile.
        words: what is asked, for the reader; never a PIN.
        expected: members of the answer and their values.
        mend: who could change a refusal, and how.
    """

    time: str
    words: str
    move: Move
    expected: Mapping[str, Any]
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A telephone asks for a call.

    Args:
        call: the switch's name for the attempt, and ours for its answer.
        who: whose PIN is entered; None: none.
        same_as: an earlier attempt whose answer this one is compared with, byte by byte.
        alike: the same, but for ids and instants.
        hang_up: the called party does not answer, so that the line is free again.
    """

    call: str
    station: str
    number: str
    who: Person | None = None
    payment: str = "collect"
    call_id: str = ""
    same_as: str = ""
    alike: str = ""
    hang_up: bool = True

    def __call__(self, desk: Desk) -> Got:
        """Ask."""
        body = {
            "call_id": self.call_id or self.call,
            "station_id": self.station,
            "pin": desk.pin_of(self.who),
            "called_number": self.number,
            "payment_type": self.payment,
        }
        response = desk.as_switch("/v1/authorize", {name: value for name, value in body.items() if value is not None})
        desk.answers[self.call] = response
        got = flat(response)
        if self.same_as:
            got["same_bytes"] = response.content == desk.answers[self.same_as].content
        if self.alike:
            got["alike"] = _without_own(response) == _without_own(desk.answers[self.alike])
        if self.hang_up and got.get("decision") == "allow":
            Report(call=body["call_id"] or "", kind="ended", sequence=1, duration=0, cause="no_answer")(desk)
        return got


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The switch reports what happened on a call. `duration` and `cause` on `ended`."""

    call: str
    kind: str
    sequence: int
    duration: int | None = None
    cause: str | None = None

    def __call__(self, desk: Desk) -> Got:
        """Report."""
        event = {
            "call_id": self.call,
            "type": self.kind,
            "sequence_number": self.sequence,
            "occurred_at": to_wire(desk.stage.clock.now()),
            "duration_seconds": self.duration,
            "cause": self.cause,
        }
        return flat(desk.as_switch("/v1/call-events", {name: each for name, each in event.items() if each is not None}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Somebody on the staff writes or reads."""

    role: str
    method: str
    path: str
    body: Mapping[str, Any] | None = field(default=None)

    def __call__(self, desk: Desk) -> Got:
        """Write or read."""
        response = desk.as_staff(self.role, self.method, self.path, self.body)
        return flat(response)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessPins:
    """Somebody tries PINs at a telephone; what comes back is how often each answer came."""

    call: str
    station: str
    times: int

    def __call__(self, desk: Desk) -> Got:
        """Try."""
        reasons = []
        for i in range(self.times):
            body = {
                "call_id": f"{self.call}-{i}",
                "station_id": self.station,
                "pin": desk.wrong_pin(),
                "called_number": REYES.numbers[0][0],
            }
            desk.answers[self.call] = desk.as_switch("/v1/authorize", body)
            reasons.append(desk.answers[self.call].json().get("reason"))
        got = flat(desk.answers[self.call])
        return {**got, "times": sum(1 for reason in reasons if reason == got.get("reason"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWhy:
    """Somebody on the staff reads a decision: who may see findings learns which check denied."""

    role: str
    call: str

    def __call__(self, desk: Desk) -> Got:
        """Read."""
        decision_id = desk.answers[self.call].json()["decision_id"]
        response = desk.as_staff(self.role, "GET", f"/v1/decisions/{decision_id}")
        findings = response.json().get("findings")
        denied = None if findings is None else [one["check"] for one in findings if one["verdict"] == "deny"]
        return {**flat(response), "denied_by": denied}


def shut_off_unit(unit: str, *, until: str) -> Staff:
    """The warden stops a unit's telephones."""
    body = {"unit": unit, "reason": "Count of the unit", "ends_at": to_wire(instant(until))}
    return Staff(role="warden", method="POST", path=f"/v1/facilities/{FACILITY}/shutoffs", body=body)


def flat(response: httpx.Response) -> dict[str, Any]:
    """The members of an answer, those inside others named with a dot, and its status."""
    got: dict[str, Any] = {"status": response.status_code}
    if response.headers.get("idempotent-replayed") is not None:
        got["replayed"] = response.headers["idempotent-replayed"]
    for name, value in response.json().items():
        if isinstance(value, dict):
            got |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            got[name] = value
    return got


def _without_own(response: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in response.json().items() if name not in _OWN}
