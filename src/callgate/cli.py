"""Which commands are there, and how is one run?

A command's module is imported when it is asked for and not before: `callgate token` need not load the whole service.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from keyword import iskeyword
from types import MappingProxyType
from typing import Annotated, Final

import typer
from typer.main import get_command

from callgate import __version__
from callgate.clock import use_pinned_time_zones
from callgate.commands.terminal import FOUND_WRONG, note, say

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "serve": "callgate.commands.serve",
        "demo": "callgate.commands.demo.command",
        "migrate": "callgate.commands.migrate",
        "token": "callgate.commands.token",
        "policies": "callgate.commands.policies",
        "import": "callgate.commands.import_",
        "export": "callgate.commands.export",
        "replay": "callgate.commands.replay",
        "whatif": "callgate.commands.whatif",
        "backup": "callgate.commands.backup",
        "restore": "callgate.commands.restore",
        "openapi": "callgate.commands.openapi",
        "doctor": "callgate.commands.doctor",
    }
)
"""Each is a function of its name in its module (`import_`, where Python took the name), with its help's `EXAMPLES`."""

_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command that was typed, and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code.

    Every failure is one sentence on standard error, with exit code 1 and without a traceback.
    """
    use_pinned_time_zones()
    try:
        get_command(build(arguments))(list(arguments), prog_name="callgate")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in one sentence
        from callgate.commands.failures import sentence_of  # noqa: PLC0415 - loads what only a failure needs

        note(f"callgate: {sentence_of(error)}")
        return FOUND_WRONG
    return 0


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """Put the command together that these arguments name; where they name none, all of them."""
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
    first = arguments[0] if arguments else ""
    for name in _needed(first):
        module = import_module(COMMANDS[name])
        app.command(name, epilog=module.EXAMPLES)(getattr(module, f"{name}_" if iskeyword(name) else name))
    return app


def _needed(first: str) -> Sequence[str]:
    if first == "--version":
        return ()
    return (first,) if first in COMMANDS else tuple(COMMANDS)


def _show_version(given: bool) -> None:  # noqa: FBT001 - typer passes the value so
    if given:
        say(f"callgate {__version__}")
        raise typer.Exit


def _callback(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    del version
