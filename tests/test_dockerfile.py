"""Does the container image start small, unprivileged and watched?

No image is built here: a build engine is not everywhere that the tests are. hadolint reads the file as a builder would,
and these tests hold the lines that hardening hangs on.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HADOLINT = Path(sys.executable).parent / "hadolint"


def read_instructions(text: str) -> list[tuple[str, str]]:
    """Which instructions with which arguments stand in a Dockerfile, with its continued lines joined?"""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^\s*#.*\n", "", text))
    parts = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name.upper(), argument.strip()) for name, _, argument in parts]


INSTRUCTIONS = read_instructions((ROOT / "Dockerfile").read_text())
STAGE_STARTS = [i for i, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM"]
FINAL_STAGE = INSTRUCTIONS[STAGE_STARTS[-1] :]


def list_final(name: str) -> list[str]:
    return [argument for each, argument in FINAL_STAGE if each == name]


def lint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HADOLINT, "-"], input=dockerfile, capture_output=True, text=True, check=False, cwd=ROOT)


def test_hadolint_finds_nothing() -> None:
    result = lint((ROOT / "Dockerfile").read_text())
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("flaw", "rule"),
    [
        ("FROM debian:latest\n", "DL3007"),
        ("FROM debian:12\nUSER root\n", "DL3002"),
        ("FROM debian:12\nCMD serve\n", "DL3025"),
    ],
)
def test_hadolint_would_find_a_flaw(flaw: str, rule: str) -> None:
    result = lint(flaw)
    assert result.returncode == 1
    assert rule in result.stdout


def test_builds_in_one_stage_and_runs_in_another() -> None:
    assert len(STAGE_STARTS) == 2
    assert [argument for argument in list_final("COPY") if not argument.startswith("--from=build ")] == []


def test_every_base_image_has_a_version() -> None:
    images = [argument.split()[0] for name, argument in INSTRUCTIONS if name == "FROM"]
    defaults = [argument.split("=", 1)[1] for name, argument in INSTRUCTIONS if name == "ARG"]
    assert set(images) == {"${PYTHON_IMAGE}"}
    assert [bool(re.fullmatch(r"python:3\.1[1-9]-slim-[a-z]+", image)) for image in defaults] == [True]


def test_ends_as_a_user_who_is_not_root() -> None:
    assert list_final("USER") == ["10001:10001"]
    after_user = [name for name, _ in FINAL_STAGE[FINAL_STAGE.index(("USER", "10001:10001")) + 1 :]]
    assert "RUN" not in after_user


def test_installs_only_what_the_lock_knows() -> None:
    commands = [argument for name, argument in INSTRUCTIONS if name == "RUN"]
    pips = [
        part
        for command in commands
        for part in command.split("&&")
        if re.search(r"\bpip\b.* (download|install|wheel)\b", part)
    ]
    assert len(pips) == 4
    assert ["--require-hashes" in part or "--no-index" in part for part in pips] == [True] * 4


def test_writes_to_the_volume_alone() -> None:
    assert list_final("VOLUME") == ["/var/lib/callgate"]
    assert list_final("WORKDIR") == ["/var/lib/callgate"]
    assert any("PYTHONDONTWRITEBYTECODE=1" in argument for argument in list_final("ENV"))


def test_no_secret_and_no_setting_is_baked_in() -> None:
    words = [word for name, argument in INSTRUCTIONS if name in {"ARG", "ENV"} for word in shlex.split(argument)]
    assert [word for word in words if re.search(r"CALLGATE_|KEY|SECRET|TOKEN|PASSWORD", word)] == []


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_starts_without_a_shell(name: str) -> None:
    [argument] = list_final(name)
    assert all(isinstance(word, str) for word in json.loads(argument))


def test_stops_by_the_signal_that_the_service_answers() -> None:
    assert list_final("STOPSIGNAL") == ["SIGTERM"]


def test_its_health_is_the_answer_of_readyz() -> None:
    [check] = list_final("HEALTHCHECK")
    program, option, code = json.loads(check[check.index("[") :])
    assert (program, option) == ("python", "-c")
    assert "http://127.0.0.1:8000/readyz" in code
    compile(code, "HEALTHCHECK", "exec")


def test_only_named_files_reach_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copied = {w for n, a in INSTRUCTIONS if n == "COPY" and not a.startswith("--from") for w in a.split()[:-1]}
    assert rules[0] == "*"
    assert {rule[1:].rstrip("/") for rule in rules if rule.startswith("!")} == copied
