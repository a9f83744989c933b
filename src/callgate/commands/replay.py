"""`callgate replay`: decide recorded cases again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from callgate.commands.recorded import Source, instant_of, open_source, watched
from callgate.commands.terminal import AsJson, Refusal, end_wrong, examples, say
from callgate.flows.replay_corpus import write_corpus
from callgate.flows.replay_decisions import Difference, PolicyVersions
from callgate.flows.replay_decisions import replay as decide_again
from callgate.store.replay import Chosen

EXAMPLES = examples(
    "callgate replay",
    "callgate replay --since 2026-11-01 --until 2026-12-01 --json",
    "callgate replay --limit 1000 --export november.jsonl",
    "callgate replay --corpus november.jsonl",
)


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
    chosen = Chosen(since=instant_of(since), until=instant_of(until), decision_id=decision)
    with open_source(corpus) as source:
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
    for recorded in watched(source, chosen, limit=limit, label="deciding again"):
        tally.decided_again += 1
        difference = decide_again(recorded, policies)
        if difference is not None:
            tally.differ += 1
            yield difference


def _export(source: Source, chosen: Chosen, limit: int | None, path: Path) -> None:
    try:
        written = write_corpus(path, documents=source.documents(), answers=islice(source.each(chosen), limit))
    except FileExistsError:
        raise Refusal(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({type(error).__name__}).") from None
    say(f"{written} recorded answers were written to {path}. It names who called whom: keep it accordingly.")
