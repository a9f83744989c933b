"""How does a file reach the embedded database while a service holds it?

SQLite has one process here, so the file is taken in by that one: `callgate import` lays it into a folder beside the
database, and the service takes it from there, in a thread of its own so that phones keep being answered. Whoever may
write into that folder may write the database beside it; so nobody is asked for a token. The order is locked by whoever
waits for it, and one that nobody waits for any more is thrown away.
"""

import asyncio
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO, Final
from uuid import uuid4

import structlog

from callgate.app import deploy
from callgate.commands.terminal import Refusal
from callgate.domain.errors import CallgateError
from callgate.domain.feed import Accept, FeedKind
from callgate.flows.deployment import Deployment
from callgate.flows.feeds.csv_rows import FileRefused
from callgate.flows.feeds.judging import Order
from callgate.flows.feeds.run import Brake, FeedResult, FeedState, Proof, Step, run_feed
from callgate.settings import Settings
from callgate.store.database import AlreadyServing, Database, serving_alone
from callgate.store.feed_stage import FeedStage, RowVerdict
from callgate.store.reading import embedded_path

_EVERY_SECONDS: Final = 0.2
_SECONDS_MAX: Final = 60.0
_ORDER, _FILE, _STEP, _REPORT = ".order", ".csv", ".step", ".report"
_log = structlog.get_logger("callgate.feeds")


def folder_of(settings: Settings) -> Path:
    """Where files for this database are laid."""
    path = embedded_path(settings.database_url)
    return path.with_name(f"{path.name}.feeds")


@contextmanager
def taking_files(settings: Settings) -> Iterator[None]:
    """Take in every file that is laid down, until left; one that is being taken in then is given up whole."""
    folder = folder_of(settings)
    for left in folder.glob("*"):
        left.unlink()  # of a service that ended; whoever laid it down was told so
    ended = threading.Event()

    def take() -> None:
        while not ended.wait(_EVERY_SECONDS):
            for path in sorted(folder.glob(f"*{_ORDER}")):
                _take(settings, path)

    # A daemon: the process may end in the middle of a file, which then changed nothing.
    threading.Thread(target=take, name="feeds", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def deploy_patiently(settings: Settings) -> Deployment:
    """What `deploy` gathers, with a database that may take its time: nobody waits for an answer within a second."""
    deployment = deploy(settings)
    patient = Database(
        settings.database_url,
        # Waiting for a lock keeps others waiting behind it, so that stays short.
        lock_wait_seconds=settings.deadline_seconds * 0.4,
        statement_seconds=_SECONDS_MAX,
        answer_seconds=_SECONDS_MAX * 2,
        turn_seconds=_SECONDS_MAX,
    )
    return replace(deployment, database=patient)


def hand_over(
    settings: Settings, order: Order, source: BinaryIO, *, step: Step
) -> tuple[FeedResult, Callable[[], Iterator[RowVerdict]]]:
    """Have the service take the file in; answer what became of it, and of each row.

    Raises:
        FileRefused: it is no table of this kind.
        Refusal: the service refused it, or ended meanwhile.
    """
    folder, name = folder_of(settings), uuid4().hex
    folder.mkdir(mode=0o700, exist_ok=True)
    with _laid_down(folder, name, order, source):
        report = folder / f"{name}{_REPORT}"
        while not report.exists():
            _tell(folder / f"{name}{_STEP}", step)
            _require_service(settings)
            time.sleep(_EVERY_SECONDS)
        rows = report.open(encoding="utf-8")  # the name goes, the file stays for as long as it is read
    told = json.loads(rows.readline())
    if "refused" in told:
        raise FileRefused(told["refused"])
    if "failed" in told:
        raise Refusal(told["failed"])
    return _result_from(told), lambda: (RowVerdict(**json.loads(line)) for line in rows)


@contextmanager
def _laid_down(folder: Path, name: str, order: Order, source: BinaryIO) -> Iterator[None]:
    csv, path = folder / f"{name}{_FILE}", folder / f"{name}{_ORDER}"
    draft = folder / f"{name}.draft"
    try:
        with os.fdopen(os.open(csv, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
            copyfileobj(source, copy)
        with draft.open("w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            told = {**asdict(order), "accept": sorted(order.accept)}
            held.write(json.dumps(told))
            held.flush()
            draft.rename(path)
            yield
    finally:
        for left in folder.glob(f"{name}.*"):
            left.unlink(missing_ok=True)


def _require_service(settings: Settings) -> None:
    try:
        with serving_alone(settings.database_url):
            raise Refusal("The service ended before the file was taken in. Nothing of it was kept; run it again.")
    except AlreadyServing:
        return


def _tell(path: Path, step: Step) -> None:
    try:
        name, done, total = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return
    step(name, int(done), int(total))


def _is_waited_for(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _take(settings: Settings, path: Path) -> None:
    """Take one file in and write its report, whatever it comes to."""
    if not _is_waited_for(path):
        for left in path.parent.glob(f"{path.stem}.*"):
            left.unlink(missing_ok=True)
        return
    draft = path.with_suffix(".written")
    with FeedStage() as stage, draft.open("w", encoding="utf-8") as report:
        told = _told(settings, path, stage)
        path.unlink(missing_ok=True)
        report.write(f"{json.dumps(told)}\n")
        if "state" in told:
            report.writelines(f"{json.dumps(asdict(verdict))}\n" for verdict in stage.each_verdict())
    draft.rename(path.with_suffix(_REPORT))


def _told(settings: Settings, path: Path, stage: FeedStage) -> dict[str, Any]:
    """What became of the file, or why nothing did."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        order = Order(**{**told, "kind": FeedKind(told["kind"]), "accept": frozenset(map(Accept, told["accept"]))})
        with path.with_suffix(_FILE).open("rb") as source:
            return asdict(asyncio.run(_run(settings, order, source, stage, path.with_suffix(_STEP))))
    except FileRefused as refused:
        return {"refused": str(refused)}
    except CallgateError as error:
        return {"failed": error.detail}
    except Exception as error:  # noqa: BLE001 - whoever waits must hear that it went wrong, and the next file be taken
        _log.error("file_failed", error=type(error).__name__)
        return {"failed": "The service failed on this file; its log has the kind of the error. Nothing was kept."}


async def _run(settings: Settings, order: Order, source: BinaryIO, stage: FeedStage, told: Path) -> FeedResult:
    """In a loop and with connections of its own: the service's stay free for calls."""
    deployment = deploy_patiently(settings)

    def step(name: str, done: int, total: int) -> None:
        told.write_text(f"{name} {done} {total}", encoding="utf-8")

    try:
        return await run_feed(deployment, order, source, stage, step=step)
    finally:
        await deployment.database.close()


def _result_from(told: dict[str, Any]) -> FeedResult:
    return FeedResult(
        state=FeedState(told["state"]),
        rows=told["rows"],
        outcomes=told["outcomes"],
        brakes=tuple(Brake(**brake) for brake in told["brakes"]),
        proof=None if told["proof"] is None else Proof(**told["proof"]),
    )
