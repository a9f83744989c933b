"""`callgate replay`: decide recorded cases again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Protocol

import typer

from callgate.commands.terminal import AsJson, Refusal, end_wrong, examples, is_interactive, say
from callgate.flows.replay_corpus import Corpus, write_corpus
from callgate.flows.replay_decisions import Difference, PolicyVersions
from callgate.flows.replay_decisions import replay as decide_again
from callgate.settings import load_settings
from callgate.store.replay import Chosen, Recorded, open_log

EXAMPLES = examples(
    "callgate replay",
    "callgate replay --since 2026-11-01 --until 2026-12-01 --json",
    "callgate replay --limit 1000 --export november.jsonl",
    "callgate replay --corpus november.jsonl",
)


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


@dataclass(slots=True)
class Tally:
    """How far a replay has come."""

    decided_again: int = 0
    differ: int = 0

    @property
    def agree(self) -> int:
        """How many came out as recorded?"""
        return self.decided_again - self.differ


def replay(
    *,
    since: Annotated[str | None, typer.Option(help="From this instant or UTC day on.", metavar="WHEN")] = None,
    until: Annotated[str | None, typer.Option(help="Before this instant or UTC day.", metavar="WHEN")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="No more than so many answers, the oldest first.")] = None,
    decision: Annotated[str | None, typer.Option(help="This decision alone.", metavar="ID")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Read them from this file instead of the database.")] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write them to this new file instead of deciding them. It names who called whom."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide recorded cases again and compare.

    Each is decided under the policy of its day, and the whole answer is compared with the one recorded. Later denials
    of calls that had been allowed are decided again too. Reads the database beside a running service and changes
    nothing. Exit code 1 when an answer does not come out as it was recorded.
    """
    chosen = Chosen(since=_instant(since), until=_instant(until), decision_id=decision)
    with _open(corpus) as source:
        if decision is not None and source.count(chosen) == 0:
            raise Refusal("There is no such decision.")
        if export is not None:
            _export(source, chosen, limit, export)
            return
        tally = run(source, chosen, limit=limit, as_json=as_json)
    if tally.differ:
        end_wrong()


def run(source: Source, chosen: Chosen, *, limit: int | None, as_json: bool) -> Tally:
    """Decide again and print: every difference as it is found, so that memory stays bounded, then the sums."""
    tally = Tally()
    found = _differences(source, chosen, limit, tally)
    if as_json:
        _print_json(found, tally)
        return tally
    for difference in found:
        say(f"{difference.kind} {difference.decision_id} does not come out as it was recorded:")
        for member in difference.members:
            say(f"  {member.member}: recorded {member.recorded}, now {member.again}")
    say(summary(tally))
    return tally


def summary(tally: Tally) -> str:
    """The sums in one line."""
    told = f"{tally.agree} of {tally.decided_again} recorded answers come out as they were recorded"
    return f"{told}; {tally.differ} do not." if tally.differ else f"{told}."


def _print_json(found: Iterator[Difference], tally: Tally) -> None:
    typer.echo('{"differences": [', nl=False)
    for i, difference in enumerate(found):
        typer.echo(("," if i else "") + "\n  " + json.dumps(asdict(difference), ensure_ascii=False), nl=False)
    sums = {"decided_again": tally.decided_again, "agree": tally.agree, "differ": tally.differ}
    typer.echo("], " + json.dumps(sums)[1:])


def _differences(source: Source, chosen: Chosen, limit: int | None, tally: Tally) -> Iterator[Difference]:
    policies = PolicyVersions(source.documents())
    for recorded in _watched(source, chosen, limit):
        tally.decided_again += 1
        difference = decide_again(recorded, policies)
        if difference is not None:
            tally.differ += 1
            yield difference


def _watched(source: Source, chosen: Chosen, limit: int | None) -> Iterator[Recorded]:
    """The answers that are meant, with a progress bar where somebody watches."""
    answers = islice(source.each(chosen), limit)
    if not is_interactive():
        yield from answers
        return
    total = source.count(chosen) if limit is None else min(limit, source.count(chosen))
    with typer.progressbar(
        answers, length=total, label="deciding again", file=typer.get_text_stream("stderr")
    ) as watched:
        yield from watched


def _export(source: Source, chosen: Chosen, limit: int | None, path: Path) -> None:
    try:
        written = write_corpus(path, documents=source.documents(), answers=islice(source.each(chosen), limit))
    except FileExistsError:
        raise Refusal(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({type(error).__name__}).") from None
    say(f"{written} recorded answers were written to {path}. It names who called whom: keep it accordingly.")


@contextmanager
def _open(corpus: Path | None) -> Iterator[Source]:
    if corpus is not None:
        yield Corpus(corpus)
        return
    with open_log(load_settings().database_url) as log:
        yield log


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write an instant such as 2026-11-22T17:00:00Z, or a day.") from None
    if instant.tzinfo is None and (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0):
        raise typer.BadParameter("An instant needs its offset, such as Z or -05:00.")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
