"""Does an unmodified FreeRADIUS with the kit accept what callgate allows, and reject all else by its class?"""

from collections.abc import Callable

import pytest

from callgate.domain.verdict import REASONS_IN_ORDER
from tests.switches.gate import SWITCH
from tests.switches.radius_bench import RadiusBench, new_id, refused
from tests.switches.radius_server import DEBIT_TRUNK, SECRET
from tests.switches.refusals import REFUSED

Figures = Callable[[str], None]


def test_an_allowed_call_is_accepted_for_the_seconds_granted(radius: RadiusBench, figures: Figures) -> None:
    person = radius.book()
    heard = radius.ask(person)
    call = radius.only(person)
    assert heard.accepted
    assert heard.attributes == {
        "Session-Timeout": "900",
        "Termination-Action": "Default",
        "h323-credit-time": '"h323-credit-time=900"',
        "Class": f"0x{call['decision_id'].encode().hex()}",
    }
    assert (call["state"], call["switch_id"], call["number"]) == ("authorized", SWITCH, person.number)
    figures(f"{heard.seconds * 1000:.0f} ms with radclient's own start")


def test_a_carriers_own_limit_lowers_the_grant(radius: RadiusBench) -> None:
    assert radius.ask(radius.book(), Session_Timeout="30").attributes["Session-Timeout"] == "30"


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_is_told_by_its_class_and_nothing_else(radius: RadiusBench, reason: str) -> None:
    prepare, _ = REFUSED[reason]
    person = prepare(radius.gate)
    radius.people.append(person)
    heard = radius.ask(person, NAS_Port_Id=DEBIT_TRUNK if reason == "rate_unavailable" else "")
    assert heard.code == "Access-Reject"
    assert heard.attributes == {"Reply-Message": f'"{reason}"'}


def test_a_second_call_of_a_person_who_talks_is_refused(radius: RadiusBench) -> None:
    person = radius.book()
    radius.begin(person)
    assert radius.ask(person).attributes == {"Reply-Message": '"call_in_progress"'}


def test_a_person_without_calls_left_is_refused(radius: RadiusBench) -> None:
    limits = dict.fromkeys(("calls_per_week", "calls_per_month", "minutes_per_day", "minutes_per_month"))
    radius.gate.put_facility("short-radius-ci", limits={"calls_per_day": 1, **limits})
    person = radius.gate.book(radius.gate.put_station("short-radius-1", "short-radius-ci"), "short-radius-ci")
    radius.people.append(person)
    call_id = radius.begin(person)
    radius.server.report(call_id, "Stop", Acct_Session_Time="1", Acct_Terminate_Cause="User-Request")
    assert radius.ask(person).attributes == {"Reply-Message": '"limit_reached"'}


def test_every_class_of_refusal_has_a_cell() -> None:
    assert {*REFUSED, "call_in_progress", "limit_reached"} == {reason.value for reason in REASONS_IN_ORDER}


def test_no_pin_at_all_is_refused_and_recorded(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = new_id()
    assert radius.ask(person, call_id, User_Password="").attributes == {"Reply-Message": '"pin_not_accepted"'}


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
def test_a_question_that_cannot_be_read_is_rejected(radius: RadiusBench, changes: dict[str, str]) -> None:
    heard = radius.ask(radius.book(), **changes)
    assert heard.code == "Access-Reject"
    assert set(heard.attributes) == {"Reply-Message"}


def test_a_call_id_used_for_another_number_is_rejected(radius: RadiusBench) -> None:
    person = radius.book()
    call_id = new_id()
    assert radius.ask(person, call_id).accepted
    assert refused(radius.ask(person, call_id, Called_Station_Id="+18605559999"))


def test_whoever_does_not_know_the_secret_hears_nothing(radius: RadiusBench) -> None:
    person = radius.book()
    asked = {"User-Name": "x", "User-Password": person.pin, "Acct-Session-Id": new_id()}
    signed = {**asked, "Message-Authenticator": "0x00"}
    assert radius.server.send("auth", signed, secret="another", seconds=0.5).code is None
    assert radius.server.send("auth", asked, secret=SECRET, seconds=0.5).code is None
    assert radius.gate.calls_of(person) == []
