"""The phone-list check where a warden granted one call: it stands in for the list, and for nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings

from callgate.checks.call_class import call_class_of
from callgate.checks.decide import decide, failed_checks
from callgate.checks.phone_list import CHECK, rests_on_one_time_call
from callgate.domain.case import CallClass, Case, CommonNumber, ListEntry, OneTimeCall
from callgate.domain.policy import Policy
from callgate.domain.verdict import Pass, Reason
from tests import strategies as some
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    POLICY,
    SOCIAL_CALL,
    block,
    detail_of,
    finding_of,
    restriction,
    shield,
)

pytestmark = pytest.mark.feature("F33")

ALLOW_LIST = replace(POLICY, list_mode="allow_list")
OPEN = replace(POLICY, list_mode="open_minus_blocks")
UNLISTED = replace(SOCIAL_CALL, entry=None)
GRANTED = OneTimeCall(one_time_call_id="o-1", expires_at=NOON + timedelta(hours=24))


def granted(case: Case, *, expires_in: timedelta = timedelta(hours=24)) -> Case:
    return replace(case, one_time=replace(GRANTED, expires_at=case.decided_at + expires_in))


def test_an_unlisted_number_passes_until_the_instant_at_which_it_expires() -> None:
    assert CHECK.judge(granted(UNLISTED, expires_in=MILLISECOND), ALLOW_LIST) == Pass()
    for late in (timedelta(), -MILLISECOND, -timedelta(days=1)):
        assert detail_of(CHECK.judge(granted(UNLISTED, expires_in=late), ALLOW_LIST)) == "not_listed"


@pytest.mark.parametrize("policy", [ALLOW_LIST, OPEN], ids=["allow list", "open"])
def test_a_number_that_waits_for_the_warden_passes(policy: Policy) -> None:
    pending = replace(SOCIAL_CALL, entry=ListEntry(kind="attorney", state="pending_warden"))
    assert CHECK.judge(granted(pending), policy) == Pass()
    assert rests_on_one_time_call(granted(pending), policy)
    assert detail_of(CHECK.judge(granted(pending, expires_in=timedelta()), policy)) == "pending_warden"


def test_it_makes_no_privileged_call_of_a_lawyers_number_that_waits() -> None:
    pending = granted(replace(SOCIAL_CALL, entry=ListEntry(kind="attorney", state="pending_warden")))
    decision = decide(pending, POLICY)
    assert (decision.allowed, decision.call_class, decision.record) == (True, CallClass.SOCIAL, True)


def test_only_a_call_that_the_list_would_refuse_rests_on_it() -> None:
    assert rests_on_one_time_call(granted(UNLISTED), ALLOW_LIST)
    assert not rests_on_one_time_call(granted(SOCIAL_CALL), ALLOW_LIST)
    assert not rests_on_one_time_call(granted(UNLISTED), OPEN)
    assert not rests_on_one_time_call(granted(UNLISTED, expires_in=timedelta()), ALLOW_LIST)
    assert not rests_on_one_time_call(UNLISTED, ALLOW_LIST)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"blocks": (block("victim"),)}, Reason.NUMBER_NOT_AVAILABLE),
        ({"blocks": (block("called_party", scope="facility"),)}, Reason.NUMBER_NOT_AVAILABLE),
        ({"blocks": (shield(),)}, Reason.NUMBER_NOT_AVAILABLE),
        ({"restrictions": (restriction(),)}, Reason.CALLS_RESTRICTED),
        ({"payment_type": "debit"}, Reason.RATE_UNAVAILABLE),
        ({"person": None}, Reason.PIN_NOT_ACCEPTED),
    ],
)
def test_everything_else_refuses_as_ever(changes: dict[str, object], reason: Reason) -> None:
    assert decide(granted(UNLISTED), POLICY).allowed
    assert decide(replace(granted(UNLISTED), **changes), POLICY).reason is reason  # type: ignore[arg-type]


def test_a_state_or_a_mode_nobody_defined_is_refused_all_the_same() -> None:
    odd = granted(replace(SOCIAL_CALL, entry=ListEntry(kind="social", state="?")))
    decision = decide(odd, POLICY)
    assert (decision.reason, finding_of(decision, "phone_list").failed) == (Reason.NUMBER_NOT_AVAILABLE, True)
    with pytest.raises(ValueError, match="list mode"):
        CHECK.judge(granted(UNLISTED), replace(POLICY, list_mode="closed"))


def test_an_expiry_without_a_zone_denies_and_alarms() -> None:
    corrupt = replace(UNLISTED, one_time=replace(GRANTED, expires_at=GRANTED.expires_at.replace(tzinfo=None)))
    decision = decide(corrupt, POLICY)
    assert (decision.reason, failed_checks(decision)) == (Reason.NUMBER_NOT_AVAILABLE, ("phone_list",))


@pytest.mark.parametrize(
    "case", [ATTORNEY_CALL, HOTLINE_CALL, replace(UNLISTED, common=CommonNumber(kind="privileged"))]
)
def test_a_call_that_no_list_binds_is_the_same_with_it(case: Case) -> None:
    assert decide(granted(case), POLICY) == decide(case, POLICY)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=some.cases(), policy=some.policies())
def test_it_changes_the_answer_of_the_list_and_of_no_other_check(case: Case, policy: Policy) -> None:
    with_it, without = granted(case), replace(case, one_time=None)
    after, before = decide(with_it, policy), decide(without, policy)
    assume(not after.allowed)  # an allow has the findings of all; a refusal has them as well, and can be compared
    changed = [one.check for one, other in zip(after.findings, before.findings, strict=True) if one != other]
    assert changed in ([], ["phone_list"])
    assert before.reason is not None
    assert call_class_of(with_it) is call_class_of(without)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=some.cases(), policy=some.policies())
def test_what_is_refused_for_the_list_alone_is_allowed_with_it_and_nothing_else_is(case: Case, policy: Policy) -> None:
    before = decide(replace(case, one_time=None), policy)
    refused_by = {finding.check for finding in before.findings if finding.verdict == "deny"}
    assert decide(granted(case), policy).allowed == (refused_by <= {"phone_list"})
