"""What cannot be right does not start: without its PIN key, or on tables of another version, under whichever server."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from callgate.app import build, deploy
from callgate.settings import Settings, UnusableSettings
from callgate.store.database import open_sync
from callgate.store.reading import RecordsUnreadable
from tests.seeding import TOKEN_KEY, seed, settings_for


@pytest.fixture
def embedded(tmp_path: Path, migrated_file: Path) -> str:
    path = tmp_path / "callgate.db"
    path.write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{path}"


def test_a_lost_pin_key_is_told_and_no_other_is_made(embedded: str, tmp_path: Path) -> None:
    seed(embedded)

    with pytest.raises(UnusableSettings, match="pin_key is missing"):
        deploy(Settings(database_url=embedded))

    assert not (tmp_path / "pin_key").exists()


def test_a_pin_key_that_is_given_is_not_missed(embedded: str, tmp_path: Path) -> None:
    seed(embedded)

    deploy(settings_for(embedded))

    assert not (tmp_path / "pin_key").exists()


def test_while_nobody_has_a_pin_a_key_is_made(embedded: str, tmp_path: Path) -> None:
    deploy(Settings(database_url=embedded))

    assert (tmp_path / "pin_key").exists()


def test_before_there_is_a_database_a_key_is_made(tmp_path: Path) -> None:
    deploy(Settings(database_url=f"sqlite:///{tmp_path}/new/callgate.db"))

    assert (tmp_path / "new" / "pin_key").exists()


def test_a_token_needs_no_pin_key_and_makes_none(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/callgate.db")

    assert settings.with_token_key().token_key is not None
    assert not (tmp_path / "pin_key").exists()
    assert Settings(token_key=SecretStr(TOKEN_KEY)).with_token_key().token_key == SecretStr(TOKEN_KEY)


@pytest.mark.parametrize("change", ["UPDATE alembic_version SET version_num = 'another'", "DROP TABLE alembic_version"])
async def test_tables_of_another_version_are_not_served(database_url: str, change: str) -> None:
    with open_sync(database_url) as connection:
        connection.execute(text(change))
        connection.commit()
    app = build(deploy(settings_for(database_url)), watching=False)

    with pytest.raises(RecordsUnreadable, match="callgate migrate"):
        await app.router.lifespan_context(app).__aenter__()
