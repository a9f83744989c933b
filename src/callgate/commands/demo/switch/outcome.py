"""What became of a call: what callgate decided, what both telephones heard, how it ended?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from callgate.commands.demo.people import ZONE
from callgate.commands.demo.switch.booth import Booth, Placed
from callgate.commands.demo.switch.waiting import NotInTime, wait_until

CUT_TOLERANCE_SECONDS: Final = 1.5
CLOSING_TOLERANCE_SECONDS: Final = 4.0
REVOKED_WITHIN_SECONDS: Final = 1.0
_FIRST_FINAL: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A call in words that can be compared, and figures that can be read. `recorded`: callgate's cause of its end."""

    decided: str
    sip: str
    ended: str
    recorded: str
    figures: str = ""

    @property
    def label(self) -> str:
        """All of it in a line."""
        return ", ".join(part for part in (self.decided, self.sip, self.ended, self.recorded) if part)


def see(booth: Booth, placed: Placed) -> Outcome:
    """What became of a call that is over."""
    call_id = next(iter(placed.caller.times("INVITE")), "")
    status = _final_status(placed)
    call = _settled_call(booth, call_id)
    ended, figures = how_it_ended(placed, status, granted=call["max_duration_seconds"] if call else 0)
    return Outcome(
        decided=_decision(booth, placed, call, call_id),
        sip=f"SIP {status}",
        ended=ended,
        recorded=call["cause"] if call else "",
        figures=_with_charge(figures, call),
    )


def _final_status(placed: Placed) -> int:
    for message in placed.caller.messages():
        words = message.first_line.split()
        if words[0] == "SIP/2.0" and message.cseq_method == "INVITE" and int(words[1]) >= _FIRST_FINAL:
            return int(words[1])
    return 0


def _settled_call(booth: Booth, call_id: str) -> Mapping[str, Any] | None:
    """What callgate holds of the call, once its switch has reported the end."""
    found: list[dict[str, Any] | None] = []

    def has_ended() -> bool:
        found.append(booth.find_call(call_id))
        return found[-1] is None or found[-1]["state"] == "ended"

    wait_until(has_ended, "the switch reported the end of the call", seconds=booth.seconds_left())
    return found[-1]


def _decision(booth: Booth, placed: Placed, call: Mapping[str, Any] | None, call_id: str) -> str:
    if call is not None and booth.limit_of(call["decision_id"]) == "calling_hours":
        return f"allow until {datetime.fromisoformat(call['end_by']).astimezone(ZONE):%H:%M}"
    if call is not None:
        return f"allow {call['max_duration_seconds']} s"
    refusal = booth.find_refusal(call_id, placed.dialled)
    told = f"X-Callgate-Reason: {refusal['reason']}" if refusal else ""
    if refusal is None or told not in placed.caller.raw():
        return "no decision"
    return f"deny {refusal['reason']}"


def how_it_ended(placed: Placed, status: int, *, granted: int) -> tuple[str, str]:
    """How a call ended that was answered with this status and might last so many seconds, and the figures to it."""
    if not placed.called.messages():
        return "the called party hears nothing", ""
    if status != _FIRST_FINAL:
        return _ringing(placed)
    began = next(iter(placed.caller.times("200").values()))
    own = placed.caller.times("BYE", sent=True)
    if own:
        talked = _between(began, next(iter(own.values())))
        return "ended by the caller", f"{talked:.1f} s of talk by SIPp"
    cuts = [at for side in (placed.caller, placed.called) for at in side.times("BYE", sent=False).values()]
    return _cut(placed, began, cuts, granted=granted) if cuts else ("not cut", "")


def _ringing(placed: Placed) -> tuple[str, str]:
    cancelled = placed.called.times("CANCEL", sent=False)
    if not cancelled:
        return "not taken", ""
    if placed.staff_wrote_at is None:
        return "given up while it rang", ""
    late = max(0.0, _between(placed.staff_wrote_at, next(iter(cancelled.values()))))
    figures = f"CANCEL {late:.2f} s after the write was answered"
    return ("cancelled at once" if late <= REVOKED_WITHIN_SECONDS else "cancelled late"), figures


def _cut(placed: Placed, began: datetime, cuts: list[datetime], *, granted: int) -> tuple[str, str]:
    """Which of the three ends it was, judged on each leg; one leg alone is none of them."""
    told = " and ".join(f"{_between(began, at):.1f} s" for at in cuts)
    figures = f"BYE to the caller and to the called party {told} after the answer"
    if len(cuts) != len((placed.caller, placed.called)):
        return "cut on one leg alone", figures
    if placed.staff_wrote_at is not None:
        late = max(0.0, *(_between(placed.staff_wrote_at, at) for at in cuts))
        figures = f"BYE on both legs {late:.2f} s after the write was answered"
        return ("both legs cut at once" if late <= REVOKED_WITHIN_SECONDS else "both legs cut late"), figures
    if placed.closes_at is not None:
        early = [_between(at, placed.closes_at) for at in cuts]
        is_right = 0 <= min(early) <= max(early) <= CLOSING_TOLERANCE_SECONDS
        figures = f"BYE on both legs, the last {min(early):.1f} s before closing"
        return ("both legs cut before closing" if is_right else "both legs cut"), figures
    is_right = all(abs(_between(began, at) - granted) <= CUT_TOLERANCE_SECONDS for at in cuts)
    return ("both legs cut at the limit" if is_right else "both legs cut"), figures


def _with_charge(figures: str, call: Mapping[str, Any] | None) -> str:
    if call is None or not call.get("charge"):
        return figures
    charge = f"{call['duration_seconds']} s and {call['charge']['amount']} {call['charge']['currency']} by callgate"
    return f"{figures}; {charge}" if figures else charge


def _between(first: datetime, then: datetime) -> float:
    return (then - first).total_seconds()


def failed(error: Exception) -> Outcome:
    """A call of which nothing can be said but why."""
    words = "not in time" if isinstance(error, NotInTime) else "it went otherwise"
    return Outcome(decided=words, sip="", ended="", recorded="", figures=" ".join(str(error).split())[:300])
