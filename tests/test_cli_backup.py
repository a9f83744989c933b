"""Is a copy of the records whole whatever is written meanwhile, and does it come back without harm?"""

import json
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from callgate.commands.backup import drawn
from callgate.store.backups import UnusableBackup, back_up, examine, put_in_place
from callgate.store.database import open_sync, serving_alone
from tests.asking import decide
from tests.command_line import Terminal
from tests.conftest import World
from tests.postgres import create_database, drop_database, list_installs, run_program
from tests.seeding import seed

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


@pytest.fixture
def database(terminal: Terminal, migrated_file: Path) -> Path:
    """An embedded database with one station, in the terminal's folder."""
    path = terminal.folder / "var" / "callgate.db"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    seed(url_of(path))
    return path


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def nothing(_done: int, _total: int) -> None:
    """Nobody watches."""


def stations_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM stations").fetchone()[0])


def add_stations(path: Path, count: int, *, unit: str = "late") -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=5000")
        columns = [str(row[1]) for row in connection.execute("PRAGMA table_info(stations)")]
        others = ", ".join(name for name in columns if name not in ("station_id", "unit"))
        for _ in range(count):
            connection.execute(
                f"INSERT INTO stations (station_id, unit, {others}) "  # noqa: S608 - names of columns
                f"SELECT 's-' || (SELECT count(*) FROM stations), ?, {others} FROM stations LIMIT 1",
                (unit,),
            )


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".part" in path.name or ".restoring" in path.name)


# ------------------------------------------------------------------------------------------------------------- copying


@on_one_database
async def test_a_copy_holds_what_was_decided_and_is_its_owners_alone(
    world: World, database_url: str, terminal: Terminal
) -> None:
    seed(database_url)
    await decide(world, "c-1")
    terminal.setting(database_url=database_url)

    typed = terminal.type("backup", "nightly.db", "--json")
    again = terminal.type("replay")

    copy = terminal.folder / "nightly.db"
    told = json.loads(typed.out)
    assert (typed.code, told["decisions"], told["newest_decision_at"]) == (0, 1, "2026-11-20T17:00:00.000Z")
    assert told["size_bytes"] == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in terminal.folder.glob("nightly*")) == ["nightly.db"]
    assert again.code == 0
    terminal.setting(database_url=url_of(copy))
    assert terminal.type("replay").out == "1 of 1 recorded answers come out as they were recorded.\n"


def test_a_copy_ends_and_is_of_one_instant_however_much_is_written_meanwhile(database: Path, tmp_path: Path) -> None:
    add_stations(database, 2000, unit="x" * 4000)  # so many pages that the copy takes several steps
    done = threading.Event()
    seen: list[tuple[int, int]] = []

    def write() -> None:
        while not done.is_set():
            add_stations(database, 1)

    def watch(copied: int, total: int) -> None:
        seen.append((copied, total))
        before = stations_in(database)
        for _ in range(1000):  # at least one write falls between any two steps
            if stations_in(database) > before:
                return
        pytest.fail("nothing was written meanwhile")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copied = back_up(url_of(database), tmp_path / "nightly.db", on_progress=watch)
    finally:
        done.set()
        writer.join()

    assert len(seen) > 1
    assert len({total for _, total in seen}) == 1, "it began anew"
    assert copied.size > 1000 * 4096
    assert 2000 < stations_in(tmp_path / "nightly.db") < stations_in(database)


def test_a_file_that_is_there_is_never_written_over(database: Path, terminal: Terminal) -> None:
    (terminal.folder / "nightly.db").write_text("mine")

    typed = terminal.type("backup", "nightly.db")

    assert (typed.code, typed.err) == (1, "callgate: nightly.db is there already; name a new file.\n")
    assert (terminal.folder / "nightly.db").read_text() == "mine"
    assert database.exists()


