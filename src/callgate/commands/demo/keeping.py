"""What can somebody try on the demonstration's service, once the day is over?"""

import json
import shlex
import signal
import threading
from datetime import timedelta
from types import FrameType
from typing import Final

from callgate.commands.demo.desk import Desk
from callgate.commands.demo.moves import Report
from callgate.commands.demo.people import DAY, MOTHER, REYES, SWITCH, instant
from callgate.commands.terminal import say
from callgate.domain.roles import Role

_HOUR: Final = "14:00:00"
_TRY: Final = "try-0"


def keep(desk: Desk) -> None:
    """Let the clock run from two in the afternoon of the next day, say how to ask, and wait for Ctrl-C."""
    stage = desk.stage
    stage.clock.run_from(instant(_HOUR, day=DAY + timedelta(days=1)))
    body = {"station_id": "a-1", "pin": desk.pin_of(REYES), "called_number": MOTHER}
    answer = desk.as_switch("/v1/authorize", {"call_id": _TRY, **body})
    Report(call=_TRY, kind="ended", sequence=1, duration=0, cause="failed")(desk)
    say()
    say(f"The service stays up at {stage.url} until Ctrl-C. Its clock runs from 14:00 of the next day, so its /readyz")
    say("finds the clock wrong, as it should. A token of the switch, and a call by the made-up Reyes:")
    say()
    say(f"TOKEN={desk.token(Role.SWITCH, subject=SWITCH)}")
    say(_curl(f"{stage.url}/v1/authorize", body))
    say()
    say("It is answered:")
    say(answer.text)
    say()
    say("Each attempt needs a call_id of its own, which the line makes. After an allow the same PIN hears")
    say("call_in_progress for two minutes: so long may the switch take to report that somebody answered.")
    _wait_for_the_end()


def _curl(url: str, body: dict[str, str | None]) -> str:
    rest = json.dumps(body)[1:]
    data = shlex.quote('{"call_id": "try-') + "$RANDOM$RANDOM" + shlex.quote(f'", {rest}')
    return f'curl -s {url} -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d {data}'


def _wait_for_the_end() -> None:
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        over.wait()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
