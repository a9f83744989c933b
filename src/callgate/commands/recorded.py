"""Where do commands read recorded answers from, and how far have they come?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

import typer

from callgate.commands.terminal import is_interactive
from callgate.flows.replay_corpus import Corpus
from callgate.settings import load_settings
from callgate.store.replay import Chosen, Recorded, open_log


class Source(Protocol):
    """Where recorded answers come from: a database, or a corpus file."""

    def documents(self) -> Mapping[str, str]:
        """Every policy that an answer may name, by content hash."""
        ...

    def count(self, chosen: Chosen) -> int:
        """How many answers are meant?"""
        ...

    def each(self, chosen: Chosen) -> Iterator[Recorded]:
        """Every answer that is meant."""
        ...


@contextmanager
def open_source(corpus: Path | None) -> Iterator[Source]:
    """The corpus file where one is named, else the database, read beside a running service."""
    if corpus is not None:
        yield Corpus(corpus)
        return
    with open_log(load_settings().database_url) as log:
        yield log


def watched(source: Source, chosen: Chosen, *, label: str, limit: int | None = None) -> Iterator[Recorded]:
    """The answers that are meant, the oldest first, with a progress bar where somebody watches."""
    answers = islice(source.each(chosen), limit)
    if not is_interactive():
        yield from answers
        return
    total = source.count(chosen) if limit is None else min(limit, source.count(chosen))
    with typer.progressbar(answers, length=total, label=label, file=typer.get_text_stream("stderr")) as seen:
        yield from seen


def instant_of(text: str | None) -> datetime | None:
    """An instant as it was typed; a day alone is its first instant by UTC.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write an instant such as 2026-11-22T17:00:00Z, or a day.") from None
    if instant.tzinfo is None and (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0):
        raise typer.BadParameter("An instant needs its offset, such as Z or -05:00.")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
