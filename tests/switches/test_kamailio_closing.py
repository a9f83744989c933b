"""Is every call over by closing time, however late it was answered? In the minute before closing, as it passes."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.bench import between, switch_bench
from tests.switches.front import Front, standing_before
from tests.switches.gate import Gate, minute_after, running_gate, utc_now, zone_where_it_is

FACILITY = "closing-ci"
BEFORE_SECONDS = 10
EARLY_SECONDS = 4.0
SOON_SECONDS = BEFORE_SECONDS + 2
PREPARING_SECONDS = 10


def ahead_seconds() -> int:
    """How far callgate's clock must be ahead, for a minute of its to begin once everything is prepared.

    That the switch's own clock is then another one is right: it compares callgate's instants with each other alone.
    """
    return (60 - PREPARING_SECONDS - SOON_SECONDS - utc_now().second) % 60


@pytest.mark.usefixtures("sip_programs")
def test_nobody_talks_or_rings_past_closing_time(tmp_path: Path, figures: Callable[[str], None]) -> None:
    ahead = ahead_seconds()
    (tmp_path / "gate").mkdir()
    with running_gate(tmp_path / "gate", later_seconds=ahead) as gate, standing_before(gate.port) as front:
        close_upon(gate, front, tmp_path, ahead=timedelta(seconds=ahead), figures=figures)


def close_upon(gate: Gate, front: Front, folder: Path, *, ahead: timedelta, figures: Callable[[str], None]) -> None:
    zone = zone_where_it_is(12)
    gate.put_facility(FACILITY, time_zone=zone)
    station = gate.put_station("closing-1", FACILITY)
    talkers, late, ringers = ([gate.book(station, FACILITY) for _ in range(4)] for _ in range(3))
    with ExitStack() as benches:
        bench, second, third = (
            benches.enter_context(switch_bench(folder / name, gate, front)) for name in ("talking", "late", "ringing")
        )
        closing = minute_after(utc_now() + ahead + timedelta(seconds=SOON_SECONDS))
        closes_at = closing - ahead  # by this machine's clock
        local = closing.astimezone(ZoneInfo(zone))
        gate.put_facility(FACILITY, time_zone=zone, hours={"open": "06:00", "close": f"{local:%H:%M}"})
        time.sleep(max(0.0, between(utc_now(), closes_at - timedelta(seconds=BEFORE_SECONDS))))
        talked = (bench.take("waits", calls=4), bench.place("waits", talkers))
        slow = (second.take("waits", calls=4, ring_ms=4000), second.place("waits", late))
        rung = (third.take("rings", calls=4), third.place("refused", ringers, code=480))
        for side in (*talked, *slow, *rung):
            side.finish()
        wait_until(lambda: not (bench.live() or second.live() or third.live()), "callgate holds no live call")
        for each, people in ((bench, talkers), (second, late), (third, ringers)):
            each.people += people
            each.judge()

    ended = [at for side in (*talked, *slow) for at in side.times("BYE", sent=False).values()]
    cancelled = list(rung[0].times("CANCEL", sent=False).values())
    assert (len(ended), len(cancelled)) == (16, 4)
    early = [between(at, closes_at) for at in (*ended, *cancelled)]
    assert 0 <= min(early) <= max(early) <= EARLY_SECONDS
    assert min(between(at, closes_at) for at in slow[1].times("200").values()) < BEFORE_SECONDS - 3
    assert not rung[1].times("200")
    figures(f"16 legs and 4 ringing calls ended {min(early):.2f} to {max(early):.2f} s before closing")
