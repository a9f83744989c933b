"""The README is true: its commands, settings, files and proofs exist."""

import re
from pathlib import Path

import pytest

from callgate.cli import COMMANDS
from callgate.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


def test_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^\| `(CALLGATE_[A-Z_]+)`", README, flags=re.MULTILINE))

    assert named == {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}


def test_names_every_command_and_no_other() -> None:
    named = set(re.findall(r"^\| `callgate ([a-z]+)`", README, flags=re.MULTILINE))

    assert named == set(COMMANDS)


def test_make_knows_every_target_that_is_named() -> None:
    named = set(re.findall(r"^\| `make ([a-z]+)`", README, flags=re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert {"demo", "test"} <= named <= targets


def test_every_proof_is_a_test_file_with_tests() -> None:
    proofs = re.findall(r"\| `(tests/[a-z_/]+\.py)` \|", README)

    assert len(proofs) >= 14
    for proof in proofs:
        assert re.search(r"^(async )?def test_", (ROOT / proof).read_text(encoding="utf-8"), flags=re.MULTILINE), proof


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))

    for link in links:
        if "://" not in link:
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize("room", ["domain", "policies", "checks", "flows", "store", "api", "commands"])
def test_the_map_names_every_room(room: str) -> None:
    assert (ROOT / "src" / "callgate" / room / "__init__.py").exists()
    assert f"  {room}/" in README
