"""Does `callgate demo` show what it promises by real requests, end with 0 only when all is right, and leave nothing?"""

import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from callgate.commands.demo import command as demo
from callgate.commands.demo.day import STEPS
from callgate.commands.demo.moves import Ask, Step
from callgate.commands.demo.people import instant
from callgate.commands.demo.stage import open_stage
from callgate.domain.verdict import REASONS_IN_ORDER
from tests.command_line import Terminal, clean_environment, command_of, examples_of, started

SECONDS_MAX = 120
BASH = shutil.which("bash") or "bash"
PIN_OF_THE_DEMO = re.compile(r"(?<![\d.-])\d{9,10}(?!\d)")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The demonstration, run as its first example says, in an environment that would break any other command."""
    example = examples_of("demo")[0].split()
    folder = tmp_path_factory.mktemp("demo")
    environment = clean_environment(CALLGATE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", TMPDIR=str(folder))
    run = subprocess.run(
        command_of(*example[1:]),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert list(folder.iterdir()) == [], "something was left behind"
    return run


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def step_of(call: str) -> Step:
    (step,) = [step for step in STEPS if isinstance(step.move, Ask) and step.move.call == call]
    return step


def lines_of(text: str, step: Step) -> Sequence[str]:
    """What is shown of one step: its line and those below it."""
    lines = text.splitlines()
    (start,) = [i for i, line in enumerate(lines) if f" {step.time} {step.words[:30]}" in line]
    more = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith("   "))
    return lines[start:more]


def test_it_ends_with_0_and_everything_came_out_as_the_rules_say(played: subprocess.CompletedProcess[str]) -> None:
    assert played.returncode == 0, played.stdout[-2000:]
    assert played.stderr == ""
    assert f"{len(STEPS)} of {len(STEPS)} steps came out as the rules say. All is well." in played.stdout
    assert "\nNO " not in played.stdout


def test_every_step_is_shown_with_time_question_expectation_and_answer(
    played: subprocess.CompletedProcess[str],
) -> None:
    for step in STEPS:
        first = lines_of(played.stdout, step)[0]
        assert first.startswith(f"ok {step.time} ")
        said = re.fullmatch(r"(\S.*?\S) +\1", first.removeprefix(f"ok {step.time} {step.words}").strip())
        assert said is not None, f"what the rules and what the service says are not both there: {first}"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("mother", ("allow 900 s", "0.21 USD a minute", "3.15 at most", "limited by call_cap")),
        ("closing", ("allow 600 s", "limited by calling_hours", "2.10 at most")),
        ("again", ("allow 900 s", "the same bytes, with Idempotent-Replayed: true")),
        ("blocked", ("number_not_available", "word for word what other causes are told")),
        ("cellmate", ("number_not_available", "word for word what other causes are told", "-> warden: an exception")),
        ("attorney", ("allow 900 s", "privileged", "record: false")),
        ("restricted", ("calls_restricted", "-> warden or security")),
        ("hotline", ("allow 900 s", "without a PIN", "record: false")),
        ("locked", ("pin_not_accepted", "enters the right PIN")),
    ],
)
def test_what_was_promised_is_shown(played: subprocess.CompletedProcess[str], call: str, told: tuple[str, ...]) -> None:
    shown = " ".join(lines_of(played.stdout, step_of(call)))

    assert all(part in shown for part in told), shown


def test_an_answered_and_ended_call_is_shown_with_its_charge(played: subprocess.CompletedProcess[str]) -> None:
    line = r"^ok 06:07:32 they hang up after 432 seconds: 8 minutes +charge 1\.68 +charge 1\.68$"
    assert re.search(line, played.stdout, re.MULTILINE)


def test_every_reason_class_is_shown(played: subprocess.CompletedProcess[str]) -> None:
    assert f"All {len(REASONS_IN_ORDER)} reason classes were heard." in played.stdout
    for reason in REASONS_IN_ORDER:
        assert re.search(rf"^ok .* {reason} +{reason}$", played.stdout, re.MULTILINE), reason


def test_every_recorded_decision_is_decided_again_and_agrees(played: subprocess.CompletedProcess[str]) -> None:
    agreed = re.search(
        r"^(\d+) of (\d+) recorded answers come out as they were recorded\.$", played.stdout, re.MULTILINE
    )

    assert agreed is not None
    assert agreed[1] == agreed[2]
    assert int(agreed[1]) >= len([step for step in STEPS if isinstance(step.move, Ask)]) - 2


def test_it_is_a_table_of_at_most_100_columns_that_says_whose_clock_it_runs_on(
    played: subprocess.CompletedProcess[str],
) -> None:
    assert max(len(line) for line in played.stdout.splitlines()) <= 100
    assert "Clock     the demonstration's own, Wednesday 2026-11-18 in New York; it stands still" in played.stdout


def test_no_pin_is_shown(played: subprocess.CompletedProcess[str]) -> None:
    assert not PIN_OF_THE_DEMO.search(played.stdout)


def test_every_refusal_that_somebody_hears_says_who_can_change_it() -> None:
    for step in STEPS:
        is_refusal = isinstance(step.move, Ask) and step.expected.get("decision") == "deny"
        assert bool(step.mend) or not is_refusal, step.words


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_duration_seconds": 901},
        {"rate_quote.max_charge": "3.14"},
        {"decision": "deny"},
        {"a_member_that_is_not_there": None},
    ],
)
def test_an_expectation_that_is_not_met_is_shown_and_fails(
    wrong: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    good = step_of("mother")
    altered = replace(good, expected={**good.expected, **wrong})

    with open_stage(begins_at=instant("05:00:00"), port=0) as stage:
        assert demo.perform(stage, [altered]) is False

    ((name, value),) = wrong.items()
    printed = capsys.readouterr().out
    assert "NO 06:00:00 Reyes calls his mother, collect" in printed
    assert f"{name}: expected {value}, got " in printed
    assert "0 of 1 steps came out as the rules say. Something is wrong." in printed


def test_the_command_ends_with_1_when_a_step_comes_out_otherwise(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        replace(step, expected={**step.expected, "status": 418}) if i == 0 else step for i, step in enumerate(STEPS)
    ]
    monkeypatch.setattr(demo, "STEPS", steps)

    typed = terminal.type("demo")

    assert typed.code == 1
    assert "status: expected 418, got 200" in typed.out
    assert f"{len(STEPS) - 1} of {len(STEPS)} steps came out as the rules say. Something is wrong." in typed.out


def test_a_reason_class_that_nobody_heard_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with open_stage(begins_at=instant("05:00:00"), port=0) as stage:
        assert demo.perform(stage, [step_of("early")]) is False

    printed = capsys.readouterr().out
    assert "1 of 1 steps came out as the rules say. Something is wrong." in printed
    assert "Nobody heard these reason classes: not_in_service, pin_not_accepted," in printed


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The demonstration left up as its second example says, and what it printed."""
    example = examples_of("demo")[1].split()
    with started(*example[1:], "--port", "0", folder=tmp_path) as process:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if "two minutes" in line:
                break
        yield process, printed


