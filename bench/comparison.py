"""How many decisions a second on each database, beside an endpoint of FastAPI that does nothing?

Runs take turns (empty, SQLite, PostgreSQL, and again), each against a server and a database of its own, copied from
the same records. Every answer is read, every kind of request must be answered as it has to be, and the log must hold
one decision for each answer: a fast refusal to work counts for nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select, text

from bench.load import Job, Seen
from bench.machine import machine_facts
from bench.report import EMPTY, POSTGRESQL, SQLITE, report_of
from bench.servers import ROOT, serving
from bench.world import FACILITIES, KINDS, NUMBERS_EACH, STATIONS, asks_of, fill_records, people_of
from callgate.api.tokens import SWITCH_LIFETIME_SECONDS_MAX, TokenKeys, issue_token
from callgate.domain.roles import Role
from callgate.store import tables as t
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from tests.postgres import create_database, drop_database
from tests.seeding import NOON, PIN_KEY, TOKEN_KEY

PATH: Final = "/v1/authorize"
DRIVER_SECONDS_MAX: Final = 600.0


class NotAsItMustBe(RuntimeError):
    """An answer or a record was wrong, so there is nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured?

    Args:
        seconds_max: of asking in one run; a run also ends when everyone has called.
        inmates: each of whom calls once in a run.
        warm_up: so many of them before the measuring begins.

    Raises:
        ValueError: nothing would be measured.
    """

    rounds: int
    seconds_max: float
    connections: int
    inmates: int
    warm_up: int

    def __post_init__(self) -> None:
        """Hold the invariants."""
        if min(self.rounds, self.connections) < 1 or self.seconds_max <= 0:
            raise ValueError("rounds, connections and seconds must be more than nothing")
        if not 0 <= self.warm_up < self.inmates:
            raise ValueError("everyone would have called before the measuring begins; there must be more people")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What all runs share: a plan of requests, and a template of each database."""

    folder: Path
    plan: Path
    token: str
    sqlite_template: Path
    postgres_url: str
    postgres_template: str


