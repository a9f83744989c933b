"""Who can call through the demonstration's switch, and what came of each call?"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callgate.clock import SystemClock, monotonic_seconds
from callgate.commands.demo.desk import Desk
from callgate.commands.demo.people import Person
from callgate.commands.demo.switch.kamailio import Switch
from callgate.commands.demo.switch.sipp import Lines, Side
from callgate.commands.demo.switch.waiting import NotInTime, wait_until

_STEP_SECONDS_MAX: Final = 20
_LIVE: Final = ("authorized", "answered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """One person at one telephone who calls one number."""

    pin: str = field(repr=False)
    number: str
    station_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One call that is over, as both telephones saw it, and when staff wrote something in the meantime.

    Args:
        closes_at: the closing time that the call meets, by this machine's clock; None where it meets none.
        staff_wrote_at: when the write was answered; None where nobody wrote.
    """

    dialled: Dialled
    caller: Side
    called: Side
    closes_at: datetime | None = None
    staff_wrote_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Booth:
    """The desk, the switch, and the lines on both of its sides.

    Args:
        ends_at: nothing goes on after this, by the monotonic clock.
        callgate_is_up: whether callgate can be asked what it decided.
    """

    desk: Desk
    switch: Switch
    lines: Lines
    ends_at: float
    callgate_is_up: bool = True
    called: list[Side] = field(default_factory=list)

    def call(
        self,
        dialled: Dialled,
        *,
        caller: str = "waits",
        called: str = "waits",
        header: str = "X-Payment-Type: collect",
        meanwhile: Callable[[Side], None] | None = None,
        closes_at: datetime | None = None,
        **changes: int,
    ) -> Placed:
        """Have somebody call, until both telephones are done.

        Args:
            caller, called: the scenarios of the two telephones.
            meanwhile: what staff do once the called telephone rings or talks, handed the caller's side.
            closes_at: by the demonstration's clock.
        """
        with ExitStack() as both:
            listening = self.lines.take(called, **changes)
            both.callback(listening.leave)
            self.called.append(listening)
            calling = self.lines.place(caller, [dialled], header=header, **changes)
            both.callback(calling.leave)
            wrote_at = None
            if meanwhile is not None:
                meanwhile(calling)
                wrote_at = SystemClock().now()
            calling.finish(self.seconds_left())
            if listening.times("INVITE"):
                listening.finish(self.seconds_left())
        return Placed(
            dialled=dialled,
            caller=calling,
            called=listening,
            closes_at=None if closes_at is None else self._by_this_machine(closes_at),
            staff_wrote_at=wrote_at,
        )

    def at(self, station_id: str, who: Person, number: str) -> Dialled:
        """This person, with their PIN, at this telephone."""
        return Dialled(pin=self.desk.pins[who.inmate_id], number=number, station_id=station_id)

    def wait_for(self, side: Side, status: str) -> None:
        """Wait until a telephone saw this reply to its call."""
        wait_until(lambda: side.times(status), f"a {status}", seconds=self.seconds_left())

    def seconds_left(self) -> float:
        """How long a step may still take.

        Raises:
            NotInTime: the demonstration's time is up.
        """
        left = min(_STEP_SECONDS_MAX, self.ends_at - monotonic_seconds())
        if left <= 0:
            raise NotInTime("The demonstration's time is up.")
        return left

    def _by_this_machine(self, instant: datetime) -> datetime:
        return SystemClock().now() + (instant - self.desk.stage.clock.now())

    def find_call(self, call_id: str) -> dict[str, Any] | None:
        """What callgate holds of an allowed call."""
        if not self.callgate_is_up:
            return None
        found = self.desk.as_staff("security", "GET", "/v1/calls?limit=200").json()["items"]
        return next((call for call in found if call["call_id"] == call_id), None)

    def find_refusal(self, call_id: str, dialled: Dialled) -> dict[str, Any] | None:
        """The decision that was recorded: a question that was refused is answered again, word for word, for ever."""
        if not self.callgate_is_up:
            return None
        body = {
            "call_id": call_id,
            "station_id": dialled.station_id,
            "pin": dialled.pin,
            "called_number": dialled.number,
            "payment_type": "collect",
        }
        answer = self.desk.as_switch("/v1/authorize", body)
        return answer.json() if answer.headers.get("idempotent-replayed") == "true" else None

    def limit_of(self, decision_id: str) -> str:
        """What limits an allowed call."""
        return str(self.desk.as_staff("security", "GET", f"/v1/decisions/{decision_id}").json()["limiting_factor"])

    def is_quiet(self) -> bool:
        """Does neither callgate nor the switch hold a call?"""
        live = [
            call
            for state in _LIVE
            for call in self.desk.as_staff("security", "GET", f"/v1/calls?state={state}").json()["items"]
        ]
        return not live and self.switch.dialogs() == 0
