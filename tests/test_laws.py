"""The laws of a decision, attacked by Hypothesis: no check grants, and so nothing that is added can loosen.

Each law is one sentence and one test. What Hypothesis ever finds here becomes a case of its own in `tests/checks`.
"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from callgate.checks import CHECKS
from callgate.checks.call_class import call_class_of
from callgate.checks.decide import decide, failed_checks
from callgate.domain.case import CallClass, Case, CommonNumber, ListEntry, PinState, Usage
from callgate.domain.policy import Policy
from callgate.domain.verdict import (
    REASONS_IN_ORDER,
    Check,
    Decision,
    Deny,
    Factor,
    Limit,
    Pass,
    Reason,
    Verdict,
)
from tests import strategies as some
from tests.dice import Dice
from tests.dice_cases import any_case, any_policy
from tests.strategies import BYTES_PER_CASE, BYTES_PER_POLICY

CASE_TEXT = TypeAdapter(Case)
NAMES = [check.name for check in CHECKS]
law = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def rank(reason: Reason) -> int:
    """How early is it told?"""
    return REASONS_IN_ORDER.index(reason)


def as_told(decision: Decision) -> Decision:
    """The decision with its findings in one order, whichever the checks were asked in."""
    return replace(decision, findings=tuple(sorted(decision.findings, key=lambda finding: finding.check)))


def assert_no_looser(tighter: Decision, than: Decision) -> None:
    """Nothing that `than` refuses is allowed, and nothing lasts longer."""
    if tighter.allowed:
        assert than.allowed
        assert tighter.max_duration_seconds <= than.max_duration_seconds
        assert tighter.end_by is not None
        assert than.end_by is not None
        assert tighter.end_by <= than.end_by


def raising(check: Check) -> Check:
    def judge(case: Case, policy: Policy) -> Verdict:
        raise RuntimeError(f"{check.name}, {case.switch_id}, {policy.label}")

    return replace(check, judge=judge)


def verdicts() -> st.SearchStrategy[Verdict]:
    limit = st.builds(Limit, st.sampled_from((1, 60, 900, 10**6)), st.sampled_from(Factor))
    return st.one_of(st.just(Pass()), limit, st.just(Deny("a test's")))


@st.composite
def further_checks(draw: st.DrawFn) -> Check:
    """A check that nobody has written yet."""
    verdict = draw(verdicts())

    def judge(case: Case, policy: Policy) -> Verdict:
        del case, policy
        return verdict

    return Check(
        name="further",
        refuses_with=draw(st.sampled_from(Reason)),
        binds=frozenset(draw(st.sets(st.sampled_from(CallClass)))),
        judge=judge,
        clause="a test's",
    )


either_case = some.cases() | some.cases(corrupt=True)


# ------------------------------------------------------------------------------------------------------------- the fold


@law
@given(case=either_case, policy=some.policies(), order=st.permutations(CHECKS))
def test_the_order_of_the_checks_changes_nothing(case: Case, policy: Policy, order: list[Check]) -> None:
    assert as_told(decide(case, policy, checks=order)) == as_told(decide(case, policy))


@law
@given(case=either_case, policy=some.policies(), further=further_checks(), place=st.integers(0, len(CHECKS)))
def test_one_more_check_never_loosens(case: Case, policy: Policy, further: Check, place: int) -> None:
    more = decide(case, policy, checks=(*CHECKS[:place], further, *CHECKS[place:]))
    fewer = decide(case, policy)
    assert_no_looser(more, fewer)
    if more.reason and fewer.reason:
        assert rank(more.reason) <= rank(fewer.reason)


@law
@given(case=either_case, policy=some.policies(), removed=st.sets(st.sampled_from(sorted(set(NAMES) - {"call_cap"}))))
def test_one_check_fewer_never_tightens(case: Case, policy: Policy, removed: set[str]) -> None:
    # The cap stays: without any limit a decision denies, which is a law of its own below.
    fewer = decide(case, policy, checks=[check for check in CHECKS if check.name not in removed])
    assert_no_looser(decide(case, policy), fewer)


@law
@given(case=either_case, policy=some.policies())
def test_what_nothing_limits_is_denied(case: Case, policy: Policy) -> None:
    unlimited = decide(case, policy, checks=[check for check in CHECKS if check.name == "one_live_call"])
    assert not unlimited.allowed


@law
@given(case=either_case, policy=some.policies(), name=st.sampled_from(NAMES))
def test_a_check_that_raises_denies_whomever_it_binds(case: Case, policy: Policy, name: str) -> None:
    (check,) = (check for check in CHECKS if check.name == name)
    before = decide(case, policy)
    decision = decide(case, policy, checks=[raising(it) if it.name == name else it for it in CHECKS])
    # Where the class itself cannot be told every check that binds social calls is asked.
    binding = "call_class" in failed_checks(before) or call_class_of(case) in check.binds
    if binding and (CallClass.SOCIAL in check.binds):
        assert not decision.allowed
        assert decision.reason is not None
        assert rank(decision.reason) <= rank(check.refuses_with)
        assert name in failed_checks(decision)
    elif not binding:
        assert decision == before


@law
@given(case=some.cases(corrupt=True), policy=some.policies() | st.none())
def test_no_corrupt_fact_breaks_a_decision_and_every_raised_error_is_a_denial(
    case: Case, policy: Policy | None
) -> None:
    decision = decide(case, policy)
    if failed_checks(decision):
        assert not decision.allowed
    event(f"{decision.reason}, failed: {bool(failed_checks(decision))}")


@law
@given(case=either_case, policy=some.policies())
def test_deciding_again_gives_the_same_answer(case: Case, policy: Policy) -> None:
    assert decide(case, policy) == decide(case, policy)


@law
@given(case=either_case, policy=some.policies())
def test_a_case_kept_as_text_is_the_same_case_and_is_decided_the_same(case: Case, policy: Policy) -> None:
    kept = CASE_TEXT.validate_json(CASE_TEXT.dump_json(case))
    assert kept == case
    assert decide(kept, policy) == decide(case, policy)


# ------------------------------------------------------------------------------------------------------------ the facts


@pytest.mark.feature("F16")
@law
@given(data=st.data(), case=either_case, policy=some.policies())
def test_a_further_block_restriction_or_shutoff_never_loosens(data: st.DataObject, case: Case, policy: Policy) -> None:
    now = case.decided_at
    before = decide(case, policy)
    tighter = {
        "block": replace(case, blocks=(*case.blocks, data.draw(some.blocks(now)))),
        "restriction": replace(case, restrictions=(*case.restrictions, data.draw(some.restrictions(now)))),
        "shut-off": replace(case, shutoffs=(*case.shutoffs, data.draw(some.shutoffs(now)))),
    }
    for added in tighter.values():
        assert_no_looser(decide(added, policy), before)


@law
@given(case=either_case, policy=some.policies(), seconds=st.integers(1, 10**6))
def test_the_carriers_own_limit_only_lowers(case: Case, policy: Policy, seconds: int) -> None:
    unasked = replace(case, requested_duration_seconds=None)
    assert_no_looser(decide(replace(case, requested_duration_seconds=seconds), policy), decide(unasked, policy))


@law
@given(data=st.data(), case=either_case, policy=some.policies())
def test_a_facilitys_own_hours_and_limits_only_narrow(data: st.DataObject, case: Case, policy: Policy) -> None:
    assume(case.facility is not None)
    assert case.facility is not None
    open_handed = replace(case, facility=replace(case.facility, hours=None, limits=None))
    strict = replace(
        case, facility=replace(case.facility, hours=data.draw(some.hours()), limits=data.draw(some.limits()))
    )
    before = decide(open_handed, policy)
    assert_no_looser(decide(strict, policy), before)


@pytest.mark.feature("F40")
@law
@given(data=st.data(), case=either_case, policy=some.policies())
def test_a_hotline_asks_for_nothing_about_the_caller(data: st.DataObject, case: Case, policy: Policy) -> None:
    case = replace(case, common=CommonNumber(kind="hotline"))
    before = decide(case, policy)
    assume("call_class" not in failed_checks(before) and call_class_of(case) is CallClass.HOTLINE)
    now = case.decided_at
    other = replace(
        case,
        pin=data.draw(st.sampled_from(PinState)),
        person=data.draw(st.none() | some.persons()),
        restrictions=(data.draw(some.restrictions(now)),),
        shutoffs=(data.draw(some.shutoffs(now)),),
        usage=data.draw(some.usages(now)),
        entry=data.draw(st.none() | some.entries()),
    )
    assert decide(other, policy) == before


@law
@given(data=st.data(), case=either_case, policy=some.policies())
def test_a_privileged_call_counts_against_nothing(data: st.DataObject, case: Case, policy: Policy) -> None:
    case = replace(case, usage=Usage(), common=data.draw(st.sampled_from((None, CommonNumber(kind="privileged")))))
    if case.common is None:
        case = replace(case, entry=ListEntry(kind="attorney", state="active"))
    before = decide(case, policy)
    assume("call_class" not in failed_checks(before) and call_class_of(case) is CallClass.PRIVILEGED)
    spent = replace(data.draw(some.usages(case.decided_at)), live_until=None)
    assert decide(replace(case, usage=spent), policy) == before


# --------------------------------------------------------------------------------------- the cases are worth their name


def test_the_dice_reach_every_answer_often_enough() -> None:
    """A law that is only ever tried on one kind of refusal says little."""
    random = Random(20260610)
    seen: Counter[str] = Counter()
    for _ in range(3000):
        policy = any_policy(Dice(random.randbytes(BYTES_PER_POLICY)))
        decision = decide(any_case(Dice(random.randbytes(BYTES_PER_CASE))), policy)
        seen.update((f"reason {decision.reason}", f"class {decision.call_class}", f"limit {decision.limiting_factor}"))
    wanted = [
        *(f"reason {it}" for it in Reason),
        *(f"class {it}" for it in CallClass),
        *(f"limit {it}" for it in Factor),
    ]
    assert all(seen[it] >= 15 for it in wanted), seen
