"""Does the comparison measure what it says? Runs of a second, with nothing asserted about time."""

import json
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import gcd
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select, text

from bench.chart import chart_of
from bench.comparison import Options, find_peer, measure_at_rates, measure_once
from bench.ground import Ground, prepared
from bench.load import Seen
from bench.peer import find_freeradius
from bench.population import INMATES_MAX, NUMBER_STEP, NUMBERS, PIN_STEP, PINS, callers_of, number_of, populate
from bench.ratios import GOALS, ratio_of, unmeasured
from bench.report import report_of, table_of, written
from bench.targets import (
    EMPTY,
    EMPTY_2,
    FREERADIUS,
    POSTGRESQL,
    POSTGRESQL_2,
    SQLITE,
    TARGETS,
    NotAsItMustBe,
    Peer,
    Running,
    Target,
    check_answers,
    check_records,
)
from bench.world import FACILITIES, KINDS, WRONG_PINS_MAX, asks_of, people_of
from callgate.domain.number import NumberKind
from callgate.flows.dialling import parse_dialled
from callgate.store.database import open_sync
from callgate.store.tables import list_entries, pins
from tests.seeding import pin_row

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 400
INDEX_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql+psycopg": "SELECT indexname FROM pg_indexes",
}
FURTHER = {name: unmeasured(name, "not asked for") for name in ("goodput_at_2x", "growth_1m_inmates")}


def seen(per_second: float, *, p99_ms: float = 3.0, **outcomes: dict[str, int]) -> Seen:
    told = {"listed": {"allow": 10}} | outcomes
    return Seen(
        answers=10,
        answers_with_warm_up=sum(sum(counted.values()) for counted in told.values()),
        seconds=1.0,
        per_second=per_second,
        p50_ms=1.0,
        p95_ms=2.0,
        p99_ms=p99_ms,
        max_ms=4.0,
        server_cpu_microseconds=None,
        driver_cpu_share=0.1,
        outcomes=told,
    )


def a_round(**rates: float) -> dict[str, Seen]:
    """A round in which every target answered 100 a second but for these."""
    return {target.name: seen(rates.get(target.name, 100.0)) for target in TARGETS}


def some_report(*, with_peer: bool = True) -> dict[str, Any]:
    rounds = [a_round(callgate_postgresql=200.0), a_round(callgate_postgresql=300.0), a_round()]
    if not with_peer:
        rounds = [{name: one for name, one in each.items() if name != FREERADIUS.name} for each in rounds]
    deciding = [name for name in rounds[0] if not name.startswith("empty")]
    at_200 = {name: seen(200.0, p99_ms=6.0 if name == FREERADIUS.name else 3.0) for name in deciding}
    machine = {"cores": 2, "processor": "some", "sync_microseconds": 80}
    return report_of(
        throughput=rounds, latency=[{200: at_200}], machine=machine, settings={"connections": 64}, further=FURTHER
    )


@pytest.fixture(scope="module")
def ground(postgres_url: str) -> Iterator[Ground]:
    with prepared(PEOPLE, postgres_url) as made:
        yield made


OPTIONS = Options(
    rounds=1,
    seconds_max=60.0,
    connections=8,
    inmates=PEOPLE,
    warm_up=60,
    latency_rounds=1,
    rates=(40,),
    rate_seconds=2.0,
)


@pytest.mark.parametrize("target", [EMPTY_2, SQLITE, POSTGRESQL, POSTGRESQL_2], ids=lambda target: target.name)
def test_every_answer_of_a_target_is_read_and_its_record_counted(ground: Ground, target: Target) -> None:
    measured = measure_once(ground, OPTIONS, target, None)

    asked = Counter(KINDS[ask.kind][1] for ask in asks_of(people_of(PEOPLE)))
    told: Counter[str] = Counter()
    for counted in measured.outcomes.values():
        told.update(counted)
    assert told == (asked if target is not EMPTY_2 else Counter({"allow": PEOPLE}))
    assert measured.answers == PEOPLE - OPTIONS.warm_up


def test_freeradius_decides_the_same_as_callgate_and_records_it_or_is_said_to_be_missing(ground: Ground) -> None:
    program = find_freeradius()
    if program is None:
        assert find_peer(ground, OPTIONS, print) == (None, {})
        return

    measured = measure_once(ground, OPTIONS, FREERADIUS, Peer(program=program, threads=4))

    for ask in asks_of(people_of(PEOPLE)):
        assert set(measured.outcomes[ask.kind]) == {KINDS[ask.kind][1]}


def test_asks_at_fixed_instants_and_counts_from_them(ground: Ground) -> None:
    found = measure_at_rates(ground, OPTIONS, SQLITE, None)

    assert found[40].answers == 80
    assert found[40].answers_with_warm_up == 140
    assert found[40].late_p99_ms is not None


