"""`callgate backup`: a copy of the embedded database while it is served."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from callgate.commands.terminal import AsJson, Refusal, examples, is_interactive, note, say, show_json
from callgate.domain.instants import to_wire
from callgate.settings import load_settings
from callgate.store.backups import Copied, Progress, back_up

EXAMPLES = examples("callgate backup nightly.db", "callgate backup before-upgrade.db --json")
_OF_ITS_OWN = (
    "PostgreSQL is backed up by its own tools, which copy it while it is served: pg_dump for one copy, pg_basebackup "
    "with archived WAL to lose nothing. docs/backup.md has the commands."
)


def backup(
    *,
    file: Annotated[Path, typer.Argument(help="The new file; one that is there already is left alone.")],
    as_json: AsJson = False,
) -> None:
    """Copy the embedded database into a file while it is served.

    The copy is the database as it was at one instant and is checked before it gets its name. No call waits for it.
    The keys are not in it: keep a copy of them elsewhere, for without the PIN key no PIN is ever found again.
    """
    settings = load_settings()
    if not settings.is_embedded:
        raise Refusal(_OF_ITS_OWN)
    try:
        with drawn("copying") as on_progress:
            copied = back_up(settings.database_url, file, on_progress=on_progress)
    except FileExistsError:
        raise Refusal(f"{file} is there already; name a new file.") from None
    if as_json:
        show_json({"file": str(file), **members_of(copied)})
        return
    say(f"{file}: {sentence_on(copied)}")
    note("The keys are not in it: keep a copy of them elsewhere.")


def members_of(copied: Copied) -> dict[str, Any]:
    """What a copy holds, as JSON."""
    return {
        "size_bytes": copied.size,
        "revision": copied.revision,
        "decisions": copied.decisions,
        "newest_decision_at": to_wire(copied.newest),
    }


def sentence_on(copied: Copied) -> str:
    """What a copy holds, in words."""
    newest = "none yet" if copied.newest is None else f"the newest of {to_wire(copied.newest)}"
    return f"whole, {copied.size} bytes, tables at {copied.revision}, {copied.decisions} decisions, {newest}."


@contextmanager
def drawn(label: str) -> Iterator[Progress]:
    """A progress bar where somebody watches."""
    if not is_interactive():
        yield lambda _done, _total: None
        return
    with typer.progressbar(length=1, label=label, file=typer.get_text_stream("stderr")) as bar:

        def draw(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield draw
