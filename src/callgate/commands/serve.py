"""`callgate serve`: run the service."""

from typing import Annotated

import typer

from callgate import __version__, observe
from callgate.app import build, deploy
from callgate.commands.handing_over import taking_files
from callgate.commands.listening import address_of, listen, metrics_server, serve_alone, serve_together
from callgate.commands.terminal import Refusal, examples, say
from callgate.flows.deployment import Deployment
from callgate.settings import Settings, UnusableSettings, load_settings
from callgate.store import migrate
from callgate.store.database import serving_alone
from callgate.store.reading import embedded_path, open_records, require_head, told_plainly

EXAMPLES = examples("callgate serve", "callgate serve --host 0.0.0.0 --port 8080")


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes; PostgreSQL only.")] = 1,
) -> None:
    """Run the service.

    On the embedded database its tables are made and migrated first, and one process alone may serve it. On PostgreSQL
    run `callgate migrate` before. SIGTERM and Ctrl-C end it once what is being answered has been answered.
    """
    settings = load_settings()
    observe.start_logging(settings.log_level)
    if settings.is_embedded:
        _serve_embedded(settings, host=host, port=port, workers=workers)
        return
    with open_records(settings.database_url) as reading:
        require_head(reading)
    if workers == 1:
        _serve_here(settings, host=host, port=port)
    else:
        _deploy(settings)  # keys and policies that cannot be used are told once, here, and not by every worker
        listener = listen(host, port)
        told = f"callgate {__version__} listens on {address_of(listener)} with {workers} workers"
        serve_together(listener, workers=workers, metrics_port=settings.metrics_port, announce=lambda: say(told))


def _serve_embedded(settings: Settings, *, host: str, port: int, workers: int) -> None:
    if workers > 1:
        raise Refusal(
            "The embedded database is served by one process alone, so --workers must be 1: SQLite has one writer, and "
            "two processes can corrupt its journal. For more, set CALLGATE_DATABASE_URL to a PostgreSQL database."
        )
    embedded_path(settings.database_url)  # a URL that is none is told before anything is made
    with serving_alone(settings.database_url):
        with told_plainly():
            migrate.migrate(settings.database_url)
        with taking_files(settings):
            _serve_here(settings, host=host, port=port)


def _serve_here(settings: Settings, *, host: str, port: int) -> None:
    application = build(_deploy(settings))
    listener = listen(host, port)
    told = f"callgate {__version__} listens on {address_of(listener)}"
    with metrics_server(settings.metrics_port):
        serve_alone(application, listener, announce=lambda: say(told))


def _deploy(settings: Settings) -> Deployment:
    try:
        return deploy(settings)
    except ValueError as error:
        raise UnusableSettings(f"CALLGATE_PIN_KEY cannot be used: {error}.") from None
