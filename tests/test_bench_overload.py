"""Do the overload and soak runs measure what they say? A few seconds each, with nothing asserted about time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.arrivals import Stage, StageSeen, job_from
from bench.copies import databases
from bench.node import running_node, seconds_to_noon
from bench.overload import GOODPUT_MIN, _seconds_to_recover, goodput_at_2x
from bench.rough import rough_clients
from bench.soak import Look, Soaked, judge, soak, write_plan
from bench.wire import Answer, render
from bench.world import people_of

MINUTE = StageSeen(
    name="minute",
    seconds=4.0,
    offered=40,
    outcomes={"allow": 38, "deny": 2},
    unsent=0,
    unanswered=0,
    decided_per_second=10.0,
    decided_ms={"p50": 2.0, "p95": 4.0, "p99": 5.0, "max": 6.0},
    refused_ms=None,
    answered_ms={"p50": 2.0, "p95": 4.0, "p99": 5.0, "max": 6.0},
    by_second=[10, 10, 10, 10],
)
GOOD = Soaked(
    minutes=[MINUTE] * 4,
    looks=[Look(i * 5.0, 100_000_000 + i, 20) for i in range(48)],
    handles_before=20,
    handles_after=25,
)


def failing(seen: Soaked) -> list[str]:
    return [verdict.claim for verdict in judge("sqlite", seen).verdicts if not verdict.holds]


def test_twice_the_peak_is_asked_of_the_real_service_and_some_of_it_decided() -> None:
    with databases("sqlite", 600) as new_database:
        found = goodput_at_2x(new_database, inmates=600, rounds=1, seconds=2.0, say=lambda _: None)

    assert set(found) == {"median", "min", "max", "peak_per_second"}
    assert found["min"] == found["median"] == found["max"] > 0
    assert found["peak_per_second"] > 0


def test_slow_clients_and_huge_bodies_are_sent_away_while_others_are_decided(tmp_path: Path) -> None:
    with (
        databases("sqlite", 10) as new_database,
        new_database() as url,
        running_node(url, ahead_seconds=seconds_to_noon(), log=tmp_path / "log") as node,
    ):
        with rough_clients(node.port, heads=10, bodies=10, others=10, huge=4) as rough:
            pass
        assert node.handle_count() > 0

    assert (rough.slow, rough.left_open) == (20, 0)
    assert (rough.huge, rough.refused_bodies) == (4, 4)


def test_a_soak_of_seconds_asks_everything_and_is_judged() -> None:
    seen = soak("sqlite", inmates=100, minutes=2, per_second=20.0, minute_seconds=2.0)

    assert sum(sum(minute.outcomes.values()) + minute.unsent + minute.unanswered for minute in seen.minutes) >= 70
    assert {verdict.claim for verdict in judge("sqlite", seen).verdicts} >= {"everybody is decided", "p99 is flat"}
    assert seen.looks


def test_a_soak_in_which_nothing_changed_holds() -> None:
    assert failing(GOOD) == []


@pytest.mark.parametrize(
    ("seen", "claim"),
    [
        (replace(GOOD, minutes=[replace(MINUTE, outcomes={"allow": 39, "status 503": 1})] * 4), "everybody is decided"),
        (replace(GOOD, minutes=[replace(MINUTE, unanswered=1)] * 4), "everybody is decided"),
        (
            replace(GOOD, looks=[Look(i * 5.0, 100_000_000 + i * 300_000, 20) for i in range(48)]),
            "memory grows by less than 5 %",
        ),
        (replace(GOOD, handles_after=41), "no handle is left"),
        (
            replace(GOOD, minutes=[*[MINUTE] * 3, *[replace(MINUTE, decided_ms={"p99": 16.0})] * 3]),
            "p99 is flat",
        ),
    ],
)
def test_a_soak_that_changed_something_does_not_hold(seen: Soaked, claim: str) -> None:
    assert failing(seen) == [claim]


@pytest.mark.parametrize(
    ("by_second", "recovered"),
    [([10, 10, 10, 10], 0), ([0, 3, 10, 10], 2), ([10, 10, 0, 10], 3), ([10, 10, 10, 0], None)],
)
def test_recovery_is_when_as_many_are_decided_as_ask_from_then_on(by_second: list[int], recovered: int | None) -> None:
    assert GOODPUT_MIN < 1
    assert _seconds_to_recover(replace(MINUTE, by_second=by_second)) == recovered


def test_a_plan_names_every_attempt_anew(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan", people_of(10), count=25)

    asked = [json.loads(line.partition("\t")[2]) for line in (tmp_path / "plan").read_text().splitlines()]
    assert len({each["call_id"] for each in asked}) == 25
    assert len({each.get("pin") for each in asked}) <= 10


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, b'{"decision":"allow"}'), "allow"),
        (Answer(200, b'{"decision":"deny"}'), "deny"),
        (Answer(503, b'{"decision":"deny"}'), "status 503"),
        (Answer(0, b""), "broken"),
    ],
)
def test_an_answer_is_what_its_status_and_its_body_say(answer: Answer, outcome: str) -> None:
    assert answer.outcome == outcome


def test_a_job_comes_back_from_json_as_it_was() -> None:
    told = {"port": 1, "token": "t", "plan": "p", "connections": 1, "patience_seconds": 1.0}

    job = job_from({**told, "stages": [{"name": "a", "seconds": 1.0, "per_second": 2.0}]})

    assert job.stages == (Stage(name="a", seconds=1.0, per_second=2.0),)
    assert b"Content-Length: 2\r\n\r\n{}" in render("{}", token="t")
