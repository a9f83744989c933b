"""What is measured? One uvicorn worker with the application that the command line names.

Started by `bench/servers.py`, once for each run. Every application gets the same server: uvloop, httptools, no access
log, connections kept for 75 s. The port is the first free one and is printed before the server starts.
"""

import sys
from typing import Final

import uvicorn
from fastapi import FastAPI

from callgate.api.switch_models import ALLOWED, AuthorizeIn, AuthorizeOut
from callgate.app import build, deploy
from callgate.clock import ShiftedClock
from callgate.observe import start_logging
from callgate.settings import load_settings
from tests.seeding import NOON

KEEP_ALIVE_SECONDS: Final = 75


def build_callgate() -> FastAPI:
    """The real application as the environment sets it up, on a clock that starts at noon: at night it refuses all."""
    return build(deploy(load_settings(), clock=ShiftedClock(NOON)))


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


def main() -> None:
    """Serve until told to stop."""
    start_logging("warning")
    config = uvicorn.Config(
        APPLICATIONS[sys.argv[1]],
        factory=True,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    socket = config.bind_socket()
    print(socket.getsockname()[1], flush=True)
    uvicorn.Server(config).run([socket])


if __name__ == "__main__":
    main()
