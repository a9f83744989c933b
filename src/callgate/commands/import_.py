"""`callgate import`: take in a file of people, lists or blocks."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from callgate.commands.handing_over import deploy_patiently, hand_over
from callgate.commands.terminal import AsJson, Refusal, end_wrong, examples, is_interactive, note, say
from callgate.domain.feed import BRAKE_LEAST, BRAKE_PERCENT, Accept, FeedKind, RowOutcome
from callgate.domain.feed_words import NOTES, WHY
from callgate.flows.deployment import Deployment
from callgate.flows.feeds.csv_rows import FileRefused
from callgate.flows.feeds.judging import Order
from callgate.flows.feeds.run import Brake, FeedResult, FeedState, run_feed
from callgate.settings import load_settings
from callgate.store.database import AlreadyServing, serving_alone
from callgate.store.feed_stage import FeedStage, RowVerdict
from callgate.store.reading import open_records, require_head, told_plainly

EXAMPLES = examples(
    "callgate import inmates people.csv --dry-run",
    "callgate import lists lists.csv --accept removals --json",
)
Verdicts = Callable[[], Iterator[RowVerdict]]
_NOTEWORTHY: Final = frozenset(
    {RowOutcome.REFUSED, RowOutcome.STALE, RowOutcome.NOT_APPROVED, RowOutcome.PENDING_WARDEN}
)
_ENDED: Final = {FeedKind.INMATES: "release", FeedKind.LISTS: "take off", FeedKind.BLOCKS: "lift"}
_WHAT: Final = {FeedKind.INMATES: "people", FeedKind.LISTS: "listed numbers", FeedKind.BLOCKS: "blocks"}
_ACCEPTED_BY: Final = {
    FeedKind.INMATES: Accept.RELEASES,
    FeedKind.LISTS: Accept.REMOVALS,
    FeedKind.BLOCKS: Accept.LIFTS,
}


def import_(
    kind: Annotated[FeedKind, typer.Argument(help="What the file is about.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(help="CSV in UTF-8.", exists=True, dir_okay=False, readable=True, show_default=False)
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    accept: Annotated[
        list[Accept] | None, typer.Option(help="Take this consequence on purpose; give it again for more.")
    ] = None,
    brake: Annotated[
        int, typer.Option(min=0, max=100, help="Hold back a file that ends more percent than this.")
    ] = BRAKE_PERCENT,
    author: Annotated[str, typer.Option(help="Who answers for the file, on the trail.")] = "import",
    as_json: AsJson = False,
) -> None:
    """Take in a file of people, lists or blocks.

    Whole or not at all: one row that cannot be right holds back the file. The same file again changes nothing, and
    what is older than what is known changes nothing either. Phones keep working meanwhile. docs/feeds.md has the
    columns. Exit code 1 when the file was not taken in, or a row does not stand there afterwards.
    """
    order = Order(kind=kind, author=author, accept=frozenset(accept or ()), dry_run=dry_run, brake_percent=brake)
    with FeedStage() as stage:
        try:
            with file.open("rb") as source, told_plainly():
                result, verdicts = take_in_file(order, source, stage)
        except FileRefused as refused:
            raise Refusal(f"{refused} Nothing was changed.") from None
        _show(order, result, verdicts, as_json=as_json)
    is_proven = result.proof is None or result.proof.differing == 0
    if result.state in (FeedState.REFUSED, FeedState.HELD_BACK) or not is_proven:
        end_wrong()


def take_in_file(order: Order, source: BinaryIO, stage: FeedStage) -> tuple[FeedResult, Verdicts]:
    """Take the file in: from this process, or where a service holds the embedded database, from that one."""
    settings = load_settings()
    with _watched() as step:
        try:
            with serving_alone(settings.database_url):
                with open_records(settings.database_url) as reading:
                    require_head(reading)
                return asyncio.run(_run(deploy_patiently(settings), order, source, stage, step)), stage.each_verdict
        except AlreadyServing:
            return hand_over(settings, order, source, step=step)


async def _run(
    deployment: Deployment, order: Order, source: BinaryIO, stage: FeedStage, step: Callable[[str, int, int], None]
) -> FeedResult:
    try:
        return await run_feed(deployment, order, source, stage, step=step)
    finally:
        await deployment.database.close()


@contextmanager
def _watched() -> Iterator[Callable[[str, int, int], None]]:
    """Tell how far it is: as a bar where somebody watches, else as one line a step."""
    told: dict[str, Any] = {"step": "", "bar": None, "done": 0}

    def close() -> None:
        if told["bar"] is not None:
            told["bar"].render_finish()

    def step(name: str, done: int, total: int) -> None:
        if name != told["step"]:
            close()
            told.update(step=name, bar=None, done=0)
            if is_interactive() and total:
                told["bar"] = typer.progressbar(length=total, label=name, file=typer.get_text_stream("stderr"))
            else:
                note(f"{name} ...")
        if told["bar"] is not None:
            told["bar"].update(done - told["done"])
            told["done"] = done

    yield step
    close()


def _show(order: Order, result: FeedResult, verdicts: Verdicts, *, as_json: bool) -> None:
    if as_json:
        _print_json(order, result, verdicts)
        return
    for verdict in verdicts():
        if verdict.outcome in _NOTEWORTHY:
            say(f"line {verdict.line}: {_sentence(verdict)}")
    counted = ", ".join(f"{count} {outcome}" for outcome, count in result.outcomes.items())
    say(f"{result.rows} rows: {counted or 'none'}.")
    for brake in result.brakes:
        say(_held_back(order, brake))
    say(_ending(result))


def _sentence(verdict: RowVerdict) -> str:
    column = "" if verdict.column is None else f" ({verdict.column})"
    reason = verdict.reason or ""
    words = WHY.get(reason) or NOTES.get(reason)
    return f"{verdict.outcome}{column}" + (f": {reason}. {words}" if words else "")


def _held_back(order: Order, brake: Brake) -> str:
    at = f" at {brake.place}" if brake.place else ""
    return (
        f"Held back: the file would {_ENDED[order.kind]} {brake.ended} of {brake.standing} {_WHAT[order.kind]}{at}, "
        f"more than {order.brake_percent} % (and more than {BRAKE_LEAST}). If that is meant, run it again with "
        f"--accept {_ACCEPTED_BY[order.kind].value}."
    )


def _ending(result: FeedResult) -> str:
    endings = {
        FeedState.DRY_RUN: "A dry run: nothing was changed.",
        FeedState.REFUSED: "Nothing was changed: correct the refused rows and run it again.",
        FeedState.HELD_BACK: "Nothing was changed.",
        FeedState.APPLIED: "Applied.",
        FeedState.NOTHING_NEW: "Nothing new: nothing was changed.",
    }
    proof = result.proof
    if proof is None:
        return endings[result.state]
    told = (
        f"{endings[result.state]} Proved row by row: {proof.held} of {result.rows} stand as the file has them, "
        f"{proof.not_approved} not approved, {proof.stale} stale, {proof.differing} otherwise."
    )
    return told if proof.differing == 0 else f"{told} Somebody changed those meanwhile: run it again to see."


def _print_json(order: Order, result: FeedResult, verdicts: Verdicts) -> None:
    """Every row as it is read, so that memory stays bounded, then the sums."""
    typer.echo('{"rows": [', nl=False)
    for i, verdict in enumerate(verdicts()):
        told = {name: value for name, value in asdict(verdict).items() if value is not None}
        reason = told.get("reason", "")
        words = WHY.get(reason) or NOTES.get(reason)
        told |= {"detail": words} if words else {}
        typer.echo(("," if i else "") + "\n  " + json.dumps(told), nl=False)
    sums = {
        "kind": order.kind.value,
        "state": result.state.value,
        "row_count": result.rows,
        "outcomes": dict(result.outcomes),
        "brakes": [asdict(brake) for brake in result.brakes],
        "proof": None if result.proof is None else asdict(result.proof),
    }
    typer.echo("], " + json.dumps(sums)[1:])
