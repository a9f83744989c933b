"""Does an installed callgate bring along what it reads from its own package?"""

import zipfile
from importlib.resources import files
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import callgate
from callgate.domain.letters import LANGUAGES

ROOT = Path(callgate.__file__).parents[2]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all files in the wheel."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", ["letters", "policies"])
def test_the_wheel_holds_every_file_of_words_and_of_law(packed: set[str], folder: str) -> None:
    here = {f"callgate/{folder}/{file.name}" for file in (files("callgate") / folder).iterdir() if ".toml" in file.name}
    assert here
    assert here <= packed


def test_every_language_has_its_words(packed: set[str]) -> None:
    assert {f"callgate/letters/{language}.toml" for language in LANGUAGES} <= packed


def test_the_wheel_can_migrate(packed: set[str]) -> None:
    assert "callgate/_migrations/env.py" in packed
