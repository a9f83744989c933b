"""Does `callgate replay` agree with what either database recorded, and find every row that was tampered with?"""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from callgate.commands.replay import run
from callgate.flows.replay_corpus import Corpus
from callgate.store import tables
from callgate.store.database import open_sync
from callgate.store.reading import RecordsUnreadable
from callgate.store.replay import Chosen, Recorded, open_log
from tests.asking import ask, decide, tell
from tests.command_line import Terminal
from tests.conftest import World
from tests.seeding import NOON, NUMBER, block_row, fill, seed

MINUTE = timedelta(minutes=1)
# What is asked here lies above the store, which the other tests ask about on both databases.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def lived(world: World, database_url: str) -> str:
    """A database with a minute between its records: an allow, four denials, and an allow that was taken back."""
    seed(database_url)
    await decide(world, "c-allow")
    await tell(world, "c-allow", "ended", 1, duration_seconds=0, cause="no_answer")
    for call_id, changes in (
        ("c-unlisted", {"called_number": "+18605550199"}),
        ("c-nobody", {"pin": "123409876"}),
        ("c-premium", {"called_number": "9005550123"}),
        ("c-nowhere", {"station_id": "nowhere"}),
    ):
        world.clock.advance(60)
        await decide(world, call_id, **changes)
    world.clock.advance(60)
    await decide(world, "c-revoked")
    fill(database_url, blocks=[block_row(NUMBER)])
    world.clock.advance(60)
    assert (await ask(world, "c-revoked")).json()["decision"] == "deny"
    return database_url


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def tamper(url: str, statement: str) -> None:
    """Change a row that refuses changes, as somebody with the owner's rights could."""
    with open_sync(url) as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for (name,) in rows:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(statement))
        connection.commit()


