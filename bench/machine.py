"""On what was it measured? Facts that a reader needs to judge the figures; no host name and no path among them."""

import os
import platform
import re
import sqlite3
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = ("fastapi", "pydantic", "sqlalchemy", "psycopg", "aiosqlite", "uvicorn", "uvloop", "httptools")
_SYNCS: Final = 100
_PAGE: Final = b"\x00" * 4096


def machine_facts(folder: Path) -> dict[str, Any]:
    """The machine, its software, and what durable storage costs in `folder`, where the databases will be."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "filesystem": _filesystem_of(folder),
        "sync_microseconds": _sync_microseconds(folder),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()


def _filesystem_of(folder: Path) -> str:
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "unknown"
    above = [(len(mount[1]), mount[2]) for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    return max(above)[1] if above else "unknown"


def _sync_microseconds(folder: Path) -> int:
    """How long does one synced page take? A commit cannot be faster; a figure near zero means nothing was durable."""
    path = folder / "sync"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(_PAGE)
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return round(statistics.median(taken) * 1e6)
