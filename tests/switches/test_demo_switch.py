"""Does `callgate demo --switch` place real calls, judge them by the rules, and leave no process and no file behind?"""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from callgate.commands.demo.switch.perform import perform_on_switch
from callgate.commands.demo.switch.stories import AFTERWARDS, STORIES
from callgate.commands.demo.switch.waiting import wait_until
from tests.command_line import clean_environment, command_of, examples_of, started

pytestmark = pytest.mark.usefixtures("sip_programs")
SECONDS_MAX = 150  # it ends itself within 90, on a machine that is not overloaded
EXAMPLE = next(example for example in examples_of("demo") if "--switch" in example).split()[1:]
# Also of whoever was killed too soon to take anything away.
ENDINGS = {signal.SIGINT: False, signal.SIGTERM: False, signal.SIGKILL: True}


def processes_in(folder: Path) -> list[str]:
    """Whatever works in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """One with a short name: the names of Kamailio's sockets begin with that of the folder for temporary files."""
    with TemporaryDirectory(prefix="cg-") as made:
        yield Path(made)


def test_every_call_comes_out_as_the_rules_say_and_nothing_is_left(
    folder: Path, figures: Callable[[str], None]
) -> None:
    run = subprocess.run(
        command_of(*EXAMPLE),
        cwd=folder,
        env=clean_environment(TMPDIR=str(folder)),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
    assert run.stderr == ""
    played = (*STORIES, AFTERWARDS)
    assert re.findall(r"^ok (\S+) ", run.stdout, re.MULTILINE) == [story.time for story in played]
    for story in played:
        assert f"seen   {story.expected.label}" in run.stdout
    assert f"{len(played)} of {len(played)} calls came out as the rules say. All is well." in run.stdout
    assert "Neither callgate nor Kamailio holds a call any more." in run.stdout
    assert "No PIN passed the switch or is in its log." in run.stdout
    assert not re.search(r"(?<![\d.-])\d{9,10}(?!\d)", run.stdout), "a PIN is shown"
    assert max(len(line) for line in run.stdout.splitlines()) <= 100
    assert list(folder.iterdir()) == []
    assert processes_in(folder) == []
    found = re.findall(r"([0-9.]+) s after the write", run.stdout)
    figures(f"{len(played)} calls; from the write's answer to BYE {found[0]} s, to CANCEL {found[1]} s")


@pytest.fixture
def begun(folder: Path) -> Iterator[dict[signal.Signals, tuple[Path, subprocess.Popen[str]]]]:
    """One demonstration for each way to end it, each in the middle of its calls."""
    with ExitStack() as all_of_them:
        running = {}
        for how in ENDINGS:
            own = folder / how.name
            own.mkdir()
            command = started(*EXAMPLE, folder=own, environment=clean_environment(TMPDIR=str(own)))
            running[how] = (own, all_of_them.enter_context(command))
        for _, process in running.values():
            assert process.stdout is not None
            assert any(line.startswith("ok 18:00:00") for line in process.stdout), "it never began"
        yield running


def test_however_it_is_ended_no_program_outlives_it(
    begun: dict[signal.Signals, tuple[Path, subprocess.Popen[str]]],
) -> None:
    for how, (own, process) in begun.items():
        # Kamailio, at the least, beside it.
        assert len(processes_in(own)) > 2, how
        process.send_signal(how)

    for how, (own, process) in begun.items():
        assert process.wait(SECONDS_MAX) != 0, how
        wait_until(lambda: not processes_in(own), f"{how.name}: all are gone")  # noqa: B023 - called at once
        left = {path.name for path in own.iterdir()} - {"stderr"}
        assert bool(left) == ENDINGS[how], (how, left)


def test_a_call_that_comes_out_otherwise_is_shown_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    good = STORIES[1]
    altered = replace(good, expected=replace(good.expected, sip="SIP 200"))

    assert perform_on_switch(begins_at="05:00:00", port=0, stories=[altered]) is False

    printed = capsys.readouterr().out
    assert f"NO {good.time}  {good.words}" in printed
    assert f"seen   {good.expected.label}" in printed
    assert "1 of 2 calls came out as the rules say. Something is wrong." in printed
