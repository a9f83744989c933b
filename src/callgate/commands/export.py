"""`callgate export`: write the people, lists or blocks as a file that `callgate import` takes."""

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from callgate.commands.terminal import Refusal, examples, say
from callgate.domain.feed import FeedKind
from callgate.flows.feeds.write_out import write_out
from callgate.settings import load_settings
from callgate.store.reading import open_records, require_head

EXAMPLES = examples("callgate export inmates", "callgate export blocks --to blocks.csv")


def export(
    kind: Annotated[FeedKind, typer.Argument(help="What to write.", show_default=False)],
    *,
    to: Annotated[Path | None, typer.Option(help="Write this new file; left out: standard output.")] = None,
) -> None:
    """Write people, lists or blocks as a file for import.

    Read beside a running service, and nothing is changed. Importing the file into the same records changes nothing, and
    into empty ones gives the same file again. It names people, and the blocks name victims: keep it accordingly.
    """
    with open_records(load_settings().database_url) as reading:
        require_head(reading)
        if to is None:
            file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
            write_out(kind, reading, file)
            file.detach()  # what it wraps stays open
            return
        try:
            handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refusal(f"{to} is there already; name a new file.") from None
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            count = write_out(kind, reading, file)
    say(f"{count} rows were written to {to}, which this user alone may read. It names people: keep it accordingly.")
