"""Does a service that cannot be right refuse to start, and say why? And what if that comes about while it runs?"""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from callgate.clock import monotonic_seconds
from tests.outages.history import UNAVAILABLE, Asked
from tests.outages.judge import judge, sqlite_file
from tests.outages.load import Prober
from tests.outages.scene import POSTGRESQL, SQLITE, Ground, Scene, set_scene
from tests.outages.service import environment_of
from tests.outages.town import CALLING, STRANGE, Person
from tests.outages.verdict import BACK_SECONDS_MAX, Verdict, verdict_of
from tests.seeding import PIN_KEY, TOKEN_KEY

_REFUSES_SECONDS_MAX: Final = 60.0
# An older one than this version's, and one of a version to come.
_OTHER_REVISIONS: Final = ("callgate_0001", "callgate_9999")


@dataclass(slots=True)
class Trial:
    """One fault of this kind as it goes on; `complaints`: what was not as it must be."""

    scene: Scene
    complaints: list[str] = field(default_factory=list)
    back_seconds: float | None = None
    _asked: int = 0

    async def refuses_to_start(
        self, why: str, told: str, *, by_another_server: bool = False, without: str = ""
    ) -> None:
        """Start it, `without` a setting; it must end by itself, with a code that is not 0, and say `told`."""
        scene, service = self.scene, self.scene.service
        before = service.log.stat().st_size if service.log.exists() else 0
        clock = scene.folder / "clock"
        clock.write_text("0")
        pid = scene.ground.nursery.start(
            ["serve", "--port", str(service.port)],
            folder=scene.folder,
            log=service.log,
            environment=environment_of(**service.settings, **({without: ""} if without else {})),
            clock=str(clock) if by_another_server else None,
            packages=list(service.packages),
        )
        code = await self._code_of(pid)
        said = service.log.read_text()[before:]
        if code is None:
            self.complaints.append(f"{why}: it started")
        elif code == 0 or told not in said or "\nTraceback" in said:
            self.complaints.append(f"{why}: it ended with {code} and said: {said[-300:]!r}")

    async def _code_of(self, pid: int) -> int | None:
        give_up_at = monotonic_seconds() + _REFUSES_SECONDS_MAX
        while (code := self.scene.ground.nursery.find_code(pid)) is None:
            if monotonic_seconds() > give_up_at or (await self.scene.asker.look("/livez")).status is not None:
                self.scene.service.pid = pid
                self.scene.service.stop()
                return None
            await asyncio.sleep(0.05)
        return code

    def stop(self) -> None:
        """End the service in order; who had a connection to it has none any more."""
        self.scene.asker.close()
        self.scene.service.stop()

    async def ask(self, person: Person) -> Asked:
        """One attempt of somebody, whose call is over at once."""
        call_id = self.scene.asker.new_call_id()
        asked = await self.scene.asker.ask("trial", person, call_id)
        if asked.is_allowed:
            await self.scene.asker.end("trial", call_id, cause="completed")
        return asked

    async def expect(self, what: str, person: Person, outcome: str) -> None:
        """This attempt must come to that."""
        asked = await self.ask(person)
        if asked.outcome != outcome:
            self.complaints.append(f"{what}: {asked.outcome} and not {outcome}")

    async def expect_ready(self, what: str, status: int) -> None:
        """Readiness must say that."""
        found = (await self.scene.asker.look("/readyz")).status
        if found != status:
            self.complaints.append(f"{what}: readiness says {found} and not {status}")

    async def until_back(self) -> None:
        """Wait for a new decision and a ready service, whose start is not counted here."""
        self.back_seconds = await Prober(self.scene.asker).seconds_until_back(seconds_max=3 * BACK_SECONDS_MAX)


