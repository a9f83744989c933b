"""Does `callgate migrate` bring both databases up, say what it did, and leave a served one alone?"""

from pathlib import Path

import pytest

from callgate.store.database import open_sync, serving_alone
from callgate.store.migrate import find_revision, head_revision
from tests.command_line import Terminal
from tests.postgres import create_database, drop_database


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def test_the_embedded_database_is_made_and_a_second_time_left_as_it_is(terminal: Terminal) -> None:
    first, second = terminal.type("migrate"), terminal.type("migrate")

    assert first.out == f"The tables were brought from nothing to {head_revision()}.\n"
    assert second.out == f"The tables are at {head_revision()} already; nothing was changed.\n"
    assert (first.code, second.code) == (0, 0)


def test_postgresql_is_brought_up(terminal: Terminal, postgres_url: str) -> None:
    url = create_database(postgres_url)
    terminal.setting(database_url=url)

    typed = terminal.type("migrate")

    assert typed.out == f"The tables were brought from nothing to {head_revision()}.\n"
    with open_sync(url) as connection:
        assert find_revision(connection) == head_revision()
    drop_database(postgres_url, url)


def test_a_database_that_is_served_is_left_alone(terminal: Terminal) -> None:
    with serving_alone("sqlite:///./var/callgate.db"):
        typed = terminal.type("migrate")

    assert typed.code == 1
    assert typed.err.startswith("callgate: Another callgate process holds callgate.db.lock.")
    assert not (terminal.folder / "var" / "callgate.db").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", "cannot be reached"),
        ("nonsense with hunter2", "must begin with sqlite:/// or postgresql://"),
        ("sqlite:no-slashes-hunter2", "must begin with sqlite:/// or postgresql://"),
    ],
)
def test_a_database_that_cannot_be_had_is_one_sentence_without_the_url(terminal: Terminal, url: str, told: str) -> None:
    terminal.setting(database_url=url)

    typed = terminal.type("migrate")

    assert typed.code == 1
    assert told in typed.err
    assert "hunter2" not in typed.err
    assert typed.err.count("\n") == 1
