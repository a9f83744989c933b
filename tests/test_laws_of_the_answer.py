"""The laws of what is answered: no more than the rules allow, and nothing that tells a cause which may not be told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from callgate.checks import CHECKS
from callgate.checks.decide import decide, failed_checks, with_pin_heard
from callgate.domain.case import Case, PinState, Usage
from callgate.domain.policy import Policy
from callgate.domain.verdict import (
    REASONS_IN_ORDER,
    Decision,
    Reason,
)
from tests import strategies as some

law = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
either_case = some.cases() | some.cases(corrupt=True)


def outward(decision: Decision) -> Decision:
    """The decision as anybody outside may know it."""
    return replace(decision, findings=())


def rank(reason: Reason) -> int:
    """How early is it told?"""
    return REASONS_IN_ORDER.index(reason)


# ----------------------------------------------------------------------------------------------------------- the answer


@law
@given(case=either_case, policy=some.policies())
def test_an_answer_says_all_that_belongs_to_it_and_nothing_else(case: Case, policy: Policy) -> None:
    decision = decide(case, policy)
    event(f"{decision.reason or decision.call_class}, {decision.limiting_factor}")
    if decision.allowed:
        assert_allows_no_more_than_the_rules(decision, case, policy)
    else:
        assert_denies_and_says_no_more(decision)


def assert_allows_no_more_than_the_rules(decision: Decision, case: Case, policy: Policy) -> None:
    """The grant is the smallest of all limits and within cap, request and window."""
    seconds = decision.max_duration_seconds
    assert seconds == min(finding.seconds for finding in decision.findings if finding.seconds is not None)
    assert 1 <= seconds <= policy.call_cap_seconds * policy.call_cap_factor[case.media]
    assert case.requested_duration_seconds is None or seconds <= case.requested_duration_seconds
    assert decision.authorization_expires_at == case.decided_at + timedelta(seconds=policy.answer_within_seconds)
    assert decision.end_by is not None
    # Answered at once the whole grant fits before the end; and however long it rings, it ends.
    assert case.decided_at + timedelta(seconds=seconds) <= decision.end_by
    assert decision.end_by <= decision.authorization_expires_at + timedelta(seconds=seconds)
    assert (decision.reason, decision.retry_at, failed_checks(decision)) == (None, None, ())
    assert decision.quote is not None
    assert decision.quote.max_charge is not None


def assert_denies_and_says_no_more(decision: Decision) -> None:
    """The reason is the earliest of the findings', and nothing is there that an allow would have."""
    denied = {finding.check for finding in decision.findings if finding.verdict == "deny"}
    told = {check.refuses_with for check in CHECKS if check.name in denied}
    if "call_class" in denied:
        told.add(Reason.NUMBER_NOT_AVAILABLE)
    assert decision.reason is min(told, key=rank)
    assert decision.quote is None or decision.quote.max_charge is None
    empty = (decision.max_duration_seconds, decision.announcements, decision.warn_at_remaining_seconds)
    assert empty == (0, (), ())
    assert (decision.record, decision.monitor) == (False, False)
    absent = (decision.call_class, decision.limiting_factor, decision.end_by, decision.authorization_expires_at)
    assert absent == (None, None, None, None)


@law
@given(case=either_case, policy=some.policies())
def test_an_instant_is_promised_for_hours_and_limits_alone_lies_ahead_and_is_kept(case: Case, policy: Policy) -> None:
    decision = decide(case, policy)
    if decision.retry_at is None:
        return
    assert decision.reason in (Reason.OUTSIDE_CALLING_HOURS, Reason.LIMIT_REACHED)
    assert decision.retry_at > case.decided_at
    if decision.reason is Reason.OUTSIDE_CALLING_HOURS:
        just_before, then = (
            decide(replace(case, decided_at=decision.retry_at - ago), policy)
            for ago in (timedelta(milliseconds=1), timedelta(0))
        )
        assert just_before.reason is Reason.OUTSIDE_CALLING_HOURS
        assert then.reason is not Reason.OUTSIDE_CALLING_HOURS


