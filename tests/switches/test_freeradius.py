"""Does an unmodified FreeRADIUS with the kit accept what callgate allows, reject all else, and lose no report?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final

import httpx
import pytest

from callgate.domain.verdict import REASONS_IN_ORDER
from tests.switches.conftest import need_programs
from tests.switches.front import Mode
from tests.switches.gate import SWITCH, Gate, Person, utc_now, wait_until
from tests.switches.radius_server import DEBIT_TRUNK, SECRET, Heard, RadiusServer, repeating, running_radius
from tests.switches.talker import Talker, standing_talker
from tests.switches.test_kamailio_calls import REFUSED

Figures = Callable[[str], None]
NO_DECISION: Final = {"Reply-Message": '"no_decision"'}
KEPT: Final = "Accounting-Response"
_numbers = count(1)


@dataclass(slots=True, kw_only=True)
class Bench:
    """The service, the proxy before it and the server, with people whose PINs are looked for in every log."""

    gate: Gate
    front: Talker
    server: RadiusServer
    people: list[Person] = field(default_factory=list)

    def book(self) -> Person:
        """Somebody new."""
        person = self.gate.book(self.gate.put_station("radius-1"))
        self.people.append(person)
        return person

    def ask(self, person: Person, call_id: str | None = None, **how: Any) -> Heard:
        """Ask about one call of this person, under a name of its own unless told."""
        return self.server.ask(person, call_id or new_id(), **how)

    def begin(self, person: Person) -> str:
        """Have a call of this person be answered."""
        call_id = new_id()
        assert self.ask(person, call_id).accepted
        assert self.server.report(call_id, "Start").code == KEPT
        assert self.only(person)["state"] == "answered"
        return call_id

    def only(self, person: Person) -> Any:
        """The one call of this person."""
        [call] = self.gate.calls_of(person)
        return call

    def answered(self) -> float:
        """How many questions callgate answered with allow since it started, repeats included."""
        text = httpx.get(f"{self.gate.url}/metrics", trust_env=False).text
        lines = [line for line in text.splitlines() if line.startswith('callgate_decisions_total{decision="allow"')]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def judge(self) -> None:
        """No PIN in a log or a spool, and the switch's token in none either."""
        seen = self.server.log + self.gate.log
        for person in self.people:
            assert person.pin not in seen, "a PIN was logged"
        assert self.server.token not in seen


def new_id() -> str:
    return f"radius-{next(_numbers)}"


def refused(heard: Heard) -> bool:
    """Was it rejected because nobody decided, without a word that a switch could take for a grant?"""
    return heard.code == "Access-Reject" and heard.attributes == NO_DECISION


@pytest.fixture(scope="module")
def talker(gate: Gate) -> Iterator[Talker]:
    need_programs("freeradius", "radclient")
    with standing_talker(gate.port) as front:
        yield front


@pytest.fixture(scope="module")
def server(gate: Gate, talker: Talker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RadiusServer]:
    folder = tmp_path_factory.mktemp("freeradius")
    with running_radius(folder, callgate_url=talker.url, token=gate.switch_token()) as running:
        yield running


@pytest.fixture
def bench(gate: Gate, talker: Talker, server: RadiusServer) -> Iterator[Bench]:
    talker.mode = Mode.PASS
    # What an earlier test had it spool is told first.
    wait_until(lambda: not list(server.spool.glob("report-*")), "the spool is empty")
    made = Bench(gate=gate, front=talker, server=server)
    yield made
    talker.mode = Mode.PASS
    made.judge()


# ------------------------------------------------------------------------------------------------------------- deciding
def test_an_allowed_call_is_accepted_for_the_seconds_granted(bench: Bench, figures: Figures) -> None:
    person = bench.book()
    heard = bench.ask(person)
    call = bench.only(person)
    assert heard.accepted
    assert heard.attributes == {
        "Session-Timeout": "900",
        "Termination-Action": "Default",
        "h323-credit-time": '"h323-credit-time=900"',
        "Class": f"0x{call['decision_id'].encode().hex()}",
    }
    assert (call["state"], call["switch_id"], call["number"]) == ("authorized", SWITCH, person.number)
    figures(f"{heard.seconds * 1000:.0f} ms with radclient's own start")


