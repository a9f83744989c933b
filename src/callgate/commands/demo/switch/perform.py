"""Are calls through a real switch placed, refused and cut as the rules say? They are played, shown and judged."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from callgate.clock import monotonic_seconds
from callgate.commands.demo.board import decide_all_again
from callgate.commands.demo.desk import Desk, open_line
from callgate.commands.demo.people import DAY, SWITCH, instant
from callgate.commands.demo.setting import set_up
from callgate.commands.demo.stage import open_stage
from callgate.commands.demo.switch.booth import Booth
from callgate.commands.demo.switch.kamailio import running_switch
from callgate.commands.demo.switch.outcome import failed, see
from callgate.commands.demo.switch.programs import PACKAGES, load_kit, tell_missing, version_of
from callgate.commands.demo.switch.sipp import open_lines
from callgate.commands.demo.switch.stories import AFTERWARDS, STORIES, Story
from callgate.commands.demo.switch.waiting import NotInTime, wait_until
from callgate.commands.terminal import Refusal, say, table
from callgate.domain.roles import Role

_WIDTHS: Final = (3, 10, 7)
_SECONDS_MAX: Final = 70
_SETTLED_SECONDS: Final = 10


def refuse_without_programs() -> None:
    """Say what is missing before anything is begun.

    Raises:
        Refusal: Kamailio, SIPp or the kit is not here.
    """
    told = tell_missing(list(PACKAGES))
    if told:
        raise Refusal(f"The demonstration needs a real switch and telephones: {told}")
    load_kit()


def perform_on_switch(*, begins_at: str, port: int, stories: Sequence[Story] = STORIES) -> bool:
    """Play every story through Kamailio; answer whether everything came out as the rules say."""
    refuse_without_programs()
    ends_at = monotonic_seconds() + _SECONDS_MAX
    say("callgate demo: calls through a real switch, decided by the real service")
    say()
    with ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(TemporaryDirectory(prefix="callgate-switch-")))
        with open_stage(begins_at=instant(begins_at), port=port) as stage, open_line(stage.url) as client:
            booth = _open_booth(until_the_end, folder, Desk(stage, client), ends_at=ends_at)
            _introduce(booth)
            wrong = [story for story in stories if not _play(booth, story)]
            say()
            is_quiet = _is_quiet(booth)
            agreed = decide_all_again(stage)
        # From here on callgate is stopped, and the switch alone is up.
        booth.callgate_is_up = False
        wrong += [story for story in (AFTERWARDS,) if not _play(booth, story)]
        is_silent = _is_silent(booth)
    return _judge(len(stories) + 1, len(wrong), went_well=is_quiet and agreed and is_silent)


def _open_booth(until_the_end: ExitStack, folder: Path, desk: Desk, *, ends_at: float) -> Booth:
    set_up(desk)
    token = desk.token(Role.SWITCH, subject=SWITCH)
    switch = until_the_end.enter_context(running_switch(folder / "kamailio", callgate_url=desk.stage.url, token=token))
    lines = until_the_end.enter_context(open_lines(folder, switch_port=switch.port, called_port=switch.called_port))
    return Booth(desk=desk, switch=switch, lines=lines, ends_at=ends_at)


def _introduce(booth: Booth) -> None:
    say(f"Service   {booth.desk.stage.url}, uvicorn, on an embedded database in a temporary folder")
    say(f"Switch    {version_of('kamailio', '-v')} with deploy/switches/kamailio, at 127.0.0.1:{booth.switch.port}")
    say(f"Phones    {version_of('sipp', '-v')} on both sides; everything is on the loopback interface")
    say(f"Clock     callgate's is the demonstration's own, {DAY:%A %Y-%m-%d} in New York; it runs, and")
    say("          jumps between calls. The switch keeps this machine's time")
    say("Calls     what was decided, the final SIP status, how it ended, the cause that was recorded")
    say()


def _play(booth: Booth, story: Story) -> bool:
    booth.desk.stage.clock.run_from(instant(story.time))
    try:
        booth.seconds_left()
        seen = see(booth, story.play(booth))
    except Refusal as error:
        seen = failed(error)
    is_right = seen.label == story.expected.label
    for row in (
        ("ok" if is_right else "NO", story.time, story.words),
        ("", "", "rules", story.expected.label),
        ("", "", "seen", seen.label),
        *([("", "", "", seen.figures)] if seen.figures else []),
    ):
        for line in table([row], widths=_WIDTHS if len(row) > len(_WIDTHS) else _WIDTHS[:2]):
            say(line)
    return is_right


def _is_quiet(booth: Booth) -> bool:
    return _holds(
        booth.is_quiet,
        "Neither callgate nor Kamailio holds a call any more.",
        "A call is still held, by callgate or by Kamailio.",
    )


def _is_silent(booth: Booth) -> bool:
    seen = "".join([side.raw() for side in booth.called] + [booth.switch.log])
    is_silent = not any(pin in seen for pin in booth.desk.pins.values())
    say()
    say("No PIN passed the switch or is in its log." if is_silent else "A PIN passed the switch, or is in its log.")
    return is_silent


def _holds(condition: Callable[[], bool], well: str, otherwise: str) -> bool:
    try:
        wait_until(condition, well, seconds=_SETTLED_SECONDS)
    except NotInTime:
        say(otherwise)
        return False
    say(well)
    return True


def _judge(played: int, wrong: int, *, went_well: bool) -> bool:
    is_well = went_well and wrong == 0
    verdict = f"{played - wrong} of {played} calls came out as the rules say."
    say(f"{verdict} All is well." if is_well else f"{verdict} Something is wrong.")
    return is_well
