"""Where do records lie whose disk shall fill up? On a small file system of their own, in memory."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.outages.scene import SQLITE, TABLESPACE, Ground


def can_mount() -> bool:
    """May a file system be mounted here? Only an administrator may, and not in every container."""
    if os.geteuid() != 0 or shutil.which("mount") is None or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0  # noqa: S607 - wherever it is


@contextmanager
def small_disk(kind: str, ground: Ground, *, megabytes: int) -> Iterator[Path]:
    """A file system of that size; for PostgreSQL with a tablespace on it, in a folder that the server may enter."""
    postgres = ground.postgres
    parent = None if kind == SQLITE else postgres.folder
    place = Path(tempfile.mkdtemp(prefix="callgate-small-", dir=parent))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=True)  # noqa: S607
    try:
        if kind == SQLITE:
            yield place
            return
        os.chown(place, postgres.owner(), -1)
        postgres.run(f"CREATE TABLESPACE {TABLESPACE} LOCATION '{place}'")
        try:
            yield place
        finally:
            postgres.run(f"DROP TABLESPACE {TABLESPACE}")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607
        place.rmdir()
