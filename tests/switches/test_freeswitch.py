"""Do the FreeSWITCH kit's files fit what callgate reads and answers? Read and asked as mod_xml_curl would, not run."""

import base64
import re
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from callgate.api.dialects import freeswitch
from tests.switches.gate import Gate, Person

KIT: Final = Path(__file__).parents[2] / "deploy" / "switches" / "freeswitch"
FILES: Final = sorted(str(path.relative_to(KIT)) for path in [*KIT.rglob("*.xml"), *KIT.rglob("*.xml.example")])
# What the kit's README says that an answer may make FreeSWITCH do.
EXPECTED: Final = {"unset", "set", "export", "sched_hangup", "bridge", "respond", "hangup"}


def read(name: str) -> Element:
    root: Element = fromstring((KIT / name).read_text())  # noqa: S314 - a file of ours
    return root


def steps(root: Element) -> list[tuple[str, str]]:
    return [(it.get("application", ""), it.get("data", "")) for it in root.iter("action")]


def parameters(name: str) -> dict[str, str]:
    return {it.get("name", ""): it.get("value", "") for it in read(name).iter("param")}


@pytest.fixture(scope="module")
def person(gate: Gate) -> Person:
    return gate.book(gate.put_station("freeswitch-1"))


def look_up(gate: Gate, person: Person, call_id: str, *, token: str | None = None, **changes: str) -> httpx.Response:
    """As mod_xml_curl asks: a form of all variables, and the token as Basic's password."""
    sent = {
        "hostname": "fs",
        "section": "dialplan",
        "Caller-Context": "callgate",
        "Caller-Destination-Number": person.number,
        "variable_sip_call_id": "one-and-the-same",
        **{f"variable_{name}": value for name, value in prepared(person, call_id).items()},
        **changes,
    }
    credentials = base64.b64encode(f"switch:{gate.switch_token() if token is None else token}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    return httpx.post(f"{gate.url}/v1/freeswitch/dialplan", data=sent, headers=headers, trust_env=False, timeout=30)


def prepared(person: Person, call_id: str) -> dict[str, str]:
    """The variables that pin.xml sets, as it sets them."""
    values = {"${uuid}-1": f"{call_id}-1", "${sip_auth_username}": person.station_id, "$${callgate_gateway}": "carrier"}
    told = [data.partition("=") for application, data in steps(read("pin.xml")) if application == "set"]
    found = {name: values.get(value, value) for name, _, value in told if name.startswith("callgate_")}
    return {**found, "callgate_pin": person.pin}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_well_formed(name: str) -> None:
    assert read(name).tag in ("configuration", "include", "document")


def test_what_pin_xml_sets_is_what_callgate_reads() -> None:
    told = steps(read("pin.xml"))
    found = {f"variable_{data.partition('=')[0]}" for application, data in told if application == "set"}
    found |= {f"variable_{name}" for _, data in told for name in re.findall(r"\b(callgate_pin)\b", data)}
    needed = {name for name, field in freeswitch._FIELD_BY_VARIABLE.items() if field in ("station_id", "pin")}
    assert needed | {freeswitch._CALL_IDS[0]} <= found
    assert told[-1] == ("transfer", "$1 XML callgate") or ("transfer", "$1 XML callgate") in told
    assert "bridge" not in [application for application, _ in told]


def test_the_static_dialplan_does_nothing_but_hang_up() -> None:
    root = read("dialplan/callgate.xml")
    assert [it.get("name") for it in root.iter("context")] == ["callgate"]
    assert [dict(it.attrib) for it in root.iter("condition")] == [{}]
    assert [application for application, _ in steps(root)] == ["unset", "hangup"]


def test_the_defaults_that_are_unsafe_are_set() -> None:
    asking = parameters("autoload_configs/xml_curl.conf.xml")
    assert asking["gateway-url"] == "$${callgate_url}" + "/v1/freeswitch/dialplan"
    assert (asking["timeout"], asking["method"], asking["auth-scheme"]) == ("1", "POST", "basic")
    assert asking["enable-cacert-check"] == asking["enable-ssl-verifyhost"] == "true"
    socket = parameters("autoload_configs/event_socket.conf.xml")
    assert socket["listen-ip"] == "127.0.0.1"
    assert socket["password"] != "ClueCon"
    records = parameters("autoload_configs/json_cdr.conf.xml")
    assert (records["log-b-leg"], records["log-dir"]) == ("false", "$${callgate_spool}")


def test_every_variable_of_the_site_is_in_its_example() -> None:
    used = {found for name in FILES for found in re.findall(r"\$\$\{(\w+)\}", (KIT / name).read_text())}
    example = (KIT / "callgate-vars.xml.example").read_text()
    assert used == set(re.findall(r'data="(\w+)=', example))


def test_an_allow_is_a_dialplan_of_steps_that_the_kit_knows(gate: Gate, person: Person) -> None:
    told = steps(fromstring(look_up(gate, person, "fs-1").text))  # noqa: S314 - our own answer
    [call] = gate.calls_of(person)
    assert call["call_id"] == "fs-1-1"
    assert {application for application, _ in told} <= EXPECTED
    assert told[-1] == ("bridge", f"sofia/gateway/${{callgate_gateway}}/{person.number}")
    assert person.pin not in str(told)
    variables = set(re.findall(r"\$\{(\w+)\}", str(told)))
    assert variables <= set(prepared(person, "x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"token": ""},
        {"token": "nonsense"},
        {"variable_callgate_pin": "60718293"},
        {"variable_callgate_pin": ""},
        {"variable_callgate_station_id": ""},
        {"Caller-Destination-Number": "18605550000,sofia/gateway/x/1"},
        {"Caller-Destination-Number": ""},
    ],
)
def test_everything_else_hangs_up_with_200(gate: Gate, person: Person, changes: dict[str, str]) -> None:
    answer = look_up(gate, person, "fs-2", **changes)
    told = steps(fromstring(answer.text))  # noqa: S314 - our own answer
    assert answer.status_code == 200
    assert {application for application, _ in told} <= EXPECTED - {"bridge"}
    assert told[-1][0] == "hangup"
