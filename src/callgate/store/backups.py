"""How is the embedded database copied while it is served, and how does a copy take its place again?

SQLite's own online backup inside one read transaction: the copy is the database as it was at one instant, whatever is
written meanwhile, and no writer waits. A copy appears under its name only when it is whole, checked and on disk.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from callgate.domain.instants import from_milliseconds
from callgate.store.migrate import knows_revision
from callgate.store.reading import embedded_path, told_plainly

_PAGES_PER_STEP: Final = 1000
_FAULTS_SHOWN: Final = 3

Progress = Callable[[int, int], None]
"""Hears how many pages are copied, and of how many."""


class UnusableBackup(Exception):
    """The copy cannot be trusted, or not by this version; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds.

    Args:
        size: of the file, in bytes.
        revision: of its tables.
        decisions: how many are recorded in it.
        newest: when the last of them was decided; None: none.
    """

    size: int
    revision: str
    decisions: int
    newest: datetime | None


def back_up(url: str, target: Path, *, on_progress: Progress) -> Copied:
    """Copy the embedded database into a new file, beside a service that runs.

    Raises:
        FileExistsError: there is a file of this name; it is left alone.
        UnusableBackup: what was copied is damaged, so the database is.
        RecordsUnreadable: the database cannot be read.
    """
    with told_plainly(), _new_file(target) as part:
        with _opened(embedded_path(url)) as source, closing(sqlite3.connect(part, isolation_level=None)) as copy:
            _copy(source, copy, on_progress)
            # One file without a log beside it can be carried about; serving brings the log back.
            copy.execute("PRAGMA journal_mode=DELETE")
        return examine(part)


def examine(path: Path) -> Copied:
    """Answer what a copy holds, once it is shown to be whole.

    Raises:
        UnusableBackup: it is damaged, is no callgate database, or is of a version that this one does not know.
    """
    try:
        with _opened(path) as copy:
            faults = [str(row[0]) for row in copy.execute("PRAGMA integrity_check")]
            torn = copy.execute("PRAGMA foreign_key_check").fetchall()
            if faults != ["ok"] or torn:
                told = (
                    "; ".join(faults[:_FAULTS_SHOWN]) if faults != ["ok"] else f"{len(torn)} rows lost what they name"
                )
                raise UnusableBackup(f"{path.name} is damaged: {told}. Use an older copy.")
            revision = str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            count, newest = copy.execute("SELECT count(*), max(decided_at) FROM decisions").fetchone()
    except (sqlite3.Error, TypeError):
        raise UnusableBackup(f"{path.name} is no callgate database, or is damaged. Use another copy.") from None
    if not knows_revision(revision):
        raise UnusableBackup(
            f"{path.name} is at revision {revision}, which this callgate does not know: use the version that made it."
        )
    return Copied(
        size=path.stat().st_size,
        revision=revision,
        decisions=count,
        newest=None if newest is None else from_milliseconds(newest),
    )


def put_in_place(source: Path, url: str, *, kept_as: Path, on_progress: Progress) -> None:
    """Make the embedded database what this copy is; whoever calls holds it alone.

    The database that was there keeps its log and stays beside it under the name `kept_as`.

    Raises:
        RecordsUnreadable: the copy cannot be read or the new file not be written; the database is as it was.
    """
    database = embedded_path(url)
    database.parent.mkdir(parents=True, exist_ok=True)
    coming = database.with_name(f"{database.name}.restoring")
    coming.unlink(missing_ok=True)
    with (
        told_plainly(),
        _new_file(coming) as part,
        _opened(source) as copy,
        closing(sqlite3.connect(part, isolation_level=None)) as target,
    ):
        _copy(copy, target, on_progress)
    if database.exists():
        # Its log moves first: the new file must never stand beside the log of the old one.
        os.link(database, kept_as)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{database}{suffix}").rename(f"{kept_as}{suffix}")
    coming.replace(database)
    _sync(database.parent)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A file for its owner alone that has its name only when the block was left well and all of it is on disk."""
    if target.exists():
        raise FileExistsError(target)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)  # of a copy that was cut off
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
        _sync(part)
        part.rename(target)
        _sync(target.parent)
    finally:
        for leftover in (part, Path(f"{part}-journal"), Path(f"{part}-wal"), Path(f"{part}-shm")):
            leftover.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only=ON")
        yield connection


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, on_progress: Progress) -> None:
    # Without a transaction of our own, the copy would begin anew with every write of the service.
    source.execute("BEGIN")
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    source.backup(
        target,
        pages=_PAGES_PER_STEP,
        progress=lambda _status, left, total: on_progress(total - left, total),
        sleep=0,
    )
    source.rollback()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
