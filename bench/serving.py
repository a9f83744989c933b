"""What is measured? uvicorn with the application, and as many workers, as the command line names.

Started by `bench/servers.py`, once for each run. Both get uvicorn with uvloop and httptools, no access log, connections
that are kept; callgate is served as `callgate serve` does it. The port is the first free one and is printed before the
server starts; each worker prints a line once its application has started.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from callgate.api.switch_models import ALLOWED, AuthorizeIn, AuthorizeOut
from callgate.app import build, deploy
from callgate.clock import ShiftedClock
from callgate.commands.listening import configure, listen, telling_of_failure
from callgate.observe import start_logging
from callgate.settings import load_settings
from tests.seeding import NOON

KEEP_ALIVE_SECONDS: Final = 75
HEALTH_SECONDS: Final = 60  # five if left alone: on a busy machine a worker was killed while it still imported
_NAME: Final = "BENCH_APPLICATION"
_CREATE: Final = "bench.serving:create"


def build_callgate() -> FastAPI:
    """The real application as the environment sets it up, on a clock that starts at noon: at night it refuses all."""
    return telling_of_failure(build(deploy(load_settings(), clock=ShiftedClock(NOON))))


def build_empty() -> FastAPI:
    """What does FastAPI alone cost? The same two models by its usual path, one answer, no decision and no record."""
    app = FastAPI()
    answer = AuthorizeOut.model_validate(ALLOWED)

    @app.post("/v1/authorize")
    async def authorize(asked: AuthorizeIn) -> AuthorizeOut:
        del asked
        return answer

    return app


APPLICATIONS: Final = {"callgate": build_callgate, "empty": build_empty}


def create() -> FastAPI:
    """Build the named application, in each worker, with a word to the bench once it has started."""
    start_logging("warning")
    app = APPLICATIONS[os.environ[_NAME]]()
    start = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[Any]:
        async with start(started) as state:
            print("ready", flush=True)
            yield state

    app.router.lifespan_context = lifespan
    return app


def main() -> None:
    """Serve until told to stop: the application's name and the number of workers stand on the command line."""
    name, workers = sys.argv[1], int(sys.argv[2])
    os.environ[_NAME] = name
    config = configure(_CREATE, workers=workers) if name == "callgate" else configure_stock(workers)
    config.timeout_worker_healthcheck = HEALTH_SECONDS
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    if workers == 1:
        uvicorn.Server(config).run([listener])
        return
    with TemporaryDirectory(prefix="callgate-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # as the service has it
        Multiprocess(config, [listener]).run()


def configure_stock(workers: int) -> uvicorn.Config:
    """How uvicorn serves what is not callgate: its fast parts, and nothing else changed."""
    return uvicorn.Config(
        _CREATE,
        factory=True,
        workers=workers,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


if __name__ == "__main__":
    main()