def test_profiles_a_decision_by_stage() -> None:
    program = [sys.executable, "-m", "bench.profile_authorize", "--database", "sqlite"]
    few = ["--batches", "2", "--batch-size", "8", "--lines", "3", "--calls"]

    told = subprocess.run([*program, *few], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    for part in ("facts", "checks, answer and rows", "inserts", "the whole decision", "under cProfile"):
        assert part in told


@pytest.mark.parametrize(
    "changes",
    [{"rounds": 0}, {"latency_rounds": 0}, {"connections": 0}, {"seconds_max": 0.0}, {"inmates": 60}, {"inmates": 139}],
)
def test_refuses_to_measure_nothing(changes: dict[str, int]) -> None:
    replace(OPTIONS, inmates=140)
    with pytest.raises(ValueError, match="must be"):
        replace(OPTIONS, **changes)  # type: ignore[arg-type]


def test_an_answer_of_another_kind_than_asked_for_is_no_measurement() -> None:
    check_answers(seen(1.0, blocked={"number_not_available": 1}))
    with pytest.raises(NotAsItMustBe, match="blocked"):
        check_answers(seen(1.0, blocked={"number_not_available": 1, "allow": 1}))
    with pytest.raises(NotAsItMustBe, match="503"):
        check_answers(seen(1.0, listed={"allow": 9, "status 503": 1}))


def test_an_answer_without_a_record_is_no_measurement(database_url: str) -> None:
    server = Running(target=SQLITE, port=1, pids=(), secret="", url=database_url)
    with pytest.raises(NotAsItMustBe, match="10 answers with 10 allows left 0 decisions and 0 calls"):
        check_records(server, [seen(1.0)])


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


def test_a_ratio_is_taken_within_its_round_and_held_to_its_target() -> None:
    report = some_report()

    assert list(report["ratios"]) == list(GOALS)
    beside_empty = report["ratios"]["vs_empty_fastapi"]
    assert {name: beside_empty[name] for name in ("median", "min", "max", "target", "met")} == {
        "median": 2.0,
        "min": 1.0,
        "max": 3.0,
        "target": 1.0,
        "met": True,
    }
    assert report["ratios"]["vs_freeradius_postgresql"]["met"] is False
    assert report["ratios"]["p99_vs_freeradius_at_200"]["median"] == 0.5
    assert report["other_ratios"][f"{SQLITE.name}_vs_{EMPTY.name}"]["median"] == 1.0


@pytest.mark.parametrize(
    ("name", "figure", "met"),
    [
        ("vs_freeradius_postgresql", 3.999, False),
        ("vs_freeradius_postgresql", 4.0, True),
        ("p99_vs_freeradius_at_200", 1.0, True),
        ("p99_vs_freeradius_at_200", 1.001, False),
    ],
)
def test_a_target_is_met_at_its_figure_and_not_before(name: str, figure: float, *, met: bool) -> None:
    assert ratio_of(name, [figure, 0.0, 9.0])["met"] is met


def test_what_is_not_installed_is_shown_as_missing_and_its_targets_as_not_met() -> None:
    report = some_report(with_peer=False)

    assert "not installed" in report["targets"][FREERADIUS.name]["missing"]
    for name in ("vs_freeradius_postgresql", "p99_vs_freeradius_at_200"):
        assert (report["ratios"][name]["median"], report["ratios"][name]["met"]) == (None, False)
        assert f"{name}: not measured" in table_of(report)


def test_a_report_names_no_machine_and_no_place_on_it() -> None:
    report = some_report()

    text = written(report)

    assert json.loads(text) == report
    assert all(secret not in text for secret in (str(ROOT), platform.node(), tempfile.gettempdir()))
    assert "NOT MET" in table_of(report)
    assert "SQLite is served by one process only" in table_of(report)


@pytest.mark.parametrize("with_peer", [True, False])
def test_the_chart_says_in_words_what_it_shows(*, with_peer: bool) -> None:
    drawn = ET.fromstring(chart_of(some_report(with_peer=with_peer)))  # noqa: S314 - our own drawing

    name = "{http://www.w3.org/2000/svg}"
    assert drawn.get("role") == "img"
    ids = {part.get("id") for part in drawn if part.tag in (f"{name}title", f"{name}desc")}
    assert set((drawn.get("aria-labelledby") or "").split()) == ids
    said = drawn.findtext(f"{name}desc") or ""
    assert "callgate, PostgreSQL, 1 worker, 200" in said
    assert ("FreeRADIUS 3.2, PostgreSQL, not measured" in said) is not with_peer
    assert "prefers-color-scheme: dark" in (drawn.findtext(f"{name}style") or "")


def test_a_big_world_is_the_one_that_python_asks_about(database_url: str) -> None:
    people = callers_of(300, 40)

    populate(database_url, inmates=300, callers=people)

    with open_sync(database_url) as connection:
        for person in people:
            listed = select(list_entries.c.number).where(list_entries.c.inmate_id == person.inmate_id)
            assert set(connection.execute(listed).scalars()) == set(person.numbers)
            digest = select(pins.c.digest).where(pins.c.inmate_id == person.inmate_id)
            assert connection.execute(digest).scalar_one() == pin_row(person.inmate_id, person.pin)["digest"]
        names = connection.execute(text(INDEX_NAMES[database_url.partition(":")[0]])).scalars()
        assert {"ix_list_entries_number", "uq_list_entries_open", "ix_blocks_number"} <= set(names)


def test_no_number_and_no_pin_of_a_big_world_comes_twice() -> None:
    assert (gcd(NUMBER_STEP, NUMBERS), gcd(PIN_STEP, PINS)) == (1, 1)
    assert INMATES_MAX >= 1_000_000
    numbers = [number_of(i) for i in (0, 1, 2_000_000, 5_999_999, 9_999_999)]
    assert all(parse_dialled(number, region="US").kind == NumberKind.ORDINARY for number in numbers)
