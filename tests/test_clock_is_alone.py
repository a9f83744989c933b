"""Does only clock.py read the time, so that a decision can be made again as of any instant?

ruff refuses every other reader (the banned names in pyproject.toml). These tests show that it would, and that nobody
has talked it out of it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUFF = Path(sys.executable).parent / "ruff"


def lint(source: str, *, place: str) -> str:
    command: list[str | Path] = [RUFF, "check", "--select", "TID251", "--no-cache", "--output-format", "concise"]
    command += ["--stdin-filename", place, "-"]
    result = subprocess.run(command, input=source, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode in {0, 1}, result.stderr
    return result.stdout


@pytest.mark.parametrize(
    "reader",
    [
        "from datetime import UTC, datetime\nseen = datetime.now(UTC)\n",
        "from datetime import UTC, datetime as dt\nseen = dt.now(tz=UTC)\n",
        "import datetime\nseen = datetime.datetime.now(datetime.UTC)\n",
        "from datetime import datetime\nseen = datetime.utcnow()\n",
        "from datetime import datetime\nread = datetime.now\n",
        "from datetime import date\nseen = date.today()\n",
        "import time\nseen = time.time()\n",
        "from time import time_ns\nseen = time_ns()\n",
        "import time as t\nseen = t.gmtime()\n",
        "from time import localtime\nseen = localtime()\n",
    ],
)
def test_a_reader_of_the_time_is_refused_everywhere_but_in_clock(reader: str) -> None:
    assert "TID251" in lint(reader, place="src/callgate/flows/anything.py")
    assert "TID251" not in lint(reader, place="src/callgate/clock.py")


def test_asking_a_clock_that_was_handed_in_is_not_refused() -> None:
    assert "TID251" not in lint("def ask(clock):\n    return clock.now()\n", place="src/callgate/flows/anything.py")


def test_no_source_file_silences_the_refusal() -> None:
    files = [path for path in (ROOT / "src").rglob("*.py") if path.name != "clock.py"]
    assert files
    assert [str(path) for path in files if "TID251" in path.read_text() or "ruff: noqa" in path.read_text()] == []
