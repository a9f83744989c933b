"""Does `callgate demo --switch` say what it needs, and judge a call by both of its legs?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest

import callgate
from callgate.commands.demo.switch.booth import Dialled, Placed
from callgate.commands.demo.switch.outcome import how_it_ended
from callgate.commands.demo.switch.sipp import Side
from tests.command_line import Terminal

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def test_without_the_programs_it_says_what_to_install(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    typed = terminal.type("demo", "--switch")

    assert (typed.code, typed.out) == (1, "")
    assert "sipp not installed. On Debian: apt-get install --no-install-recommends" in typed.err
    assert "sip-tester" in typed.err


def test_without_the_kit_it_says_where_kits_are(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kamailio", "kamcmd", "sipp"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(callgate, "__file__", str(tmp_path / "lib" / "site-packages" / "callgate" / "__init__.py"))

    typed = terminal.type("demo", "--switch")

    assert (typed.code, typed.out) == (1, "")
    assert "an installed package has no kits for switches. Run `make demo ARGS=--switch` in a checkout" in typed.err


def test_it_does_not_stay_up(terminal: Terminal) -> None:
    typed = terminal.type("demo", "--switch", "--keep")

    assert typed.code == 2
    assert "--keep and --switch do not go together" in typed.err


# ------------------------------------------------------------------------------------------------------------- judging
def message(direction: str, first_line: str, after_seconds: float, method: str = "INVITE") -> str:
    at = BEGAN + timedelta(seconds=after_seconds)
    return (
        f"----------------------------------------------- {at:%Y-%m-%d %H:%M:%S.%f}\n"
        f"UDP message {direction} [300] bytes:\n\n{first_line}\nCall-ID: one\nCSeq: 1 {method}\n\n"
    ).replace(f"{at:%Y-%m-%d} {at:%H}", f"{at:%Y-%m-%d}\t{at:%H}")


def side(folder: Path, *messages: str) -> Side:
    folder.mkdir()
    (folder / "messages").write_text("".join(messages))
    process = Popen(["/bin/true"])
    process.wait()
    return Side(folder, process)


def placed(
    folder: Path, caller_cut: float | None, called_cut: float | None, *, wrote: float | None = None, closes: float = 0
) -> Placed:
    """A call that was answered at 0 s, each of whose legs was cut after so many seconds, or not."""
    caller = [message("sent", "INVITE sip:1 SIP/2.0", -1), message("received", "SIP/2.0 200 OK", 0)]
    called = [message("received", "INVITE sip:1 SIP/2.0", -0.9), message("sent", "SIP/2.0 200 OK", 0)]
    for leg, cut in ((caller, caller_cut), (called, called_cut)):
        if cut is not None:
            leg.append(message("received", "BYE sip:1 SIP/2.0", cut, "BYE"))
    return Placed(
        dialled=Dialled(pin="1", number="2", station_id="3"),
        caller=side(folder / "caller", *caller),
        called=side(folder / "called", *called),
        closes_at=BEGAN + timedelta(seconds=closes) if closes else None,
        staff_wrote_at=None if wrote is None else BEGAN + timedelta(seconds=wrote),
    )


@pytest.mark.parametrize(
    ("cuts", "ended"),
    [
        ((1.5, 1.5), "both legs cut at the limit"),
        ((4.5, 4.5), "both legs cut at the limit"),
        ((1.4, 3.0), "both legs cut"),
        ((3.0, 4.6), "both legs cut"),
        ((3.0, None), "cut on one leg alone"),
        ((None, 3.0), "cut on one leg alone"),
        ((None, None), "not cut"),
    ],
)
def test_a_limit_is_kept_only_where_both_legs_end_in_time(
    tmp_path: Path, cuts: tuple[float | None, float | None], ended: str
) -> None:
    assert how_it_ended(placed(tmp_path, *cuts), 200, granted=3)[0] == ended


@pytest.mark.parametrize(
    ("cuts", "ended"),
    [((2.0, 3.0), "both legs cut at once"), ((2.0, 3.01), "both legs cut late"), ((3.01, 2.0), "both legs cut late")],
)
def test_a_block_is_obeyed_only_where_the_later_leg_ends_within_a_second(
    tmp_path: Path, cuts: tuple[float, float], ended: str
) -> None:
    assert how_it_ended(placed(tmp_path, *cuts, wrote=2.0), 200, granted=900)[0] == ended


@pytest.mark.parametrize(
    ("cuts", "ended"),
    [
        ((6.0, 10.0), "both legs cut before closing"),
        ((6.0, 10.01), "both legs cut"),
        ((5.9, 6.5), "both legs cut"),
    ],
)
def test_closing_time_is_kept_only_where_no_leg_outlasts_it(
    tmp_path: Path, cuts: tuple[float, float], ended: str
) -> None:
    assert how_it_ended(placed(tmp_path, *cuts, closes=10), 200, granted=12)[0] == ended
