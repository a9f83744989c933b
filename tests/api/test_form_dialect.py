"""The same question and the same answer, as a form."""

import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.api.dialects import form
from callgate.api.switch_models import ALLOWED, DENIED
from tests.conftest import World
from tests.seeding import attempt_body, seed

WORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["Cs"]), min_size=1, max_size=12
)
ANSWERS = st.fixed_dictionaries(
    {
        "decision": st.sampled_from(["allow", "deny"]),
        "call_id": WORDS,
        "max_duration_seconds": st.integers(0, 10**6),
        "end_by": st.none() | st.just("2026-11-20T17:17:00.000Z"),
        "warn_at_remaining_seconds": st.lists(st.integers(1, 300), max_size=3),
        "record": st.booleans(),
        "announcements": st.lists(st.sampled_from(["recorded_call", "rate_quote"]), max_size=2),
        "rate_quote": st.none()
        | st.fixed_dictionaries(
            {field: st.none() | WORDS for field in ("tariff", "currency", "per_minute", "connection_fee")}
        ),
        "retry_at": st.none(),
        "sip_status": st.sampled_from([200, 603, 403, 480, 486]),
    }
)


def read(text: str) -> dict[str, str]:
    """A form as any other program reads it; no field may stand twice."""
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


# ---------------------------------------------------------------------------------------------------------------- out


@given(ANSWERS)
def test_every_answer_reads_back_as_it_was(answer: dict[str, Any]) -> None:
    flat = read(form.encode_answer(json.dumps(answer)))
    assert flat.pop("max_duration_ms") == str(answer["max_duration_seconds"] * 1000)
    quoted = answer.pop("rate_quote") or {}
    for field in ("tariff", "currency", "per_minute", "connection_fee", "increment_seconds", "payer", "max_charge"):
        assert flat.pop(f"rate_quote_{field}") == (quoted.get(field) or "")
    assert flat == {name: said(value) for name, value in answer.items()}


def said(value: object) -> str:
    if isinstance(value, list):
        return ",".join(said(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value}"


def test_allow_and_deny_have_the_same_fields_in_the_same_order() -> None:
    allowed, denied = (list(read(form.encode_answer(json.dumps(answer)))) for answer in (ALLOWED, DENIED))
    without_quote = list(read(form.encode_answer(json.dumps({**DENIED, "rate_quote": None}))))
    assert allowed == denied == without_quote


def test_a_one_and_a_zero_are_no_booleans() -> None:
    assert form.flatten({"sip_status": 1, "record": True, "count": 0}) == {
        "sip_status": "1",
        "record": "true",
        "count": "0",
    }


def test_what_separates_fields_is_escaped_inside_them() -> None:
    text = form.encode_answer(json.dumps({"call_id": "a&b=c d+e%é"}))
    assert text == "call_id=a%26b%3Dc%20d%2Be%25%C3%A9"


# ------------------------------------------------------------------------------------------------------------ Accept

WANTED = {
    "application/x-www-form-urlencoded": True,
    "Application/X-WWW-Form-Urlencoded": True,
    "application/x-www-form-urlencoded;q=0.5": True,
    "application/x-www-form-urlencoded, */*": True,
    "*/*, application/x-www-form-urlencoded": True,
    "application/x-www-form-urlencoded;q=0.9, application/json;q=0.8": True,
    "application/x-www-form-urlencoded, application/json": True,
    "text/html, application/x-www-form-urlencoded; charset=utf-8": True,
    "application/json, application/x-www-form-urlencoded": False,
    "application/json, application/x-www-form-urlencoded;q=0.9": False,
    "application/*, application/x-www-form-urlencoded;q=0.9": False,
    "*/*;q=0.8, application/x-www-form-urlencoded;q=0.7": False,
    "application/x-www-form-urlencoded;q=0": False,
    "application/x-www-form-urlencoded;q=": False,
    "application/x-www-form-urlencoded;q=nan": False,
    "application/x-www-form-urlencoded;q=high": False,
    "x-www-form-urlencoded": False,
    "application/json": False,
    "text/html": False,
    "*/*": False,
    "": False,
    ",;,": False,
}


@pytest.mark.parametrize(("accept", "wanted"), WANTED.items())
def test_a_form_is_answered_where_it_is_preferred(accept: str, *, wanted: bool) -> None:
    assert form.is_wanted(accept) is wanted


@given(st.text(max_size=60))
def test_no_accept_header_whatever_is_in_it_breaks_the_answer(accept: str) -> None:
    assert form.is_wanted(accept) in (True, False)
    assert form.is_wanted(f"{accept};application/x-www-form-urlencoded") in (True, False)


# ---------------------------------------------------------------------------------------------------------------- in


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=12), max_size=6))
def test_reads_what_any_program_wrote(fields: dict[str, str]) -> None:
    fields.pop("requested_duration_seconds", None)
    assert form.decode_request(urlencode(fields).encode()) == fields
    assert form.decode_request(urlencode(fields, quote_via=quote).encode()) == fields


