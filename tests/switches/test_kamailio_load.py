"""Do SIPp, Kamailio and callgate count the same, call for call, at twenty calls a second?"""

from collections.abc import Callable
from statistics import median

import httpx

from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.bench import Bench, between

ALLOWED, DENIED = 160, 40
RATE = 20
COUNTERS = ("allowed", "denied", "undecided", "answered", "ended")


def counted(bench: Bench) -> dict[str, int]:
    """The switch's counters, and callgate's."""
    text = httpx.get(f"{bench.gate.url}/metrics", trust_env=False).text
    found = dict.fromkeys(("allow", "deny"), 0)
    for line in text.splitlines():
        for decision in found:
            if line.startswith("callgate_decisions_total{") and f'decision="{decision}"' in line:
                found[decision] += int(float(line.rsplit(" ", 1)[1]))
    return {**{name: bench.switch.count(name) for name in COUNTERS}, **found}


def test_two_hundred_calls_are_counted_alike_by_all_three(bench: Bench, figures: Callable[[str], None]) -> None:
    listed, strangers = bench.book(ALLOWED), bench.book(DENIED, is_listed=False)
    before = counted(bench)
    called = bench.take("waits", calls=ALLOWED)
    talking = bench.place("hangs_up", listed, rate=RATE * ALLOWED / (ALLOWED + DENIED), talk_ms=2400)
    refused = bench.place("refused", strangers, rate=RATE * DENIED / (ALLOWED + DENIED), code=603)
    for side in (talking, refused, called):
        side.finish()
    wait_until(lambda: not bench.live(), "every end was reported")
    after = counted(bench)

    sipp = {"allowed": len(talking.times("200")), "denied": len(refused.times("603"))}
    assert sipp == {"allowed": ALLOWED, "denied": DENIED}
    assert len(called.times("INVITE")) == len(called.times("BYE", sent=False)) == ALLOWED
    gained = {name: after[name] - before[name] for name in after}
    told = {"allowed": ALLOWED, "denied": DENIED, "undecided": 0, "answered": ALLOWED, "ended": ALLOWED}
    assert gained == told | {"allow": ALLOWED, "deny": DENIED}
    began, ended = talking.times("200"), talking.times("BYE", sent=True)
    talked = {call_id: between(at, ended[call_id]) for call_id, at in began.items()}
    callers = {person.inmate_id for person in listed}
    kept = {call["call_id"]: call for call in bench.gate.list_calls() if call["inmate_id"] in callers}
    assert kept.keys() == talked.keys()
    assert {(call["state"], call["cause"]) for call in kept.values()} == {("ended", "completed")}
    off = [abs(kept[call_id]["duration_seconds"] - seconds) for call_id, seconds in talked.items()]
    assert max(off) <= 1
    asked, rang = talking.times("INVITE"), talking.times("180")
    waits = sorted(between(asked[call_id], at) for call_id, at in rang.items())
    figures(
        f"{ALLOWED} allowed, {DENIED} denied, {ALLOWED} ended, three times over; "
        f"talk time off by {max(off):.2f} s at most; "
        f"INVITE to 180 median {median(waits) * 1000:.0f} ms, worst {waits[-1] * 1000:.0f} ms"
    )
