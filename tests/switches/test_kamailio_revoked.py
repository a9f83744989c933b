"""How soon does a call end once staff say so? Talking or ringing, by the messages that passed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from callgate.commands.demo.switch.waiting import wait_until
from callgate.domain.instants import to_wire
from tests.switches.bench import KAMAILIO, Bench, between, spread
from tests.switches.gate import Person, utc_now

Figures = Callable[[str], None]
COUNT = 24
GOAL_SECONDS = 1.0


def block_all(bench: Bench, people: list[Person]) -> dict[str, datetime]:
    """Block everybody's number at about the same time; when each write was answered, by Call-ID."""
    call_ids = {call["inmate_id"]: call["call_id"] for call in bench.live()}

    def block(person: Person) -> tuple[str, datetime]:
        bench.gate.block(person)
        return call_ids[person.inmate_id], utc_now()

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(block, people))


def test_a_block_during_calls_ends_both_legs(bench: Bench, figures: Figures) -> None:
    people = bench.book(COUNT)
    called, caller = bench.take("waits", calls=COUNT), bench.place("waits", people)
    bench.answered(COUNT)
    blocked = block_all(bench, people)
    caller.finish()
    called.finish()

    waits = []
    for side in (caller, called):
        ended = side.times("BYE", sent=False)
        assert set(ended) == set(blocked)
        waits += [max(0.0, between(blocked[call_id], at)) for call_id, at in ended.items()]
    wait_until(lambda: not bench.live(), "every end was reported")
    assert {bench.gate.calls_of(person)[0]["cause"] for person in people} == {"terminated"}
    assert max(waits) <= GOAL_SECONDS
    figures(f"from the write's answer to BYE: {spread(waits)} legs")


def test_a_block_while_it_rings_connects_nobody(bench: Bench, figures: Figures) -> None:
    people = bench.book(COUNT)
    called, caller = bench.take("rings", calls=COUNT), bench.place("refused", people, code=603)
    wait_until(lambda: len(caller.times("180")) == COUNT, "all of them ring")
    blocked = block_all(bench, people)
    caller.finish()
    called.finish()

    cancelled = called.times("CANCEL", sent=False)
    assert set(cancelled) == set(blocked)
    assert not called.times("200", sent=True)
    assert not caller.times("200")
    waits = [max(0.0, between(blocked[call_id], at)) for call_id, at in cancelled.items()]
    assert {bench.gate.calls_of(person)[0]["answered_at"] for person in people} == {None}
    assert max(waits) <= GOAL_SECONDS
    figures(f"from the write's answer to CANCEL: {spread(waits)}")


def test_a_block_at_the_moment_of_the_answer_still_ends_the_call(bench: Bench, figures: Figures) -> None:
    # Ringing ends by itself while the blocks are written, so that some of them meet the 200.
    people = bench.book(COUNT)
    called = bench.take("races", calls=COUNT, ring_ms=700)
    caller = bench.place("races", people, rate=40)
    wait_until(lambda: len(bench.live()) == COUNT, "all were allowed")
    block_all(bench, people)
    wait_until(lambda: not bench.live(), "all are over", seconds=20)
    caller.finish()
    called.finish()

    connected = set(called.times("ACK", sent=False)) & set(caller.times("200"))
    ended = set(called.times("BYE", sent=False)) & set(caller.times("BYE", sent=False))
    assert connected == ended
    figures(f"{len(connected)} were answered first and ended by BYE, {COUNT - len(connected)} cancelled")


def test_staff_end_one_call_and_no_other(bench: Bench) -> None:
    [person, other] = bench.book(2)
    called, caller = bench.take("waits", calls=2), bench.place("waits", [person, other], header="X-Max-Duration: 5")
    bench.answered(2)
    [call] = bench.gate.calls_of(person)
    bench.gate.ask("security", "POST", f"/v1/calls/{call['decision_id']}/terminate", {"note": "Threats heard."})
    caller.finish()
    called.finish()

    wait_until(lambda: not bench.live(), "both are over")
    assert bench.gate.calls_of(person)[0]["cause"] == "terminated"
    assert bench.gate.calls_of(other)[0]["cause"] == "max_duration"


def test_a_revocation_that_the_switch_could_not_fetch_is_done_once_callgate_is_back(bench: Bench) -> None:
    [person] = bench.book()
    called, caller = bench.take("waits"), bench.place("waits", [person])
    bench.answered(1)
    bench.gate.block(person)
    bench.gate.kill()
    bench.gate.start()
    caller.finish()
    called.finish()


def test_a_command_for_a_call_that_is_not_here_is_left_open_and_ends_nothing_else(bench: Bench) -> None:
    # Allowed on this credential, but never here: as of a second switch, or before a restart of this one.
    [person, other] = bench.book(2)
    attempt = {
        "call_id": f"elsewhere-{person.inmate_id}",
        "station_id": person.station_id,
        "pin": person.pin,
        "called_number": person.number,
    }
    here = f"Bearer {bench.gate.switch_token(KAMAILIO)}"
    assert bench.gate.call("switch", "POST", "/v1/authorize", attempt, Authorization=here).is_success
    called, caller = bench.take("waits"), bench.place("waits", [other], header="X-Max-Duration: 4")
    bench.gate.block(person)
    caller.finish()
    called.finish()

    wait_until(lambda: not bench.live_of(other), "the end was reported")
    assert bench.gate.calls_of(other)[0]["cause"] == "max_duration"
    settled = f"commands/{bench.gate.calls_of(person)[0]['decision_id']}/ack"
    assert settled not in bench.switch.log
    assert bench.live_of(person)
    event = {"type": "ended", "sequence_number": 9, "duration_seconds": 0, "cause": "failed"}
    told = {**event, "call_id": attempt["call_id"], "occurred_at": to_wire(utc_now())}
    assert bench.gate.call("switch", "POST", "/v1/call-events", told, Authorization=here).is_success