def test_a_copy_that_is_cut_off_leaves_no_file(database: Path, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(url_of(database), tmp_path / "nightly.db", on_progress=stop)

    assert not (tmp_path / "nightly.db").exists()
    assert leftovers(tmp_path) == []


def test_a_half_copy_of_a_killed_backup_does_not_stand_in_the_way(database: Path, tmp_path: Path) -> None:
    (tmp_path / "nightly.db.part").write_text("half")

    assert back_up(url_of(database), tmp_path / "nightly.db", on_progress=nothing).decisions == 0
    assert leftovers(tmp_path) == []


def test_a_folder_that_is_not_there_is_told(database: Path, terminal: Terminal) -> None:
    del database
    typed = terminal.type("backup", "nowhere/nightly.db")

    assert typed.code == 1
    assert "nowhere" in typed.err
    assert "Traceback" not in typed.err


def damaged(path: Path) -> Path:
    """Write over pages behind the first: the header is whole, what it leads to is not."""
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 12))
    return path


def test_a_damaged_database_makes_no_copy_that_looks_whole(database: Path, terminal: Terminal) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged(database)

    typed = terminal.type("backup", "nightly.db")

    assert typed.code == 1
    assert "damaged" in typed.err
    assert not (terminal.folder / "nightly.db").exists()
    assert leftovers(terminal.folder) == []


def test_postgresql_is_left_to_its_own_tools(terminal: Terminal) -> None:
    terminal.setting(database_url="postgresql://nobody@127.0.0.1:1/none")

    backup, restore = terminal.type("backup", "nightly.db"), terminal.type("restore", "nightly.db")

    assert (backup.code, restore.code) == (1, 1)
    assert "pg_dump" in backup.err
    assert "pg_restore" in restore.err


def test_a_bar_is_drawn_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("callgate.commands.backup.is_interactive", lambda: True)

    with drawn("copying") as on_progress:
        on_progress(1, 3)
        on_progress(3, 3)

    assert "copying" in capsys.readouterr().err


# ----------------------------------------------------------------------------------------------------------- restoring


@pytest.fixture
def copy(database: Path, tmp_path: Path) -> Path:
    """A copy of the database, which then goes on."""
    path = tmp_path / "nightly.db"
    back_up(url_of(database), path, on_progress=nothing)
    add_stations(database, 3)
    return path


def kept(database: Path) -> Path:
    (found,) = (path for path in database.parent.glob("*.before-*") if not path.name.endswith(("-wal", "-shm")))
    return found


def test_a_restored_database_is_the_copy_and_the_one_before_is_kept(
    database: Path, copy: Path, terminal: Terminal
) -> None:
    before = stations_in(database)

    typed = terminal.type("restore", "nightly.db", "--verify")

    assert typed.code == 0
    assert "All 0 recorded answers in it come out as they were recorded." in typed.out
    assert "blocks and removals first" in typed.out
    assert stations_in(database) == before - 3
    assert stations_in(kept(database)) == before
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert copy.exists()
    assert leftovers(database.parent) == []


def test_the_log_of_a_killed_service_never_meets_the_restored_file(
    database: Path, copy: Path, terminal: Terminal, tmp_path: Path
) -> None:
    del copy
    with closing(sqlite3.connect(database, isolation_level=None)) as service:
        service.execute("PRAGMA journal_mode=WAL")
        service.execute("PRAGMA wal_autocheckpoint=0")
        service.execute("UPDATE stations SET unit = 'in the log alone'")
        for name in [
            path.name for path in database.parent.iterdir()
        ]:  # what a SIGKILL would leave: the log is not folded in
            shutil.copy(database.parent / name, tmp_path / f"left-{name}")
    for name in ("callgate.db", "callgate.db-wal", "callgate.db-shm"):
        shutil.copy(tmp_path / f"left-{name}", database.parent / name)

    typed = terminal.type("restore", "nightly.db")

    assert typed.code == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM stations WHERE unit = 'in the log alone'").fetchone() == (0,)
    with closing(sqlite3.connect(kept(database))) as connection:
        assert connection.execute("SELECT count(*) FROM stations WHERE unit = 'in the log alone'").fetchone() > (0,)


