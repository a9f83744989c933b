"""Which commands are there, and what happens where one cannot go on?

Every failure that an operator can mend is one plain sentence on standard error and exit code 1. What is left is a fault
of callgate's: its kind and place are told and nothing else, because a traceback's last line may quote what must not be
seen.
"""

import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from callgate import __version__
from callgate.api.token_keys import UnusableTokenKey
from callgate.commands import doctor, migrate, openapi, policies, replay, serve, token
from callgate.commands.demo import command as demo
from callgate.commands.terminal import FOUND_WRONG, Refusal, note, say
from callgate.domain.errors import CallgateError
from callgate.flows.replay_corpus import MalformedCorpus
from callgate.policies import MalformedProfile, UnknownProfile
from callgate.settings import UnusableSettings
from callgate.store.database import AlreadyServing
from callgate.store.reading import RecordsUnreadable

_PACKAGE = str(Path(__file__).parent)
_INTERRUPTED = 130
_SAYS_IT_ALL = (AlreadyServing, MalformedCorpus, RecordsUnreadable, Refusal, UnusableSettings)
_SAYS_THE_REST: Mapping[type[Exception], str] = {
    MalformedProfile: "A policy file cannot be used",
    UnknownProfile: "`callgate policies` lists the profiles, and this is none of them",
    UnusableTokenKey: "CALLGATE_TOKEN_KEY cannot be used",
}
_COMMANDS = (
    ("serve", serve.serve, serve.EXAMPLES),
    ("demo", demo.demo, demo.EXAMPLES),
    ("migrate", migrate.migrate, migrate.EXAMPLES),
    ("token", token.token, token.EXAMPLES),
    ("policies", policies.policies, policies.EXAMPLES),
    ("replay", replay.replay, replay.EXAMPLES),
    ("openapi", openapi.openapi, openapi.EXAMPLES),
    ("doctor", doctor.doctor, doctor.EXAMPLES),
)


def main() -> None:
    """Run the command that was typed, and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code."""
    try:
        get_command(build())(list(arguments), prog_name="callgate")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in one sentence
        note(f"callgate: {_sentence(error)}")
        return FOUND_WRONG


def _show_version(given: bool) -> None:  # noqa: FBT001 - typer passes the value so
    if given:
        say(f"callgate {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(
        name="callgate",
        help="May this prison telephone call go through, for how long, at what price?",
        epilog="Exit codes: 0 all is well; 1 something was found wrong or refused; 2 the command was typed wrongly.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_callback)
    for name, command, epilog in _COMMANDS:
        app.command(name, epilog=epilog)(command)
    return app


def _sentence(error: Exception) -> str:
    if isinstance(error, _SAYS_IT_ALL):
        return str(error)
    for kind, beginning in _SAYS_THE_REST.items():
        if isinstance(error, kind):
            return f"{beginning}: {error}."
    if isinstance(error, CallgateError):
        return error.detail
    if isinstance(error, OSError):
        return f"{error.filename or 'The operating system'}: {error.strerror or type(error).__name__}."
    # Without its message, which may quote a secret.
    return f"A fault of callgate's own: {type(error).__name__} at {_place_of(error)}."


def _callback(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    del version


def _place_of(error: BaseException) -> str:
    """The innermost line of our own that the error passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
