"""On what stage does one fault happen? A database with people in it, the service before it, and everyone calling."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from callgate.store.migrate import migrate
from tests.outages.history import History
from tests.outages.line import HOST
from tests.outages.load import Asker, Prober
from tests.outages.own_postgres import OwnPostgres, copied, name_of, own_server
from tests.outages.proxy import Proxy, standing_before
from tests.outages.service import Nursery, Service, open_nursery
from tests.outages.town import people_the_town
from tests.postgres import create_database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
TABLESPACE: Final = "small_disk"
START_SECONDS_MAX: Final = 60.0
DEADLINE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Length:
    """How long is each fault looked at? The short form finds what breaks at once, the full one what breaks rarely.

    Args:
        warm_seconds: of calls before the fault.
        fault_seconds: of the fault.
        after_seconds: of calls after it.
        kills: of the service, in the cell that kills it.
        durable: PostgreSQL syncs each commit.
    """

    name: str
    warm_seconds: float
    fault_seconds: float
    after_seconds: float
    kills: int
    durable: bool


SHORT = Length("short", warm_seconds=0.3, fault_seconds=1.2, after_seconds=0.3, kills=5, durable=False)
FULL = Length("full", warm_seconds=1.5, fault_seconds=4.0, after_seconds=1.5, kills=200, durable=True)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every scene is built from."""

    length: Length
    nursery: Nursery
    sqlite_template: Path
    postgres: OwnPostgres


@contextmanager
def open_ground(length: Length) -> Iterator[Ground]:
    """A nursery, a PostgreSQL of our own, and a template of each database."""
    with (
        tempfile.TemporaryDirectory(prefix="callgate-outages-") as folder,
        open_nursery() as nursery,
        own_server(durable=length.durable) as server,
    ):
        file = Path(folder, "template.db")
        template = create_database(server)
        for url in (f"sqlite:///{file}", template):
            migrate(url)
            people_the_town(url)
        yield Ground(length, nursery, file, OwnPostgres(server, template))


@dataclass(slots=True)
class Scene:
    """One fault's stage. `url`: of the database, past whatever is broken between it and the service."""

    kind: str
    ground: Ground
    folder: Path
    url: str
    service: Service
    asker: Asker
    history: History
    proxy: Proxy | None = None
    small: Path | None = None
    figures: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def length(self) -> Length:
        """How long everything takes."""
        return self.ground.length

    @property
    def postgres(self) -> OwnPostgres:
        """The server."""
        return self.ground.postgres

    @property
    def database(self) -> str:
        """The database's name on the server."""
        return name_of(self.url)

    @property
    def way(self) -> Proxy:
        """The proxy between the service and PostgreSQL."""
        assert self.proxy is not None
        return self.proxy

    async def start(self) -> None:
        """Start the service and wait until it decides."""
        self.service.start()
        await self.until_it_decides()

    async def until_it_decides(self) -> None:
        """Wait for the first decision, without keeping what was answered until then."""
        asker = Asker(self.service.port, history=History())
        try:
            back = await Prober(asker).seconds_until_back(seconds_max=START_SECONDS_MAX, and_ready=False)
        finally:
            asker.close()
        assert back is not None, f"the service never decided:\n{self.log_tail()}"

    def log_tail(self) -> str:
        """The end of the service's log."""
        log = self.service.log
        return log.read_text()[-2000:] if log.exists() else "(no log)"


@asynccontextmanager
async def set_scene(
    kind: str,
    ground: Ground,
    *,
    small: Path | None = None,
    by_clock: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Scene]:
    """A fresh database of this kind with a service that is not started yet.

    Args:
        small: a small file system on which the records shall lie, if not on the ordinary disk.
        by_clock: the service's clock is set by a file, `clock` in the scene's folder.
        settings: CALLGATE_ variables without the prefix.
    """
    async with AsyncExitStack() as until_done:
        own = Path(until_done.enter_context(tempfile.TemporaryDirectory(prefix="callgate-outage-")))
        proxy = None
        if kind == SQLITE:
            file = (small or own / "data") / "callgate.db"
            file.parent.mkdir(exist_ok=True)
            shutil.copyfile(ground.sqlite_template, file)
            url = service_url = f"sqlite:///{file}"
        else:
            url = await asyncio.to_thread(
                until_done.enter_context, copied(ground.postgres, tablespace=TABLESPACE if small else None)
            )
            proxy = await until_done.enter_async_context(standing_before(ground.postgres.socket_path))
            service_url = f"postgresql://postgres@{HOST}:{proxy.port}/{name_of(url)}?sslmode=disable"
        clock = own / "clock" if by_clock else None
        if clock is not None:
            clock.write_text("0")
        service = Service(
            ground.nursery,
            own,
            free_port(),
            {"DATABASE_URL": service_url, "DEADLINE_SECONDS": str(DEADLINE_SECONDS), **settings},
            clock=clock,
        )
        until_done.callback(service.stop)
        history = History()
        asker = Asker(service.port, history=history)
        until_done.callback(asker.close)
        yield Scene(kind, ground, own, url, service, asker, history, proxy, small)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    return port