def compare(options: Options, *, postgres_url: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything and answer with the report.

    Args:
        options: how much.
        postgres_url: a server where databases may be created.
        say: hears of each round.

    Raises:
        NotAsItMustBe: an answer or a record was wrong.
    """
    with _prepared(options, postgres_url) as ground:
        machine = {**machine_facts(ground.folder), **_postgresql_facts(ground.postgres_template)}
        rounds = []
        for i in range(options.rounds):
            rounds.append({EMPTY: _run_empty(ground, options), **_run_both(ground, options)})
            rates = ", ".join(f"{target} {seen.per_second:.0f}/s" for target, seen in rounds[-1].items())
            say(f"round {i + 1} of {options.rounds}: {rates}")
    return report_of(rounds, machine=machine, settings=_settings(options))


@contextmanager
def _prepared(options: Options, postgres_url: str) -> Iterator[_Ground]:
    people = people_of(options.inmates)
    with tempfile.TemporaryDirectory(prefix="callgate-bench-") as name:
        folder = Path(name)
        plan = folder / "plan"
        plan.write_text("".join(f"{ask.kind}\t{json.dumps(ask.body)}\n" for ask in asks_of(people)), encoding="utf-8")
        sqlite_template = folder / "template.db"
        migrate(f"sqlite:///{sqlite_template}")
        fill_records(f"sqlite:///{sqlite_template}", people)
        postgres_template = create_database(postgres_url)
        try:
            migrate(postgres_template)
            fill_records(postgres_template, people)
            _settle(postgres_template)
            yield _Ground(
                folder=folder,
                plan=plan,
                token=_switch_token(),
                sqlite_template=sqlite_template,
                postgres_url=postgres_url,
                postgres_template=postgres_template,
            )
        finally:
            drop_database(postgres_url, postgres_template)


def _settle(url: str) -> None:
    """Let PostgreSQL count and write out what was loaded, which it does by itself within a minute.

    SQLite did so when its last connection was closed.
    """
    with open_sync(url) as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        plain.execute(text("VACUUM (ANALYZE)"))
        plain.execute(text("CHECKPOINT"))


def _run_both(ground: _Ground, options: Options) -> Mapping[str, Seen]:
    database = ground.folder / "callgate.db"
    database.write_bytes(ground.sqlite_template.read_bytes())
    on_sqlite = _run_callgate(ground, options, url=f"sqlite:///{database}")
    for left in ground.folder.glob("callgate.db*"):
        left.unlink()
    url = create_database(ground.postgres_url, template=ground.postgres_template)
    try:
        on_postgresql = _run_callgate(ground, options, url=url)
    finally:
        drop_database(ground.postgres_url, url)
    return {SQLITE: on_sqlite, POSTGRESQL: on_postgresql}


def _run_empty(ground: _Ground, options: Options) -> Seen:
    with serving("empty", {}) as server:
        seen = _drive(ground, options, port=server.port, pid=server.pid)
    if any({*counted} != {"allow"} for counted in seen.outcomes.values()):
        raise NotAsItMustBe(f"the empty endpoint answered {seen.outcomes}")
    return seen


def _run_callgate(ground: _Ground, options: Options, *, url: str) -> Seen:
    settings = {
        "CALLGATE_DATABASE_URL": url,
        "CALLGATE_TOKEN_KEY": TOKEN_KEY,
        "CALLGATE_PIN_KEY": PIN_KEY,
        "CALLGATE_LOG_LEVEL": "warning",
    }
    with serving("callgate", settings) as server:
        seen = _drive(ground, options, port=server.port, pid=server.pid)
    check_answers(seen)
    check_records(url, seen)
    return seen


def check_answers(seen: Seen) -> None:
    """Was every kind of request answered as it has to be?

    Raises:
        NotAsItMustBe: one was not.
    """
    for kind, counted in seen.outcomes.items():
        _, expected = KINDS[kind]
        if {*counted} != {expected}:
            raise NotAsItMustBe(f"`{kind}` must be answered {expected} and was answered {counted}")


def check_records(url: str, seen: Seen) -> None:
    """Does the log hold one decision for each answer, and one call for each allow?

    Raises:
        NotAsItMustBe: it does not.
    """
    allows = sum(counted.get("allow", 0) for counted in seen.outcomes.values())
    with open_sync(url) as connection:
        decided = connection.execute(select(func.count()).select_from(t.decisions)).scalar_one()
        called = connection.execute(select(func.count()).select_from(t.calls)).scalar_one()
    if (decided, called) != (seen.answers_with_warm_up, allows):
        answered = f"{seen.answers_with_warm_up} answers with {allows} allows"
        raise NotAsItMustBe(f"{answered} left {decided} decisions and {called} calls in the records")


def _drive(ground: _Ground, options: Options, *, port: int, pid: int) -> Seen:
    job = Job(
        port=port,
        path=PATH,
        token=ground.token,
        plan=str(ground.plan),
        connections=options.connections,
        warm_up=options.warm_up,
        seconds_max=options.seconds_max,
        server_pid=pid,
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=DRIVER_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        raise NotAsItMustBe("a connection broke or an answer never came; what the driver said stands above")
    return Seen(**json.loads(done.stdout))


def _switch_token() -> str:
    return issue_token(
        TokenKeys.from_text(TOKEN_KEY),
        subject="bench-switch",
        role=Role.SWITCH,
        facilities=None,
        now=NOON,
        lifetime_seconds=SWITCH_LIFETIME_SECONDS_MAX,
    )


def _postgresql_facts(url: str) -> dict[str, str]:
    shown = {
        "postgresql": "server_version",
        "postgresql_fsync": "fsync",
        "postgresql_sync_commit": "synchronous_commit",
    }
    with open_sync(url) as connection:
        return {name: str(connection.execute(text(f"SHOW {each}")).scalar_one()) for name, each in shown.items()}


def _settings(options: Options) -> dict[str, Any]:
    return {
        **asdict(options),
        "workers": 1,
        "stations": STATIONS,
        "facilities": FACILITIES,
        "numbers_each": NUMBERS_EACH,
        "sqlite_synchronous": "FULL",
        "requests_per_thousand": {kind: share for kind, (share, _) in KINDS.items()},
    }