async def keys_missing(trial: Trial) -> None:
    """A key is not there when the service starts."""
    scene = trial.scene
    if scene.kind == POSTGRESQL:
        for name in ("PIN_KEY", "TOKEN_KEY"):
            told = f"callgate: CALLGATE_{name} is not set."
            await trial.refuses_to_start(f"without {name}", told, without=name)
        await scene.start()
        await trial.until_back()
        return
    folder = sqlite_file(scene.url).parent
    (folder / "pin_key").write_text(PIN_KEY)
    (folder / "token_key").write_text(TOKEN_KEY)
    scene.service.settings = {**scene.service.settings, "PIN_KEY": "", "TOKEN_KEY": ""}
    await scene.start()
    await trial.expect("with both keys", CALLING[0], "allow")
    (folder / "pin_key").rename(folder / "lost")
    await trial.expect("with the file gone and the key loaded", CALLING[0], "allow")
    trial.stop()
    await trial.refuses_to_start("without its PIN key", "pin_key is missing")
    if (folder / "pin_key").exists():
        trial.complaints.append("another PIN key was made, under which no PIN is accepted")
    (folder / "lost").rename(folder / "pin_key")
    await scene.start()
    await trial.until_back()
    await trial.expect("with the key put back", CALLING[0], "allow")


async def migrations_pending(trial: Trial) -> None:
    """The tables are another version's: when the service starts, under another server than ours, and while it runs."""
    scene = trial.scene
    await scene.start()
    current = await asyncio.to_thread(_set_revision, scene, None)
    for revision in _OTHER_REVISIONS:
        await asyncio.to_thread(_set_revision, scene, revision)
        await trial.expect_ready(f"at {revision}", UNAVAILABLE)
    trial.stop()
    # The embedded database's own start migrates it, and can only fail over a revision that nobody knows.
    told = "callgate: The database " if scene.kind == POSTGRESQL else "callgate: "
    await trial.refuses_to_start("at another revision", told)
    await trial.refuses_to_start("under another server", "start_failed", by_another_server=True)
    await asyncio.to_thread(_set_revision, scene, current)
    await scene.start()
    await trial.until_back()


def _set_revision(scene: Scene, revision: str | None) -> str:
    """Let the database say that it is at this revision; None only asks."""
    change = f"UPDATE alembic_version SET version_num = '{revision}'"  # noqa: S608 - a constant of ours
    if scene.kind == SQLITE:
        with sqlite3.connect(sqlite_file(scene.url), timeout=10) as connection:
            before = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            if revision is not None:
                connection.execute(change)
        connection.close()
        return str(before)
    before = scene.postgres.run("SELECT version_num FROM alembic_version", database=scene.url)[0][0]
    if revision is not None:
        scene.postgres.run(change, database=scene.url)
    return str(before)


async def time_zones_missing(trial: Trial) -> None:
    """The package with the time zones is not there when the service starts, and goes away while it runs."""
    scene = trial.scene
    libraries = scene.folder / "libraries"
    shutil.copytree(_package_of("tzdata"), libraries / "tzdata")
    scene.service.packages = [str(libraries)]
    await scene.start()
    await trial.expect("with time zones", CALLING[0], "allow")
    (libraries / "tzdata" / "zoneinfo").rename(libraries / "away")
    await trial.expect("at a place whose zone is known already", CALLING[1], "allow")
    await trial.expect("at a place whose zone cannot be read", STRANGE[0], "deny")
    (libraries / "away").rename(libraries / "tzdata" / "zoneinfo")
    await trial.until_back()
    await trial.expect("with time zones again", STRANGE[1], "allow")
    trial.stop()
    (libraries / "tzdata" / "zoneinfo").rename(libraries / "away")
    await trial.refuses_to_start("without time zones", "callgate: The time zones cannot be read")


def _package_of(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


FAULTS_OF_STARTS: Final[Mapping[str, Callable[[Trial], Awaitable[None]]]] = {
    "keys missing": keys_missing,
    "time zones missing": time_zones_missing,
    "migrations pending": migrations_pending,
}


async def try_start(name: str, kind: str, ground: Ground) -> Verdict:
    """Let one of these happen, and say what came of it."""
    began = time.monotonic()
    async with set_scene(kind, ground) as scene:
        trial = Trial(scene)
        await FAULTS_OF_STARTS[name](trial)
        findings = await asyncio.to_thread(judge, scene.url, scene.history)
        return verdict_of(
            name,
            kind,
            during=scene.history,
            back_seconds=trial.back_seconds,
            findings=findings,
            complaints=trial.complaints,
            figures={"fault_seconds": round(time.monotonic() - began, 1)},
        )
