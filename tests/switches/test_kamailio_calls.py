"""Does an unmodified Kamailio with the kit place, refuse and end calls as callgate says?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callgate.commands.demo.switch.waiting import wait_until
from callgate.domain.verdict import REASONS_IN_ORDER
from tests.switches.bench import KAMAILIO, Bench, between, switch_bench
from tests.switches.front import Front
from tests.switches.gate import Gate, Person
from tests.switches.refusals import REFUSED

Figures = Callable[[str], None]
TOLERATED_SECONDS = 1.5


def only_call(gate: Gate, person: Person) -> dict[str, Any]:
    """The one call that this person made, once it is over."""
    wait_until(lambda: [call["state"] for call in gate.calls_of(person)] == ["ended"], "the call has ended")
    return gate.calls_of(person)[0]


def test_an_allowed_call_is_connected_and_ends_when_the_caller_hangs_up(bench: Bench) -> None:
    [person] = bench.book()
    called, caller = bench.take("waits"), bench.place("hangs_up", [person], talk_ms=1500)
    caller.finish()
    called.finish()

    call = only_call(bench.gate, person)
    assert (call["cause"], call["duration_seconds"], call["switch_id"]) == ("completed", 1, KAMAILIO)
    assert call["number"] == person.number
    assert "X-Callgate-Record: true" in caller.raw()
    assert f"X-Callgate-Decision: {call['decision_id']}" in caller.raw()


def test_a_call_ends_when_the_called_party_hangs_up(bench: Bench) -> None:
    [person] = bench.book()
    called, caller = bench.take("hangs_up", talk_ms=1500), bench.place("waits", [person])
    caller.finish()
    called.finish()

    call = only_call(bench.gate, person)
    assert (call["cause"], call["duration_seconds"]) == ("completed", 1)


@pytest.mark.parametrize(
    ("code", "heard", "cause"),
    [(486, 486, "busy"), (603, 603, "rejected"), (480, 480, "no_answer"), (500, 500, "failed"), (302, 480, "failed")],
)
def test_a_call_that_is_not_taken_frees_its_pin(bench: Bench, code: int, heard: int, cause: str) -> None:
    [person] = bench.book()
    called = bench.take("refuses", code=code)
    caller = bench.place("refused", [person], code=heard)
    caller.finish()
    called.finish()

    call = only_call(bench.gate, person)
    assert (call["cause"], call["duration_seconds"], call["answered_at"]) == (cause, 0, None)


def test_a_call_that_nobody_answers_is_given_up(
    gate: Gate, front: Front, switch: object, tmp_path: Path, figures: Figures
) -> None:
    del switch  # its programs are there
    with switch_bench(tmp_path, gate, front, no_answer_ms=2500) as bench:
        [person] = bench.book()
        called = bench.take("rings")
        caller = bench.place("refused", [person], code=480)
        caller.finish()
        called.finish()
        [rang], [gave_up] = called.times("INVITE").values(), called.times("CANCEL").values()

        assert only_call(gate, person)["cause"] == "no_answer"
        bench.judge()
    assert 2 < between(rang, gave_up) < 4
    figures(f"given up after {between(rang, gave_up):.1f} s of 2.5 s")


def test_a_caller_who_hangs_up_while_it_rings_stops_the_ringing(bench: Bench) -> None:
    [person] = bench.book()
    called, caller = bench.take("rings"), bench.place("cancels", [person], talk_ms=800)
    caller.finish()
    called.finish()

    assert only_call(bench.gate, person)["cause"] == "no_answer"


def test_a_limit_ends_both_legs_in_time(bench: Bench, figures: Figures) -> None:
    granted, count = 3, 24
    people = bench.book(count)
    called = bench.take("waits", calls=count)
    caller = bench.place("waits", people, header=f"X-Max-Duration: {granted}")
    caller.finish()
    called.finish()

    began = caller.times("200")
    late = []
    for side in (caller, called):
        ended = side.times("BYE", sent=False)
        assert set(ended) == set(began)
        late += [between(began[call_id], at) - granted for call_id, at in ended.items()]
    assert len(began) == count
    assert max(map(abs, late)) <= TOLERATED_SECONDS
    assert {only_call(bench.gate, person)["cause"] for person in people} == {"max_duration"}
    figures(f"{len(late)} legs ended {min(late):+.2f} to {max(late):+.2f} s around the limit")


def test_a_re_invite_gives_no_further_time(bench: Bench) -> None:
    [person] = bench.book()
    called = bench.take("takes_reinvite")
    caller = bench.place("reinvites", [person], talk_ms=2000, header="X-Max-Duration: 3")
    caller.finish()
    called.finish()

    [began], [ended] = caller.times("200").values(), caller.times("BYE").values()
    assert abs(between(began, ended) - 3) <= TOLERATED_SECONDS


# ----------------------------------------------------------------------------------------------------------- refusals
def refuse(bench: Bench, person: Person, *, status: int, reason: str, header: str = "X-Any: 1") -> None:
    """Have this person be refused so, and the called party hear nothing of it."""
    bench.people.append(person)
    called = bench.take("rings")
    caller = bench.place("refused", [person], code=status, header=header)
    caller.finish()
    called.leave()
    assert f"X-Callgate-Reason: {reason}\r\n" in caller.raw().replace("\n", "\r\n").replace("\r\r", "\r")
    assert f'text="{reason}"' in caller.raw()
    assert called.messages() == []


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_is_told_by_its_class(bench: Bench, reason: str) -> None:
    prepare, status = REFUSED[reason]
    header = "X-Payment-Type: debit" if reason == "rate_unavailable" else "X-Payment-Type: collect"
    refuse(bench, prepare(bench.gate), status=status, reason=reason, header=header)


def test_a_second_call_of_a_person_who_talks_is_refused(bench: Bench) -> None:
    [person] = bench.book()
    called, first = bench.take("waits"), bench.place("hangs_up", [person], talk_ms=2500)
    bench.answered(1)
    second = bench.place("refused", [person], code=486)
    second.finish()
    first.finish()
    called.finish()

    assert 'text="call_in_progress"' in second.raw()
    assert len(called.times("INVITE")) == 1


def test_a_person_without_calls_left_is_refused(bench: Bench) -> None:
    limits = dict.fromkeys(("calls_per_week", "calls_per_month", "minutes_per_day", "minutes_per_month"))
    bench.gate.put_facility("short-ci", limits={"calls_per_day": 1, **limits})
    person = bench.gate.book(bench.gate.put_station("short-1", "short-ci"), "short-ci")
    called, caller = bench.take("waits"), bench.place("hangs_up", [person], talk_ms=200)
    caller.finish()
    called.finish()
    only_call(bench.gate, person)

    refuse(bench, person, status=603, reason="limit_reached")


def test_every_class_of_refusal_has_a_cell() -> None:
    assert {*REFUSED, "call_in_progress", "limit_reached"} == {reason.value for reason in REASONS_IN_ORDER}
