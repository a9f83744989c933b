"""The command `callgate demo`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from callgate import observe
from callgate.commands import replay
from callgate.commands.demo.board import Day, play
from callgate.commands.demo.day import STEPS
from callgate.commands.demo.desk import Desk, open_line
from callgate.commands.demo.keeping import keep as keep_service
from callgate.commands.demo.moves import Step
from callgate.commands.demo.people import DAY, instant
from callgate.commands.demo.setting import set_up
from callgate.commands.demo.stage import Stage, open_stage
from callgate.commands.terminal import end_wrong, examples, say
from callgate.store.replay import Chosen, open_log

EXAMPLES = examples("callgate demo", "callgate demo --keep --port 8000")
_BEFORE_DAWN = "05:00:00"


def demo(
    *,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the service up afterwards, with a token and a line to try, until Ctrl-C."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
) -> None:
    """Play a day of calls against the real service.

    Starts it on an embedded database in a temporary folder, with a clock of the demonstration's own so that it works at
    any hour, sets everything up through the API and prints what was asked, what the rules say and what was answered.
    Exit code 0 only when all came out as the rules say. Nothing is left behind, and no setting is read.
    """
    observe.start_logging("error")
    with open_stage(begins_at=instant(_BEFORE_DAWN), port=port) as stage:
        went_well = perform(stage, STEPS, keep=keep)
    if not went_well:
        end_wrong()


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
        agreed = _replay(stage)
        went_well = _judge(day, agreed=agreed)
        if keep:
            keep_service(desk)
    return went_well


def _replay(stage: Stage) -> bool:
    """Decide every recorded case again, as `callgate replay` does beside a running service."""
    with open_log(stage.database_url) as log:
        tally = replay.run(log, Chosen(), limit=None, as_json=False)
    return tally.decided_again > 0 and tally.differ == 0


def _judge(day: Day, *, agreed: bool) -> bool:
    if day.unheard:
        say(f"Nobody heard these reason classes: {', '.join(day.unheard)}.")
    else:
        say(f"All {len(day.reasons)} reason classes were heard.")
    went_well = day.wrong == 0 and not day.unheard and agreed
    verdict = f"{day.played - day.wrong} of {day.played} steps came out as the rules say."
    say(f"{verdict} All is well." if went_well else f"{verdict} Something is wrong.")
    return went_well
