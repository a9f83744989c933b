"""Does the format take what is law somewhere, and nothing else? Is every key of it explained?"""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from callgate.checks import CHECKS
from callgate.domain.policy import Policy
from callgate.policies.facts import Facts
from callgate.policies.leaf import Leaf, Sourced
from callgate.policies.schema import Clauses, ProfileFile
from callgate.policies.tariffs import TariffRow
from tests.policies.edits import PLANTED, assert_refused, edited

CLAUSE = 'gap = { mark = "S", source = "AD 10.7: no time limit between allowable calls" }\n'


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        pytest.param(
            'applies_to = { value = "whole_call"',
            f'applies_to = {{ value = "{PLANTED}"',
            "window.applies_to.value",
            "must be 'whole_call' or 'start'",
            id="an unknown reading",
        ),
        pytest.param(
            'mode = { value = "allow_list"',
            f'mode = {{ value = "{PLANTED}"',
            "phone_list.mode.value",
            "must be 'allow_list' or 'open_minus_blocks'",
            id="an unknown list mode",
        ),
        pytest.param(
            'free_media = { value = ["relay"]',
            f'free_media = {{ value = ["{PLANTED}"]',
            "payment.free_media.value.1",
            "must be one of relay, tty, voice",
            id="an unknown medium",
        ),
        pytest.param(
            'types = { value = ["collect", "prepaid", "free"]',
            "types = { value = []",
            "payment.types.value",
            "at least 1 item",
            id="no payment type",
        ),
        pytest.param(
            '"satellite", "emergency"',
            f'"{PLANTED}", "emergency"',
            "destinations.forbidden_kinds.value.6",
            "must be one of directory, emergency",
            id="an unknown kind of number",
        ),
        pytest.param(
            "voice = { value = 1, ",
            "voice = { value = 2, ",
            "call.cap_factor.voice.value",
            "must be 1",
            id="voice twice",
        ),
        pytest.param(
            'privileged = { value = false, mark = "S2"',
            'privileged = { value = true, mark = "S2"',
            "recorded.privileged.value",
            "must be false",
            id="lawyers recorded",
        ),
        pytest.param(
            "length = { value = 10, ",
            "length = { value = 3, ",
            "pin.length.value",
            "greater than or",
            id="a PIN of three",
        ),
        pytest.param(
            "minutes_per_month_in = { value = {}",
            "minutes_per_month_in = { value = { 13 = 400 }",
            "quotas.minutes_per_month_in.value.13",
            "must be one of 1, 10, 11",
            id="a thirteenth month",
        ),
        pytest.param(CLAUSE, "", "clauses.gap", "is missing", id="a check without its clause"),
        pytest.param(
            CLAUSE,
            f'{CLAUSE}horoscope = {{ mark = "M", source = "x" }}\n',
            "clauses.horoscope",
            "is no key of this format",
            id="a clause of no check",
        ),
        pytest.param(
            "version = 2026-11-22", 'version = "2026-11-22"', "version", "must be a date", id="a date as text"
        ),
        pytest.param(
            "version = 2026-11-22", "version = 1", "version", "must be a date", id="a version that is no date"
        ),
        pytest.param(
            "version = 2026-11-22",
            "version = 2026-11-22T00:00:00Z",
            "version",
            "must be a date",
            id="an instant for a date",
        ),
        pytest.param(
            'profile = "ct-doc"', 'profile = "ct-docs"', "profile", "must be the file's name", id="another name"
        ),
        pytest.param('profile = "ct-doc"', 'profile = "CT"', "profile", "must be lower-case", id="a name in capitals"),
    ],
)
def test_refuses_what_the_format_does_not_know(old: str, new: str, key: str, reason: str) -> None:
    assert_refused(edited(old, new), key, reason)


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every dotted key that a file of this format may have, down to `{ value, source, mark }`."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        is_section = isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, (Leaf, Sourced))
        if is_section and isinstance(kind, type):
            yield from keys_of(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_key_is_explained_in_the_handbook() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    rows = {f"tariff.{name}" for name in TariffRow.model_fields if name not in Sourced.model_fields}
    keys = {*keys_of(ProfileFile)} - {"tariff"} | rows
    assert len(keys) > 100
    assert sorted(key for key in keys if f"`{key}`" not in handbook) == []


def test_the_handbook_explains_no_key_that_does_not_exist() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    explained = {line.split("`")[1] for line in handbook.splitlines() if line.startswith("| `") and "." in line[:40]}
    rows = {f"tariff.{name}" for name in TariffRow.model_fields}
    assert sorted(explained - {*keys_of(ProfileFile)} - rows) == []


def test_every_check_has_its_clause_and_every_clause_its_check() -> None:
    assert sorted(Clauses.model_fields) == sorted(check.name for check in CHECKS)


def test_every_fact_may_be_left_out() -> None:
    assert all(not field.is_required() for field in Facts.model_fields.values())


def is_required(field: Field[object]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def test_a_policy_has_no_field_that_a_profile_leaves_unsaid() -> None:
    """A default in `Policy` would be a figure without a source."""
    assert [field.name for field in fields(Policy) if not is_required(field)] == []
