"""Does an unmodified FreeRADIUS with the kit report what becomes of a call, once, however often and late it is told?"""

from collections.abc import Callable

from tests.switches.front import Mode
from tests.switches.radius_bench import KEPT, RadiusBench, new_id
from tests.switches.radius_server import repeating

Figures = Callable[[str], None]


def test_start_interim_and_stop_make_the_call_and_its_charge(radius: RadiusBench, figures: Figures) -> None:
    person = radius.book()
    call_id = radius.begin(person)
    assert radius.server.report(call_id, "Interim-Update", Acct_Session_Time="60").code == KEPT
    assert radius.only(person)["state"] == "answered"
    stop = {"Acct_Session_Time": "61", "Acct_Terminate_Cause": "User-Request"}
    assert radius.server.report(call_id, "Stop", **stop).code == KEPT
    call = radius.only(person)
    assert (call["state"], call["duration_seconds"], call["cause"]) == ("ended", 61, "completed")
    assert call["charge"]["amount"] == "0.42"  # two started minutes at 0.21
    figures(f"61 s charged {call['charge']['amount']} {call['charge']['currency']}")


def test_a_session_that_ran_into_its_timeout_is_one_that_reached_its_limit(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = radius.begin(person)
    radius.server.report(call_id, "Stop", Acct_Session_Time="900", Acct_Terminate_Cause="Session-Timeout")
    assert radius.only(person)["cause"] == "max_duration"


def test_a_call_that_nobody_took_frees_its_pin_and_costs_nothing(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = new_id()
    assert radius.ask(person, call_id).accepted
    radius.server.report(call_id, "Stop", Acct_Session_Time="0", Acct_Terminate_Cause="User-Request")
    assert float(radius.only(person)["charge"]["amount"]) == 0
    assert radius.ask(person).accepted


def test_a_packet_sent_again_while_callgate_thinks_is_one_question(radius: RadiusBench, figures: Figures) -> None:
    person = radius.book()
    radius.front.reset_open()
    radius.front.mode, radius.front.slow_seconds = Mode.SLOW, 0.3
    asked_before = radius.answered()
    with repeating(radius.server.auth_port, 4) as port:
        heard = radius.ask(person, port=port)
    assert heard.accepted
    assert radius.answered() - asked_before == 1
    assert radius.only(person)["state"] == "authorized"
    figures("4 packets, one question")


def test_a_question_asked_anew_gets_the_same_answer(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = new_id()
    first, second = radius.ask(person, call_id), radius.ask(person, call_id)
    assert first.accepted
    assert first.attributes == second.attributes
    assert radius.only(person)["state"] == "authorized"


def test_reports_twice_and_out_of_order_change_nothing(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = radius.begin(person)
    stop = {"Acct_Session_Time": "30", "Acct_Terminate_Cause": "User-Request"}
    for _ in range(2):
        assert radius.server.report(call_id, "Stop", **stop).code == KEPT
        assert radius.server.report(call_id, "Start").code == KEPT
        assert radius.server.report(call_id, "Interim-Update", Acct_Session_Time="20").code == KEPT
        call = radius.only(person)
        assert (call["state"], call["duration_seconds"], call["charge"]["amount"]) == ("ended", 30, "0.21")


def test_accounting_on_is_kept_and_changes_nothing(radius: RadiusBench) -> None:
    person = radius.book()
    radius.begin(person)
    assert radius.server.report("", "Accounting-On").code == KEPT
    assert radius.only(person)["state"] == "answered"


def test_a_report_that_cannot_be_read_is_put_aside_and_holds_up_nothing(radius: RadiusBench) -> None:
    assert radius.server.report("", "Stop", Acct_Session_Time="1").code == KEPT
    assert "Acct-Status-Type = Stop" in (radius.server.spool / "unreadable").read_text()
    assert not list(radius.server.spool.glob("report-*"))
