"""What happens behind FreeRADIUS when callgate or the network fails? Calls are rejected, and no report is lost."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.front import Mode
from tests.switches.gate import Gate, utc_now
from tests.switches.radius_bench import KEPT, RadiusBench, new_id, refused
from tests.switches.radius_server import running_radius

Figures = Callable[[str], None]
ACCEPT: Final = '"control:Auth-Type":"Accept"'
CLASS: Final = '"reply:Class":"01935a4e-3c00-7d3c-8a51-000000000001"'
GARBAGE: Final = {
    "nothing": "",
    "not JSON": "<html>It works!</html>",
    "an empty object": "{}",
    "an array": '["Accept"]',
    "half an object": "{" + ACCEPT + ',"reply:Session-Timeout":9',
    "no time": "{" + ACCEPT + "," + CLASS + "}",
    "no class": "{" + ACCEPT + ',"reply:Session-Timeout":900}',
    "zero": "{" + ACCEPT + ',"reply:Session-Timeout":0,' + CLASS + "}",
    "minus": "{" + ACCEPT + ',"reply:Session-Timeout":-1,' + CLASS + "}",
    "words for a time": "{" + ACCEPT + ',"reply:Session-Timeout":"long",' + CLASS + "}",
    "more than a day": "{" + ACCEPT + ',"reply:Session-Timeout":86401,' + CLASS + "}",
    "a time alone": '{"reply:Session-Timeout":900,' + CLASS + "}",
    "another word": '{"control:Auth-Type":"Local","reply:Session-Timeout":900,' + CLASS + "}",
    "a word that is none": '{"control:Auth-Type":"Perhaps","reply:Session-Timeout":900,' + CLASS + "}",
    "callgate's JSON": '{"decision":"allow","max_duration_seconds":900}',
    "a rejection with a time": '{"control:Auth-Type":"Reject","reply:Session-Timeout":900,' + CLASS + "}",
}
GRANT: Final = "{" + ACCEPT + ',"reply:Session-Timeout":900,' + CLASS + "}"


@pytest.mark.parametrize("what", GARBAGE)
def test_an_answer_that_is_no_decision_is_a_rejection(radius: RadiusBench, what: str) -> None:
    person = radius.book()
    radius.front.says(GARBAGE[what])
    assert refused(radius.ask(person))


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 413, 422, 500, 503])
def test_another_status_is_a_rejection_whatever_its_body_says(radius: RadiusBench, status: int) -> None:
    person = radius.book()
    radius.front.says(GRANT if status != 204 else "", status)
    assert refused(radius.ask(person))


def test_the_body_of_these_tests_would_be_an_accept_with_200(radius: RadiusBench) -> None:
    radius.front.says(GRANT)
    assert radius.ask(radius.book()).accepted


def test_what_an_answer_says_beside_the_grant_is_dropped(radius: RadiusBench) -> None:
    radius.front.says(GRANT[:-1] + ',"reply:Filter-Id":"open","reply:Reply-Message":"%{User-Password}"}')
    heard = radius.ask(radius.book())
    assert heard.accepted
    assert set(heard.attributes) == {"Session-Timeout", "Termination-Action", "Class"}


def test_while_callgate_is_down_calls_are_rejected_and_reports_kept(radius: RadiusBench, figures: Figures) -> None:
    person, other = radius.book(), radius.book()
    call_id = radius.begin(person)
    radius.gate.kill()
    try:
        heard = radius.ask(other)
        stop = {"Acct_Session_Time": "45", "Acct_Terminate_Cause": "User-Request"}
        kept = radius.server.report(call_id, "Stop", **stop)
        stopped_at = utc_now()
    finally:
        radius.gate.start()
    assert refused(heard)
    assert kept.code == KEPT
    wait_until(lambda: radius.only(person)["state"] == "ended", "the report is told after all", seconds=20)
    late = (utc_now() - stopped_at).total_seconds()
    call = radius.only(person)
    assert (call["duration_seconds"], call["cause"], call["charge"]["amount"]) == (45, "completed", "0.21")
    assert abs((datetime.fromisoformat(call["ended_at"]) - stopped_at).total_seconds()) < 3
    wait_until(lambda: radius.ask(other).accepted, "calls are decided again")
    figures(f"rejected after {heard.seconds:.2f} s; the report told {late:.1f} s late")


@pytest.mark.parametrize("mode", [Mode.STALL, Mode.UNAVAILABLE, Mode.RESET, Mode.CUT])
def test_a_callgate_that_fails_rejects_and_reports_are_kept(radius: RadiusBench, mode: Mode, figures: Figures) -> None:
    person, other = radius.book(), radius.book()
    call_id = radius.begin(person)
    radius.front.reset_open()
    radius.front.mode = mode
    heard = radius.ask(other)
    kept = radius.server.report(call_id, "Stop", Acct_Session_Time="5", Acct_Terminate_Cause="User-Request")
    radius.front.mode = Mode.PASS
    assert refused(heard)
    assert kept.code == KEPT
    assert max(heard.seconds, kept.seconds) < 2.5
    wait_until(lambda: radius.only(person)["state"] == "ended", "the report is told after all", seconds=20)
    figures(f"rejected after {heard.seconds:.2f} s")


def test_a_callgate_that_answers_too_late_rejects_and_is_well_again_at_once(radius: RadiusBench) -> None:
    person = radius.book()
    radius.front.reset_open()
    radius.front.mode, radius.front.slow_seconds = Mode.SLOW, 1.5
    call_id = new_id()
    assert refused(radius.ask(person, call_id))
    radius.front.mode = Mode.PASS
    wait_until(lambda: radius.gate.calls_of(person), "callgate decided meanwhile")
    # The switch asks again under the same name, gets the same decision, and its call is placed.
    assert radius.ask(person, call_id).accepted
    assert radius.only(person)["state"] == "authorized"


def test_connections_reset_while_idle_cost_no_call(radius: RadiusBench) -> None:
    for _ in range(3):
        person = radius.book()
        assert radius.ask(person).accepted
        radius.front.reset_open()


def test_a_token_that_callgate_does_not_take_rejects(radius: RadiusBench, gate: Gate, tmp_path: Path) -> None:
    with running_radius(tmp_path, callgate_url=radius.front.url, token=gate.token("warden")) as other:
        assert refused(other.ask(radius.book(), new_id()))
