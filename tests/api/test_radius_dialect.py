"""Does a RADIUS-only switch, through FreeRADIUS, get the same decisions and keep the same records?"""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from callgate.domain.instants import to_wire
from tests.asking import SWITCH, decide
from tests.conftest import World
from tests.people import set_block
from tests.seeding import ANNA, NOON, NUMBER, PINS, STATION, attempt_body, seed

PLANTED = "60718293"


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


def attributes(**values: Any) -> dict[str, Any]:
    """As rlm_rest writes them; None leaves one out."""
    named = {name.replace("_", "-"): value for name, value in values.items() if value is not None}
    return {name: {"type": "string", "value": [value]} for name, value in named.items()}


def access(call_id: str, **changes: Any) -> dict[str, Any]:
    asked = {
        "Acct_Session_Id": call_id,
        "Calling_Station_Id": STATION,
        "Called_Station_Id": NUMBER,
        "User_Password": PINS[ANNA],
        "User_Name": STATION,
        "NAS_IP_Address": "10.0.0.5",
    }
    return attributes(**(asked | changes))


async def ask(world: World, body: Any) -> httpx.Response:
    return await world.call("switch", "POST", "/v1/radius/authorize", json=body, subject=SWITCH)


async def report(world: World, call_id: str | None, status: Any, **values: Any) -> httpx.Response:
    body = attributes(Acct_Session_Id=call_id, Acct_Status_Type=status, **values)
    return await world.call("switch", "POST", "/v1/radius/accounting", json=body, subject=SWITCH)


async def call(world: World, call_id: str = "r1") -> dict[str, Any]:
    items = (await world.call("security", "GET", "/v1/calls")).json()["items"]
    (found,) = [it for it in items if it["call_id"] == call_id]
    return dict(found)


async def test_an_allow_accepts_for_the_seconds_granted(world: World) -> None:
    answer = await ask(world, access("r1"))
    decision_id = (await call(world))["decision_id"]
    assert answer.status_code == 200
    assert answer.json() == {
        "control:Auth-Type": "Accept",
        "reply:Session-Timeout": 900,
        "reply:h323-credit-time": "h323-credit-time=900",
        "reply:Class": decision_id,
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"User_Password": PLANTED}, "pin_not_accepted"),
        ({"User_Password": None}, "pin_not_accepted"),
        ({"Calling_Station_Id": "nowhere"}, "not_in_service"),
        ({"Called_Station_Id": "+18605550199"}, "number_not_available"),
        ({"Called_Station_Id": "*67 860 555 0123"}, "number_not_valid"),
        ({"Callgate_Payment_Type": "debit"}, "rate_unavailable"),
        ({"Callgate_Media": "tty"}, "not_in_service"),
    ],
)
async def test_a_denial_rejects_with_the_class_alone(world: World, changes: dict[str, Any], reason: str) -> None:
    answer = await ask(world, access("r1", **changes))
    assert answer.status_code == 200
    assert answer.json() == {"control:Auth-Type": "Reject", "reply:Reply-Message": reason}


async def test_nothing_in_an_answer_can_be_expanded_by_the_server(world: World) -> None:
    for call_id in ("%{User-Password}", "`id`", "a%b"):
        text = (await ask(world, access(call_id))).text
        assert "%" not in text
        assert "`" not in text
        assert "$" not in text