def test_kept_up_it_takes_the_line_that_it_prints_and_ends_in_order_on_ctrl_c(
    kept: tuple[subprocess.Popen[str], list[str]],
) -> None:
    process, printed = kept
    (token,) = [line for line in printed if line.startswith("TOKEN=")]
    start = next(i for i, line in enumerate(printed) if line.startswith("curl "))
    shown = next(line for line in printed if line.startswith('{"decision":"allow"'))
    # The shell takes the line apart, as it would for curl.
    script = "\n".join(["curl() { printf '%s\\0' \"$@\"; }", token, *printed[start : start + 3]])
    words = subprocess.run([BASH, "-c", script], capture_output=True, text=True, check=True).stdout.split("\0")
    headers = dict(word.split(": ", 1) for word in words if re.match(r"(Authorization|Content-Type): ", word))

    answer = httpx.post(words[1], content=words[words.index("-d") + 1], headers=headers, trust_env=False, timeout=30)
    second = httpx.post(words[1], content=words[words.index("-d") + 1], headers=headers, trust_env=False, timeout=30)
    process.send_signal(signal.SIGINT)

    assert shlex.split(printed[start].removesuffix("\\"))[1] == "-s"
    assert answer.status_code == 200
    assert (answer.json()["decision"], answer.json()["max_duration_seconds"]) == ("allow", 900)
    assert answer.json().keys() == httpx.Response(200, content=shown).json().keys()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert answer.json()["decided_at"].startswith("2026-11-19T19:00:")
    assert process.wait(SECONDS_MAX) == 0
