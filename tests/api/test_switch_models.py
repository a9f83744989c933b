"""What a switch may send, field by field: just inside each bound, just outside it, and of the wrong kind."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from callgate.api.dialects import form
from callgate.api.event_models import CallEventIn, CallEventOut, CallEventsOut, parse_events
from callgate.api.switch_models import ALLOWED, DENIED, INTEGER_MAX, AuthorizeIn, AuthorizeOut, parse_attempt

JSON = "application/json"
PIN = "49371568"
ASKED: dict[str, Any] = {
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "station_id": "osborn-B-03",
    "pin": PIN,
    "called_number": "+18605550123",
}
FULL: dict[str, Any] = {
    **ASKED,
    "payment_type": "prepaid",
    "media": "tty",
    "requested_duration_seconds": 600,
    "setup_time": "2026-11-20T12:00:00.123-05:00",
}
ENDED: dict[str, Any] = {
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "type": "ended",
    "sequence_number": 2,
    "occurred_at": "2026-11-20T17:05:20.000Z",
    "duration_seconds": 311,
    "cause": "completed",
}
ANSWERED = {name: ENDED[name] for name in ("call_id", "sequence_number", "occurred_at")} | {"type": "answered"}


def read(**changes: Any) -> AuthorizeIn:
    return parse_attempt(json.dumps(FULL | changes).encode(), JSON)


def spelled(pairs: Sequence[tuple[str, object]]) -> list[str]:
    return [f"{name}={value!a:.40}" for name, value in pairs]


def refusals(raw: bytes, content_type: str = JSON) -> list[tuple[object, ...]]:
    with pytest.raises(RequestValidationError) as refusal:
        parse_attempt(raw, content_type)
    assert PIN not in repr(refusal.value.errors())
    return [error["loc"] for error in refusal.value.errors()]


def test_reads_every_field() -> None:
    asked = read()
    assert asked.model_dump() == FULL | {"setup_time": datetime(2026, 11, 20, 17, 0, 0, 123000, tzinfo=UTC)}


def test_reads_the_same_from_a_form() -> None:
    assert parse_attempt(urlencode(FULL).encode(), form.MEDIA_TYPE) == read()
    assert parse_attempt(urlencode(FULL).encode(), "Application/X-WWW-Form-URLEncoded ; charset=utf-8") == read()


@pytest.mark.parametrize(
    "label", ["", "application/json; charset=utf-8", "text/plain", "application/octet-stream", "?"]
)
def test_reads_json_under_whatever_label_but_a_form(label: str) -> None:
    assert parse_attempt(json.dumps(FULL).encode(), label) == read()


def test_what_is_left_out_or_null_takes_its_default() -> None:
    left_out = parse_attempt(json.dumps(ASKED).encode(), JSON)
    optional = dict.fromkeys(("payment_type", "media", "requested_duration_seconds", "setup_time"))
    assert left_out == parse_attempt(json.dumps(ASKED | optional).encode(), JSON)
    assert left_out == parse_attempt(urlencode(ASKED | dict.fromkeys(optional, "")).encode(), form.MEDIA_TYPE)
    assert (left_out.payment_type, left_out.media, left_out.requested_duration_seconds) == ("collect", None, None)
    assert read(pin=None).pin is None


def test_ignores_unknown_fields() -> None:
    assert read(trunk="7", nested={"pin": [1]}, PIN="0000") == read()


def test_a_repr_shows_neither_the_pin_nor_the_number() -> None:
    for shown in (repr(read()), str(read())):
        assert PIN not in shown
        assert "8605550123" not in shown


@pytest.mark.parametrize("name", ["call_id", "station_id", "called_number"])
def test_requires(name: str) -> None:
    rest = {key: value for key, value in ASKED.items() if key != name}
    assert refusals(json.dumps(rest).encode()) == [("body", name)]
    assert refusals(json.dumps(ASKED | {name: None}).encode()) == [("body", name)]
    assert refusals(urlencode(ASKED | {name: ""}).encode(), form.MEDIA_TYPE) == [("body", name)]


GOOD: list[tuple[str, object]] = [
    ("call_id", "x"),
    ("call_id", "x" * 255),
    ("call_id", "".join(map(chr, range(0x20, 0x7F)))),
    ("station_id", "x"),
    ("station_id", "A-z_0.9" + "x" * 57),
    ("pin", "0000"),
    ("pin", "1" * 16),
    ("called_number", "9"),
    ("called_number", "*67 (860) 555-0123;ext=4"),
    ("called_number", "~" * 32),
    *(("payment_type", each) for each in ("collect", "prepaid", "debit", "free")),
    *(("media", each) for each in ("voice", "tty", "relay")),
    ("requested_duration_seconds", 1),
    ("requested_duration_seconds", 4294967295),
    ("requested_duration_seconds", INTEGER_MAX),
    ("setup_time", "2026-11-20T17:00:00Z"),
    ("setup_time", "2026-11-20t17:00:00.123456789z"),
]


@pytest.mark.parametrize(("name", "value"), GOOD, ids=spelled(GOOD))
def test_takes(name: str, value: object) -> None:
    assert name == "setup_time" or getattr(read(**{name: value}), name) == value


TEXTS = ("call_id", "station_id", "pin", "called_number", "payment_type", "media", "setup_time")
NO_DURATIONS: tuple[object, ...] = (0, -1, INTEGER_MAX + 1, True, False, 60.0, 1e2, "60", [60], {})
BAD: list[tuple[str, object]] = [
    *(
        (name, value)
        for name in TEXTS
        for value in (1234, 12.5, True, [], ["1234"], {}, {"1234": 1}, "", "\u0000", "1234\n")
    ),
    ("call_id", "x" * 256),
    ("call_id", "tab\t"),
    ("call_id", "del\x7f"),
    ("call_id", "é"),
    ("station_id", "x" * 65),
    ("station_id", "a b"),
    ("station_id", "a/b"),
    ("station_id", "\uff11"),
    ("pin", "123"),
    ("pin", "1" * 17),
    ("pin", "12 34"),
    ("pin", "+1234"),
    ("pin", "12a4"),
    ("pin", "\uff11\uff12\uff13\uff14"),
    ("pin", "\u0661\u0662\u0663\u0664"),
    ("called_number", "9" * 33),
    ("called_number", "\uff18\uff16\uff10\uff15\uff15\uff15\uff10\uff11\uff12\uff13"),
    ("payment_type", "Collect"),
    ("payment_type", "cash"),
    ("media", "video"),
    *(("requested_duration_seconds", value) for value in NO_DURATIONS),
    *(
        ("setup_time", value)
        for value in (
            "2026-11-20T17:00:00",
            "2026-11-20",
            "now",
            "1763658000",
            "2026-13-01T00:00:00Z",
            "2026-11-20T25:00:00Z",
        )
    ),
    ("setup_time", 1763658000),
    ("setup_time", "0001-01-01T00:00:00+23:59"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=spelled(BAD))
def test_refuses(name: str, value: object) -> None:
    assert refusals(json.dumps(FULL | {name: value}).encode())[0][:2] == ("body", name)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"text"', b"true", b"[{}]"])
def test_refuses_json_that_is_no_object(raw: bytes) -> None:
    assert refusals(raw) == [("body",)]


@pytest.mark.parametrize("raw", [b"", b"{", b'{"pin":"49371568","pin":"49371568"}', b'\xff\xfe{"pin":"49371568"}'])
def test_refuses_what_is_not_one_json_document(raw: bytes) -> None:
    assert refusals(raw) == [("body",)]


def test_names_every_field_at_fault() -> None:
    found = refusals(json.dumps({"call_id": 7, "pin": "letters", "called_number": ""}).encode())
    assert found == [("body", "call_id"), ("body", "station_id"), ("body", "pin"), ("body", "called_number")]


# -------------------------------------------------------------------------------------------------------------- events


def read_events(body: object) -> tuple[list[CallEventIn], bool]:
    return parse_events(json.dumps(body).encode())


def event_refusals(body: object) -> list[tuple[object, ...]]:
    with pytest.raises(RequestValidationError) as refusal:
        read_events(body)
    return [error["loc"] for error in refusal.value.errors()]


def test_reads_one_event() -> None:
    (event,), is_batch = read_events(ENDED | {"answered_at": "2026-11-20T17:00:09Z", "recorded": True, "other": 1})
    assert not is_batch
    assert (event.duration_seconds, event.cause, event.recorded) == (311, "completed", True)
    assert event.answered_at == datetime(2026, 11, 20, 17, 0, 9, tzinfo=UTC)


def test_reads_a_batch_in_its_order() -> None:
    events, is_batch = read_events({"events": [ANSWERED | {"sequence_number": n} for n in (3, 1, 2)]})
    assert is_batch
    assert [event.sequence_number for event in events] == [3, 1, 2]


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (500, True), (501, False)])
def test_a_batch_has_1_to_500_events(count: int, *, fits: bool) -> None:
    body = {"events": [ANSWERED] * count}
    if fits:
        assert len(read_events(body)[0]) == count
    else:
        assert event_refusals(body) == [("body", "events")]


@pytest.mark.parametrize("name", ["duration_seconds", "cause"])
def test_an_end_tells_how_long_and_why(name: str) -> None:
    rest = {key: value for key, value in ENDED.items() if key != name}
    for lacking in (rest, rest | {name: None}):
        assert event_refusals(lacking) == [("body", name)]
        assert event_refusals({"events": [ENDED, lacking]}) == [("body", "events", 1, name)]


@pytest.mark.parametrize("kind", ["answered", "progress", "called_party_block", "three_way_suspected", "diverted"])
def test_what_is_no_end_tells_neither(kind: str) -> None:
    ((event,), _) = read_events(ANSWERED | {"type": kind})
    assert (event.type, event.duration_seconds, event.cause) == (kind, None, None)


EVENT_BAD: list[tuple[str, object]] = [
    ("call_id", ""),
    ("call_id", None),
    ("type", "hung_up"),
    ("type", 1),
    ("sequence_number", -1),
    ("sequence_number", 1.0),
    ("sequence_number", True),
    ("sequence_number", "1"),
    ("sequence_number", INTEGER_MAX + 1),
    ("occurred_at", None),
    ("occurred_at", "2026-11-20T17:00:00"),
    ("duration_seconds", -1),
    ("duration_seconds", 1.5),
    ("duration_seconds", 2**31),
    ("cause", "because"),
    ("answered_at", "yesterday"),
    ("recorded", "yes"),
    ("recorded", 1),
    ("sip_status", 99),
    ("sip_status", 700),
    ("q850_cause", -1),
    ("q850_cause", 128),
    ("diverted_to", ""),
    ("diverted_to", "é"),
    ("diverted_to", "9" * 65),
]


@pytest.mark.parametrize(("name", "value"), EVENT_BAD, ids=spelled(EVENT_BAD))
def test_refuses_an_event(name: str, value: object) -> None:
    assert event_refusals(ENDED | {name: value}) == [("body", name)]
    assert event_refusals({"events": [ENDED | {name: value}]}) == [("body", "events", 0, name)]


@pytest.mark.parametrize("body", [[], None, 1, [ENDED], {"events": ENDED}, {"events": None}, {"events": [1]}, {}])
def test_refuses_what_is_neither_an_event_nor_a_batch(body: object) -> None:
    assert event_refusals(body)


# ------------------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("example", [ALLOWED, DENIED])
def test_the_examples_are_answers(example: dict[str, Any]) -> None:
    answer = AuthorizeOut.model_validate_json(json.dumps(example), strict=True)
    assert answer.model_dump() == example
    assert list(AuthorizeOut.model_fields) == list(example)


@pytest.mark.parametrize("model", [AuthorizeIn, AuthorizeOut, CallEventIn, CallEventOut])
def test_every_example_in_the_description_fits_its_model(model: type[AuthorizeIn]) -> None:
    for example in model.model_json_schema()["examples"]:
        TypeAdapter(model).validate_json(json.dumps(example))


def test_a_batch_of_answers_is_of_answers() -> None:
    (results,) = CallEventsOut.model_fields.values()
    assert results.annotation == list[CallEventOut]
