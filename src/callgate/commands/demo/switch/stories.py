"""What is played through the switch, and what do the rules say to it?

Written by hand from the regulation, the contract and the kit, and never computed by the code that is judged by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from callgate.commands.demo.people import COLE, FRIEND, MOTHER, PRICE, REYES, SISTER, STRANGER, UNCLE, Person, instant
from callgate.commands.demo.switch.booth import Booth, Placed
from callgate.commands.demo.switch.outcome import Outcome
from callgate.commands.demo.switch.sipp import Side
from callgate.commands.terminal import Refusal

_FIRST_ERROR: Final = 400
_CLOSES: Final = instant("23:00:00")
_NOTHING: Final = "the called party hears nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One call: the demonstration's time at which it begins, what happens, and what must come of it."""

    time: str
    words: str
    play: Callable[[Booth], Placed]
    expected: Outcome


def _allowed(how_long: str, sip: int, ended: str, recorded: str) -> Outcome:
    return Outcome(decided=f"allow {how_long}", sip=f"SIP {sip}", ended=ended, recorded=recorded)


def _refused(reason: str, sip: int) -> Outcome:
    return Outcome(decided=f"deny {reason}", sip=f"SIP {sip}", ended=_NOTHING, recorded="")


def _talk(booth: Booth) -> Placed:
    return booth.call(booth.at("a-1", REYES, MOTHER), caller="hangs_up", talk_ms=1500)


def _unlisted(booth: Booth) -> Placed:
    return booth.call(booth.at("a-2", COLE, STRANGER), caller="refused", called="rings", code=603)


def _wrong_pin(booth: Booth) -> Placed:
    guess = replace(booth.at("a-2", COLE, FRIEND), pin=booth.desk.wrong_pin())
    return booth.call(guess, caller="refused", called="rings", code=403)


def _short(booth: Booth) -> Placed:
    return booth.call(booth.at("b-1", PRICE, UNCLE), header="X-Max-Duration: 3")


def _blocked_while_talking(booth: Booth) -> Placed:
    def block(calling: Side) -> None:
        booth.wait_for(calling, "200")
        _block(booth, REYES, MOTHER)

    return booth.call(booth.at("a-1", REYES, MOTHER), meanwhile=block)


def _blocked_while_ringing(booth: Booth) -> Placed:
    def block(calling: Side) -> None:
        booth.wait_for(calling, "180")
        _block(booth, PRICE, FRIEND)

    dialled = booth.at("b-1", PRICE, FRIEND)
    return booth.call(dialled, caller="refused", called="rings", code=603, meanwhile=block)


def _block(booth: Booth, who: Person, number: str) -> None:
    body = {
        "number": number,
        "scope": "inmate",
        "inmate_id": who.inmate_id,
        "kind": "called_party",
        "authority": "AD 10.7",
        "note": "Asked by telephone.",
        "until": "indefinite",
    }
    answer = booth.desk.as_staff("security", "POST", "/v1/blocks", body)
    if answer.status_code >= _FIRST_ERROR:
        raise Refusal(f"The block was not taken: {answer.status_code}.")


def _before_closing(booth: Booth) -> Placed:
    return booth.call(booth.at("a-1", REYES, SISTER), closes_at=_CLOSES, ring_ms=2000)


def _closed(booth: Booth) -> Placed:
    return booth.call(booth.at("a-1", REYES, SISTER), caller="refused", called="rings", code=480)


def _without_callgate(booth: Booth) -> Placed:
    return booth.call(booth.at("a-1", REYES, SISTER), caller="refused", called="rings", code=503)


STORIES: Final = (
    Story(
        time="18:00:00",
        words="Reyes calls his mother, and hangs up",
        play=_talk,
        expected=_allowed("900 s", 200, "ended by the caller", "completed"),
    ),
    Story(
        time="18:05:00",
        words="Cole calls a number that is not on his list",
        play=_unlisted,
        expected=_refused("number_not_available", 603),
    ),
    Story(
        time="18:06:00",
        words="somebody keys a PIN that is nobody's",
        play=_wrong_pin,
        expected=_refused("pin_not_accepted", 403),
    ),
    Story(
        time="18:10:00",
        words="Price calls his uncle; the carrier gives him three seconds",
        play=_short,
        expected=_allowed("3 s", 200, "both legs cut at the limit", "max_duration"),
    ),
    Story(
        time="18:20:00",
        words="Reyes and his mother talk; staff block her number",
        play=_blocked_while_talking,
        expected=_allowed("900 s", 200, "both legs cut at once", "terminated"),
    ),
    Story(
        time="18:30:00",
        words="Price calls a friend; staff block the number while it rings",
        play=_blocked_while_ringing,
        expected=_allowed("900 s", 603, "cancelled at once", "terminated"),
    ),
    Story(
        time="22:59:50",
        words="Reyes calls his sister ten seconds before closing; it rings for two",
        play=_before_closing,
        expected=_allowed("until 23:00", 200, "both legs cut before closing", "max_duration"),
    ),
    Story(
        time="23:00:30",
        words="and once more when the telephones are closed",
        play=_closed,
        expected=_refused("outside_calling_hours", 480),
    ),
)
AFTERWARDS: Final = Story(
    time="23:01:00",
    words="callgate is stopped, and he tries again",
    play=_without_callgate,
    expected=Outcome(decided="no decision", sip="SIP 503", ended=_NOTHING, recorded=""),
)
