"""`callgate restore`: a copy takes the embedded database's place."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from callgate.clock import SystemClock
from callgate.commands.backup import drawn, members_of, sentence_on
from callgate.commands.recorded import watched
from callgate.commands.terminal import AsJson, Refusal, examples, say, show_json
from callgate.flows.replay_decisions import PolicyVersions, replay
from callgate.settings import load_settings
from callgate.store import migrate
from callgate.store.backups import Copied, examine, put_in_place
from callgate.store.database import serving_alone
from callgate.store.reading import embedded_path
from callgate.store.replay import Chosen, open_log

EXAMPLES = examples("callgate restore nightly.db --verify --dry-run", "callgate restore nightly.db --verify")


def restore(
    *,
    file: Annotated[Path, typer.Argument(help="A copy that `callgate backup` made.")],
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Decide every recorded answer in it again first, and refuse it where one differs."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Examine the copy and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a copy in the embedded database's place.

    The service must be stopped. The copy is examined whole before anything is touched, and the database that was there
    is kept beside it. What was
    decided after the copy was made is not in it, blocks and removals among that: see docs/backup.md before serving.
    """
    settings = load_settings()
    if not settings.is_embedded:
        raise Refusal(
            "PostgreSQL is restored by its own tools: pg_restore, or a base backup with its WAL. See docs/backup.md."
        )
    copied = examine(file)
    agreeing = _decided_again(file, copied) if verify else None
    kept_as = None if dry_run else _put(file, settings.database_url)
    if as_json:
        kept = None if kept_as is None else str(kept_as)
        show_json(
            {"file": str(file), **members_of(copied), "agree": agreeing, "restored": not dry_run, "kept_as": kept}
        )
        return
    say(f"{file}: {sentence_on(copied)}")
    if agreeing is not None:
        say(f"All {agreeing} recorded answers in it come out as they were recorded.")
    if dry_run:
        say("Nothing was changed.")
        return
    say("It is the embedded database now." + ("" if kept_as is None else f" The one before is kept as {kept_as}."))
    say("Bring again what was set since the copy was made, blocks and removals first, before calls are let in.")


def _put(file: Path, url: str) -> Path | None:
    """Put it in place and answer where the former database is kept; None: there was none."""
    database = embedded_path(url)
    with serving_alone(url):
        stamp = SystemClock().now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        kept_as = database.with_name(f"{database.name}.before-{stamp}")
        if kept_as.exists():
            raise Refusal(f"{kept_as} is there already; wait a second and run it again.")
        had_one = database.exists()
        with drawn("restoring") as on_progress:
            put_in_place(file, url, kept_as=kept_as, on_progress=on_progress)
        migrate.migrate(url)
    return kept_as if had_one else None


def _decided_again(file: Path, copied: Copied) -> int:
    if copied.revision != migrate.head_revision():
        raise Refusal(
            f"{file.name} is at revision {copied.revision}: --verify decides again only what this version's tables "
            "hold. Restore it without --verify, which also brings its tables up, and run `callgate replay`."
        )
    with open_log(f"sqlite:///{file.resolve()}") as log:
        policies = PolicyVersions(log.documents())
        everything = Chosen()
        count = 0
        for recorded in watched(log, everything, label="deciding again"):
            count += 1
            if replay(recorded, policies) is not None:
                raise Refusal(
                    f"{recorded.kind} {recorded.decision_id} in {file.name} does not come out as it was recorded, so "
                    "it was not restored. `callgate replay` on it says what differs; an older copy may be whole."
                )
    return count
