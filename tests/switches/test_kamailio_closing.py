"""Is every call over by closing time, however late it was answered? In the real minute before closing."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.switches.bench import Bench, between, switch_bench
from tests.switches.front import Front
from tests.switches.gate import Gate, minute_in, utc_now, wait_until, zone_where_it_is

FACILITY = "closing-ci"
BEFORE_SECONDS = 10
EARLY_SECONDS = 4.0


def test_nobody_talks_or_rings_past_closing_time(
    bench: Bench, gate: Gate, front: Front, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    gate.put_facility(FACILITY)
    station = gate.put_station("closing-1", FACILITY)
    talkers, late, ringers = ([gate.book(station, FACILITY) for _ in range(4)] for _ in range(3))
    closes_at = minute_in(BEFORE_SECONDS + 3)
    local = closes_at.astimezone(ZoneInfo(zone_where_it_is(12)))
    gate.put_facility(FACILITY, hours={"open": "06:00", "close": f"{local:%H:%M}"})
    time.sleep(max(0.0, between(utc_now(), closes_at - timedelta(seconds=BEFORE_SECONDS))))

    folders = [tmp_path / name for name in ("late", "ringing")]
    with switch_bench(folders[0], gate, front) as second, switch_bench(folders[1], gate, front) as third:
        talked = (bench.take("waits", calls=4), bench.place("waits", talkers))
        slow = (second.take("waits", calls=4, ring_ms=4000), second.place("waits", late))
        rung = (third.take("rings", calls=4), third.place("refused", ringers, code=480))
        for side in (*talked, *slow, *rung):
            side.finish()
        wait_until(lambda: not (bench.live() or second.live() or third.live()), "callgate holds no live call")
        for each, people in ((bench, talkers), (second, late), (third, ringers)):
            each.people += people
        second.judge()
        third.judge()

    ended = [at for side in (*talked, *slow) for at in side.times("BYE", sent=False).values()]
    cancelled = list(rung[0].times("CANCEL", sent=False).values())
    assert (len(ended), len(cancelled)) == (16, 4)
    early = [between(at, closes_at) for at in (*ended, *cancelled)]
    assert 0 <= min(early) <= max(early) <= EARLY_SECONDS
    assert min(between(at, closes_at) for at in slow[1].times("200").values()) < BEFORE_SECONDS - 3
    assert not rung[1].times("200")
    figures(f"16 legs and 4 ringing calls ended {min(early):.2f} to {max(early):.2f} s before closing")
