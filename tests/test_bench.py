"""Does the comparison measure what it says? A run of a second, with nothing asserted about time."""

import json
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench import load
from bench.comparison import NotAsItMustBe, Options, check_answers, check_records, compare
from bench.load import Seen
from bench.report import EMPTY, POSTGRESQL, SQLITE, report_of, table_of, written
from bench.world import FACILITIES, KINDS, WRONG_PINS_MAX, asks_of, people_of
from callgate.domain.number import NumberKind
from callgate.flows.dialling import parse_dialled

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 400


def seen(per_second: float, **outcomes: dict[str, int]) -> Seen:
    told = {"listed": {"allow": 10}} | outcomes
    return Seen(
        answers=10,
        answers_with_warm_up=sum(sum(counted.values()) for counted in told.values()),
        seconds=1.0,
        per_second=per_second,
        p50_ms=1.0,
        p95_ms=2.0,
        p99_ms=3.0,
        max_ms=4.0,
        server_cpu_microseconds=None,
        driver_cpu_share=0.1,
        outcomes=told,
    )


def test_measures_both_databases_beside_an_empty_endpoint_and_every_answer_is_a_recorded_decision(
    postgres_url: str,
) -> None:
    options = Options(rounds=1, seconds_max=20.0, connections=8, inmates=PEOPLE, warm_up=50)
    said: list[str] = []

    report = compare(options, postgres_url=postgres_url, say=said.append)

    assert len(said) == options.rounds
    assert set(report["ratios"]) == {f"{SQLITE}_vs_{EMPTY}", f"{POSTGRESQL}_vs_{EMPTY}"}
    assert all(ratio["min"] > 0 for ratio in report["ratios"].values())
    asked = Counter(KINDS[ask.kind][1] for ask in asks_of(people_of(PEOPLE)))
    for target in (SQLITE, POSTGRESQL):
        assert report["targets"][target]["outcomes"] == dict(asked)
        assert report["targets"][target]["answers_measured"] == PEOPLE - options.warm_up
    text = written(report)
    assert json.loads(text) == report
    assert all(secret not in text for secret in (str(ROOT), platform.node(), tempfile.gettempdir()))
    assert "callgate_sqlite_vs_empty_fastapi" in table_of(report)


def test_profiles_a_decision_by_stage() -> None:
    program = [sys.executable, "-m", "bench.profile_authorize", "--database", "sqlite"]
    few = ["--batches", "2", "--batch-size", "8", "--lines", "3", "--calls"]

    told = subprocess.run([*program, *few], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    for part in ("facts", "checks, answer and rows", "inserts", "the whole decision", "under cProfile"):
        assert part in told


@pytest.mark.parametrize("changes", [{"rounds": 0}, {"connections": 0}, {"seconds_max": 0.0}, {"inmates": 10}])
def test_refuses_to_measure_nothing(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Options(**({"rounds": 1, "seconds_max": 1.0, "connections": 1, "inmates": 11, "warm_up": 10} | changes))  # type: ignore[arg-type]


def test_an_answer_of_another_kind_than_asked_for_is_no_measurement() -> None:
    check_answers(seen(1.0, blocked={"number_not_available": 1}))
    with pytest.raises(NotAsItMustBe, match="blocked"):
        check_answers(seen(1.0, blocked={"number_not_available": 1, "allow": 1}))
    with pytest.raises(NotAsItMustBe, match="503"):
        check_answers(seen(1.0, listed={"allow": 9, "status 503": 1}))


def test_an_answer_without_a_record_is_no_measurement(database_url: str) -> None:
    with pytest.raises(NotAsItMustBe, match="10 answers with 10 allows left 0 decisions and 0 calls"):
        check_records(database_url, seen(1.0))


def test_asks_the_same_in_every_run_and_everyone_once() -> None:
    asks = [*asks_of(people_of(PEOPLE))]

    assert asks == [*asks_of(people_of(PEOPLE))]
    assert len({ask.body["call_id"] for ask in asks}) == PEOPLE
    pins = [ask.body["pin"] for ask in asks if "pin" in ask.body]
    assert len(set(pins)) == len(pins)


def test_its_numbers_are_ordinary_ones_and_a_blocked_one_is_on_one_list() -> None:
    people = people_of(PEOPLE)
    numbers = Counter(number for person in people for number in person.numbers)

    assert all(parse_dialled(number, region="US").kind == NumberKind.ORDINARY for number in numbers)
    assert all(numbers[person.numbers[0]] == 1 for person in people if person.kind == "blocked")


def test_wrong_pins_lock_no_telephone_however_many_people_there_are() -> None:
    people = [replace(person, kind="wrong_pin") for person in people_of(2 * WRONG_PINS_MAX)]

    wrong = Counter(ask.body["station_id"] for ask in asks_of(people) if ask.kind == "wrong_pin")

    assert wrong.total() == WRONG_PINS_MAX
    assert max(wrong.values()) < 5
    by_facility = Counter(int(station[-3:]) % FACILITIES for station in wrong.elements())
    assert max(by_facility.values()) < 100


def test_a_ratio_is_taken_within_its_round() -> None:
    rounds = [{EMPTY: seen(100.0), SQLITE: seen(50.0)}, {EMPTY: seen(10.0), SQLITE: seen(10.0)}]

    report = report_of(rounds, machine={}, settings={})

    assert report["ratios"] == {f"{SQLITE}_vs_{EMPTY}": {"median": 0.75, "min": 0.5, "max": 1.0}}


@pytest.mark.parametrize(
    ("count", "percent", "expected_ms"),
    [(1, 99, 1000.0), (99, 99, 99_000.0), (100, 99, 99_000.0), (101, 99, 100_000.0), (4, 50, 2000.0)],
)
def test_a_percentile_is_a_latency_that_was_seen(count: int, percent: int, expected_ms: float) -> None:
    assert load._percentile_ms([float(i + 1) for i in range(count)], percent) == expected_ms


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (b"http/1.1 200", {"decision": "allow", "max_duration_seconds": 1, "reason": None}, "allow"),
        (b"http/1.1 200", {"decision": "allow", "max_duration_seconds": 0, "reason": None}, "no decision"),
        (b"http/1.1 200", {"decision": "deny", "max_duration_seconds": 0, "reason": "gap"}, "gap"),
        (b"http/1.1 200", {"decision": "deny", "max_duration_seconds": 0, "reason": None}, "no decision"),
        (b"http/1.1 503", {"decision": "deny", "max_duration_seconds": 0}, "status 503"),
    ],
)
def test_takes_no_answer_on_trust(status: bytes, body: dict[str, object], expected: str) -> None:
    answer = load._Answer("listed", status, json.dumps(body).encode(), 0.0)

    assert load._outcome(answer) == expected
