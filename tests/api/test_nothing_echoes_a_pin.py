"""A PIN that is sent, in whatever form and place, comes back nowhere: not in an answer, a log line or a metric.

Everything here goes through the real application. What is looked for are the digits, the letters that stood for them,
and every half of them that is long enough to guess the rest.
"""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
import structlog
from sqlalchemy import select

from callgate import observe
from callgate.store.database import open_sync
from callgate.store.tables import metadata
from tests.asking import ask
from tests.conftest import World
from tests.seeding import ANNA, FACILITY, NUMBER, PINS, STATION, attempt_body, seed

PIN = PINS[ANNA]
UNKNOWN = "584930271"
LETTERS = "sesame"
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in UNKNOWN)
ARABIC = "".join(chr(ord(digit) + 0x630) for digit in UNKNOWN)
OVER_LONG = UNKNOWN * 40
SECRETS = (PIN, UNKNOWN, LETTERS, FULL_WIDTH, ARABIC, PIN[:5], PIN[-5:], UNKNOWN[:5], UNKNOWN[-5:])
# Ids, instants and measured times hold five digits of anything now and then.
UNRELATED = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z|^\w+_(sum|created)\b.*$",
    re.MULTILINE,
)
KINDS: Mapping[str, Any] = {
    "digits": UNKNOWN,
    "the right one": PIN,
    "letters": LETTERS,
    "letters and digits": f"{LETTERS}{UNKNOWN}",
    "a number": int(UNKNOWN),
    "a negative number": -int(UNKNOWN),
    "a decimal": float(UNKNOWN) + 0.5,
    "an array": [UNKNOWN],
    "an array of digits": [*UNKNOWN],
    "an object": {"pin": UNKNOWN},
    "an object with it as a key": {UNKNOWN: {LETTERS: 1}},
    "over-long": OVER_LONG,
    "over-long as a number": int(OVER_LONG),
    "full-width": FULL_WIDTH,
    "Arabic": ARABIC,
    "with a NUL": f"{UNKNOWN}\u0000",
    "with spaces": f" {UNKNOWN} ",
    "with markup": f"<b>{UNKNOWN}</b>",
}
SWITCH_FIELDS = (
    *("pin", "call_id", "station_id", "called_number", "payment_type", "media"),
    *("requested_duration_seconds", "setup_time", "unknown_field"),
)
EVENT_FIELDS = (
    *("call_id", "type", "sequence_number", "occurred_at", "duration_seconds", "cause", "answered_at"),
    *("recorded", "sip_status", "q850_cause", "diverted_to"),
)
# The caller gave these ids, so the answer that is about them names them: not a leak, what was asked for.
SAID_BACK = frozenset({"call_id"})


