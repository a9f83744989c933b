"""The restriction check: between its dates, sparing privileged calls unless a finding of its own bars them."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.decide import decide
from callgate.checks.restriction import CHECK
from callgate.domain.case import CallClass, Case, CommonNumber
from callgate.domain.verdict import Pass, Reason
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

COMMON_PRIVILEGED_CALL = replace(SOCIAL_CALL, entry=None, common=CommonNumber(kind="privileged"))


@pytest.mark.feature("F34")
@pytest.mark.parametrize(
    ("starts_at", "ends_at", "binds"),
    [
        (NOON + MILLISECOND, NOON + 2 * MILLISECOND, False),
        (NOON, NOON + MILLISECOND, True),
        (NOON - MILLISECOND, NOON + MILLISECOND, True),
        (NOON - MILLISECOND, NOON, False),
    ],
    ids=["a millisecond before its start", "at its start", "a millisecond before its end", "at its end"],
)
def test_is_in_force_from_its_start_until_just_before_its_end(
    starts_at: datetime,
    ends_at: datetime,
    binds: bool,  # noqa: FBT001
) -> None:
    case = replace(SOCIAL_CALL, restrictions=(restriction(starts_at=starts_at, ends_at=ends_at),))
    assert (CHECK.judge(case, POLICY) != Pass()) is binds


@pytest.mark.parametrize("kind", ["disciplinary", "investigation", "security_risk_group"])
def test_says_for_the_record_which_kind_it_is(kind: str) -> None:
    case = replace(SOCIAL_CALL, restrictions=(restriction(kind),))
    assert detail_of(CHECK.judge(case, POLICY)) == f"{kind}_restriction"


def test_passes_without_any() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Pass()


@pytest.mark.feature("F35", "F38")
@pytest.mark.parametrize("call", [ATTORNEY_CALL, COMMON_PRIVILEGED_CALL], ids=["own attorney", "common number"])
def test_a_privileged_call_survives_and_is_not_recorded(call: Case) -> None:
    decision = decide(replace(call, restrictions=(restriction(),)), POLICY)
    assert (decision.allowed, decision.call_class, decision.record, decision.monitor) == (
        True,
        CallClass.PRIVILEGED,
        False,
        False,
    )


@pytest.mark.feature("F35")
@pytest.mark.parametrize("call", [ATTORNEY_CALL, COMMON_PRIVILEGED_CALL], ids=["own attorney", "common number"])
def test_a_finding_of_its_own_bars_a_privileged_call(call: Case) -> None:
    decision = decide(replace(call, restrictions=(restriction(bars_privileged=True),)), POLICY)
    assert decision.reason is Reason.CALLS_RESTRICTED


def test_a_finding_past_its_end_bars_nothing() -> None:
    over = restriction(bars_privileged=True, ends_at=NOON)
    assert decide(replace(ATTORNEY_CALL, restrictions=(over, restriction())), POLICY).allowed


def test_a_restriction_that_spares_privileged_calls_does_not_hide_one_that_bars_them() -> None:
    both = (restriction(), restriction("security_risk_group", bars_privileged=True))
    assert (
        detail_of(CHECK.judge(replace(ATTORNEY_CALL, restrictions=both), POLICY)) == "security_risk_group_restriction"
    )


@pytest.mark.feature("F35")
@pytest.mark.parametrize("blocked_by", [block(), block(scope="system"), block("facility", scope="facility"), shield()])
def test_the_caller_of_a_blocked_attorney_hears_of_the_restriction_like_everyone(blocked_by: object) -> None:
    case = replace(ATTORNEY_CALL, restrictions=(restriction(),), blocks=(blocked_by,))  # type: ignore[arg-type]
    assert decide(case, POLICY).reason is Reason.CALLS_RESTRICTED


@pytest.mark.feature("F35")
def test_an_attorney_that_the_warden_has_not_decided_on_has_no_privilege() -> None:
    entry = replace(ATTORNEY_CALL.entry, state="pending_warden")  # type: ignore[type-var]
    assert decide(replace(ATTORNEY_CALL, entry=entry, restrictions=(restriction(),)), POLICY).reason is (
        Reason.CALLS_RESTRICTED
    )


@pytest.mark.feature("F40")
def test_a_hotline_is_open_under_any_restriction() -> None:
    assert decide(replace(HOTLINE_CALL, restrictions=(restriction(bars_privileged=True),)), POLICY).allowed


def test_a_corrupt_block_is_not_told_as_a_restriction_that_nobody_has() -> None:
    corrupt = replace(block(), scope="galaxy")
    decision = decide(replace(ATTORNEY_CALL, blocks=(corrupt,)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE
    assert not finding_of(decision, "restriction").failed
