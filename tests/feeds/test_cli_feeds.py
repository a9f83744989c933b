"""What do `callgate import` and `callgate export` print, and with which exit code do they leave?"""

import json
from pathlib import Path

import pytest

from callgate.domain.feed import COLUMNS, FeedKind, RowOutcome
from callgate.domain.feed_words import NOTES, WHY
from callgate.store.database import serving_alone
from callgate.store.migrate import migrate
from tests.command_line import Terminal
from tests.feeding import as_csv, blocked, listed, person
from tests.people import FREE
from tests.seeding import ANNA, facility_row, fill, inmate_row

DOCUMENT = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    typing = Terminal(tmp_path, capsys, monkeypatch)
    url = f"sqlite:///{tmp_path}/var/callgate.db"
    migrate(url)
    fill(url, facilities=[facility_row()], inmates=[inmate_row(ANNA)])
    return typing


def write(terminal: Terminal, kind: str, *rows: dict[str, str]) -> str:
    (terminal.folder / "file.csv").write_text(as_csv(kind, rows), encoding="utf-8")
    return "file.csv"


def test_an_import_tells_what_needs_a_look_then_the_sums_and_the_proof(terminal: Terminal) -> None:
    rows = [listed(ANNA, FREE[0]), listed(ANNA, FREE[1], kind="attorney")]

    typed = terminal.type("import", "lists", write(terminal, "lists", *rows))

    assert typed.code == 0
    assert typed.out.splitlines() == [
        "line 3: pending_warden",
        "2 rows: 1 added, 1 pending_warden.",
        "Applied. Proved row by row: 2 of 2 stand as the file has them, 0 not approved, 0 stale, 0 otherwise.",
    ]
    assert typed.err.splitlines() == ["reading ...", "judging ...", "applying ...", "proving ..."]


def test_json_has_every_row_and_the_sums(terminal: Terminal) -> None:
    file = write(terminal, "inmates", person(ANNA, unit="C"), person("x", facility_id="nowhere"))

    typed = terminal.type("import", "inmates", file, "--json")

    assert typed.code == 1
    told = json.loads(typed.out)
    assert told["rows"][0] == {"line": 2, "outcome": "moved"}
    assert told["rows"][1]["reason"] == "facility_unknown"
    assert told["rows"][1]["detail"] == WHY["facility_unknown"]
    assert (told["kind"], told["state"], told["row_count"], told["proof"]) == ("inmates", "refused", 2, None)


def test_a_refused_file_ends_with_1_and_names_line_column_and_remedy(terminal: Terminal) -> None:
    typed = terminal.type("import", "blocks", write(terminal, "blocks", blocked("jms-1", "abc")))

    assert typed.code == 1
    assert typed.out.splitlines()[0] == (
        "line 2: refused (number): number_not_valid. This is not a number that can stand here. Write it with its "
        "country code."
    )
    assert typed.out.splitlines()[-1] == "Nothing was changed: correct the refused rows and run it again."


def test_a_file_that_is_no_table_is_one_sentence(terminal: Terminal) -> None:
    (terminal.folder / "file.csv").write_bytes(b"\xff\xfeabc")

    typed = terminal.type("import", "inmates", "file.csv")

    assert (typed.code, typed.out) == (1, "")
    assert typed.err.splitlines()[-1].startswith("callgate: The file begins with the bytes 0xFF 0xFE")


def test_a_held_back_file_says_how_to_let_it_through(terminal: Terminal) -> None:
    rows = [listed(ANNA, number) for number in FREE[:11]]
    assert terminal.type("import", "lists", write(terminal, "lists", *rows), "--accept", "long-lists").code == 0

    typed = terminal.type(
        "import", "lists", write(terminal, "lists", {"inmate_id": ANNA, "as_of": "2026-11-20T19:00:00Z"})
    )

    assert typed.code == 1
    assert "Held back: the file would take off 11 of 11 listed numbers, more than 10 %" in typed.out
    assert "--accept removals" in typed.out


def test_an_export_goes_to_a_new_file_that_nobody_else_may_read(terminal: Terminal) -> None:
    typed = terminal.type("export", "inmates", "--to", "out.csv")

    assert typed.code == 0
    assert typed.out.startswith("1 rows were written to out.csv, which this user alone may read.")
    assert (terminal.folder / "out.csv").stat().st_mode & 0o777 == 0o600
    assert terminal.type("export", "inmates", "--to", "out.csv").code == 1
    assert terminal.type("export", "inmates").out == (terminal.folder / "out.csv").read_bytes().decode()


def test_an_import_waits_for_no_service_that_is_gone(terminal: Terminal, tmp_path: Path) -> None:
    file = write(terminal, "inmates", person(ANNA))
    with serving_alone(f"sqlite:///{tmp_path}/var/callgate.db"):
        pass

    assert terminal.type("import", "inmates", file).code == 0


def test_the_document_names_every_column_and_every_reason() -> None:
    for kind in FeedKind:
        section = DOCUMENT.split(f"### `{kind}`")[1].split("\n### ")[0]
        assert all(f"`{column.name}`" in section for column in COLUMNS[kind]), kind
    reasons = DOCUMENT.split("## What a refusal means")[1]
    assert [reason for reason in (*WHY, *NOTES) if f"`{reason}`" not in reasons and reason != "newer_known"] == []
    assert all(outcome in DOCUMENT for outcome in (RowOutcome.STALE, RowOutcome.NOT_APPROVED, RowOutcome.NOT_JUDGED))