def test_a_carriers_own_limit_lowers_the_grant(bench: Bench) -> None:
    assert bench.ask(bench.book(), Session_Timeout="30").attributes["Session-Timeout"] == "30"


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_is_told_by_its_class_and_nothing_else(bench: Bench, reason: str) -> None:
    prepare, _ = REFUSED[reason]
    person = prepare(bench.gate)
    bench.people.append(person)
    heard = bench.ask(person, NAS_Port_Id=DEBIT_TRUNK if reason == "rate_unavailable" else "")
    assert heard.code == "Access-Reject"
    assert heard.attributes == {"Reply-Message": f'"{reason}"'}


def test_a_second_call_of_a_person_who_talks_is_refused(bench: Bench) -> None:
    person = bench.book()
    bench.begin(person)
    assert bench.ask(person).attributes == {"Reply-Message": '"call_in_progress"'}


def test_a_person_without_calls_left_is_refused(bench: Bench) -> None:
    limits = dict.fromkeys(("calls_per_week", "calls_per_month", "minutes_per_day", "minutes_per_month"))
    bench.gate.put_facility("short-radius-ci", limits={"calls_per_day": 1, **limits})
    person = bench.gate.book(bench.gate.put_station("short-radius-1", "short-radius-ci"), "short-radius-ci")
    bench.people.append(person)
    call_id = bench.begin(person)
    bench.server.report(call_id, "Stop", Acct_Session_Time="1", Acct_Terminate_Cause="User-Request")
    assert bench.ask(person).attributes == {"Reply-Message": '"limit_reached"'}


def test_every_class_of_refusal_has_a_cell() -> None:
    assert {*REFUSED, "call_in_progress", "limit_reached"} == {reason.value for reason in REASONS_IN_ORDER}


def test_no_pin_at_all_is_refused_and_recorded(bench: Bench) -> None:
    person = bench.book()
    call_id = new_id()
    assert bench.ask(person, call_id, User_Password="").attributes == {"Reply-Message": '"pin_not_accepted"'}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"Calling_Station_Id": ""}, id="no telephone"),
        pytest.param({"Acct_Session_Id": ""}, id="no call"),
        pytest.param({"User_Password": "abcd"}, id="letters for a PIN"),
        pytest.param({"Called_Station_Id": "%{User-Password}`id`\n"}, id="a number that would be expanded"),
        pytest.param({"Called_Station_Id": '1","x":"%{exec:/bin/id}'}, id="a number that would break out of JSON"),
        pytest.param({"Called_Station_Id": "9" * 33}, id="a number too long"),
    ],
)
def test_a_question_that_cannot_be_read_is_rejected(bench: Bench, changes: dict[str, str]) -> None:
    heard = bench.ask(bench.book(), **changes)
    assert heard.code == "Access-Reject"
    assert set(heard.attributes) == {"Reply-Message"}


def test_a_call_id_used_for_another_number_is_rejected(bench: Bench) -> None:
    person = bench.book()
    call_id = new_id()
    assert bench.ask(person, call_id).accepted
    assert refused(bench.ask(person, call_id, Called_Station_Id="+18605559999"))


def test_whoever_does_not_know_the_secret_hears_nothing(bench: Bench) -> None:
    person = bench.book()
    asked = {"User-Name": "x", "User-Password": person.pin, "Acct-Session-Id": new_id()}
    signed = {**asked, "Message-Authenticator": "0x00"}
    assert bench.server.send("auth", signed, secret="another", seconds=0.5).code is None
    assert bench.server.send("auth", asked, secret=SECRET, seconds=0.5).code is None
    assert bench.gate.calls_of(person) == []


