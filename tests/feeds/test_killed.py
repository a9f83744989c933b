"""Does an import that is killed leave the records as they were?"""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command_line import clean_environment, command_of
from tests.feeding import NORTH, as_csv, export_all, person
from tests.seeding import PIN_KEY, TOKEN_KEY, facility_row, fill

STEPS = ("judging", "applying")


@pytest.mark.parametrize("step", STEPS)
def test_an_import_killed_in_the_middle_changes_nothing_and_runs_again(
    database_url: str, tmp_path: Path, step: str
) -> None:
    fill(database_url, facilities=[facility_row(), facility_row(NORTH, name="North CI")])
    file = tmp_path / "people.csv"
    file.write_text(
        as_csv("inmates", [person(f"3{at:05d}", facility_id=NORTH) for at in range(1500)]), encoding="utf-8"
    )
    environment = clean_environment(
        CALLGATE_DATABASE_URL=database_url, CALLGATE_TOKEN_KEY=TOKEN_KEY, CALLGATE_PIN_KEY=PIN_KEY
    )
    command = command_of("import", "inmates", str(file), "--accept", "releases")
    before = export_all(database_url)

    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as one:
        assert one.stderr is not None
        for line in one.stderr:
            if line.startswith(step):
                break
        time.sleep(0.02)
        one.send_signal(signal.SIGKILL)
    is_killed = one.returncode == -signal.SIGKILL
    after = export_all(database_url)

    assert is_killed
    assert after == before
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    assert "Proved row by row: 1500 of 1500 stand" in again.stdout
