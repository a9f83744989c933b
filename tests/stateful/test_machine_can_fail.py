"""Does the machine see what it is there to see? Faults are planted in the database, below everything that is tested.

A trigger undoes what the service did, as a fault in its code would: a block that a move loses, a removed entry that is
gone from the history, a write that the trail misses. Each must make the machine fail within a bounded number of runs.
"""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import Phase

from tests.stateful.gate import open_gate
from tests.stateful.test_machine import run_machine

RUNS = 150
FAULTS = {
    "a move loses the blocks on the person": """
        CREATE TRIGGER planted AFTER UPDATE OF facility_id ON inmates WHEN OLD.facility_id <> NEW.facility_id
        BEGIN UPDATE blocks SET lifted_at = 1 WHERE inmate_id = NEW.inmate_id; END""",
    "a release loses the blocks on the person": """
        CREATE TRIGGER planted AFTER UPDATE OF status ON inmates WHEN NEW.status = 'released'
        BEGIN UPDATE blocks SET lifted_at = 1 WHERE inmate_id = NEW.inmate_id; END""",
    "what is removed from a list is gone from its history": """
        CREATE TRIGGER planted AFTER UPDATE OF state ON list_entries WHEN NEW.state = 'removed'
        BEGIN DELETE FROM list_entries WHERE entry_id = NEW.entry_id; END""",
    "the trail misses a restriction": """
        CREATE TRIGGER planted BEFORE INSERT ON audit_events WHEN NEW.action = 'restrict_calls'
        BEGIN SELECT RAISE(IGNORE); END""",
    "a change of a list does not count": """
        CREATE TRIGGER planted AFTER INSERT ON list_changes
        BEGIN UPDATE list_changes SET is_first = 1 WHERE change_id = NEW.change_id; END""",
    "an unanswered call does not hold its PIN": """
        CREATE TRIGGER planted AFTER INSERT ON calls
        BEGIN UPDATE calls SET frees_at = authorized_at WHERE decision_id = NEW.decision_id; END""",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_makes_the_machine_fail(fault: str, migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "callgate.db"
    path.write_bytes(migrated_file.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute(FAULTS[fault])
    connection.close()

    with open_gate(f"sqlite:///{path}") as gate, pytest.raises((AssertionError, ExceptionGroup)):
        run_machine(gate, runs=RUNS, phases=(Phase.generate,))
