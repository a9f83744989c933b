"""Does the gate hold whatever is done to it, in any order, for months?

Each run founds two facilities of different law in different zones, four people and sixteen numbers that no run before
has seen, on a database that all runs share: what one run leaves behind may not touch the next. A run is some two dozen
steps and several requests a step, over HTTP in process, each answer held against `model`.

`make test` makes a bounded number of runs. The full proof is 1,000 on each database:

    STATEFUL_RUNS=1000 .venv/bin/pytest -n 0 tests/stateful/test_machine.py
"""

import os
import sys
import time
from collections.abc import Collection

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.gate import Gate, open_gate
from tests.stateful.machine import Machine

RUNS = {"sqlite": 60, "postgresql": 30}
STEPS = 25


def run_machine(gate: Gate, *, runs: int, phases: Collection[Phase] = tuple(Phase)) -> None:
    """That many runs of the machine on that gate; a failure is shrunk and told step by step."""
    bound = type("BoundMachine", (Machine,), {"gate": gate})
    how = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(bound, settings=how)


def test_whatever_is_done_the_gate_answers_as_the_model_says(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = database_url.partition(":")[0].partition("+")[0]
    runs = int(os.environ.get("STATEFUL_RUNS", RUNS[kind]))
    began = time.monotonic()
    with open_gate(database_url) as gate:
        run_machine(gate, runs=runs)
        took = time.monotonic() - began
        with capsys.disabled():
            # On the error stream, which a worker of pytest-xdist does not keep for itself.
            counted = f"{gate.runs} runs, {gate.steps} steps, {gate.requests} requests in {took:.0f} s"
            sys.stderr.write(f"\nstateful, {kind}: {counted}\n")
    assert gate.runs >= runs