async def test_it_is_the_same_record_as_in_json(world: World) -> None:
    await ask(world, access("r1", Session_Timeout="600"))
    again = await world.call(
        "switch",
        "POST",
        "/v1/authorize",
        json=attempt_body("r1", requested_duration_seconds=600),
        subject=SWITCH,
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["max_duration_seconds"] == 600


async def test_a_retransmission_gets_the_same_answer(world: World) -> None:
    first, second = await ask(world, access("r1")), await ask(world, access("r1"))
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_a_session_id_used_for_something_else_is_refused(world: World) -> None:
    await ask(world, access("r1"))
    answer = await ask(world, access("r1", Called_Station_Id="+18605550199"))
    assert answer.status_code == 422
    assert answer.json()["decision"] == "deny"


async def test_a_ciscos_conference_id_names_the_call_where_there_is_no_session_id(world: World) -> None:
    body = access("r1", Acct_Session_Id=None) | attributes(h323_conf_id="h323-conf-id=1A2B 3C4D")
    assert (await ask(world, body)).json()["control:Auth-Type"] == "Accept"
    assert (await call(world, "1A2B 3C4D"))["state"] == "authorized"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing"),
        pytest.param(access("r1", Calling_Station_Id=None), id="no telephone"),
        pytest.param(access("r1", Acct_Session_Id=None), id="no session"),
        pytest.param(access("r1", User_Password="abcd"), id="letters for a PIN"),
        pytest.param(access("r1") | {"User-Password": {"type": "string", "value": []}}, id="no value"),
        pytest.param(access("r1") | {"User-Password": {"value": [PLANTED, PLANTED]}}, id="two values"),
        pytest.param(access("r1") | {"User-Password": {"value": [[PLANTED]]}}, id="a list for a value"),
        pytest.param(access("r1") | {"User-Password": PLANTED}, id="a bare value"),
        pytest.param(access("r1", Session_Timeout="x"), id="letters for seconds"),
        pytest.param({f"A-{i}": {"value": ["x"]} for i in range(201)}, id="too many attributes"),
    ],
)
async def test_what_cannot_be_read_is_400_and_never_echoed(world: World, body: Any) -> None:
    answer = await ask(world, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["decision"] == "deny"
    assert PLANTED not in answer.text


async def test_start_interim_and_stop_make_the_call(world: World) -> None:
    await ask(world, access("r1"))
    assert (await report(world, "r1", "Start")).status_code == 204
    assert (await call(world))["state"] == "answered"
    assert (await report(world, "r1", "Interim-Update", Acct_Session_Time=60)).status_code == 204
    stop = {"Acct_Session_Time": 61, "Acct_Terminate_Cause": "User-Request"}
    for _ in range(2):
        assert (await report(world, "r1", "Stop", **stop)).status_code == 204
    found = await call(world)
    assert (found["state"], found["duration_seconds"], found["cause"]) == ("ended", 61, "completed")


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ("User-Request", "completed"),
        ("Session-Timeout", "max_duration"),
        ("Admin-Reset", "terminated"),
        ("Lost-Carrier", "failed"),
        ("5", "max_duration"),
        (None, "failed"),
    ],
)
async def test_why_a_session_ended_is_kept_in_our_words(world: World, told: str | None, cause: str) -> None:
    await ask(world, access("r1"))
    await report(world, "r1", "Stop", Acct_Session_Time=0, Acct_Terminate_Cause=told)
    assert (await call(world))["cause"] == cause


async def test_a_report_by_number_is_one_by_name(world: World) -> None:
    await ask(world, access("r1"))
    await report(world, "r1", 1)
    assert (await call(world))["state"] == "answered"
    await report(world, "r1", "2", Acct_Session_Time="30", Acct_Terminate_Cause=1)
    assert (await call(world))["duration_seconds"] == 30


async def test_reports_in_any_order_end_in_the_same_state(world: World) -> None:
    await ask(world, access("r1"))
    await report(world, "r1", "Stop", Acct_Session_Time=61, Acct_Terminate_Cause="User-Request")
    await report(world, "r1", "Interim-Update", Acct_Session_Time=60)
    await report(world, "r1", "Start")
    found = await call(world)
    assert (found["state"], found["duration_seconds"]) == ("ended", 61)


async def test_a_report_that_comes_late_says_when_it_happened(world: World) -> None:
    await ask(world, access("r1"))
    world.clock.advance(seconds=60)
    await report(world, "r1", "Start", Acct_Delay_Time=30)
    assert (await call(world))["answered_at"] == to_wire(NOON + timedelta(seconds=30))


@pytest.mark.parametrize("status", ["Accounting-On", "Accounting-Off", 7, "8"])
async def test_a_report_about_the_server_changes_nothing(world: World, status: Any) -> None:
    await ask(world, access("r1"))
    assert (await report(world, None, status)).status_code == 204
    assert (await call(world))["state"] == "authorized"


@pytest.mark.parametrize(
    ("status", "values"),
    [
        ("Tunnel-Start", {}),
        (None, {}),
        ("Stop", {"Acct_Session_Time": "x"}),
        ("Stop", {"Acct_Session_Time": -1}),
        ("Interim-Update", {"Acct_Session_Time": 2**31}),
        ("Start", {"Acct_Delay_Time": "yesterday"}),
        ("Start", {"Acct_Delay_Time": -1}),
        ("Start", {"Acct_Delay_Time": 2**31}),
    ],
)
async def test_a_report_that_cannot_be_read_is_400(world: World, status: Any, values: dict[str, Any]) -> None:
    assert (await report(world, "r1", status, **values)).status_code == 400


async def test_a_stop_of_a_call_nobody_asked_about_is_kept_as_an_orphan(world: World) -> None:
    assert (await report(world, "r9", "Stop", Acct_Session_Time=5)).status_code == 204
    assert (await ask(world, access("r9"))).status_code == 422


async def test_the_quota_of_a_person_is_the_same_whatever_way_the_switch_asks(world: World) -> None:
    await ask(world, access("r1"))
    assert (await decide(world, "c1"))["reason"] == "call_in_progress"
    await report(world, "r1", "Stop", Acct_Session_Time=0, Acct_Terminate_Cause="User-Request")
    await set_block(world, NUMBER)
    answer = (await ask(world, access("r2"))).json()
    assert answer == {"control:Auth-Type": "Reject", "reply:Reply-Message": "number_not_available"}
