"""How does a command speak: where to, in which form, and with which exit code?

Answers go to standard output, everything else to standard error, so that `callgate token > file` and `callgate doctor
--json | jq` get the answer alone. Exit codes: 0 all is well; 1 something was found wrong or refused; 2 the command was
typed wrongly.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, NoReturn

import typer

FOUND_WRONG: Final = 1
_WIDTH_MAX: Final = 100

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


class Refusal(Exception):
    """The command cannot or will not do it: one plain sentence that says why and what to do. Exit code 1."""


def examples(*lines: str) -> str:
    """The end of a command's help. Each line is a command that works as it stands; a test runs every one of them."""
    # \b keeps the help formatter from joining the lines.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def say(line: str = "") -> None:
    """Print one line of the answer."""
    typer.echo(line)


def note(line: str) -> None:
    """Say something beside the answer."""
    typer.echo(line, err=True)


def show_json(answer: Mapping[str, Any]) -> None:
    """Print the answer as JSON."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def end_wrong() -> NoReturn:
    """End with exit code 1: what is wrong has been said."""
    raise typer.Exit(FOUND_WRONG)


def is_interactive() -> bool:
    """Does somebody watch standard error?"""
    return sys.stderr.isatty()


def table(rows: Iterable[Sequence[str]], *, widths: Sequence[int], indent: str = "") -> list[str]:
    """Lay out rows in columns of these widths; a longer text goes on below, in its own column.

    The last column takes what is left of a line of 100.

    Example:
        >>> table([("ok", "python", "3.11.7")], widths=(4, 10))
        ['ok  python    3.11.7']
    """
    starts = [sum(widths[:i]) for i in range(len(widths) + 1)]
    rooms = [*(width - 1 for width in widths), _WIDTH_MAX - len(indent) - starts[-1]]
    lines = []
    for row in rows:
        cells = [_wrapped(cell, room) for cell, room in zip(row, rooms, strict=False)]
        for i in range(max(len(cell) for cell in cells)):
            parts = [cell[i] if i < len(cell) else "" for cell in cells]
            line = "".join(part.ljust(width) for part, width in zip(parts, [*widths, 0], strict=False))
            lines.append((indent + line).rstrip())
    return lines


def _wrapped(text: str, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