@contextmanager
def tampered(url: str, statement: str) -> Iterator[None]:
    """The same for the length of the block: afterwards the row is as it was."""
    _, name, _, column, *_ = statement.split()
    table = tables.metadata.tables[name]
    (key,) = table.primary_key.columns
    with open_sync(url) as connection:
        before = connection.execute(select(key, table.c[column])).all()
    tamper(url, statement)
    yield
    with open_sync(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        for identity, value in before:
            connection.execute(update(table).where(key == identity).values({column: value}))
        connection.commit()


def everything(url: str, chosen: Chosen | None = None) -> list[Recorded]:
    with open_log(url) as log:
        return list(log.each(chosen or Chosen()))


async def test_all_that_was_recorded_agrees(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)

    typed = terminal.type("replay")

    assert typed.code == 0
    assert typed.out == "7 of 7 recorded answers come out as they were recorded.\n"
    assert typed.err == ""


async def test_decisions_come_before_revocations_and_each_oldest_first(lived: str) -> None:
    found = everything(lived)

    assert [one.kind for one in found] == ["decision"] * 6 + ["revocation"]
    assert [one.decided_at for one in found] == [NOON + i * MINUTE for i in range(7)]
    assert found[-1].decision_id == found[-2].decision_id


TAMPERINGS = (
    ("UPDATE decisions SET answer = replace(answer, '900', '901') WHERE call_id = 'c-allow'", "max_duration_seconds"),
    ("UPDATE decisions SET reason = 'calls_restricted' WHERE call_id = 'c-unlisted'", "row.reason"),
    ("UPDATE decisions SET inmate_id = NULL WHERE call_id = 'c-allow'", "row.inmate_id"),
    ("UPDATE decisions SET number = '+18605550111' WHERE call_id = 'c-allow'", "row.number"),
    ("UPDATE decisions SET facts = replace(facts, '\"active\"', '\"removed\"') WHERE call_id = 'c-allow'", "decision"),
    ("UPDATE decisions SET decided_at = decided_at - 1 WHERE call_id = 'c-allow'", "row.decided_at"),
    ("UPDATE decisions SET policy_hash = NULL WHERE call_id = 'c-allow'", "policy"),
    ("UPDATE decisions SET facts = '' WHERE call_id = 'c-allow'", "facts"),
    ("UPDATE policy_versions SET document = replace(document, '900', '901') WHERE profile = 'ct-doc'", "policy"),
    ("UPDATE revocations SET answer = replace(answer, '603', '600')", "sip_status"),
    ("UPDATE revocations SET reason = 'limit_reached'", "row.reason"),
)


async def test_every_row_that_was_tampered_with_is_found(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)

    for statement, member in TAMPERINGS:
        with tampered(lived, statement):
            typed = terminal.type("replay")

        assert typed.code == 1, statement
        assert f"  {member}: recorded " in typed.out, statement
        assert " does not come out as it was recorded:" in typed.out
        assert "860555" not in typed.out, "a number was shown"
    assert terminal.type("replay").code == 0, "a tampering was not taken back, so the next ones prove nothing"


@on_one_database
async def test_the_answer_is_there_as_json(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)
    well = json.loads(terminal.type("replay", "--json").out)
    tamper(lived, "UPDATE decisions SET reason = 'calls_restricted' WHERE decision = 'deny'")
    typed = terminal.type("replay", "--json")
    ill = json.loads(typed.out)

    assert well == {"differences": [], "decided_again": 7, "agree": 7, "differ": 0}
    assert typed.code == 1
    assert (ill["decided_again"], ill["agree"], ill["differ"], len(ill["differences"])) == (7, 3, 4, 4)
    assert ill["differences"][0]["members"] == [
        {"member": "row.reason", "recorded": '"calls_restricted"', "again": '"number_not_available"'}
    ]


STRETCHES = (
    (("--since", "2026-11-20T17:00:00Z"), 7),
    (("--since", "2026-11-20T17:00:00.001Z"), 6),
    (("--since", "2026-11-20T12:05:00-05:00"), 2),
    (("--until", "2026-11-20T17:06:00Z"), 6),
    (("--until", "2026-11-20T17:06:00.001Z"), 7),
    (("--since", "2026-11-20", "--until", "2026-11-21"), 7),
    (("--since", "2026-11-21"), 0),
    (("--limit", "3"), 3),
    (("--limit", "99"), 7),
    (("--since", "2026-11-20T17:04:00Z", "--limit", "1"), 1),
)


async def test_a_stretch_of_time_can_be_chosen(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)

    for options, count in STRETCHES:
        assert json.loads(terminal.type("replay", "--json", *options).out)["decided_again"] == count, options


@on_one_database
async def test_one_decision_can_be_chosen_with_its_revocation(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)
    revoked = everything(lived)[-1].decision_id

    assert json.loads(terminal.type("replay", "--json", "--decision", revoked).out)["decided_again"] == 2
    missing = terminal.type("replay", "--decision", "nowhere")
    assert (missing.code, missing.err) == (1, "callgate: There is no such decision.\n")


@pytest.mark.parametrize("when", ["yesterday", "2026-11-20T17:00:00", "2026-13-01"])
def test_a_time_that_is_none_is_a_usage_error(terminal: Terminal, when: str) -> None:
    assert terminal.type("replay", "--since", when).code == 2


async def test_nothing_is_lost_or_doubled_where_pages_meet(lived: str) -> None:
    """Pages end at 500; here 1,203 rows of one instant and the next lie across two such ends."""
    tamper(
        lived,
        "INSERT INTO decisions (decision_id, switch_id, call_id, decided_at, station_id, decision, reason, "
        "fingerprint, answer, findings, facts) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203) "
        "SELECT 'x-' || i, 'sw-2', 'x-' || i, 1000 + i / 1000, 'nowhere', 'deny', 'not_in_service', '-', "
        "'{}', '[]', '{}' FROM n",
    )

    found = [one.decision_id for one in everything(lived)]

    assert len(found) == 1203 + 7
    assert len(set(found)) == 1203 + 6
    with open_log(lived) as log:
        assert log.count(Chosen()) == 1203 + 7


async def test_it_reads_beside_the_running_service_and_can_change_nothing(lived: str) -> None:
    with open_log(lived) as log:
        assert log.count(Chosen()) == 7
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            log._connection.execute(text("DELETE FROM alerts"))


async def test_a_corpus_keeps_the_very_texts_and_agrees_without_a_database(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)
    exported = terminal.type("replay", "--export", "kept.jsonl")
    terminal.setting(database_url="postgresql://nobody@127.0.0.1:1/none")

    again = terminal.type("replay", "--corpus", "kept.jsonl")

    path = terminal.folder / "kept.jsonl"
    assert exported.code == 0
    assert exported.out.startswith("7 recorded answers were written to kept.jsonl.")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert again.out == "7 of 7 recorded answers come out as they were recorded.\n"
    assert list(Corpus(path).each(Chosen())) == [replace(one, columns={}, subject={}) for one in everything(lived)]


@on_one_database
async def test_a_corpus_can_be_cut_and_chosen_from_and_is_never_written_over(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)
    terminal.type("replay", "--limit", "4", "--export", "kept.jsonl")

    again = terminal.type("replay", "--export", "kept.jsonl")
    options = ("--since", "2026-11-20T17:01:00Z", "--until", "2026-11-20T17:03:00Z")
    chosen = terminal.type("replay", "--json", "--corpus", "kept.jsonl", *options)

    assert (again.code, again.err) == (1, "callgate: kept.jsonl is there already; name a new file.\n")
    assert json.loads(chosen.out)["decided_again"] == 2


@on_one_database
async def test_a_corpus_that_was_tampered_with_is_found(lived: str, terminal: Terminal) -> None:
    terminal.setting(database_url=lived)
    terminal.type("replay", "--export", "kept.jsonl")
    path = terminal.folder / "kept.jsonl"
    path.write_text(path.read_text().replace(r"\"max_duration_seconds\":900", r"\"max_duration_seconds\":9000"))

    typed = terminal.type("replay", "--corpus", "kept.jsonl")

    assert typed.code == 1
    assert "max_duration_seconds: recorded 9000, now 900" in typed.out


def test_a_corpus_that_is_not_there_is_refused(terminal: Terminal) -> None:
    typed = terminal.type("replay", "--corpus", "nowhere.jsonl")

    assert (typed.code, typed.err) == (1, "callgate: nowhere.jsonl cannot be read (FileNotFoundError).\n")


def test_a_database_that_is_not_there_or_has_no_tables_is_refused_with_what_to_do(terminal: Terminal) -> None:
    absent = terminal.type("replay")
    (terminal.folder / "var").mkdir()
    (terminal.folder / "var" / "callgate.db").touch()
    empty = terminal.type("replay")

    assert (absent.code, empty.code) == (1, 1)
    assert "There is no embedded database here yet" in absent.err
    assert "run `callgate migrate`" in empty.err


def test_a_database_of_another_version_is_refused(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "callgate.db"
    path.write_bytes(migrated_file.read_bytes())
    tamper(f"sqlite:///{path}", "UPDATE alembic_version SET version_num = 'from-the-future'")

    with pytest.raises(RecordsUnreadable, match="at revision from-the-future"), open_log(f"sqlite:///{path}"):
        pass


@on_one_database
async def test_a_bar_is_drawn_where_somebody_watches(
    lived: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("callgate.commands.recorded.is_interactive", lambda: True)

    with open_log(lived) as log:
        tally = run(log, Chosen(), limit=5, as_json=False)

    assert tally.decided_again == 5
    assert "deciding again" in capsys.readouterr().err