# ------------------------------------------------------------------------------------------------------------ reporting
def test_start_interim_and_stop_make_the_call_and_its_charge(bench: Bench, figures: Figures) -> None:
    person = bench.book()
    call_id = bench.begin(person)
    assert bench.server.report(call_id, "Interim-Update", Acct_Session_Time="60").code == KEPT
    assert bench.only(person)["state"] == "answered"
    stop = {"Acct_Session_Time": "61", "Acct_Terminate_Cause": "User-Request"}
    assert bench.server.report(call_id, "Stop", **stop).code == KEPT
    call = bench.only(person)
    assert (call["state"], call["duration_seconds"], call["cause"]) == ("ended", 61, "completed")
    assert call["charge"]["amount"] == "0.42"  # two started minutes at 0.21
    figures(f"61 s charged {call['charge']['amount']} {call['charge']['currency']}")


def test_a_session_that_ran_into_its_timeout_is_one_that_reached_its_limit(bench: Bench) -> None:
    person = bench.book()
    call_id = bench.begin(person)
    bench.server.report(call_id, "Stop", Acct_Session_Time="900", Acct_Terminate_Cause="Session-Timeout")
    assert bench.only(person)["cause"] == "max_duration"


def test_a_call_that_nobody_took_frees_its_pin_and_costs_nothing(bench: Bench) -> None:
    person = bench.book()
    call_id = new_id()
    assert bench.ask(person, call_id).accepted
    bench.server.report(call_id, "Stop", Acct_Session_Time="0", Acct_Terminate_Cause="User-Request")
    assert float(bench.only(person)["charge"]["amount"]) == 0
    assert bench.ask(person).accepted


def test_a_packet_sent_again_while_callgate_thinks_is_one_question(bench: Bench, figures: Figures) -> None:
    person = bench.book()
    bench.front.reset_open()
    bench.front.mode, bench.front.slow_seconds = Mode.SLOW, 0.3
    asked_before = bench.answered()
    with repeating(bench.server.auth_port, 4) as port:
        heard = bench.ask(person, port=port)
    assert heard.accepted
    assert bench.answered() - asked_before == 1
    assert bench.only(person)["state"] == "authorized"
    figures("4 packets, one question")


def test_a_question_asked_anew_gets_the_same_answer(bench: Bench) -> None:
    person = bench.book()
    call_id = new_id()
    first, second = bench.ask(person, call_id), bench.ask(person, call_id)
    assert first.accepted
    assert first.attributes == second.attributes
    assert bench.only(person)["state"] == "authorized"


def test_reports_twice_and_out_of_order_change_nothing(bench: Bench) -> None:
    person = bench.book()
    call_id = bench.begin(person)
    stop = {"Acct_Session_Time": "30", "Acct_Terminate_Cause": "User-Request"}
    for _ in range(2):
        assert bench.server.report(call_id, "Stop", **stop).code == KEPT
        assert bench.server.report(call_id, "Start").code == KEPT
        assert bench.server.report(call_id, "Interim-Update", Acct_Session_Time="20").code == KEPT
        call = bench.only(person)
        assert (call["state"], call["duration_seconds"], call["charge"]["amount"]) == ("ended", 30, "0.21")


def test_accounting_on_is_kept_and_changes_nothing(bench: Bench) -> None:
    person = bench.book()
    bench.begin(person)
    assert bench.server.report("", "Accounting-On").code == KEPT
    assert bench.only(person)["state"] == "answered"


def test_a_report_that_cannot_be_read_is_put_aside_and_holds_up_nothing(bench: Bench) -> None:
    assert bench.server.report("", "Stop", Acct_Session_Time="1").code == KEPT
    assert "Acct-Status-Type = Stop" in (bench.server.spool / "unreadable").read_text()
    assert not list(bench.server.spool.glob("report-*"))


# -------------------------------------------------------------------------------------------------------------- failing
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
def test_an_answer_that_is_no_decision_is_a_rejection(bench: Bench, what: str) -> None:
    person = bench.book()
    bench.front.says(GARBAGE[what])
    assert refused(bench.ask(person))


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 413, 422, 500, 503])
def test_another_status_is_a_rejection_whatever_its_body_says(bench: Bench, status: int) -> None:
    person = bench.book()
    bench.front.says(GRANT if status != 204 else "", status)
    assert refused(bench.ask(person))


