"""How long do phones wait while a file is taken in, and what does the import cost?

Starts a PostgreSQL of its own, a service, attempts at an even rate, and `callgate import lists` in a process of its
own; prints the waiting times without and during the import, and the import's time and peak memory.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started by path, Python would look for modules in this folder alone
sys.path.insert(1, str(ROOT / "src"))

from callgate.clock import SystemClock  # noqa: E402 - needs the lines above
from callgate.store.database import open_sync  # noqa: E402 - as above
from callgate.store.migrate import migrate  # noqa: E402 - as above
from tests.postgres import create_database, postgres_server  # noqa: E402 - as above
from tests.seeding import ANNA, NUMBER, PIN_KEY, PINS, STATION, TOKEN_KEY, seed  # noqa: E402 - as above

NUMBERS_EACH = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of lists (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=20.0, help="attempts a second (default: %(default)s)")
    parser.add_argument("--calm", type=float, default=10.0, help="seconds measured before the import")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        url = create_database(server)
        migrate(url)
        seed(url)
        book(url, given.rows // NUMBERS_EACH)
        lists = write_file(Path(folder), given.rows)
        environment = {**os.environ, "CALLGATE_DATABASE_URL": url, "CALLGATE_TOKEN_KEY": TOKEN_KEY}
        environment |= {"CALLGATE_PIN_KEY": PIN_KEY, "PYTHONPATH": str(ROOT / "src")}
        told = asyncio.run(measured(given, lists, environment))
    for name, value in told.items():
        print(f"{name:32} {value}")


def write_file(folder: Path, rows: int) -> Path:
    """The lists of people none of whom calls meanwhile."""
    as_of = SystemClock().now().strftime("%Y-%m-%dT%H:%M:%SZ")
    lists = folder / "lists.csv"
    with lists.open("w") as file:
        file.write("inmate_id,number,name,relationship,kind,as_of\n")
        for at in range(rows):
            number = f"+1860{200 + at % 700}{(at * 7919) % 10000:04d}"
            file.write(f"{500000 + at // NUMBERS_EACH},{number},Friend {at},friend,social,{as_of}\n")
    return lists


def book(url: str, people: int) -> None:
    """The people whose lists they are."""
    with open_sync(url) as connection:
        connection.exec_driver_sql(
            "INSERT INTO inmates (inmate_id, facility_id, unit, status, name, as_of) SELECT CAST(500000 + at AS text), "
            f"'demo-ci', 'A', 'active', 'Person', 0 FROM generate_series(0, {people - 1}) AS at"
        )
        connection.commit()
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


async def measured(given: argparse.Namespace, lists: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Everything that is printed."""
    with serving(environment) as address:
        calm = await asked(given, address, environment, asyncio.create_task(asyncio.sleep(given.calm)))
        task = asyncio.create_task(imported("lists", lists, environment))
        during = await asked(given, address, environment, task)
        seconds, cpu_seconds, peak_mb = task.result()
    return {
        "list rows imported": f"{given.rows} in {seconds:.1f} s ({cpu_seconds:.1f} s of processor time), "
        f"peak {peak_mb:.0f} MB",
        "authorize before": shown(calm),
        "authorize during the import": shown(during),
    }


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[str]:
    """A service in a process of its own."""
    command = [sys.executable, "-m", "callgate", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = "" if process.stdout is None else process.stdout.readline()
            yield line.rpartition(" ")[2].strip()
        finally:
            process.terminate()


async def imported(kind: str, file: Path, environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Run one import, and answer its seconds, its processor's seconds and its peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for elsewhere
        [sys.executable, "-m", "callgate", "import", kind, str(file)], env=dict(environment)
    )
    _, status, usage = await asyncio.to_thread(os.wait4, process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("The import failed.")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


async def asked(
    given: argparse.Namespace, address: str, environment: Mapping[str, str], until: "asyncio.Task[Any]"
) -> list[tuple[float, int]]:
    """Ask at an even rate, whatever the answers take, until the task is done; how long each took, and its status."""
    token = subprocess.run(  # noqa: ASYNC221 - nothing else is to be done before it is there
        [sys.executable, "-m", "callgate", "token", "--role", "switch", "--subject", "bench"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    seen: list[tuple[float, int]] = []
    waiting: set[asyncio.Task[None]] = set()
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        began, at = time.monotonic(), 0
        while not until.done():
            waiting.add(task := asyncio.create_task(ask_once(client, f"{began}-{at}", seen)))
            task.add_done_callback(waiting.discard)
            at += 1
            await asyncio.sleep(max(0.0, began + at / given.rate - time.monotonic()))
        await asyncio.gather(*waiting)
    return seen


async def ask_once(client: httpx.AsyncClient, call_id: str, seen: list[tuple[float, int]]) -> None:
    """One attempt by somebody who is not in the file; after the first it is refused as one too many."""
    body = {"call_id": call_id, "station_id": STATION, "pin": PINS[ANNA], "called_number": NUMBER}
    began = time.monotonic()
    answer = await client.post("/v1/authorize", json=body)
    seen.append((time.monotonic() - began, answer.status_code))


def shown(seen: list[tuple[float, int]]) -> str:
    """The waiting times in words."""
    taken = sorted(seconds * 1000 for seconds, _ in seen)
    late = sum(status != 200 for _, status in seen)  # noqa: PLR2004 - the status of every decision
    p50, p99 = taken[len(taken) // 2], taken[min(len(taken) - 1, len(taken) * 99 // 100)]
    return f"{len(taken)} asked, p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {taken[-1]:.1f} ms, {late} not decided"


if __name__ == "__main__":
    main()
