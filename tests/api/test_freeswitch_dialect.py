"""Does FreeSWITCH get a dialplan that bridges within the grant, and one that hangs up for everything else?"""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from callgate.store.database import StoreUnavailable
from tests.asking import SWITCH
from tests.conftest import World
from tests.seeding import ANNA, NUMBER, PINS, STATION, attempt_body, seed

PLANTED = "60718293"


@pytest.fixture
def world(world: World) -> World:
    seed(world.deployment.settings.database_url)
    return world


def variables(call_id: str = "f1", **changes: str | None) -> dict[str, str]:
    """What mod_xml_curl posts, of which most is read by nobody here."""
    sent: dict[str, str | None] = {
        "hostname": "fs-1",
        "section": "dialplan",
        "tag_name": "",
        "Caller-Context": "facility",
        "Caller-Destination-Number": NUMBER,
        "Unique-ID": f"uuid-{call_id}",
        "variable_sip_call_id": call_id,
        "variable_callgate_station_id": STATION,
        "variable_callgate_pin": PINS[ANNA],
        "variable_sip_h_X-Note": "a&b=c d",
    }
    names = {"pin": "variable_callgate_pin", "station": "variable_callgate_station_id"}
    sent |= {names.get(name, name.replace("__", "-")): value for name, value in changes.items()}
    return {name: value for name, value in sent.items() if value is not None}


async def look_up(world: World, sent: Any, *, token: str | None = None, method: str = "POST") -> httpx.Response:
    token = world.token("switch", subject=SWITCH) if token is None else token
    headers = {"Authorization": f"Bearer {token}"}
    if isinstance(sent, dict):
        return await world.client.request(method, "/v1/freeswitch/dialplan", data=sent, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return await world.client.request(method, "/v1/freeswitch/dialplan", content=sent, headers=headers)


def document(answer: httpx.Response) -> Element:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    root: Element = fromstring(answer.text)  # noqa: S314 - our own answer
    assert (root.tag, root.get("type")) == ("document", "freeswitch/xml")
    return root


def steps(answer: httpx.Response) -> list[tuple[str | None, str | None]]:
    return [(it.get("application"), it.get("data")) for it in document(answer).iter("action")]


def hangs_up(answer: httpx.Response, status: str = "503") -> bool:
    told = steps(answer)
    applications = [application for application, _ in told]
    return "bridge" not in applications and ("respond", status) in told and applications[-1] == "hangup"


async def test_an_allow_bridges_for_the_seconds_granted_and_no_longer(world: World) -> None:
    told = steps(await look_up(world, variables()))
    assert told[-1] == ("bridge", "sofia/gateway/${callgate_gateway}/+18605550123")
    # On both legs: the caller's is answered already where the switch took the PIN itself.
    assert ("set", "execute_on_answer=sched_hangup +900 ALLOTTED_TIMEOUT") in told
    assert ("export", "nolocal:execute_on_answer=sched_hangup +900 ALLOTTED_TIMEOUT") in told
    # 17:00:00, 120 s to answer and 900 s of talk: over by 17:17:00, however long it rings.
    assert ("sched_hangup", f"{int(world.clock.now().timestamp()) + 1020} ALLOTTED_TIMEOUT") in told
    assert told[0] == ("unset", "callgate_pin")


async def test_the_dialplan_is_for_the_context_that_was_looked_in(world: World) -> None:
    (context,) = document(await look_up(world, variables())).iter("context")
    assert context.get("name") == "facility"
    (context,) = document(await look_up(world, variables("f2", **{"Caller-Context": 'x"/><y'}))).iter("context")
    assert context.get("name") == "callgate"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"pin": PLANTED}, "403", "pin_not_accepted"),
        ({"pin": None}, "403", "pin_not_accepted"),
        ({"pin": ""}, "403", "pin_not_accepted"),
        ({"station": "nowhere"}, "603", "not_in_service"),
        ({"Caller__Destination__Number": "+18605550199"}, "603", "number_not_available"),
        ({"Caller__Destination__Number": "8605550123,sofia/g/x/19005550123"}, "603", "number_not_valid"),
    ],
)
async def test_a_denial_hangs_up_with_its_status(world: World, changes: Any, status: str, reason: str) -> None:
    answer = await look_up(world, variables(**changes))
    assert hangs_up(answer, status)
    assert ("set", f"callgate_reason={reason}") in steps(answer)
    assert PLANTED not in answer.text


async def test_only_digits_of_the_number_are_dialled_on(world: World) -> None:
    told = steps(await look_up(world, variables(Caller__Destination__Number="(860) 555-0123")))
    assert told[-1] == ("bridge", "sofia/gateway/${callgate_gateway}/8605550123")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="json"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b"variable_callgate_pin=1&variable_callgate_pin=2", id="a variable twice"),
        pytest.param({"Caller-Destination-Number": NUMBER}, id="no call and no telephone"),
        pytest.param(variables(pin="60718293abc"), id="letters in the PIN"),
        pytest.param(b"a=" + b"x" * 70_000, id="too large"),
        pytest.param(b"&".join(b"a%d=1" % i for i in range(2_001)), id="too many variables"),
    ],
)
async def test_whatever_cannot_be_read_hangs_up_with_200(world: World, sent: Any) -> None:
    answer = await look_up(world, sent)
    assert hangs_up(answer)
    assert PLANTED not in answer.text


async def test_without_a_valid_token_it_hangs_up_with_200(world: World) -> None:
    assert hangs_up(await look_up(world, variables(), token="nonsense"))
    assert hangs_up(await look_up(world, variables(), token=world.token("warden")))


async def test_another_method_hangs_up_with_200(world: World) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert hangs_up(await look_up(world, variables(), method=method)), method


async def test_a_failing_database_hangs_up_with_200(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any) -> Any:
        raise StoreUnavailable

    monkeypatch.setattr(world.deployment.database, "write", unavailable)
    assert hangs_up(await look_up(world, variables()))


async def test_an_unexpected_failure_hangs_up_with_200(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr("callgate.api.freeswitch.decided", broken)
    assert hangs_up(await look_up(world, variables()))


async def test_it_is_the_same_record_as_in_json(world: World) -> None:
    first = await look_up(world, variables())
    again = await look_up(world, variables())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.content == again.content
    in_json = await world.call("switch", "POST", "/v1/authorize", json=attempt_body("f1"), subject=SWITCH)
    assert in_json.headers["Idempotent-Replayed"] == "true"
    assert f"callgate_decision_id={in_json.json()['decision_id']}" in first.text


async def test_a_session_id_used_for_something_else_hangs_up(world: World) -> None:
    await look_up(world, variables())
    assert hangs_up(await look_up(world, variables(Caller__Destination__Number="+18605550199")))
