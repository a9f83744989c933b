"""How do the HTTP servers run: the service's own, with one process or several, and the one for the metrics port?"""

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import structlog
from fastapi import FastAPI
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from callgate import app, observe
from callgate.commands.protocol import QUIET_SECONDS_MAX, GuardedProtocol
from callgate.commands.terminal import Refusal

# uvicorn's default of 5 s closes a connection just as a switch sends its next call on it.
_KEEP_ALIVE_SECONDS: Final = int(QUIET_SECONDS_MAX)
_DRAIN_SECONDS: Final = 15
# By default a worker that is silent for 5 s is killed, which a busy machine needs to load one: it would never come up.
_WORKER_SILENT_SECONDS_MAX: Final = 30
_HEAD_BYTES_MAX: Final = 32 * 1024
_BACKLOG: Final = 2048
# More than a batch keeps alive at a time. Nearly everything of it is gone when its last mention is.
_YOUNG_OBJECTS_MAX: Final = 50_000
_METRICS_HOST: Final = "127.0.0.1"
_MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
_log = structlog.get_logger("callgate.serve")


def configure(application: FastAPI | str, *, workers: int = 1) -> Config:
    """How uvicorn serves callgate: an application, or the import path of what builds one in each worker."""
    return Config(
        application,
        factory=isinstance(application, str),
        workers=workers,
        loop="uvloop",
        http=GuardedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_worker_healthcheck=_WORKER_SILENT_SECONDS_MAX,
        h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
        backlog=_BACKLOG,
    )


def listen(host: str, port: int) -> socket.socket:
    """Take the port; port 0 takes a free one.

    Raises:
        Refusal: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        # The error's own text repeats the address; a name that is none has no number.
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no such address"
        message = f"Port {port} on {host} cannot be listened on: {reason}. Choose another with --host and --port."
        raise Refusal(message) from None
    listener.set_inheritable(True)
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL that leads there."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class AnnouncingServer(Server):
    """A server that says when it answers."""

    def __init__(self, config: Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def serve_alone(application: FastAPI, listener: socket.socket, *, announce: Callable[[], None]) -> None:
    """Serve from this process until SIGTERM or Ctrl-C; what is being answered then is answered first.

    Raises:
        Refusal: the application did not start.
    """
    server = AnnouncingServer(configure(telling_of_failure(application)), announce)
    with _leaving_quietly():
        try:
            server.run(sockets=[listener])
        except SystemExit as left:
            if not server.started:
                raise Refusal("The service did not start; the log above says where it failed.") from None
            raise left from None


def serve_together(
    listener: socket.socket, *, workers: int, metrics_port: int | None, announce: Callable[[], None]
) -> None:
    """Serve from several worker processes, which uvicorn replaces when they die, until SIGTERM or Ctrl-C."""
    with TemporaryDirectory(prefix="callgate-metrics-") as folder:
        # Before the workers are made: each writes its counts there from its first import on, and any of them sums all.
        os.environ[_MULTIPROCESS] = folder
        supervisor = Multiprocess(configure("callgate.commands.listening:create_worker", workers=workers), [listener])
        with metrics_server(metrics_port):
            announce()
            supervisor.run()
        if not any(process.exitcode in (0, -signal.SIGTERM, -signal.SIGINT) for process in supervisor.processes):
            raise Refusal("The service did not start; the log above says where it failed.")


def create_worker() -> FastAPI:
    """Build the application in a worker process."""
    return telling_of_failure(app.create())


def telling_of_failure(application: FastAPI) -> FastAPI:
    """Log what keeps the application from starting; what uvicorn logs is a traceback, and a line keeps none of it."""
    start = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[Any]:
        async with AsyncExitStack() as until_stopped:
            try:
                state = await until_stopped.enter_async_context(start(started))
            except Exception:
                _log.exception("start_failed")
                raise
            until_stopped.enter_context(leaving_what_stays_alone())
            yield state

    application.router.lifespan_context = lifespan
    return application


@contextmanager
def leaving_what_stays_alone() -> Iterator[None]:
    """Meanwhile let no garbage collection look again at what starting has made, which stays until the end.

    A full one walked all of it: a tenth of a second in which nobody is answered. And the youngest objects were looked
    at several times while one batch was decided, which still needed all of them.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS_MAX, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def metrics_server(port: int | None) -> Iterator[None]:
    """Serve /metrics on this port of 127.0.0.1 meanwhile; without a port, do nothing.

    Raises:
        Refusal: the port cannot be had.
    """
    if port is None:
        yield
        return
    try:
        server = ThreadingHTTPServer((_METRICS_HOST, port), _Metrics)
    except OSError as error:
        message = f"CALLGATE_METRICS_PORT: port {port} on {_METRICS_HOST} cannot be listened on: {error.strerror}."
        raise Refusal(message) from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Metrics(BaseHTTPRequestHandler):
    server_version = "callgate"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer what was counted; every other path is not there."""
        found = self.path.partition("?")[0] == "/metrics"
        body = observe.metrics_text() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", observe.METRICS_MEDIA_TYPE if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - what the base class passes
        """Say nothing: a scrape every few seconds is no news."""


@contextmanager
def _leaving_quietly() -> Iterator[None]:
    """Turn the signal that uvicorn raises again after it has drained into an ordinary end with exit code 0."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = {each: signal.signal(each, leave) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
