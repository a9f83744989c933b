"""Does every value of a file arrive in the policy?"""

from dataclasses import fields, is_dataclass

from callgate.domain.policy import Clause, Policy
from callgate.policies import list_values, load_profile, read_profile
from tests.policies.edits import PROFILES, edited


def scalars_of(value: object) -> set[str]:
    """Every figure and word in a policy, as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(scalars_of(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, (tuple, frozenset)):
        return set().union(*(scalars_of(item) for item in value))
    if hasattr(value, "items"):
        return set().union(*(scalars_of(item) for pair in value.items() for item in pair))
    return {str(value)}


def test_every_value_that_is_read_is_in_the_policy() -> None:
    for name in PROFILES:
        inside = scalars_of(load_profile(name))
        for it in list_values(name):
            if it.key.startswith(("facts.", "clauses.", "tariff.")) or it.value == "none":
                continue
            words = it.value if isinstance(it.value, list) else [it.value]
            plain = [word for word in words if not isinstance(word, dict)]
            assert {str(word) for word in plain} <= inside, it.key


def test_changing_a_number_changes_that_field_and_the_hash_alone() -> None:
    before = load_profile("ct-doc")
    after = read_profile(edited("cap_seconds = { value = 900", "cap_seconds = { value = 901"), file_name="ct-doc.toml")
    differing = {field.name for field in fields(Policy) if getattr(before, field.name) != getattr(after, field.name)}
    assert differing == {"call_cap_seconds", "content_hash"}


def test_the_word_none_is_no_ceiling_and_a_number_is_one() -> None:
    content = edited('calls_per_day = { value = "none"', "calls_per_day = { value = 6")
    quotas = read_profile(content, file_name="ct-doc.toml").quotas
    assert (quotas.calls_per_day, quotas.calls_per_week) == (6, None)


def test_the_label_is_profile_and_version() -> None:
    assert load_profile("ct-doc").label == "ct-doc@2026-11-22"


def test_every_clause_says_which_text_and_how_sure() -> None:
    for name in PROFILES:
        clauses = load_profile(name).clauses
        assert all(clause.source and clause.mark for clause in clauses.values())
        assert {type(clause) for clause in clauses.values()} == {Clause}