def test_the_body_of_these_tests_would_be_an_accept_with_200(bench: Bench) -> None:
    bench.front.says(GRANT)
    assert bench.ask(bench.book()).accepted


def test_what_an_answer_says_beside_the_grant_is_dropped(bench: Bench) -> None:
    bench.front.says(GRANT[:-1] + ',"reply:Filter-Id":"open","reply:Reply-Message":"%{User-Password}"}')
    heard = bench.ask(bench.book())
    assert heard.accepted
    assert set(heard.attributes) == {"Session-Timeout", "Termination-Action", "Class"}


def test_while_callgate_is_down_calls_are_rejected_and_reports_kept(bench: Bench, figures: Figures) -> None:
    person, other = bench.book(), bench.book()
    call_id = bench.begin(person)
    bench.gate.kill()
    try:
        heard = bench.ask(other)
        stop = {"Acct_Session_Time": "45", "Acct_Terminate_Cause": "User-Request"}
        kept = bench.server.report(call_id, "Stop", **stop)
        stopped_at = utc_now()
    finally:
        bench.gate.start()
    assert refused(heard)
    assert kept.code == KEPT
    wait_until(lambda: bench.only(person)["state"] == "ended", "the report is told after all", seconds=20)
    late = (utc_now() - stopped_at).total_seconds()
    call = bench.only(person)
    assert (call["duration_seconds"], call["cause"], call["charge"]["amount"]) == (45, "completed", "0.21")
    assert abs((datetime.fromisoformat(call["ended_at"]) - stopped_at).total_seconds()) < 3
    wait_until(lambda: bench.ask(other).accepted, "calls are decided again")
    figures(f"rejected after {heard.seconds:.2f} s; the report told {late:.1f} s late")


@pytest.mark.parametrize("mode", [Mode.STALL, Mode.UNAVAILABLE, Mode.RESET, Mode.CUT])
def test_a_callgate_that_fails_rejects_and_reports_are_kept(bench: Bench, mode: Mode, figures: Figures) -> None:
    person, other = bench.book(), bench.book()
    call_id = bench.begin(person)
    bench.front.reset_open()
    bench.front.mode = mode
    heard = bench.ask(other)
    kept = bench.server.report(call_id, "Stop", Acct_Session_Time="5", Acct_Terminate_Cause="User-Request")
    bench.front.mode = Mode.PASS
    assert refused(heard)
    assert kept.code == KEPT
    assert max(heard.seconds, kept.seconds) < 2.5
    wait_until(lambda: bench.only(person)["state"] == "ended", "the report is told after all", seconds=20)
    figures(f"rejected after {heard.seconds:.2f} s")


def test_a_callgate_that_answers_too_late_rejects_and_is_well_again_at_once(bench: Bench) -> None:
    person = bench.book()
    bench.front.reset_open()
    bench.front.mode, bench.front.slow_seconds = Mode.SLOW, 1.5
    call_id = new_id()
    assert refused(bench.ask(person, call_id))
    bench.front.mode = Mode.PASS
    wait_until(lambda: bench.gate.calls_of(person), "callgate decided meanwhile")
    # The switch asks again under the same name, gets the same decision, and its call is placed.
    assert bench.ask(person, call_id).accepted
    assert bench.only(person)["state"] == "authorized"


def test_connections_reset_while_idle_cost_no_call(bench: Bench) -> None:
    for _ in range(3):
        person = bench.book()
        assert bench.ask(person).accepted
        bench.front.reset_open()


def test_a_token_that_callgate_does_not_take_rejects(bench: Bench, gate: Gate, tmp_path: Any) -> None:
    with running_radius(tmp_path, callgate_url=bench.front.url, token=gate.token("warden")) as other:
        assert refused(other.ask(bench.book(), new_id()))
