"""Does requirements.lock say exactly, and for everyone, what gets installed?"""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# One requirement with the lines that continue it; comments and blank lines are none.
ENTRY = re.compile(r"^(?![#\s])(?P<requirement>.+?)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", re.MULTILINE)
LOCKED = [Requirement(entry["requirement"]) for entry in ENTRY.finditer(LOCK)]
WANTED_TEXTS = (
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
)
WANTED = [Requirement(text) for text in sorted(set(WANTED_TEXTS))]


def test_names_no_address_and_no_option_that_could_hold_one() -> None:
    options = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", LOCK))
    assert "://" not in LOCK
    assert " @ " not in LOCK
    assert options == {"--hash"}


def test_names_no_host() -> None:
    comments = "\n".join(re.findall(r"#.*", LOCK))
    assert re.findall(r"\b[a-z0-9-]+\.(?:com|dev|internal|io|local|net|org)\b", LOCK) == []
    assert re.findall(r"\b[0-9]+(?:\.[0-9]+){3}\b", comments) == []


def test_fixes_every_version_and_every_hash() -> None:
    unhashed = [entry["requirement"] for entry in ENTRY.finditer(LOCK) if not entry["hashes"]]
    unpinned = [str(r) for r in LOCKED if not re.fullmatch(r"==[^*,]+", str(r.specifier))]
    assert len(LOCKED) > len(WANTED)
    assert (unhashed, unpinned) == ([], [])


def test_leaves_no_line_unread() -> None:
    read = ENTRY.sub("", LOCK)
    assert [line for line in read.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_holds_what_the_project_asks_for(wanted: Requirement) -> None:
    found = [r for r in LOCKED if canonicalize_name(r.name) == canonicalize_name(wanted.name)]
    versions = [str(r.specifier).removeprefix("==") for r in found]
    assert versions, f"{wanted.name} is not locked; run `make lock`"
    assert all(wanted.specifier.contains(version) for version in versions), f"{versions}; run `make lock`"


def test_holds_every_release_once_for_each_kind_of_machine() -> None:
    keys = [(canonicalize_name(r.name), str(r.marker)) for r in LOCKED]
    assert len(keys) == len(set(keys))
