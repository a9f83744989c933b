"""The phone-list check: in both list modes, in every state of an entry."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callgate.checks.decide import decide
from callgate.checks.phone_list import CHECK
from callgate.domain.case import CommonNumber, ListEntry
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import HOTLINE_CALL, MILLISECOND, NOON, POLICY, SOCIAL_CALL, detail_of, finding_of, restriction

ALLOW_LIST = replace(POLICY, list_mode="allow_list")
OPEN = replace(POLICY, list_mode="open_minus_blocks")
KINDS = ["social", "attorney", "consulate", "confined_person", "supervised_person"]


@pytest.mark.feature("F14")
def test_denies_a_number_that_is_not_on_the_list() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, entry=None), ALLOW_LIST)) == "not_listed"


@pytest.mark.feature("F14")
def test_where_lists_are_open_an_unlisted_number_passes() -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, entry=None), OPEN) == Pass()


@pytest.mark.feature("F10", "F12")
@pytest.mark.parametrize("policy", [ALLOW_LIST, OPEN], ids=["allow list", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_denies_what_the_warden_has_not_decided_on(kind: str, policy: object) -> None:
    case = replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="pending_warden"))
    assert detail_of(CHECK.judge(case, policy)) == "pending_warden"  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", [ALLOW_LIST, OPEN], ids=["allow list", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_passes_an_active_entry_of_any_kind(kind: str, policy: object) -> None:
    case = replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="active"))
    assert CHECK.judge(case, policy) == Pass()  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["", "Active", "removed"])
def test_a_state_nobody_defined_denies_and_alarms(state: str) -> None:
    decision = decide(replace(SOCIAL_CALL, entry=ListEntry(kind="social", state=state)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE
    assert (finding_of(decision, "phone_list").reason, finding_of(decision, "phone_list").failed) == (
        ERROR_DETAIL,
        True,
    )


def test_a_list_mode_nobody_defined_raises() -> None:
    with pytest.raises(ValueError, match="list mode"):
        CHECK.judge(replace(SOCIAL_CALL, entry=None), replace(POLICY, list_mode="closed"))


def test_neither_a_common_privileged_number_nor_a_hotline_need_stand_on_a_list() -> None:
    assert decide(replace(SOCIAL_CALL, entry=None, common=CommonNumber(kind="privileged")), POLICY).allowed
    assert decide(HOTLINE_CALL, POLICY).allowed


def test_is_told_as_nothing_but_not_available() -> None:
    assert decide(replace(SOCIAL_CALL, entry=None), POLICY).reason is Reason.NUMBER_NOT_AVAILABLE


CONFINED_CALL = replace(SOCIAL_CALL, entry=ListEntry(kind="confined_person", state="active"))


@pytest.mark.feature("F12")
@pytest.mark.parametrize("kind", ["disciplinary", "investigation"])
def test_an_approval_is_suspended_between_the_dates_of_a_restrictive_status_alone(kind: str) -> None:
    day, nothing = timedelta(days=1), timedelta()
    for starts, ends, suspended in (
        (MILLISECOND, day, False),
        (nothing, day, True),
        (-day, MILLISECOND, True),
        (-day, nothing, False),
    ):
        status = restriction(kind, starts_at=NOON + starts, ends_at=NOON + ends)
        verdict = CHECK.judge(replace(CONFINED_CALL, restrictions=(status,)), POLICY)
        assert (detail_of(verdict) if suspended else verdict) == ("approval_suspended" if suspended else Pass())


@pytest.mark.feature("F12")
def test_only_the_kinds_that_the_profile_names_are_suspended_and_only_by_restrictive_status() -> None:
    status = (restriction("disciplinary"),)
    assert POLICY.list_kinds_suspended == {"confined_person"}
    for kind in KINDS:
        case = replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="active"), restrictions=status)
        assert (CHECK.judge(case, POLICY) == Pass()) == (kind != "confined_person")
        assert CHECK.judge(case, replace(POLICY, list_kinds_suspended=frozenset())) == Pass()
    risk_group = replace(CONFINED_CALL, restrictions=(restriction("security_risk_group"),))
    assert CHECK.judge(risk_group, POLICY) == Pass()


@pytest.mark.feature("F12")
def test_a_suspended_number_is_told_as_the_restriction_that_suspends_it() -> None:
    decision = decide(replace(CONFINED_CALL, restrictions=(restriction("disciplinary"),)), POLICY)
    assert decision.reason is Reason.CALLS_RESTRICTED
    assert finding_of(decision, "phone_list").reason == "approval_suspended"


def test_one_that_still_waits_is_told_so_even_under_restrictive_status() -> None:
    waiting = replace(CONFINED_CALL, entry=ListEntry(kind="confined_person", state="pending_warden"))
    verdict = CHECK.judge(replace(waiting, restrictions=(restriction("disciplinary"),)), POLICY)
    assert detail_of(verdict) == "pending_warden"
