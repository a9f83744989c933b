"""`callgate openapi`: print the HTTP contract as this version serves it."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import SecretStr

from callgate.api.openapi import openapi_text
from callgate.app import build, deploy
from callgate.commands.terminal import AsJson, Refusal, examples, say, show_json
from callgate.settings import Settings

EXAMPLES = examples("callgate openapi", "callgate openapi > callgate.json", "callgate openapi --check callgate.json")


def openapi(
    *,
    check: Annotated[
        Path | None, typer.Option(help="Compare this file with what is served, instead of printing it.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the OpenAPI file of this version.

    It is what the service answers by, and JSON with or without --json. Needs no database, no keys and no settings.
    """
    text = served_text()
    if check is None:
        say(text.rstrip("\n"))
        return
    is_same = _read(check).rstrip("\n") == text.rstrip("\n")
    if as_json:
        show_json({"file": str(check), "is_what_is_served": is_same})
    elif is_same:
        say(f"{check} is what this version serves.")
    if not is_same:
        raise Refusal(f"{check} is not what this version serves. Write it anew: callgate openapi > {check}")


def served_text() -> str:
    """What a service of this version says of itself.

    The application is the real one, on settings that nobody will use: it is built and never started.
    """
    with TemporaryDirectory(prefix="callgate-openapi-") as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/unused.db",
            token_key=SecretStr(secrets.token_urlsafe(32)),
            pin_key=SecretStr(secrets.token_urlsafe(32)),
        )
        return openapi_text(build(deploy(settings)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read ({type(error).__name__}).") from None
