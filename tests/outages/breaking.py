"""How is each thing around the service broken, and mended again? Each takes the scene and is over when it is left."""

import asyncio
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.outages.by_clock import set_clock
from tests.outages.judge import sqlite_file
from tests.outages.own_postgres import plain
from tests.outages.proxy import Mode
from tests.outages.scene import SQLITE, Scene

_BACK_SECONDS: Final = -3600.0
_SLOW_REPLY_SECONDS: Final = 0.6
_HELD_SECONDS, _FREE_SECONDS = 0.5, 0.02


@asynccontextmanager
async def down(scene: Scene) -> AsyncIterator[None]:
    """The server is stopped as by a power cut; the folder of the embedded database is not there."""
    if scene.kind == SQLITE:
        folder = sqlite_file(scene.url).parent
        away = folder.with_name("away")
        folder.rename(away)
        yield
        scene.figures["made_meanwhile"] = int(folder.exists())
        shutil.rmtree(folder, ignore_errors=True)
        away.rename(folder)
        return
    await asyncio.to_thread(scene.postgres.stop)
    try:
        yield
    finally:
        await asyncio.to_thread(scene.postgres.start)


@asynccontextmanager
async def slow(scene: Scene) -> AsyncIterator[None]:
    """Every reply of the server comes late; another process has the embedded database's only writer's turn mostly."""
    if scene.kind == SQLITE:
        stop = asyncio.Event()
        hog = asyncio.create_task(_hog(scene, stop))
        yield
        stop.set()
        await hog
        return
    scene.way.delay_seconds = _SLOW_REPLY_SECONDS
    yield
    scene.way.go_on()


async def _hog(scene: Scene, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with _holding(scene):
            await asyncio.sleep(_HELD_SECONDS)
        await asyncio.sleep(_FREE_SECONDS)


@contextmanager
def _holding(scene: Scene) -> Iterator[None]:
    connection = sqlite3.connect(sqlite_file(scene.url), isolation_level=None, timeout=5)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


@asynccontextmanager
async def silent(scene: Scene) -> AsyncIterator[None]:
    """The network passes nothing on, in neither direction, and tells nobody."""
    scene.way.stall()
    yield
    scene.way.go_on()


@asynccontextmanager
async def stranded(scene: Scene) -> AsyncIterator[None]:
    """Every open connection is dead and nobody is told, as when the server's machine vanishes; a new one is served."""
    scene.figures["stranded"] = scene.way.strand()
    yield


@asynccontextmanager
async def locked(scene: Scene) -> AsyncIterator[None]:
    """Somebody else holds the log of decisions, or the embedded database, and does not let go."""
    if scene.kind == SQLITE:
        with _holding(scene):
            yield
        return
    # Not from this thread: what must let go first speaks through a proxy that runs in it.
    connection = await asyncio.to_thread(_lock_the_log, plain(scene.url))
    yield
    connection.close()


def _lock_the_log(url: str) -> "psycopg.Connection[Any]":
    connection = psycopg.connect(url)
    connection.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
    return connection


@asynccontextmanager
async def read_only(scene: Scene) -> AsyncIterator[None]:
    """Nothing may be written any more."""
    if scene.kind != SQLITE:
        await _set_read_only(scene, "on")
        yield
        await _set_read_only(scene, "off")
        return
    file = sqlite_file(scene.url)
    files = [path for path in (file, file.with_name(f"{file.name}-wal")) if path.exists()]
    if not _mark("+i", files):
        scene.figures["means"] = "RLIMIT_FSIZE"
        with _unable_to_write(scene):
            yield
        return
    scene.figures["means"] = "chattr +i"
    try:
        yield
    finally:
        _mark("-i", files)


async def _set_read_only(scene: Scene, value: str) -> None:
    for statement in (f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()"):
        await asyncio.to_thread(scene.postgres.run, statement)


def _mark(how: str, files: list[Path]) -> bool:
    """Can the file system be told that these never change? Only an administrator may, and not everywhere."""
    with suppress(OSError):
        return subprocess.run(["chattr", how, *files], check=False, capture_output=True).returncode == 0  # noqa: S607 - wherever it is
    return False


@contextmanager
def _unable_to_write(scene: Scene) -> Iterator[None]:
    """No file that the service has open can be written: what an administrator is not needed for."""
    assert scene.service.pid is not None
    before = resource.prlimit(scene.service.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scene.service.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(scene.service.pid, resource.RLIMIT_FSIZE, before)


@asynccontextmanager
async def unwritable(scene: Scene) -> AsyncIterator[None]:
    """The disk takes no byte of any file, the log's included."""
    with _unable_to_write(scene):
        yield


@asynccontextmanager
async def full(scene: Scene) -> AsyncIterator[None]:
    """The small file system on which the records lie has no room left."""
    if scene.small is None:
        scene.figures["means"] = "RLIMIT_FSIZE"
        with _unable_to_write(scene):
            yield
        return
    ballast = scene.small / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    scene.figures["ballast_kib"] = ballast.stat().st_size // 1024
    try:
        yield
    finally:
        ballast.unlink()


@asynccontextmanager
async def connections_killed(scene: Scene) -> AsyncIterator[None]:
    """An administrator ends every connection of the service, in whatever it is doing, again and again."""
    stop = asyncio.Event()
    killer = asyncio.create_task(_kill_connections(scene, stop))
    yield
    stop.set()
    scene.figures["killed"] = await killer


async def _kill_connections(scene: Scene, stop: asyncio.Event) -> int:
    killed = 0
    while not stop.is_set():
        killed += await asyncio.to_thread(scene.postgres.end_backends, scene.database)
        await asyncio.sleep(0.15)
    return killed


@asynccontextmanager
async def commits_unheard(scene: Scene) -> AsyncIterator[None]:
    """The server commits, and its word of it never arrives: the connection breaks instead."""
    scene.way.mode = Mode.SWALLOW
    yield
    scene.way.go_on()
    scene.figures["unheard"] = scene.way.swallowed


@asynccontextmanager
async def clock_back(scene: Scene) -> AsyncIterator[None]:
    """The service's clock is an hour behind."""
    assert scene.service.clock is not None
    set_clock(scene.service.clock, _BACK_SECONDS)
    yield
    set_clock(scene.service.clock, 0.0)
