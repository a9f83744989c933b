"""Is a recorded answer that no longer follows from its facts found, whatever was changed?"""

import json
from dataclasses import replace
from typing import Any

import pytest

from callgate.checks.decide import decide
from callgate.domain.answer import answer_of, written_answer
from callgate.domain.case import Case
from callgate.domain.policy import Policy
from callgate.flows.replay_decisions import Difference, PolicyVersions, UnusablePolicy, replay
from callgate.policies import document_of
from callgate.store.case_text import write_case
from callgate.store.replay import Recorded
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    NEW_YORK_POLICY,
    POLICY,
    SECOND,
    SOCIAL_CALL,
    block,
    restriction,
    shield,
)

POLICIES = PolicyVersions({policy.content_hash: document_of(policy) for policy in (POLICY, NEW_YORK_POLICY)})
UNKNOWN_STATION = replace(SOCIAL_CALL, station=None, facility=None, person=None)
CASES = {
    "social": SOCIAL_CALL,
    "attorney": ATTORNEY_CALL,
    "hotline": HOTLINE_CALL,
    "blocked": replace(SOCIAL_CALL, blocks=(block(),)),
    "shielded": replace(SOCIAL_CALL, blocks=(shield(),)),
    "restricted": replace(SOCIAL_CALL, restrictions=(restriction(),)),
    "carrier": replace(SOCIAL_CALL, requested_duration_seconds=61),
}


def recorded_of(case: Case, policy: Policy | None = POLICY) -> Recorded:
    """What is recorded when this case is decided."""
    decision = decide(case, policy)
    label = None if policy is None else policy.label
    answer = answer_of(decision, decision_id="d-1", call_id="c-1", decided_at=case.decided_at, policy=label)
    return Recorded(
        kind="decision",
        decision_id="d-1",
        call_id="c-1",
        decided_at=case.decided_at,
        policy=label,
        policy_hash=None if policy is None else policy.content_hash,
        answer=written_answer(answer),
        facts=write_case(case),
        columns={"decision": answer["decision"], "reason": answer["reason"], "call_class": answer["call_class"]},
        subject={
            "facility_id": None if case.facility is None else case.facility.facility_id,
            "inmate_id": None if case.person is None else case.person.inmate_id,
            "number": case.number.e164,
        },
    )


def members_of(difference: Difference | None) -> list[str]:
    """Which members differ?"""
    return [] if difference is None else [one.member for one in difference.members]


def altered(recorded: Recorded, **members: Any) -> Recorded:
    """The same record with members of its answer altered."""
    return replace(recorded, answer=json.dumps({**json.loads(recorded.answer), **members}))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("policy", [POLICY, NEW_YORK_POLICY], ids=lambda policy: policy.profile)
def test_an_answer_that_follows_from_its_facts_agrees(name: str, policy: Policy) -> None:
    assert replay(recorded_of(CASES[name], policy), POLICIES) is None


def test_a_denial_at_a_station_nobody_knows_agrees_without_a_policy() -> None:
    assert replay(recorded_of(UNKNOWN_STATION, None), POLICIES) is None


def test_the_order_of_members_and_the_spaces_between_them_are_no_difference() -> None:
    recorded = recorded_of(SOCIAL_CALL)

    assert replay(replace(recorded, answer=json.dumps(json.loads(recorded.answer), sort_keys=True)), POLICIES) is None


@pytest.mark.parametrize("name", ["social", "blocked"])
@pytest.mark.parametrize("member", json.loads(recorded_of(SOCIAL_CALL).answer))
def test_every_member_of_the_answer_counts(name: str, member: str) -> None:
    found = members_of(replay(altered(recorded_of(CASES[name]), **{member: "altered"}), POLICIES))

    assert member in found
    assert set(found) <= {member, f"row.{member}"}


def test_a_member_that_was_taken_out_or_put_in_counts() -> None:
    recorded = recorded_of(SOCIAL_CALL)
    short = {name: value for name, value in json.loads(recorded.answer).items() if name != "end_by"}

    (out,) = replay(replace(recorded, answer=json.dumps(short)), POLICIES).members  # type: ignore[union-attr]
    (put,) = replay(altered(recorded, waived=True), POLICIES).members  # type: ignore[union-attr]

    assert (out.member, out.recorded) == ("end_by", "absent")
    assert (put.member, put.recorded, put.again) == ("waived", "true", "absent")