def test_a_place_without_a_database_gets_one(database: Path, copy: Path, terminal: Terminal) -> None:
    del copy
    database.unlink()
    for path in database.parent.iterdir():
        path.unlink()

    typed = terminal.type("restore", "nightly.db", "--json")

    assert (typed.code, json.loads(typed.out)["kept_as"]) == (0, None)
    assert stations_in(database) > 0


def test_nothing_is_restored_under_a_service_that_runs(database: Path, copy: Path, terminal: Terminal) -> None:
    del copy
    before = database.read_bytes()

    with serving_alone(url_of(database)):
        typed = terminal.type("restore", "nightly.db")

    assert typed.code == 1
    assert "Another callgate process holds" in typed.err
    assert database.read_bytes() == before


def test_a_dry_run_examines_and_changes_nothing(database: Path, copy: Path, terminal: Terminal) -> None:
    del copy
    before = database.read_bytes()

    typed = terminal.type("restore", "nightly.db", "--verify", "--dry-run")

    assert typed.code == 0
    assert "Nothing was changed." in typed.out
    assert database.read_bytes() == before
    assert list(database.parent.glob("*.before-*")) == []


def of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
        connection.commit()


def of_no_kind(path: Path) -> None:
    path.write_text("not a database at all, though it has the name of one")


UNUSABLE = (
    (damaged, "is damaged"),
    (of_no_kind, "is no callgate database, or is damaged"),
    (Path.unlink, "is no callgate database, or is damaged"),
    (of_another_version, "at revision from-the-future, which this callgate does not know"),
)


@pytest.mark.parametrize(("spoil", "sentence"), UNUSABLE)
def test_a_copy_that_cannot_be_trusted_replaces_nothing(
    database: Path, copy: Path, terminal: Terminal, spoil: object, sentence: str
) -> None:
    before = database.read_bytes()
    assert callable(spoil)
    spoil(copy)

    typed = terminal.type("restore", "nightly.db")

    assert typed.code == 1
    assert sentence in typed.err
    assert database.read_bytes() == before
    with pytest.raises(UnusableBackup):
        examine(copy)


@on_one_database
async def test_a_copy_whose_records_were_tampered_with_is_not_restored_when_verified(
    world: World, database_url: str, terminal: Terminal
) -> None:
    seed(database_url)
    await decide(world, "c-1")
    terminal.setting(database_url=database_url)
    terminal.type("backup", "nightly.db")
    terminal.setting(database_url=url_of(terminal.folder / "new" / "callgate.db"))
    with closing(sqlite3.connect(terminal.folder / "nightly.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE decisions SET answer = replace(answer, '900', '901')")
        connection.commit()

    typed = terminal.type("restore", "nightly.db", "--verify")

    assert typed.code == 1
    assert "does not come out as it was recorded, so it was not restored" in typed.err
    assert not (terminal.folder / "new" / "callgate.db").exists()


def test_a_restore_that_is_cut_off_leaves_the_database_as_it_was(database: Path, copy: Path) -> None:
    before = database.read_bytes()

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_in_place(copy, url_of(database), kept_as=database.with_name("kept"), on_progress=stop)

    assert database.read_bytes() == before
    assert leftovers(database.parent) == []


# ---------------------------------------------------------------------------------------------------------- postgresql


@pytest.fixture
def emptied(postgres_url: str) -> Iterator[str]:
    url = create_database(postgres_url)
    yield url
    drop_database(postgres_url, url)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_dump_of_postgresql_comes_back_whole_with_its_guards(
    world: World, database_url: str, emptied: str, terminal: Terminal
) -> None:
    """The two commands of docs/backup.md."""
    seed(database_url)
    await decide(world, "c-1")
    programs = list_installs()[0].programs
    dump = terminal.folder / "nightly.dump"
    run_program(
        [programs / "pg_dump", "--format=custom", f"--file={dump}", plain(database_url)],
        folder=terminal.folder,
        owner=None,
    )
    run_program(
        [programs / "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={plain(emptied)}", dump],
        folder=terminal.folder,
        owner=None,
    )
    terminal.setting(database_url=emptied)

    assert terminal.type("replay").out == "1 of 1 recorded answers come out as they were recorded.\n"
    with open_sync(emptied) as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM decisions"))


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
