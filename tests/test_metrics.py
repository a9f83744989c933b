"""What is counted, under which labels, and that no label can hold what came from outside."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from callgate import observe
from callgate.domain.alerts import UNCOUNTED, AlertKind
from callgate.domain.call import EventType
from callgate.domain.verdict import Reason
from tests.asking import ask, decide, tell
from tests.conftest import World
from tests.seeding import ANNA, NUMBER, PINS, STATION, seed

SECRET = "49371568"
LABELS = {"decision", "reason", "code", "check", "type", "kind", "result", "settled", "le", "version"}


def figures() -> dict[str, float]:
    """Every callgate sample by its name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(observe.metrics_text().decode())
        for sample in family.samples
        if sample.name.startswith("callgate_") and not sample.name.endswith("_created")
    }


class Growth:
    """What was counted since."""

    def __init__(self) -> None:
        self._before = figures()

    def of(self, name: str, **labels: str) -> float:
        key = f"{name}{sorted(labels.items())}"
        return figures().get(key, 0.0) - self._before.get(key, 0.0)


@pytest.fixture
def growth() -> Growth:
    return Growth()


def test_counts_an_allow(growth: Growth) -> None:
    observe.decided("allow", None, 0.004)
    assert growth.of("callgate_decisions_total", decision="allow", reason="none") == 1
    assert growth.of("callgate_decision_seconds_count") == 1
    assert growth.of("callgate_decision_seconds_sum") == pytest.approx(0.004)
    assert growth.of("callgate_decision_seconds_bucket", le="0.0025") == 0
    assert growth.of("callgate_decision_seconds_bucket", le="0.005") == 1


@pytest.mark.parametrize("reason", Reason)
def test_counts_a_denial_by_its_class(growth: Growth, reason: Reason) -> None:
    observe.decided("deny", reason, 0.004)
    observe.decided("deny", reason.value, 0.004)
    assert growth.of("callgate_decisions_total", decision="deny", reason=reason.value) == 2


@pytest.mark.parametrize("kind", EventType)
def test_counts_an_event_by_its_type(growth: Growth, kind: EventType) -> None:
    observe.call_event(kind.value)
    assert growth.of("callgate_call_events_total", type=kind.value) == 1


@pytest.mark.parametrize("kind", AlertKind)
def test_counts_an_alert_by_its_kind_unless_that_would_tell_of_a_block(growth: Growth, kind: AlertKind) -> None:
    observe.alert_raised(kind)
    observe.alert_raised(kind.value)
    wanted = 0 if kind in UNCOUNTED else 2
    assert growth.of("callgate_alerts_total", kind=kind.value) == wanted


def test_counts_batches_the_queue_refusals_and_failed_checks(growth: Growth) -> None:
    observe.batch(5)
    observe.queue_depth(17)
    observe.refused("overloaded")
    observe.check_failed("calling_hours")
    assert growth.of("callgate_batch_size_bucket", le="4.0") == 0
    assert growth.of("callgate_batch_size_bucket", le="8.0") == 1
    assert figures()["callgate_queue_depth[]"] == 17
    assert growth.of("callgate_refusals_total", code="overloaded") == 1
    assert growth.of("callgate_check_failures_total", check="calling_hours") == 1


OUTSIDE = [SECRET, "+18605550123", "osborn-B-03", "A Person", "", "x" * 100, "Überlauf", "a\nb", 'a"b', "pin_49371568"]


@pytest.mark.parametrize("text", OUTSIDE, ids=range(len(OUTSIDE)))
def test_no_text_from_outside_becomes_a_label(growth: Growth, text: str) -> None:
    observe.decided(text, text, 0.1)
    observe.decided("deny", text, 0.1)
    observe.decided("allow", text, 0.1)
    observe.refused(text)
    observe.check_failed(text)
    observe.call_event(text)
    observe.alert_raised(text)
    assert growth.of("callgate_decisions_total", decision="other", reason="other") == 3
    assert growth.of("callgate_refusals_total", code="other") == 1
    assert growth.of("callgate_check_failures_total", check="other") == 1
    assert growth.of("callgate_call_events_total", type="other") == 1
    assert growth.of("callgate_alerts_total", kind="other") == 1
    assert not text or f'"{text}"' not in observe.metrics_text().decode()


def test_a_label_takes_no_more_than_so_many_words() -> None:
    counter = Counter("made_up", "Made up.", ["word"], registry=CollectorRegistry())
    words = observe._Words(counter)
    letters = "abcdefghij"
    for word in [f"{first}{second}" for first in letters for second in letters] * 2:
        words(word).inc()
    (family,) = counter.collect()
    counts = {sample.labels["word"]: sample.value for sample in family.samples if sample.name == "made_up_total"}
    assert len(counts) == 65
    assert counts["aa"] == 2
    assert counts["other"] == 72