def test_both_sides_of_a_difference_are_told() -> None:
    (one,) = replay(altered(recorded_of(SOCIAL_CALL), max_duration_seconds=901), POLICIES).members  # type: ignore[union-attr]

    assert (one.member, one.recorded, one.again) == ("max_duration_seconds", "901", "900")


@pytest.mark.parametrize("policy", [POLICY, NEW_YORK_POLICY], ids=lambda policy: policy.profile)
def test_a_block_taken_out_of_the_facts_is_found(policy: Policy) -> None:
    recorded = recorded_of(CASES["blocked"], policy)

    found = members_of(replay(replace(recorded, facts=write_case(SOCIAL_CALL)), POLICIES))

    assert {"decision", "reason", "max_duration_seconds", "record", "sip_status"} <= set(found)


def test_another_policys_values_are_found() -> None:
    recorded = replace(recorded_of(SOCIAL_CALL), policy_hash=NEW_YORK_POLICY.content_hash)

    assert {"policy", "max_duration_seconds", "row.policy"} <= set(members_of(replay(recorded, POLICIES)))


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"columns": {"decision": "deny"}}, "row.decision"),
        ({"columns": {"reason": "limit_reached"}}, "row.reason"),
        ({"columns": {"call_class": "hotline"}}, "row.call_class"),
        ({"policy": "ct-doc@1999-01-01"}, "row.policy"),
        ({"decided_at": SOCIAL_CALL.decided_at + SECOND}, "row.decided_at"),
        ({"subject": {"facility_id": "cheshire"}}, "row.facility_id"),
        ({"subject": {"inmate_id": None}}, "row.inmate_id"),
        ({"subject": {"number": "+18605550199"}}, "row.number"),
    ],
)
def test_what_the_row_says_beside_its_answer_counts(changes: dict[str, Any], member: str) -> None:
    assert members_of(replay(replace(recorded_of(SOCIAL_CALL), **changes), POLICIES)) == [member]


def test_who_and_whom_are_not_shown_where_they_differ() -> None:
    difference = replay(replace(recorded_of(SOCIAL_CALL), subject={"number": "+18605550199"}), POLICIES)

    assert "555" not in repr(difference)


@pytest.mark.parametrize("facts", ["", "{", "[]", '{"decided_at": "yesterday"}'])
def test_facts_that_cannot_be_read_are_a_difference(facts: str) -> None:
    assert members_of(replay(replace(recorded_of(SOCIAL_CALL), facts=facts), POLICIES)) == ["facts"]


@pytest.mark.parametrize("answer", ["", "{", "[]", "null"])
def test_an_answer_that_cannot_be_read_is_a_difference(answer: str) -> None:
    assert members_of(replay(replace(recorded_of(SOCIAL_CALL), answer=answer), POLICIES))[0] == "answer"


def test_a_policy_that_was_not_kept_is_a_difference() -> None:
    recorded = replace(recorded_of(SOCIAL_CALL), policy_hash="f" * 64)

    assert members_of(replay(recorded, POLICIES)) == ["policy"]


def test_a_policy_that_was_altered_since_is_not_used() -> None:
    looser = document_of(replace(POLICY, call_cap_seconds=9000))
    versions = PolicyVersions({POLICY.content_hash: looser})

    assert members_of(replay(recorded_of(SOCIAL_CALL), versions)) == ["policy"]
    with pytest.raises(UnusablePolicy, match="another one"):
        versions.load(POLICY.content_hash)


def test_a_revocation_is_decided_again_at_its_own_instant() -> None:
    later = replace(CASES["blocked"], decided_at=SOCIAL_CALL.decided_at + 5 * SECOND)
    recorded = replace(recorded_of(later), kind="revocation", policy=None, subject={})

    assert replay(recorded, POLICIES) is None
    assert members_of(replay(altered(recorded, reason="limit_reached"), POLICIES)) == ["reason", "row.reason"]
