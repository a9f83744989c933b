"""Does the Asterisk kit's dialplan ask rightly, and place a call on callgate's allow alone? Played, not run."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qs

import pytest

from callgate.api.dialects import form
from callgate.api.switch_models import AuthorizeIn, AuthorizeOut
from tests.switches.dialplan import KIT, Channel, read_dialplan
from tests.switches.gate import Gate, Person, utc_now
from tests.switches.talker import Talker, standing_talker

TEXT: Final = (KIT / "extensions.conf").read_text()
TRUNK: Final = "carrier"
REFUSED: Final = "21"
UNDECIDED: Final = "41"
NO_NUMBER: Final = "28"
_numbers = count(1)


@pytest.fixture(scope="module")
def talker(gate: Gate) -> Iterator[Talker]:
    with standing_talker(gate.port) as front:
        yield front


def channel(gate: Gate, talker: Talker, person: Person, *keys: str, token: str | None = None) -> Channel:
    """This person at their telephone, who keys their PIN unless told otherwise."""
    return Channel(
        contexts=read_dialplan(TEXT),
        variables={
            "CALLGATE_URL": talker.url,
            "CALLGATE_TOKEN": gate.switch_token() if token is None else token,
            "CALLGATE_SPOOL": "/spool",
            "CALLGATE_TRUNK": TRUNK,
            "CALLGATE_RING": "60",
            "UNIQUEID": f"asterisk-{next(_numbers)}.7",
        },
        endpoint=person.station_id,
        keys=list(keys or (person.pin,)),
    )


@pytest.fixture
def person(gate: Gate, talker: Talker) -> Person:
    talker.passes()
    return gate.book(gate.put_station("asterisk-1"))


def reports(made: Channel) -> list[dict[str, str]]:
    """What the agent would find in the spool."""
    return [{name: values[0] for name, values in parse_qs(text.strip()).items()} for text in made.files.values()]


def nothing_placed(made: Channel) -> bool:
    return made.dialled == [] and made.handlers == []


# ------------------------------------------------------------------------------------------------- config and contract
def test_the_dialplan_asks_with_fields_of_the_contract_and_encodes_every_value() -> None:
    [posted] = re.findall(r"\$\{CURL\(\$\{CALLGATE_URL\}/v1/authorize,(.*)\)\}\)$", TEXT, re.MULTILINE)
    fields = dict(pair.split("=", 1) for pair in posted.split("&"))
    assert set(fields) <= set(AuthorizeIn.model_fields)
    assert {"call_id", "station_id", "pin", "called_number"} == set(fields)
    assert all(re.fullmatch(r"\$\{URIENCODE\(.*\)\}", value) for value in fields.values())


def test_every_field_of_an_answer_that_the_dialplan_reads_is_in_the_contract() -> None:
    read = set(re.findall(r"HASH\(CALLGATE,(\w+)\)", TEXT))
    answer = dict.fromkeys(AuthorizeOut.model_fields) | {"max_duration_seconds": 1, "rate_quote": None}
    assert read <= set(form.flatten(answer))
    assert {"decision", "max_duration_ms", "end_by", "call_id"} <= read


def test_the_defaults_that_are_unsafe_are_set_before_the_question() -> None:
    asked_at = TEXT.index("${CURL(")
    for option in ("httptimeout)=1", "conntimeout)=1", "ssl_verifypeer)=1", "followlocation)=0", "hashcompat)=yes"):
        assert 0 < TEXT.index(f"Set(CURLOPT({option})") < asked_at
    [codes] = re.findall(r"failurecodes\)=([\d,]+)\)", TEXT)
    assert {400, 401, 403, 408, 413, 422, 429, 500, 502, 503, 504} <= set(map(int, codes.split(",")))


def test_the_only_way_to_the_trunk_leads_through_the_question() -> None:
    contexts = read_dialplan(TEXT)
    dials = [
        (context, exten)
        for context, extens in contexts.items()
        for exten, steps in extens.items()
        for _, application, _ in steps
        if application == "Dial"
    ]
    assert dials == [("callgate-phones", "_[0-9*#+].")]
    [options] = re.findall(r"Dial\(PJSIP/[^,]*,[^,]*,(.*)\)$", TEXT, re.MULTILINE)
    assert not re.search(r"(?:^|\))[tTxXhHkKwWg]", options)


# ------------------------------------------------------------------------------------------------------------- deciding
def test_an_allowed_call_is_dialled_within_the_grant(gate: Gate, talker: Talker, person: Person) -> None:
    made = channel(gate, talker, person)
    made.call(person.number)
    [call] = gate.calls_of(person)
    assert made.dialled == [
        f"PJSIP/{person.number}@{TRUNK},60,L(900000:60000)U(callgate-answered^{call['call_id']})",
    ]
    assert call["state"] == "authorized"
    left = (datetime.fromisoformat(call["end_by"]) - utc_now()).total_seconds()
    assert abs(int(made.timeout) - left) < 2
    [request] = made.asked
    assert request.headers["accept"] == form.MEDIA_TYPE
    assert person.pin not in "".join([*made.variables.values(), *made.files.values(), *made.handlers])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": "9005550130"}, "number_not_valid"),
        ({"number": "+18605559999"}, "number_not_available"),
        ({"station_id": "nowhere"}, "not_in_service"),
    ],
)
def test_a_refusal_is_played_and_places_nothing(
    gate: Gate, talker: Talker, person: Person, changes: dict[str, str], reason: str
) -> None:
    made = channel(gate, talker, replace(person, **changes))
    assert made.call(changes.get("number", person.number)) == REFUSED
    assert made.played[-1] == f"callgate/{reason}"
    assert nothing_placed(made)
    assert made.files == {}


def test_a_pin_may_be_tried_three_times_each_under_a_name_of_its_own(gate: Gate, talker: Talker) -> None:
    person = gate.book(gate.put_station("asterisk-2"))
    talker.passes()
    wrong = f"{(int(person.pin) + 7) % 10**10:010d}"
    made = channel(gate, talker, person, wrong, wrong, person.pin)
    made.call(person.number)
    assert len(made.dialled) == 1
    assert len({parse_qs(request.content.decode())["call_id"][0] for request in made.asked}) == 3
    other = channel(gate, talker, person, wrong, wrong, wrong, wrong)
    assert other.call(person.number) == REFUSED
    assert len(other.asked) == 3
    assert nothing_placed(other)


@pytest.mark.parametrize("dialled", ["", "abc", "8605550101,30,g", "860${EXTEN}", '8"', "1)", "9" * 33, "860 5550101"])
def test_what_is_no_number_is_not_even_asked_about(gate: Gate, talker: Talker, person: Person, dialled: str) -> None:
    made = channel(gate, talker, person)
    assert made.call(dialled) == NO_NUMBER
    assert made.asked == []
    assert nothing_placed(made)


def test_a_pin_or_a_telephone_that_would_break_out_of_the_form_does_not(
    gate: Gate, talker: Talker, person: Person
) -> None:
    for pin, station in (("1&decision=allow", person.station_id), (person.pin, "x&pin=1&station_id=asterisk-1")):
        made = channel(gate, talker, replace(person, station_id=station), pin)
        assert made.call(person.number) in (REFUSED, UNDECIDED)
        assert nothing_placed(made)


# -------------------------------------------------------------------------------------------------------------- failing
ALLOW: Final = (
    "decision=allow&decision_id=1&max_duration_ms=900000&max_duration_seconds=900&end_by=2099-01-01T00:00:00.000Z"
)
GARBAGE: Final = {
    "nothing": (200, ""),
    "not a form": (200, "<html>It works!</html>"),
    "callgate's JSON": (200, '{"decision":"allow","max_duration_ms":900000}'),
    "somebody else's call": (200, f"{ALLOW}&call_id=another"),
    "no call": (200, ALLOW),
    "503 that says allow": (503, f"{ALLOW}&call_id=THIS"),
    "413 that says allow": (413, f"{ALLOW}&call_id=THIS"),
    "401 that says allow": (401, f"{ALLOW}&call_id=THIS"),
    "a redirect that says allow": (307, f"{ALLOW}&call_id=THIS"),
    "no time": (200, f"{ALLOW.replace('max_duration_ms=900000', '')}&call_id=THIS"),
    "zero": (200, f"{ALLOW.replace('=900000', '=0')}&call_id=THIS"),
    "minus": (200, f"{ALLOW.replace('=900000', '=-900000')}&call_id=THIS"),
    "less than a second": (200, f"{ALLOW.replace('=900000', '=900')}&call_id=THIS"),
    "a time with an option behind it": (200, f"{ALLOW.replace('=900000', '=900000)g')}&call_id=THIS"),
    "over already": (200, f"{ALLOW.replace('2099', '2020')}&call_id=THIS"),
    "no end": (200, f"{ALLOW.replace('end_by=2099-01-01T00:00:00.000Z', '')}&call_id=THIS"),
    "another case": (200, f"{ALLOW.replace('=allow', '=ALLOW')}&call_id=THIS"),
    "nearly": (200, f"{ALLOW.replace('=allow', '=allowed')}&call_id=THIS"),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_an_answer_that_is_no_decision_places_nothing_and_gives_the_pin_free(
    gate: Gate, talker: Talker, person: Person, what: str
) -> None:
    made = channel(gate, talker, person)
    status, body = GARBAGE[what]
    talker.says(body.replace("THIS", f"{made.variables['UNIQUEID']}-1"), status)
    assert made.call(person.number) == UNDECIDED
    assert nothing_placed(made)
    [report] = reports(made)
    assert (report["type"], report["call_id"], report["told"]) == (
        "ended",
        made.variables["CALLGATE_CALL_ID"],
        "GAVE_UP",
    )


def test_the_body_of_these_tests_would_be_a_call_with_200(gate: Gate, talker: Talker, person: Person) -> None:
    made = channel(gate, talker, person)
    talker.says(f"{ALLOW}&call_id={made.variables['UNIQUEID']}-1")
    made.call(person.number)
    assert len(made.dialled) == 1


@pytest.mark.parametrize("mode", ["stall", "reset", "cut", "unavailable", "down"])
def test_a_callgate_that_fails_places_nothing(gate: Gate, talker: Talker, person: Person, mode: str) -> None:
    made = channel(gate, talker, person)
    if mode == "down":
        made.variables["CALLGATE_URL"] = "http://127.0.0.1:9"
    else:
        talker.fails(mode)
    assert made.call(person.number) == UNDECIDED
    assert nothing_placed(made)


def test_a_token_that_callgate_does_not_take_places_nothing(gate: Gate, talker: Talker, person: Person) -> None:
    for token in ("", "nonsense", gate.token("warden")):
        made = channel(gate, talker, person, token=token)
        assert made.call(person.number) == UNDECIDED
        assert nothing_placed(made)


def test_an_allow_of_an_earlier_question_does_not_answer_a_later_one(
    gate: Gate, talker: Talker, person: Person
) -> None:
    made = channel(gate, talker, person, person.pin, person.pin)
    made.call(person.number)
    assert len(made.dialled) == 1
    for body in ("", "x=1"):
        talker.says(body)
        made.keys.append(person.pin)
        assert made.call(person.number) == UNDECIDED
    assert len(made.dialled) == 1


# ------------------------------------------------------------------------------------------------------------ reporting
def test_the_called_party_takes_the_call_with_1(gate: Gate, talker: Talker, person: Person) -> None:
    made = channel(gate, talker, person, person.pin, "1")
    made.call(person.number)
    made.gosub("callgate-answered", made.variables["CALLGATE_CALL_ID"])
    decision_id = gate.calls_of(person)[0]["decision_id"]
    assert made.played[1:] == [
        f"callgate/{each}" for each in gate.ask("security", "GET", f"/v1/decisions/{decision_id}")["announcements"]
    ]
    [report] = reports(made)
    assert (report["type"], report["call_id"]) == ("answered", made.variables["CALLGATE_CALL_ID"])


@pytest.mark.parametrize(("key", "told"), [("", []), ("2", []), ("9", ["called_party_block"])])
def test_whoever_does_not_take_it_is_not_connected(
    gate: Gate, talker: Talker, person: Person, key: str, told: list[str]
) -> None:
    made = channel(gate, talker, person, person.pin, key)
    made.call(person.number)
    made.gosub("callgate-answered", made.variables["CALLGATE_CALL_ID"])
    assert made.variables["GOSUB_RESULT"] == "BUSY"
    assert [report["type"] for report in reports(made)] == told


@pytest.mark.parametrize(("seconds", "status"), [("61", "ANSWER"), ("", "NOANSWER"), ("", "BUSY")])
def test_the_end_is_reported_by_the_handler(
    gate: Gate, talker: Talker, person: Person, seconds: str, status: str
) -> None:
    made = channel(gate, talker, person)
    made.call(person.number)
    made.hang_up(ANSWEREDTIME=seconds, DIALSTATUS=status)
    [report] = reports(made)
    assert report["call_id"] == gate.calls_of(person)[0]["call_id"]
    assert (report["type"], report["seconds"], report["limit"]) == ("ended", seconds or "0", "900")
    assert report["told"] == status


def test_the_other_files_name_nothing_but_loopback_and_log_no_digits() -> None:
    assert "bindaddr=127.0.0.1" in (KIT / "http.conf").read_text()
    lines: list[Any] = [line for line in (KIT / "logger.conf").read_text().splitlines() if "=>" in line]
    assert lines
    assert not any(word in line for line in lines for word in ("verbose", "dtmf", "debug", "*"))
