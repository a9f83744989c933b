"""A thousand attempts in JSON and in forms: the same decisions, the same records, the same refusals."""

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx
import pytest
from sqlalchemy import select

from callgate.store.database import open_sync
from callgate.store.tables import calls, decisions
from tests.conformance.answer_of_the_contract import KEYS, QUOTE_KEYS
from tests.conformance.asking_rounds import PATIENT_SECONDS, ask_in_json, ask_round, end_calls, headers_of
from tests.conformance.attempts import LISTED, Body, pin_of, seed_state, station_id, thrown_rounds
from tests.conftest import World, open_world

FORM = "application/x-www-form-urlencoded"
ROUNDS = 20
ATTEMPTS = 1000
FLAT_KEYS = (KEYS - {"rate_quote"}) | {"max_duration_ms"} | {f"rate_quote_{name}" for name in QUOTE_KEYS}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two applications on databases that began alike: one is asked in JSON, the other in forms."""

    in_json: World
    in_forms: World
    json_url: str
    form_url: str
    answers: list[tuple[Body, httpx.Response, httpx.Response]]


@pytest.fixture(scope="module")
async def pair(file_urls: tuple[str, str]) -> AsyncIterator[Pair]:
    seed_state(*file_urls)
    one, two = (open_world(url, deadline_seconds=PATIENT_SECONDS) for url in file_urls)
    async with one as in_json, two as in_forms:
        told = Pair(in_json, in_forms, *file_urls, [])
        for each in thrown_rounds(20, rounds=ROUNDS):
            as_json = await ask_round(told.in_json, each, ask_in_json)
            as_form = await ask_round(told.in_forms, each, ask_in_form)
            told.answers.extend(zip(each.bodies, as_json, as_form, strict=True))
            allowed = [answer.json() for answer in as_json if answer.json()["decision"] == "allow"]
            for world in (in_json, in_forms):
                await end_calls(world, allowed)
        yield told


_turn = count()


async def ask_in_form(world: World, body: Body) -> httpx.Response:
    """One attempt as a form, by turns with spaces as `+` and as `%20`, and by turns with either kind of token."""
    turn = next(_turn)
    headers = headers_of(world)
    if turn % 2:
        token = headers["Authorization"].removeprefix("Bearer ")
        headers["Authorization"] = "Basic " + base64.b64encode(f"any user:{token}".encode()).decode()
    content = urlencode(body) if turn % 3 else urlencode(body, quote_via=quote)
    headers |= {"Content-Type": FORM, "Accept": FORM}
    return await world.client.post("/v1/authorize", content=content, headers=headers)


def read_form(answer: httpx.Response) -> dict[str, str]:
    """The form as any other program reads it; no field may stand twice."""
    assert answer.headers["content-type"].partition(";")[0] == FORM
    pairs = parse_qsl(answer.text, keep_blank_values=True, strict_parsing=True, encoding="ascii", errors="strict")
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def flat(answer: Mapping[str, Any]) -> dict[str, str]:
    """The JSON answer as the contract says that a form tells it."""
    told = {name: value for name, value in answer.items() if name != "rate_quote"}
    quoted = answer["rate_quote"] or dict.fromkeys(QUOTE_KEYS)
    told |= {f"rate_quote_{name}": value for name, value in quoted.items()}
    told["max_duration_ms"] = answer["max_duration_seconds"] * 1000
    return {name: as_text(value) for name, value in told.items()}


def as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(str(each) for each in value)
        case _:
            return str(value)


async def test_a_thousand_attempts_are_decided_alike_in_both_dialects(pair: Pair) -> None:
    assert len(pair.answers) >= ATTEMPTS
    for body, as_json, as_form in pair.answers:
        assert (as_json.status_code, as_form.status_code) == (200, 200), body["call_id"]
        told, form = as_json.json(), read_form(as_form)
        assert form.keys() == FLAT_KEYS
        assert {**form, "decision_id": ""} == {**flat(told), "decision_id": ""}
        assert form["decision_id"] != told["decision_id"]
    outcomes = Counter(as_json.json()["reason"] for _, as_json, _ in pair.answers)
    assert len(outcomes) == 10, outcomes


async def test_each_attempt_has_one_record_and_the_records_are_alike(pair: Pair) -> None:
    kept_json, kept_form = (kept(url) for url in (pair.json_url, pair.form_url))
    assert len(kept_json) == len(pair.answers)
    assert kept_json == kept_form
    allowed = [body["call_id"] for body, as_json, _ in pair.answers if as_json.json()["decision"] == "allow"]
    for url in (pair.json_url, pair.form_url):
        with open_sync(url) as connection:
            began = connection.execute(select(calls.c.call_id)).scalars().all()
        assert sorted(began) == sorted(allowed)


def kept(url: str) -> dict[str, dict[str, Any]]:
    """Every recorded decision by its call_id, without the ids that differ each time."""
    with open_sync(url) as connection:
        rows = connection.execute(select(decisions)).mappings().all()
    found = {}
    for row in rows:
        record = dict(row)
        own_id = record.pop("decision_id")
        record["answer"] = record["answer"].replace(own_id, "-")
        found[record["call_id"]] = record
    assert len(found) == len(rows)
    return found


async def test_the_recorded_answer_is_the_one_that_was_told(pair: Pair) -> None:
    for url, told in (
        (pair.json_url, {body["call_id"]: flat(answer.json()) for body, answer, _ in pair.answers}),
        (pair.form_url, {body["call_id"]: read_form(answer) for body, _, answer in pair.answers}),
    ):
        with open_sync(url) as connection:
            rows = connection.execute(select(decisions.c.call_id, decisions.c.answer)).all()
        assert {row.call_id: flat(json.loads(row.answer)) for row in rows} == told


async def test_a_repeat_in_the_other_dialect_is_the_same_decision(pair: Pair) -> None:
    denied = [each for each in pair.answers if each[1].json()["decision"] == "deny"][::40]
    assert len(denied) >= 15
    before = kept(pair.json_url)
    for body, as_json, as_form in denied:
        in_form, in_json = await ask_in_form(pair.in_json, body), await ask_in_json(pair.in_forms, body)
        for repeat in (in_form, in_json):
            assert (repeat.status_code, repeat.headers["idempotent-replayed"]) == (200, "true")
        assert read_form(in_form) == flat(as_json.json())
        assert flat(in_json.json()) == read_form(as_form)
    assert kept(pair.json_url) == before


async def test_another_content_under_a_used_key_is_422_in_both_and_says_deny(pair: Pair) -> None:
    for body, _, _ in pair.answers[::100]:
        other = {**body, "called_number": "+18605550198"}
        found = []
        for answer in (await ask_in_json(pair.in_json, other), await ask_in_form(pair.in_forms, other)):
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
            found.append({**answer.json(), "instance": ""})
        assert found[0] == found[1]
        assert found[0]["code"] == "call_id_reused"
        assert (found[0]["decision"], found[0]["max_duration_seconds"]) == ("deny", 0)


GOOD: dict[str, str] = {
    "call_id": "good",
    "station_id": station_id("own-ci", 0),
    "pin": pin_of("own-ci", "plain"),
    "called_number": LISTED[0],
}
WRONG: dict[str, dict[str, str | None]] = {
    "no call_id": {"call_id": None},
    "no station_id": {"station_id": None},
    "no called_number": {"called_number": None},
    "a call_id too long": {"call_id": "x" * 256},
    "a call_id beyond ASCII": {"call_id": "caf\u00e9"},
    "a call_id with a line end": {"call_id": "a\nb"},
    "a station_id with a slash": {"station_id": "a/b"},
    "a station_id too long": {"station_id": "x" * 65},
    "a PIN of letters": {"pin": "12ab"},
    "a PIN too short": {"pin": "123"},
    "a PIN too long": {"pin": "1" * 17},
    "a PIN in full-width digits": {"pin": "\uff11\uff12\uff13\uff14"},
    "a PIN in Arabic digits": {"pin": "\u0661\u0662\u0663\u0664"},
    "a PIN with a line end": {"pin": "1234\n"},
    "a number too long": {"called_number": "1" * 33},
    "a number beyond ASCII": {"called_number": "\uff11\uff18"},
    "an unknown payment type": {"payment_type": "barter"},
    "a payment type in capitals": {"payment_type": "COLLECT"},
    "an unknown medium": {"media": "smoke"},
    "no duration at all": {"requested_duration_seconds": "0"},
    "a duration below nothing": {"requested_duration_seconds": "-1"},
    "half a second": {"requested_duration_seconds": "0.5"},
    "a duration in words": {"requested_duration_seconds": "long"},
    "a time without an offset": {"setup_time": "2026-11-20T12:00:00"},
    "a time in words": {"setup_time": "noon"},
    "a day that is none": {"setup_time": "2026-02-30T12:00:00Z"},
}


@pytest.mark.parametrize("cause", WRONG)
async def test_what_does_not_fit_is_400_in_both_dialects_and_decides_nothing(pair: Pair, cause: str) -> None:
    body = {name: value for name, value in {**GOOD, **WRONG[cause]}.items() if value is not None}
    in_json: Body = dict(body)
    if body.get("requested_duration_seconds", "").lstrip("-").isdigit():
        in_json["requested_duration_seconds"] = int(body["requested_duration_seconds"])
    found = []
    for answer in (await ask_in_json(pair.in_json, in_json), await ask_in_form(pair.in_forms, body)):
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        told = answer.json()
        assert (told["code"], told["decision"], told["max_duration_seconds"]) == ("malformed_request", "deny", 0)
        for value in WRONG[cause].values():
            assert value is None or len(value) < 3 or value not in answer.text
        found.append([error["pointer"] for error in told["errors"]])
    assert found[0] == found[1]
    assert "good" not in kept(pair.json_url)


async def test_nothing_is_a_form_with_empty_fields_and_a_json_with_nulls(pair: Pair) -> None:
    empty = dict.fromkeys(("pin", "payment_type", "media", "requested_duration_seconds", "setup_time"))
    base = {**GOOD, "call_id": "empty"}
    in_json = await ask_in_json(pair.in_json, {**base, **empty})
    in_form = await ask_in_form(pair.in_forms, {**base, **dict.fromkeys(empty, "")})
    assert {**read_form(in_form), "decision_id": ""} == {**flat(in_json.json()), "decision_id": ""}
    assert in_json.json()["reason"] in ("pin_not_accepted", "outside_calling_hours")


@pytest.mark.parametrize(
    ("content_type", "accept", "answered"),
    [
        ("application/json", FORM, FORM),
        ("application/json", "*/*", "application/json"),
        (FORM, "application/json", "application/json"),
        (FORM, "*/*", "application/json"),
        (FORM + "; charset=UTF-8", FORM, FORM),
    ],
)
async def test_how_it_is_asked_and_how_it_is_answered_are_two_choices(
    pair: Pair, content_type: str, accept: str, answered: str
) -> None:
    body = {**GOOD, "call_id": f"choice-{content_type}-{accept}"}
    content = urlencode(body) if content_type.startswith(FORM) else json.dumps(body)
    headers = headers_of(pair.in_json) | {"Content-Type": content_type, "Accept": accept}
    answer = await pair.in_json.client.post("/v1/authorize", content=content, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == answered


@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic eDp5"])
async def test_without_a_token_both_dialects_hear_a_problem_in_json(pair: Pair, authorization: str | None) -> None:
    headers = {"Content-Type": FORM, "Accept": FORM} | ({"Authorization": authorization} if authorization else {})
    answer = await pair.in_forms.client.post("/v1/authorize", content=urlencode(GOOD), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert (answer.json()["decision"], answer.json()["max_duration_seconds"]) == ("deny", 0)


async def test_a_body_too_large_is_413_in_both_dialects(pair: Pair) -> None:
    large = {**GOOD, "call_id": "large", "x": "x" * 70_000}
    for answer in (await ask_in_json(pair.in_json, large), await ask_in_form(pair.in_forms, large)):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert (answer.json()["decision"], answer.json()["max_duration_seconds"]) == ("deny", 0)