def test_every_metric_is_explained_and_labelled_with_words_of_ours() -> None:
    families = text_string_to_metric_families(observe.metrics_text().decode())
    ours = [family for family in families if family.name.startswith("callgate_")]
    assert {family.name for family in ours} >= {
        "callgate_decisions",
        "callgate_decision_seconds",
        "callgate_batch_size",
        "callgate_queue_depth",
        "callgate_refusals",
        "callgate_check_failures",
        "callgate_call_events",
        "callgate_alerts",
        "callgate_build",
    }
    for family in ours:
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert sample.labels.keys() <= LABELS


def test_counting_costs_next_to_nothing() -> None:
    # A decision takes some hundreds of microseconds; a tenth of a millisecond for counting it would be far too much.
    rounds = 2000
    begun = time.process_time()
    for _ in range(rounds):
        observe.decided("allow", None, 0.004)
        observe.batch(5)
        observe.queue_depth(3)
    assert (time.process_time() - begun) / rounds < 0.0001


# ----------------------------------------------------------------------------------------------------- in the service


async def test_a_call_is_counted_from_its_decision_to_its_end(world: World, database_url: str, growth: Growth) -> None:
    seed(database_url)
    assert (await decide(world, "call-1"))["decision"] == "allow"
    assert (await decide(world, "call-2", called_number="+18605550199"))["reason"] == "call_in_progress"
    for number, kind in enumerate(("answered", "ended")):
        await tell(world, "call-1", kind, number)
    assert growth.of("callgate_decisions_total", decision="allow", reason="none") == 1
    assert growth.of("callgate_decisions_total", decision="deny", reason="call_in_progress") == 1
    assert growth.of("callgate_decision_seconds_count") == 2
    assert growth.of("callgate_batch_size_sum") == 2
    assert growth.of("callgate_call_events_total", type="answered") == 1
    assert growth.of("callgate_call_events_total", type="ended") == 1


async def test_what_a_switch_got_no_decision_for_is_counted_by_its_code(
    world: World, database_url: str, growth: Growth
) -> None:
    seed(database_url)
    await ask(world, "call-1")
    assert (await ask(world, "call-1", pin="0000")).status_code == 422
    assert (await ask(world, "call-2", pin="letters")).status_code == 400
    assert (await world.client.post("/v1/authorize")).status_code == 401
    assert (await world.call("warden", "POST", "/v1/call-events")).status_code == 403
    for code in ("call_id_reused", "malformed_request", "token_not_accepted", "not_permitted"):
        assert growth.of("callgate_refusals_total", code=code) == 1


async def test_staff_refusals_are_not_counted_as_a_switchs(world: World, growth: Growth) -> None:
    assert (await world.client.get("/v1/blocks")).status_code == 401
    assert growth.of("callgate_refusals_total", code="token_not_accepted") == 0


async def test_a_scrape_names_nobody(world: World, database_url: str) -> None:
    seed(database_url)
    await decide(world, "call-1")
    await ask(world, "call-2", pin=SECRET)
    text = (await world.client.get("/metrics")).text
    for secret in (SECRET, *PINS.values(), NUMBER, NUMBER[1:], ANNA, STATION, "demo-ci", "call-1", "A Person"):
        assert secret not in text
    assert re.search(r'^callgate_decisions_total\{decision="allow",reason="none"\} [1-9]', text, re.MULTILINE)


# -------------------------------------------------------------------------------------------------- several processes


@pytest.fixture
def shared_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "metrics"
    folder.mkdir()
    return folder


def run(folder: Path, code: str) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    finished = subprocess.run(
        [sys.executable, "-c", f"from callgate import observe\n{code}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


def test_the_workers_of_one_service_are_added_up(shared_folder: Path) -> None:
    for _ in range(3):
        run(shared_folder, "observe.decided('allow', None, 0.2); observe.batch(2); observe.check_failed('quota')")
    text = run(shared_folder, "print(observe.metrics_text().decode())")
    assert 'callgate_decisions_total{decision="allow",reason="none"} 3.0' in text
    assert 'callgate_check_failures_total{check="quota"} 3.0' in text
    assert "callgate_decision_seconds_count 3.0" in text
    assert "callgate_batch_size_sum 6.0" in text


def test_a_worker_that_is_gone_has_nobody_waiting(shared_folder: Path) -> None:
    assert "callgate_queue_depth 9.0" in run(
        shared_folder, "observe.queue_depth(9); print(observe.metrics_text().decode())"
    )
    assert "callgate_queue_depth 1.0" in run(
        shared_folder, "observe.queue_depth(1); print(observe.metrics_text().decode())"
    )
    assert "callgate_queue_depth 0.0" in run(shared_folder, "print(observe.metrics_text().decode())")
