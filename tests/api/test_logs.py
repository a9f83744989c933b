"""A log line says what happened and never to whom."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callgate import observe
from tests.api.small_app import SECRET, client_of, small_app
from tests.asking import ask, tell
from tests.conftest import World
from tests.seeding import ANNA, BORIS, NUMBER, OTHER_NUMBER, PINS, STATION, seed


class Log:
    """What was written since."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    """The process's log, caught; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    found = Log()
    observe.start_logging("debug", stream=found.stream)
    yield found
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


def redacted(**line: Any) -> dict[str, Any]:
    return dict(observe.redact(None, "info", {"event": "tried", **line}))


# ----------------------------------------------------------------------------------------------------------- redaction

SECRET_NAMES = (
    *("pin", "PIN", "old_pin", "token", "authorization", "secret", "webhook_secret", "password", "digest", "token_key"),
    *("number", "called_number", "inmate", "inmate_id", "name", "requester_name", "subject", "dialled"),
    *("body", "query", "path", "url", "header", "headers", "cookie", "input", "value"),
)


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("value", ["hunter", 7, None, True, ["hunter"], {"a": "hunter"}], ids=repr)
def test_what_goes_by_a_secret_name_is_not_written(name: str, value: object) -> None:
    assert redacted(**{name: value})[name] == observe.REDACTED
    assert redacted(detail={"deep": [{name: value}]})["detail"] == {"deep": [{name: observe.REDACTED}]}


RUNS = (
    *("4937", "49371568", "x49371568y", "pin=4937", "4-9-3-7", "493 715 68", "+1 (860) 555-0123", "860.555.0123"),
    *("\u0661\u0662\u0663\u0664", "\uff11\uff12\uff13\uff14", "4, 9, 3, 7", "4/9/3/7", "4_9_3_7", "1234567890abcdef"),
)


@pytest.mark.parametrize("text", RUNS)
def test_four_digits_in_a_row_are_masked_wherever_they_stand(text: str) -> None:
    line = redacted(
        event=text, note=text, status=text, request_id=text, at=text, places=[text], deep={"a": [text], text: 1}
    )
    written = json.dumps(line, ensure_ascii=False)
    assert text not in written
    assert written.count(observe.DIGITS) >= 8


@pytest.mark.parametrize("value", [4937, 49371568, 4937.5, -4937, 0.49371568])
def test_a_number_of_four_digits_is_masked_under_an_unknown_name(value: float) -> None:
    assert redacted(note=value)["note"] == observe.DIGITS


@pytest.mark.parametrize("value", [0, 7, 937, 12.5, True, False, None, "", "three 937", "a1b2c3d4"])
def test_what_is_harmless_stays(value: object) -> None:
    assert redacted(note=value)["note"] == value


def test_what_an_operator_needs_stays() -> None:
    needed = {
        "request_id": "01a20118-74a9-72fe-82a2-ff6f1b1de4f9",
        "decision_id": "01a20118-74a9-72fe-82a2-ff6f1b1de4f9",
        "at": "2026-11-22T02:31:49.686139Z",
        "places": ["routing.py:4937"],
        "status": 2000,
        "duration_ms": 12345.6,
        "port": 8000,
        "pid": 49371,
    }
    assert redacted(**needed) == {"event": "tried", **needed}


def test_an_object_is_named_by_its_type_alone() -> None:
    class Attempt:
        def __repr__(self) -> str:
            return f"Attempt(pin={SECRET})"

    assert redacted(attempt=Attempt(), raw=b"hunter")["attempt"] == "Attempt"
    assert redacted(raw=b"hunter")["raw"] == "bytes"


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    ),
    st.from_regex(r"[0-9]{4,16}", fullmatch=True),
)
def test_no_pin_is_written_whatever_the_line_looks_like(line: dict[str, Any], pin: str) -> None:
    unnamed = {"event": f"tried {pin}", "note": {"list": [pin, int(pin)], pin: pin}, **line}
    written = json.dumps(observe.redact(None, "info", dict(unnamed)))
    assert pin not in json.dumps({key: value for key, value in json.loads(written).items() if key not in line})


# -------------------------------------------------------------------------------------------------------------- format


def test_a_line_is_one_json_object_with_its_event_its_logger_and_its_instant(log: Log) -> None:
    structlog.get_logger("callgate.test").warning("went_wrong", code="overloaded", status=503)
    (line,) = log.lines
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "went_wrong",
        "logger": "callgate.test",
        "level": "warning",
        "code": "overloaded",
        "status": 503,
    }


def test_lines_of_libraries_have_the_same_form_and_the_same_redaction(log: Log) -> None:
    logging.getLogger("uvicorn.error").info("Started on %s for %s", "49371568", "somebody")
    (line,) = log.lines
    assert (line["event"], line["logger"], line["level"]) == (
        f"Started on {observe.DIGITS} for somebody",
        "uvicorn.error",
        "info",
    )


