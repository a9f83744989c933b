"""The command `callgate demo`."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from callgate import observe
from callgate.commands.demo.board import Day, decide_all_again, play
from callgate.commands.demo.day import STEPS
from callgate.commands.demo.desk import Desk, open_line
from callgate.commands.demo.keeping import keep as keep_service
from callgate.commands.demo.moves import Step
from callgate.commands.demo.people import DAY, instant
from callgate.commands.demo.setting import set_up
from callgate.commands.demo.stage import Stage, open_stage
from callgate.commands.demo.switch.perform import perform_on_switch
from callgate.commands.terminal import end_wrong, examples, say

EXAMPLES = examples("callgate demo", "callgate demo --keep --port 8000", "callgate demo --switch")
_BEFORE_DAWN = "05:00:00"


def demo(
    *,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the service up afterwards, with a token and a line to try, until Ctrl-C."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    switch: Annotated[
        bool,
        typer.Option("--switch", help="Place calls through a real Kamailio instead, with SIPp for telephones."),
    ] = False,
) -> None:
    """Play a day of calls against the real service.

    Starts it on an embedded database in a temporary folder, with a clock of the demonstration's own so that it works at
    any hour, sets everything up through the API and prints what was asked, what the rules say and what was answered.
    Exit code 0 only when all came out as the rules say. Nothing is left behind, and no setting is read.
    """
    if keep and switch:
        raise typer.BadParameter("--keep and --switch do not go together.")
    observe.start_logging("error")
    with ending_in_order():
        went_well = _play(keep=keep, port=port, switch=switch)
    if not went_well:
        end_wrong()


def _play(*, keep: bool, port: int, switch: bool) -> bool:
    if switch:
        return perform_on_switch(begins_at=_BEFORE_DAWN, port=port)
    with open_stage(begins_at=instant(_BEFORE_DAWN), port=port) as stage:
        return perform(stage, STEPS, keep=keep)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Meanwhile SIGTERM ends the command as Ctrl-C does, so that what was started and made is taken away."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def perform(stage: Stage, steps: Sequence[Step], *, keep: bool = False) -> bool:
    """Set up, play, judge and decide it all again; answer whether everything came out as the rules say."""
    say("callgate demo: a day of calls, decided by the real service")
    say()
    say(f"Service   {stage.url}, uvicorn, on an embedded database in a temporary folder")
    say(f"Clock     the demonstration's own, {DAY:%A %Y-%m-%d} in New York; it stands still in each step")
    with open_line(stage.url) as client:
        desk = Desk(stage, client)
        set_up(desk)
        say(
            f"Set-up    {desk.requests} requests by operator, warden and counselor: a facility of profile ct-doc with a"
        )
        say("          tariff of its own (0.21 a minute) and no rate cap tier, telephones, people, PINs, lists")
        say("          -> says who can change a refusal")
        say()
        day = play(desk, steps)
        say()
        agreed = decide_all_again(stage)
        went_well = _judge(day, agreed=agreed)
        if keep:
            keep_service(desk)
    return went_well


def _judge(day: Day, *, agreed: bool) -> bool:
    if day.unheard:
        say(f"Nobody heard these reason classes: {', '.join(day.unheard)}.")
    else:
        say(f"All {len(day.reasons)} reason classes were heard.")
    went_well = day.wrong == 0 and not day.unheard and agreed
    verdict = f"{day.played - day.wrong} of {day.played} steps came out as the rules say."
    say(f"{verdict} All is well." if went_well else f"{verdict} Something is wrong.")
    return went_well