class Watch:
    """Looks through everything that leaves."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def answer(self, answer: httpx.Response, *, where: str) -> None:
        self.text(
            "\n".join((answer.text, *(f"{name}: {value}" for name, value in answer.headers.items()))), where=where
        )

    def text(self, text: str, *, where: str) -> None:
        text = UNRELATED.sub("", text)
        readable = text.encode().decode("unicode_escape", errors="replace") + text
        for secret in SECRETS:
            assert secret not in readable, where

    def rest(self) -> None:
        """The log and the metrics."""
        assert self.stream.getvalue()
        self.text(self.stream.getvalue(), where="the log")
        self.text(observe.metrics_text().decode().partition("# HELP process_")[0], where="the metrics")


@pytest.fixture
def watch() -> Iterator[Watch]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    found = Watch()
    observe.start_logging("debug", stream=found.stream)
    yield found
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


@pytest.fixture
def seeded(world: World, database_url: str) -> World:
    seed(database_url)
    return world


async def post(world: World, role: str, path: str, content: bytes | str, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {world.token(role)}", "Content-Type": "application/json", **headers}
    return await world.client.post(path, content=content, headers=sent)


async def test_not_from_a_body_of_a_switch(watch: Watch, seeded: World) -> None:
    for kind, value in KINDS.items():
        for field in SWITCH_FIELDS:
            body = attempt_body(f"{len(kind)}-{field}") | {field: value}
            answer = await post(seeded, "switch", "/v1/authorize", json.dumps(body))
            assert answer.status_code in (200, 400, 422), (kind, field)
            if field not in SAID_BACK or answer.status_code != 200:
                watch.answer(answer, where=f"{kind} as {field}")
    watch.rest()


async def test_not_from_a_form(watch: Watch, seeded: World) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/x-www-form-urlencoded"}
    for kind, value in KINDS.items():
        for field in SWITCH_FIELDS:
            body = attempt_body(f"{len(kind)}-{field}") | {field: value}
            answer = await post(seeded, "switch", "/v1/authorize", urlencode(body), **form)
            if field not in SAID_BACK or answer.status_code != 200:
                watch.answer(answer, where=f"{kind} as {field}")
    watch.rest()


async def test_not_from_a_call_event(watch: Watch, seeded: World) -> None:
    event = {"call_id": "c", "type": "ended", "sequence_number": 1, "occurred_at": "2026-11-20T17:00:00Z"}
    event |= {"duration_seconds": 1, "cause": "completed"}
    for kind, value in KINDS.items():
        for field in EVENT_FIELDS:
            for body in (event | {field: value}, {"events": [event, event | {field: value}]}):
                answer = await post(seeded, "switch", "/v1/call-events", json.dumps(body))
                if field not in SAID_BACK or answer.status_code != 200:
                    watch.answer(answer, where=f"{kind} as {field}")
    watch.rest()


MALFORMED = (
    '{"pin":"%s"',
    '{"pin":"%s",}',
    '{"pin":%s}',
    '{"pin":"%s"}{"pin":"%s"}',
    '{"pin":"%s","pin":"%s"}',
    '{"%s":1}',
    '{"%s":1,"%s":1}',
    "[%s]",
    '["%s"]',
    '"%s"',
    "%s",
    "pin=%s",
    "pin=%s&pin=%s",
    "<pin>%s</pin>",
    '\ufeff{"pin":"%s"}',
    '{"pin":"%s\ud83d"}',
)


async def test_not_from_a_malformed_body(watch: Watch, seeded: World) -> None:
    staff = ("operator", f"/v1/inmates/{ANNA}/pin"), ("counselor", f"/v1/inmates/{ANNA}/list-changes")
    for role, path in (("switch", "/v1/authorize"), ("switch", "/v1/call-events"), *staff):
        for text in MALFORMED:
            for value in (UNKNOWN, LETTERS):
                raw = text.replace("%s", value)
                for encoding, label in (("utf-8", "json"), ("utf-16", "json"), ("utf-8", "x-www-form-urlencoded")):
                    content = raw.encode(encoding, "surrogatepass")
                    answer = await post(seeded, role, path, content, **{"Content-Type": f"application/{label}"})
                    assert answer.status_code in (400, 422), (path, text)
                    watch.answer(answer, where=f"{text} at {path}")
    watch.rest()


async def test_not_from_the_address_or_a_header(watch: Watch, seeded: World) -> None:
    body = json.dumps(attempt_body("call-1"))
    for value in (UNKNOWN, LETTERS, f"{LETTERS}{UNKNOWN}", quote(FULL_WIDTH)):
        places = (f"/v1/authorize?pin={value}", f"/v1/authorize?{value}", f"/v1/authorize/{value}", f"/{value}")
        reads = (f"/v1/inmates?limit={value}", f"/v1/inmates?cursor={value}", f"/v1/calls?from={value}&state={value}")
        for path in (*places, *reads, f"/v1/facilities/{value}/stations", f"/v1/common-numbers/{value}%00"):
            for role, method in (("switch", "POST"), ("warden", "GET"), ("operator", "GET"), ("operator", "PUT")):
                answer = await seeded.call(role, method, path, json=json.loads(body))
                watch.answer(answer, where=f"{method} {path} by {role}")
        for name in ("Authorization", "X-Pin", "X-Request-Id", "Accept", "Content-Type", "If-Match", "Idempotency-Key"):
            for scheme in ("", "Bearer ", "Basic "):
                basic = base64.b64encode(f"{value}:{value}".encode()).decode()
                sent = {name: f"{scheme}{basic if scheme == 'Basic ' else value}"}
                watch.answer(await post(seeded, "switch", "/v1/authorize", body, **sent), where=f"{scheme}{name}")
                staff = await post(seeded, "operator", f"/v1/inmates/{ANNA}/pin", b'{"pin":1}', **sent)
                watch.answer(staff, where=f"{scheme}{name} of staff")
    watch.rest()


async def test_not_from_what_staff_send(watch: Watch, seeded: World) -> None:
    asked: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
        ("operator", "POST", f"/v1/inmates/{ANNA}/pin", ("pin",)),
        ("operator", "PUT", f"/v1/facilities/{FACILITY}", ("name", "time_zone", "profile", "hours", "limits")),
        ("operator", "PUT", f"/v1/facilities/{FACILITY}/stations/{STATION}", ("unit", "media", "hours")),
        ("operator", "PUT", f"/v1/inmates/{ANNA}", ("status", "date_of_birth", "as_of")),
        ("operator", "PUT", f"/v1/common-numbers/{NUMBER[1:]}", ("kind", "facility_id")),
        ("counselor", "POST", f"/v1/inmates/{ANNA}/list-changes", ("add", "remove")),
        ("warden", "POST", f"/v1/inmates/{ANNA}/list-removals", ("number",)),
        ("warden", "POST", "/v1/blocks", ("number", "scope", "until", "facility_id")),
        ("warden", "POST", f"/v1/inmates/{ANNA}/restrictions", ("kind", "starts_at", "ends_at")),
        ("warden", "POST", "/v1/shutoffs", ("ends_at",)),
        ("warden", "POST", "/v1/decisions/preview", ("inmate_id", "called_number", "at")),
    )
    for role, method, path, fields in asked:
        for kind, value in KINDS.items():
            for body in (dict.fromkeys(fields, value), {UNKNOWN: value}, value):
                answer = await seeded.call(role, method, path, json=body)
                assert answer.status_code < 500, (path, kind)
                if not (answer.status_code < 300 and path.endswith("/pin")):  # a PIN that was issued is shown, once
                    watch.answer(answer, where=f"{kind} to {path}")
    watch.rest()


async def test_not_when_it_is_refused_as_a_pin(watch: Watch, seeded: World) -> None:
    for pin in ("100001", "1234", "0000", PIN, PINS["100002"]):
        answer = await seeded.call("operator", "POST", f"/v1/inmates/{ANNA}/pin", json={"pin": pin})
        assert (answer.status_code, answer.json()["code"]) == (422, "pin_not_acceptable")
        watch.answer(answer, where=pin)
    watch.rest()


async def test_not_from_the_records_of_a_call(watch: Watch, seeded: World) -> None:
    for call_id, pin in (("call-1", PIN), ("call-2", UNKNOWN)):
        decided = (await ask(seeded, call_id, pin=pin)).json()
        for path in (f"/v1/decisions/{decided['decision_id']}", "/v1/calls", "/v1/alerts"):
            watch.answer(await seeded.call("warden", "GET", path), where=path)
    watch.answer(await seeded.call("auditor", "GET", "/v1/audit-events"), where="the audit trail")
    watch.rest()


async def test_not_into_the_records(seeded: World, database_url: str) -> None:
    for call_id, pin in (("call-1", PIN), ("call-2", UNKNOWN), ("call-3", f"{PIN}00")):
        assert (await ask(seeded, call_id, pin=pin)).status_code == 200
    with open_sync(database_url, read_only=True) as connection:
        for table in metadata.tables.values():
            for row in connection.execute(select(table)):
                kept = repr(tuple(row))
                assert PIN not in kept, table.name
                assert UNKNOWN not in kept, table.name