def test_an_error_is_told_by_its_kinds_and_places_and_not_by_its_message(log: Log) -> None:
    def fail() -> None:
        try:
            int("hunter")
        except ValueError as error:
            raise KeyError(f"hunter {SECRET}") from error

    try:
        fail()
    except KeyError:
        structlog.get_logger("callgate.test").exception("went_wrong")
        logging.getLogger("asyncio").exception("went wrong")
    for line in log.lines:
        assert (line["error"], line["caused_by"]) == ("KeyError", ["ValueError"])
        assert [place.rpartition(":")[0] for place in line["places"]] == ["test_logs.py"] * 2
    assert len(log.lines) == 2
    assert "hunter" not in log.text


async def test_an_error_that_nobody_waited_for_is_told_without_its_message(log: Log) -> None:
    async def fail() -> None:
        raise ValueError("hunter")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    context = {"message": "Task failed", "exception": task.exception(), "task": task}
    asyncio.get_running_loop().default_exception_handler(context)
    (line,) = log.of("Task failed")
    assert (line["logger"], line["error"]) == ("asyncio", "ValueError")
    assert "hunter" not in log.text


@pytest.mark.parametrize(("least", "written"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_nothing_below_the_least_level_is_written(log: Log, least: str, written: int) -> None:
    observe.start_logging(least, stream=log.stream)
    for name in ("callgate.test", "some.package"):
        for level in ("debug", "info", "warning", "error"):
            writer = structlog.get_logger(name) if name == "callgate.test" else logging.getLogger(name)
            getattr(writer, level)("tried")
    assert len(log.lines) == written * 2


def test_access_lines_of_the_server_and_chatter_of_libraries_are_not_written(log: Log) -> None:
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /v1/inmates/100001 HTTP/1.1" 200')
    logging.getLogger("httpx").info("HTTP Request: GET /v1/inmates/100001")
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT")
    assert log.text == ""


# ------------------------------------------------------------------------------------------------------------- service


async def test_a_request_leaves_one_line_with_its_route_and_not_its_path(log: Log, world: World) -> None:
    answer = await world.call("operator", "GET", "/v1/inmates/100001?limit=1")
    (line,) = log.of("request")
    assert line.pop("duration_ms") >= 0
    assert {name: line[name] for name in ("method", "route", "status", "request_id")} == {
        "method": "GET",
        "route": "/v1/inmates/{inmate_id}",
        "status": 404,
        "request_id": answer.headers["x-request-id"],
    }
    assert ANNA not in log.text


async def test_what_is_no_route_and_no_method_is_not_written(log: Log) -> None:
    async with client_of(small_app()) as client:
        await client.request("HUNTER", f"/v1/inmates/{SECRET}/hunter?pin=hunter")
    (line,) = log.of("request")
    assert (line["method"], line["route"], line["status"]) == ("other", None, 404)
    assert "hunter" not in log.text.lower()


async def test_good_answers_to_switches_and_probes_are_counted_and_not_written(
    log: Log, world: World, database_url: str
) -> None:
    seed(database_url)
    assert (await ask(world, "call-1")).status_code == 200
    await tell(world, "call-1", "answered", 1)
    assert (await world.client.get("/livez")).status_code == 200
    assert (await world.client.get("/metrics")).status_code == 200
    assert log.of("request") == []


async def test_a_switch_that_is_not_understood_is_written(log: Log, world: World) -> None:
    assert (await ask(world, "call-1", pin="letters")).status_code == 400
    (line,) = log.of("request")
    assert (line["route"], line["status"]) == ("/v1/authorize", 400)
    assert "letters" not in log.text


async def test_a_crash_is_written_with_its_place_and_without_its_message(log: Log) -> None:
    async with client_of(small_app()) as client:
        answer = await client.get("/crash")
    (line,) = log.of("request_failed")
    assert (line["error"], line["request_id"]) == ("ValueError", answer.headers["x-request-id"])
    assert line["places"][-1].startswith("small_app.py:")
    assert SECRET not in log.text


async def test_a_day_of_calls_names_nobody(log: Log, world: World, database_url: str) -> None:
    seed(database_url)
    token = {"Authorization": f"Bearer {world.token('switch')}"}
    answers: list[httpx.Response] = [
        await ask(world, "call-1"),
        await ask(world, "call-2", pin=SECRET),
        await ask(world, "call-3", pin=PINS[BORIS], called_number=OTHER_NUMBER),
        await ask(world, "call-4", pin=int(SECRET)),
        await world.client.post("/v1/authorize", content=urlencode({"pin": SECRET}), headers=token),
        await world.call("operator", "GET", f"/v1/inmates/{ANNA}"),
        await world.call("warden", "GET", f"/v1/blocks?number={NUMBER[1:]}"),
        await world.call("counselor", "GET", f"/v1/inmates/{ANNA}/phone-list"),
        await world.client.get("/v1/blocks", headers={"Authorization": f"Bearer {SECRET}"}),
    ]
    assert len({answer.status_code for answer in answers}) >= 3
    assert log.lines
    for secret in (
        SECRET,
        *PINS.values(),
        NUMBER[1:],
        OTHER_NUMBER[1:],
        ANNA,
        BORIS,
        STATION,
        token["Authorization"][7:],
    ):
        assert secret not in log.text
