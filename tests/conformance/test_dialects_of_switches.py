"""A thousand attempts in JSON, as RADIUS attributes and from FreeSWITCH: one decision and one record behind all."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from sqlalchemy import select

from callgate.store.database import open_sync
from callgate.store.tables import calls, decisions
from tests.conformance.asking_rounds import PATIENT_SECONDS, Ask, ask_in_json, ask_round, end_calls, headers_of
from tests.conformance.attempts import Body, seed_state, thrown_rounds
from tests.conftest import World, open_world

ROUNDS = 20
ATTEMPTS = 1000
# RADIUS and FreeSWITCH tell no set-up time that every make of them writes alike; it decides nothing.
ATTRIBUTES = {
    "call_id": "Acct-Session-Id",
    "station_id": "Calling-Station-Id",
    "pin": "User-Password",
    "called_number": "Called-Station-Id",
    "payment_type": "Callgate-Payment-Type",
    "media": "Callgate-Media",
    "requested_duration_seconds": "Session-Timeout",
}
VARIABLES = {
    "call_id": "variable_sip_call_id",
    "station_id": "variable_callgate_station_id",
    "pin": "variable_callgate_pin",
    "called_number": "Caller-Destination-Number",
    "payment_type": "variable_callgate_payment_type",
    "media": "variable_callgate_media",
    "requested_duration_seconds": "variable_callgate_requested_duration_seconds",
}

Told = tuple[str, str | None, int | None]


async def ask_as_radius(world: World, body: Body) -> httpx.Response:
    """One attempt as rlm_rest writes it."""
    sent = {ATTRIBUTES[name]: {"type": "string", "value": [str(value)]} for name, value in _given(body).items()}
    return await world.client.post("/v1/radius/authorize", json=sent, headers=headers_of(world))


async def ask_as_freeswitch(world: World, body: Body) -> httpx.Response:
    """One attempt as mod_xml_curl posts it."""
    sent = {VARIABLES[name]: str(value) for name, value in _given(body).items()}
    return await world.client.post("/v1/freeswitch/dialplan", data=sent, headers=headers_of(world))


def _given(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None and name in ATTRIBUTES}


def told_in_json(answer: httpx.Response) -> Told:
    """Decision, class and seconds."""
    body = answer.json()
    return body["decision"], body["reason"], body["max_duration_seconds"] or None


def told_as_radius(answer: httpx.Response) -> Told:
    """The same, from the attributes."""
    body = answer.json()
    accepted = body["control:Auth-Type"] == "Accept"
    return "allow" if accepted else "deny", body.get("reply:Reply-Message"), body.get("reply:Session-Timeout")


def told_as_freeswitch(answer: httpx.Response) -> Told:
    """The same, from what the dialplan does."""
    actions = fromstring(answer.text).iter("action")  # noqa: S314 - our own answer
    steps = [(it.get("application", ""), it.get("data", "")) for it in actions]
    set_to = dict(data.split("=", 1) for application, data in steps if application == "set")
    bridged = any(application == "bridge" for application, _ in steps)
    seconds = set_to.get("execute_on_answer", "").removeprefix("sched_hangup +").removesuffix(" ALLOTTED_TIMEOUT")
    return "allow" if bridged else "deny", set_to.get("callgate_reason"), int(seconds) if seconds else None


DIALECTS: Mapping[str, tuple[Ask, Any]] = {
    "json": (ask_in_json, told_in_json),
    "radius": (ask_as_radius, told_as_radius),
    "freeswitch": (ask_as_freeswitch, told_as_freeswitch),
}


@pytest.fixture(scope="module")
async def asked(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> dict[str, tuple[str, list[tuple[Body, httpx.Response]]]]:
    """The same attempts to three applications on databases that began alike, in the three ways."""
    folder = tmp_path_factory.mktemp("dialects")
    urls = {name: _copied(migrated_file, folder / f"{name}.db") for name in DIALECTS}
    seed_state(*urls.values())
    found = {}
    for name, (ask, told) in DIALECTS.items():
        url = urls[name]
        answers: list[tuple[Body, httpx.Response]] = []
        async with open_world(url, deadline_seconds=PATIENT_SECONDS) as world:
            for each in thrown_rounds(21, rounds=ROUNDS):
                given = await ask_round(world, each, ask)
                answers += zip(each.bodies, given, strict=True)
                outcomes = zip(each.bodies, map(told, given), strict=True)
                allowed = [
                    {"call_id": body["call_id"], "max_duration_seconds": seconds}
                    for body, (decision, _, seconds) in outcomes
                    if decision == "allow"
                ]
                await end_calls(world, allowed)
        found[name] = (url, answers)
    return found


def _copied(template: Path, path: Path) -> str:
    path.write_bytes(template.read_bytes())
    return f"sqlite:///{path}"


async def test_a_thousand_attempts_are_decided_alike_in_every_dialect(asked: Any) -> None:
    _, in_json = asked["json"]
    assert len(in_json) >= ATTEMPTS
    wanted = {body["call_id"]: told_in_json(answer) for body, answer in in_json}
    assert len(Counter(reason for _, reason, _ in wanted.values())) == 10
    for name, (_, told) in DIALECTS.items():
        _, answers = asked[name]
        assert {answer.status_code for _, answer in answers} == {200}
        assert {body["call_id"]: told(answer) for body, answer in answers} == wanted, name


async def test_each_attempt_has_one_record_and_the_records_are_alike(asked: Any) -> None:
    kept = {name: _records(url) for name, (url, _) in asked.items()}
    assert len(kept["json"]) >= ATTEMPTS
    assert kept["radius"] == kept["json"]
    assert kept["freeswitch"] == kept["json"]


async def test_the_same_calls_began(asked: Any) -> None:
    began = {}
    for name, (url, _) in asked.items():
        with open_sync(url) as connection:
            began[name] = sorted(connection.execute(select(calls.c.call_id)).scalars())
    assert began["radius"] == began["freeswitch"] == began["json"]
    assert began["json"]


def _records(url: str) -> dict[str, dict[str, Any]]:
    """Every recorded decision by its call_id, without its id and the set-up time."""
    with open_sync(url) as connection:
        rows = connection.execute(select(decisions)).mappings().all()
    found = {}
    for row in rows:
        record = dict(row)
        own_id = record.pop("decision_id")
        del record["setup_time"]
        record["answer"] = json.loads(record["answer"].replace(own_id, "-"))
        found[record["call_id"]] = record
    assert len(found) == len(rows)
    return found
