"""Is a policy rebuilt from its document exactly, and is nothing else taken for one?"""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.policy import Policy
from callgate.policies import MalformedProfile, document_of, load_profile, policy_from_document, read_profile
from tests.policies.edits import PLANTED, PROFILES, edited, text_of


@pytest.mark.parametrize("name", PROFILES)
def test_a_policy_comes_back_from_its_document_exactly(name: str) -> None:
    policy = load_profile(name)
    document = document_of(policy)
    again = policy_from_document(document)
    assert again == policy
    assert document_of(again) == document


@pytest.mark.parametrize("name", PROFILES)
def test_the_hash_is_that_of_the_document(name: str) -> None:
    policy = load_profile(name)
    assert policy.content_hash == sha256(document_of(policy).encode()).hexdigest()


@pytest.mark.parametrize("name", PROFILES)
def test_the_document_is_canonical_json(name: str) -> None:
    document = document_of(load_profile(name))
    assert document.isascii()
    assert document == json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"))


def test_no_two_profiles_share_a_hash() -> None:
    assert len({load_profile(name).content_hash for name in PROFILES}) == len(PROFILES)


def test_the_order_and_wording_of_the_file_do_not_change_the_hash() -> None:
    reordered = edited(
        '["US", "PR", "VI", "GU", "MP", "AS"], mark = "NF"', '["AS", "MP", "GU", "VI", "PR", "US"], mark = "M"'
    )
    respaced = reordered.replace("\n[gap]\n", "\n# a comment\n\n[gap]\n")
    assert read_profile(respaced, file_name="ct-doc.toml").content_hash == load_profile("ct-doc").content_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("limit = { value = 10,", "limit = { value = 11,", id="a value"),
        pytest.param("version = 2026-11-22", "version = 2026-11-23", id="the version"),
        pytest.param('call_cap = { mark = "S"', 'call_cap = { mark = "M"', id="a clause"),
    ],
)
def test_whatever_a_decision_may_rest_on_changes_the_hash(old: str, new: str) -> None:
    changed = read_profile(edited(old, new), file_name="ct-doc.toml")
    assert changed.content_hash != load_profile("ct-doc").content_hash


@given(
    limit=st.integers(1, 1000),
    months=st.dictionaries(st.integers(1, 12), st.integers(1, 100_000)),
    regions=st.frozensets(st.sampled_from(["US", "CA", "PR", "NZ"])),
    stacking=st.none() | st.integers(1, 400),
    title=st.text(max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_any_policy_comes_back_exactly(
    *, limit: int, months: dict[int, int], regions: frozenset[str], stacking: int | None, title: str
) -> None:
    policy = load_profile("bop")
    drafted = replace(
        policy,
        title=title,
        list_limit=limit,
        open_regions=regions,
        restriction_stacking_days=stacking,
        quotas=replace(policy.quotas, minutes_per_month_in=months),
    )
    again = policy_from_document(document_of(drafted))
    assert replace(again, content_hash=drafted.content_hash) == drafted
    assert document_of(again) == document_of(drafted)


def test_equal_policies_have_one_document_whatever_order_they_were_built_in() -> None:
    policy = load_profile("ct-doc")
    turned = replace(
        policy,
        open_regions=frozenset(sorted(policy.open_regions, reverse=True)),
        clauses=dict(sorted(policy.clauses.items(), reverse=True)),
    )
    assert document_of(turned) == document_of(policy)


def altered(policy: Policy, **values: object) -> str:
    return json.dumps({**json.loads(document_of(policy)), **values}, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"schema": 3}, "must be 1 to 2", id="a schema of the future"),
        pytest.param({"schema": None}, "must be 1 to 2", id="no schema"),
        pytest.param({"list_limit": "10"}, "does not hold", id="a number as text"),
        pytest.param({"list_limit": True}, "does not hold", id="a truth value for a number"),
        pytest.param({"list_limit": PLANTED}, "does not hold", id="something else for a number"),
        pytest.param({"tariffs": [{}]}, "does not hold", id="a tariff of nothing"),
        pytest.param({"throttle": {"wrong_max": 0}}, "does not hold", id="a throttle that its own value refuses"),
        pytest.param({"extra": 1}, "not in canonical form", id="something more"),
        pytest.param({"content_hash": "0" * 64}, "not in canonical form", id="a hash inside"),
        pytest.param({"domestic_regions": ["US", "PR"]}, "not in canonical form", id="a set out of order"),
    ],
)
def test_refuses_an_altered_document(change: dict[str, object], reason: str) -> None:
    with pytest.raises(MalformedProfile) as refused:
        policy_from_document(altered(load_profile("ct-doc"), **change))
    assert reason in refused.value.reason
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("{", id="half a table"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param(text_of("ct-doc"), id="the file itself"),
    ],
)
def test_refuses_what_is_no_document(document: str) -> None:
    with pytest.raises(MalformedProfile):
        policy_from_document(document)


def test_refuses_a_document_with_a_space_or_a_key_more() -> None:
    document = document_of(load_profile("ct-doc"))
    for touched in (document + " ", document.replace(":", ": ", 1), '{"version":"2020-01-01",' + document[1:]):
        with pytest.raises(MalformedProfile):
            policy_from_document(touched)


def test_nobody_can_write_to_a_loaded_policy() -> None:
    policy = load_profile("bop")
    for mapping in (policy.call_cap_factor, policy.recorded, policy.quotas.minutes_per_month_in):
        with pytest.raises(TypeError):
            mapping["voice"] = 4  # type: ignore[index]


def test_a_document_of_the_first_schema_keeps_its_text_and_its_hash() -> None:
    values = json.loads(document_of(load_profile("ct-doc")))
    for name in (
        "list_kinds_suspended",
        "pending_due_business_days",
        "block_end_warning_days",
        "one_time_call_hours_max",
        "probing_numbers_per_person",
        "probing_numbers_per_station",
        "three_way_action",
        "diversion_action",
        "restriction_days_per_year",
    ):
        del values[name]
    document = json.dumps({**values, "schema": 1}, sort_keys=True, separators=(",", ":"))
    policy = policy_from_document(document)
    assert policy.content_hash == sha256(document.encode()).hexdigest()
    assert policy.list_kinds_suspended == frozenset()
    assert policy.list_limit == 10


def test_a_document_of_the_first_schema_says_nothing_that_came_later() -> None:
    document = document_of(load_profile("ct-doc")).replace('"schema":2', '"schema":1')
    with pytest.raises(MalformedProfile, match="canonical"):
        policy_from_document(document)
