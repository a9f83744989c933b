"""What happens when callgate, the network or Kamailio fails? Calls are refused; reports come late, but all come."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callgate.commands.demo.switch.sipp import Side
from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.bench import Bench, between, whole_bench
from tests.switches.front import GARBAGE, Mode
from tests.switches.gate import Person

Figures = Callable[[str], None]
NO_DECISION = 503
MINUTES_LATER = 600


def refused(bench: Bench, people: list[Person], *, rate: float = 20) -> Side:
    """Have these people call, and see every one refused with 503 and the called side hear nothing."""
    called = bench.take("rings")
    caller = bench.place("refused", people, code=NO_DECISION, rate=rate)
    caller.finish()
    called.leave()
    assert called.messages() == []
    return caller


def waits_of(caller: Side) -> list[float]:
    """How long each caller waited for the refusal."""
    asked, told = caller.times("INVITE"), caller.times(str(NO_DECISION))
    return sorted(between(asked[call_id], at) for call_id, at in told.items())


def goes_through(bench: Bench, person: Person) -> None:
    """See that this person can call again."""
    called, caller = bench.take("waits"), bench.place("hangs_up", [person], talk_ms=200)
    caller.finish()
    called.finish()


def test_while_callgate_is_down_every_call_is_refused_at_once(bench: Bench, figures: Figures) -> None:
    people = bench.book(5)
    bench.gate.kill()
    try:
        waits = waits_of(refused(bench, people))
    finally:
        bench.gate.start()
    assert waits[-1] < 1
    goes_through(bench, people[0])
    figures(f"refused within {waits[-1] * 1000:.0f} ms")


def test_a_callgate_that_stalls_is_waited_for_so_long_and_no_longer(bench: Bench, figures: Figures) -> None:
    people = bench.book(4)
    bench.front.mode = Mode.STALL
    waits = waits_of(refused(bench, people))
    bench.front.mode = Mode.PASS
    patience = bench.switch.ask_seconds
    assert patience - 0.1 < waits[0] <= waits[-1] < patience + 1
    goes_through(bench, people[0])
    figures(f"refused after {waits[0]:.2f} to {waits[-1]:.2f} s with ASK_SECONDS {patience}")


def test_more_calls_than_may_wait_are_refused_at_once(bench: Bench, figures: Figures) -> None:
    people = bench.book(40)
    bench.front.mode = Mode.STALL
    waits = waits_of(refused(bench, people, rate=200))
    bench.front.mode = Mode.PASS
    at_once = [seconds for seconds in waits if seconds < 0.5]
    assert len(waits) == 40
    assert len(at_once) >= 20
    assert waits[-1] < 2 * bench.switch.ask_seconds + 1
    figures(f"{len(at_once)} of 40 at once, the others within {waits[-1]:.2f} s")


def test_an_answer_of_503_is_a_refusal_whatever_its_body_says(bench: Bench) -> None:
    people = bench.book(3)
    bench.front.mode = Mode.UNAVAILABLE
    refused(bench, people)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_an_answer_that_is_no_decision_is_a_refusal(bench: Bench, garbage: str) -> None:
    people = bench.book()
    bench.front.mode, bench.front.garbage = Mode.GARBAGE, garbage
    refused(bench, people)


def test_an_answer_that_comes_too_late_connects_nobody_and_is_given_back(bench: Bench) -> None:
    [person] = bench.book()
    bench.front.mode = Mode.SLOW
    refused(bench, [person])
    wait_until(lambda: bench.gate.calls_of(person), "callgate allowed it")
    bench.front.mode = Mode.PASS
    wait_until(lambda: not bench.live_of(person), "the PIN is free")
    assert bench.gate.calls_of(person)[0]["cause"] == "failed"
    goes_through(bench, person)


@pytest.mark.parametrize("mode", [Mode.RESET, Mode.CUT])
def test_a_connection_reset_while_asking_is_a_refusal(bench: Bench, mode: Mode) -> None:
    [person] = bench.book()
    bench.front.mode = mode
    refused(bench, [person])
    bench.front.mode = Mode.PASS
    wait_until(lambda: not bench.live_of(person), "the PIN is free")


def test_connections_reset_while_idle_cost_no_call(bench: Bench) -> None:
    people = bench.book(3)
    for person in people:
        goes_through(bench, person)
        bench.front.reset_open()


def test_a_caller_who_hangs_up_while_callgate_is_asked_is_let_go_at_once(bench: Bench, figures: Figures) -> None:
    [person] = bench.book()
    called = bench.take("rings")
    bench.front.mode = Mode.STALL
    caller = bench.place("cancels_early", [person], talk_ms=200)
    caller.finish()
    called.leave()
    [gone], [told] = caller.times("CANCEL").values(), caller.times("487").values()
    assert between(gone, told) < 0.5
    assert called.messages() == []
    figures(f"487 after {between(gone, told) * 1000:.0f} ms")


def test_a_caller_who_is_gone_when_the_allow_comes_is_not_connected_and_gives_it_back(bench: Bench) -> None:
    [person] = bench.book()
    called = bench.take("rings")
    bench.front.mode, bench.front.slow_seconds = Mode.SLOW, 0.6
    caller = bench.place("cancels_early", [person], talk_ms=100)
    caller.finish()
    wait_until(lambda: bench.gate.calls_of(person), "callgate allowed it")
    bench.front.mode, bench.front.slow_seconds = Mode.PASS, 3
    wait_until(lambda: not bench.live_of(person), "the PIN is free")
    called.leave()
    assert called.messages() == []
    assert bench.gate.calls_of(person)[0]["cause"] == "failed"


def test_callgate_may_restart_in_mid_call(bench: Bench) -> None:
    people = bench.book(3)
    called, caller = bench.take("waits", calls=3), bench.place("waits", people, header="X-Max-Duration: 6")
    bench.answered(3)
    bench.gate.kill()
    bench.gate.start()
    caller.finish()
    called.finish()

    wait_until(lambda: not bench.live(), "every end was reported")
    for person in people:
        [call] = bench.gate.calls_of(person)
        assert call["cause"] == "max_duration"
        assert abs(call["duration_seconds"] - 6) <= 1


def test_what_happens_while_callgate_is_away_is_reported_when_it_is_back(bench: Bench) -> None:
    people = bench.book(3)
    called, caller = bench.take("waits", calls=3), bench.place("hangs_up", people, talk_ms=2000)
    bench.answered(3)
    bench.gate.kill()
    caller.finish()
    called.finish()
    time.sleep(1)
    bench.gate.start()

    wait_until(lambda: not bench.live(), "every end was reported")
    for person in people:
        [call] = bench.gate.calls_of(person)
        assert (call["state"], call["cause"]) == ("ended", "completed")
        assert 1 <= call["duration_seconds"] <= 2


def test_calls_of_a_switch_that_was_killed_expire_by_themselves(sip_programs: None, tmp_path: Path) -> None:
    del sip_programs
    with whole_bench(tmp_path) as bench:
        people = bench.book(2)
        called = bench.take("waits", calls=2)
        caller = bench.place("hangs_up", people, talk_ms=2500, code=481, header="X-Max-Duration: 60")
        bench.answered(2)
        bench.switch.kill()
        bench.switch.start()
        # The new one knows nothing of the calls, and relays nothing within them.
        caller.finish()
        called.leave()
        assert not called.times("BYE", sent=False)
        assert len(bench.live()) == 2
        goes_through(bench, bench.book()[0])

        bench.gate.stop()
        bench.gate.start(later_seconds=MINUTES_LATER)
        bench.judge()
        assert {bench.gate.calls_of(person)[0]["state"] for person in people} == {"expired"}