def test_an_empty_field_is_an_absent_one() -> None:
    assert form.decode_request(b"pin=&call_id=a&media=") == {"call_id": "a"}
    assert form.decode_request(b"") == {}


def test_whole_seconds_are_decimal_digits() -> None:
    assert form.decode_request(b"requested_duration_seconds=0900") == {"requested_duration_seconds": 900}
    for text in ("1e3", "-1", "+900", "900.0", "%20900", "0x10", "9_00", "%EF%BC%99", "9" * 20):
        read_as = form.decode_request(f"requested_duration_seconds={text}".encode())
        assert isinstance(read_as["requested_duration_seconds"], str)


def test_only_whole_seconds_are_read_as_a_number() -> None:
    assert form.decode_request(b"pin=49371568&call_id=12") == {"pin": "49371568", "call_id": "12"}


MALFORMED = {
    "a field twice": b"call_id=a&call_id=a",
    "a field twice, once empty": b"pin=1234&pin=",
    "a field twice, once escaped": b"pin=1234&p%69n=5678",
    "a field without a value": b"call_id",
    "an empty pair": b"call_id=a&",
    "two ampersands": b"call_id=a&&pin=1234",
    "half an escape": b"call_id=%4",
    "no hexadecimal": b"call_id=%zz",
    "a bare per cent": b"call_id=100%",
    "a bare space": b"call_id=a b",
    "a line break": b"call_id=a\n",
    "bare UTF-8": "call_id=é".encode(),
    "an escaped byte that is no UTF-8": b"call_id=%ff",
    "an escaped surrogate": b"call_id=%ed%a0%bd",
    "an overlong form": b"call_id=%c0%af",
    "a NUL": b"call_id=a\x00",
    "JSON": b'{"call_id":"a"}',
    "too many fields": b"&".join(b"a%d=1" % i for i in range(101)),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_refuses(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"form|field|codec|byte"):
        form.decode_request(raw)


# -------------------------------------------------------------------------------------------------------- on the wire

FORM = {"Content-Type": form.MEDIA_TYPE}


async def post(world: World, content: str | bytes, **headers: str) -> tuple[int, str, str]:
    sent = {"Authorization": f"Bearer {world.token('switch')}", **headers}
    answer = await world.client.post("/v1/authorize", content=content, headers=sent)
    return answer.status_code, answer.headers["content-type"].partition(";")[0], answer.text


async def test_a_form_is_decided_like_the_same_question_in_json(world: World, database_url: str) -> None:
    seed(database_url)
    body = attempt_body("call-1", requested_duration_seconds=600)
    status, media_type, text = await post(world, json.dumps(body), **{"Content-Type": "application/json"})
    assert (status, media_type) == (200, "application/json")
    assert json.loads(text)["max_duration_seconds"] == 600
    # The same content under the same key is a repeat, in whichever dialect it is asked and answered.
    status, media_type, again = await post(world, urlencode(body), **FORM)
    assert (status, media_type, again) == (200, "application/json", text)
    status, media_type, as_form = await post(world, urlencode(body), **FORM, Accept=form.MEDIA_TYPE)
    assert (status, media_type) == (200, form.MEDIA_TYPE)
    assert as_form == form.encode_answer(text)
    assert read(as_form)["max_duration_ms"] == "600000"


async def test_a_denial_is_a_form_too(world: World, database_url: str) -> None:
    seed(database_url)
    body = urlencode(attempt_body("call-1", called_number="+18605550199"))
    status, media_type, text = await post(world, body, **FORM, Accept=form.MEDIA_TYPE)
    assert (status, media_type) == (200, form.MEDIA_TYPE)
    flat = read(text)
    assert (flat["decision"], flat["reason"], flat["max_duration_seconds"]) == ("deny", "number_not_available", "0")
    assert (flat["rate_quote_max_charge"], flat["retry_at"], flat["record"]) == ("", "", "false")


async def test_a_malformed_form_is_400_and_a_problem_in_json(world: World) -> None:
    for cause, raw in MALFORMED.items():
        status, media_type, text = await post(world, raw, **FORM, Accept=form.MEDIA_TYPE)
        assert (status, media_type) == (400, "application/problem+json"), cause
        assert (json.loads(text)["decision"], json.loads(text)["max_duration_seconds"]) == ("deny", 0)


async def test_without_a_token_a_form_is_answered_by_a_problem_in_json(world: World) -> None:
    answer = await world.client.post("/v1/authorize", content="call_id=a", headers={**FORM, "Accept": form.MEDIA_TYPE})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