# ---------------------------------------------------------------------------------------------------- indistinguishable


@pytest.mark.feature("F17")
@law
@given(data=st.data(), case=some.cases(), policy=some.policies())
def test_two_numbers_that_are_not_available_cannot_be_told_apart(
    data: st.DataObject, case: Case, policy: Policy
) -> None:
    case = replace(case, common=None)
    unlisted = replace(case, entry=None, blocks=())
    blocks = tuple(data.draw(st.lists(some.blocks(case.decided_at), min_size=1, max_size=3)))
    blocked = replace(case, entry=data.draw(st.none() | some.entries()), blocks=blocks)
    answers = [decide(it, policy) for it in (unlisted, blocked)]
    assume(all(answer.reason is Reason.NUMBER_NOT_AVAILABLE for answer in answers))
    assert outward(answers[0]) == outward(answers[1])


@pytest.mark.feature("F01")
@law
@given(data=st.data(), case=some.cases(), policy=some.policies(), is_locked=st.booleans())
def test_two_pins_that_are_not_accepted_cannot_be_told_apart(
    data: st.DataObject,
    case: Case,
    policy: Policy,
    is_locked: bool,  # noqa: FBT001
) -> None:
    case = replace(case, common=None)
    facts = {
        "pin": st.sampled_from(PinState),
        "person": st.none() | some.persons(),
        "entry": st.none() | some.entries(),
        "usage": some.usages(case.decided_at),
    }
    others = [{name: data.draw(strategy) for name, strategy in facts.items()} for _ in range(2)]
    answers = [decide(with_pin_heard(replace(case, **other), policy, is_locked=is_locked), policy) for other in others]
    assume(all(answer.reason is Reason.PIN_NOT_ACCEPTED for answer in answers))
    assert outward(answers[0]) == outward(answers[1])


@pytest.mark.feature("F44")
@law
@given(data=st.data(), case=some.cases(), policy=some.policies())
def test_the_price_beside_a_refusal_tells_nothing_of_person_list_or_block(
    data: st.DataObject, case: Case, policy: Policy
) -> None:
    assume(case.common is None or case.common.kind != "hotline")
    now = case.decided_at
    other = replace(
        case,
        pin=data.draw(st.sampled_from(PinState)),
        person=data.draw(st.none() | some.persons()),
        entry=data.draw(st.none() | some.entries()),
        blocks=tuple(data.draw(st.lists(some.blocks(now), max_size=2))),
        restrictions=tuple(data.draw(st.lists(some.restrictions(now), max_size=1))),
        shutoffs=tuple(data.draw(st.lists(some.shutoffs(now), max_size=1))),
        usage=data.draw(some.usages(now)),
        common=data.draw(st.none() | st.just(case.common)),
    )
    quotes = [decide(it, policy).quote for it in (case, other)]
    assert (quotes[0] is None) is (quotes[1] is None)
    if quotes[0] is not None and quotes[1] is not None:
        assert replace(quotes[0], max_charge=None) == replace(quotes[1], max_charge=None)


@law
@given(case=either_case, policy=some.policies(), is_locked=st.booleans())
def test_a_pin_that_does_not_count_leaves_no_person_and_one_that_does_leaves_the_case(
    case: Case,
    policy: Policy,
    is_locked: bool,  # noqa: FBT001
) -> None:
    assume(case.pin in (PinState.MATCHED, PinState.UNKNOWN, PinState.MISSING))  # what a look-up can answer
    heard = with_pin_heard(case, policy, is_locked=is_locked)
    if heard.pin is PinState.MATCHED:
        assert heard == case
    else:
        personal = (heard.person, heard.entry, heard.one_time, heard.restrictions, heard.usage)
        assert personal == (None, None, None, (), Usage())
        assert not any(block.excepted for block in heard.blocks)
    if heard.pin is PinState.NOT_HEARD:
        assert decide(heard, policy).reason in (Reason.NOT_IN_SERVICE, Reason.OUTSIDE_CALLING_HOURS)
