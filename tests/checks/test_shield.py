"""The shield: a cellmate's PIN does not reach another person's victim (State v. Ritter, Connolly)."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.decide import decide
from callgate.checks.shield import CHECK
from callgate.domain.case import Block
from callgate.domain.roles import VICTIM_CLASS
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    PERSON,
    POLICY,
    SOCIAL_CALL,
    block,
    detail_of,
    finding_of,
    shield,
)


@pytest.mark.feature("F17")
@pytest.mark.parametrize("kind", sorted(VICTIM_CLASS))
def test_denies_a_cellmate_the_victim_of_somebody_here(kind: str) -> None:
    case = replace(SOCIAL_CALL, blocks=(shield(kind),))
    assert detail_of(CHECK.judge(case, POLICY)) == "shield_other_person"
    assert decide(case, POLICY).reason is Reason.NUMBER_NOT_AVAILABLE


@pytest.mark.parametrize("kind", ["called_party", "guardian", "investigation", "facility"])
def test_only_victim_class_blocks_shield(kind: str) -> None:
    assert decide(replace(SOCIAL_CALL, blocks=(shield(kind),)), POLICY).allowed


@pytest.mark.feature("F17", "F54")
def test_holds_only_where_the_person_is_now() -> None:
    moved_away = replace(shield(), subject_here=False)
    assert decide(replace(SOCIAL_CALL, blocks=(moved_away,)), POLICY).allowed


@pytest.mark.parametrize("scope", ["unit", "facility", "system"])
def test_a_block_of_wider_scope_needs_no_shield(scope: str) -> None:
    case = replace(SOCIAL_CALL, blocks=(replace(block(scope=scope), subject_here=True),))
    assert CHECK.judge(case, POLICY) == Pass()
    assert decide(case, POLICY).reason is Reason.NUMBER_NOT_AVAILABLE


@pytest.mark.parametrize(
    ("until", "binds"),
    [(None, True), (NOON + MILLISECOND, True), (NOON, False)],
    ids=["indefinite", "a millisecond before its end", "at its end"],
)
def test_ends_with_its_block(until: datetime | None, binds: bool) -> None:  # noqa: FBT001
    case = replace(SOCIAL_CALL, blocks=(shield(until=until),))
    assert (CHECK.judge(case, POLICY) != Pass()) is binds


@pytest.mark.feature("F17")
@pytest.mark.parametrize(
    ("excepted_until", "excepted"),
    [(None, True), (NOON + MILLISECOND, True), (NOON, False), (NOON - MILLISECOND, False)],
    ids=["without end", "a millisecond before its end", "at its end", "after its end"],
)
def test_a_named_exception_holds_until_just_before_its_end(
    excepted_until: datetime | None,
    excepted: bool,  # noqa: FBT001
) -> None:
    named = replace(shield(), excepted=True, excepted_until=excepted_until)
    assert decide(replace(SOCIAL_CALL, blocks=(named,)), POLICY).allowed is excepted


def test_an_exception_from_one_block_is_none_from_another() -> None:
    named = replace(shield(), excepted=True)
    other = replace(shield("court_order"), inmate_id="300777")
    assert not decide(replace(SOCIAL_CALL, blocks=(named, other)), POLICY).allowed


@pytest.mark.feature("F17")
def test_the_person_that_the_block_is_about_can_never_have_an_exception() -> None:
    own = replace(block(), subject_here=True, excepted=True)
    case = replace(SOCIAL_CALL, blocks=(own,))
    assert detail_of(CHECK.judge(case, POLICY)) == "shield_other_person"
    assert not decide(case, POLICY).allowed


def test_nobody_is_excepted_before_they_are_known() -> None:
    named = replace(shield(), excepted=True)
    assert CHECK.judge(replace(SOCIAL_CALL, person=None, blocks=(named,)), POLICY) != Pass()


@pytest.mark.feature("F16", "F17")
def test_beats_privilege_and_takes_it_away() -> None:
    decision = decide(replace(ATTORNEY_CALL, blocks=(shield(),)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE


def test_does_not_reach_a_hotline() -> None:
    assert decide(replace(HOTLINE_CALL, blocks=(shield(),)), POLICY).allowed


def test_a_corrupt_instant_denies_and_alarms() -> None:
    naive = datetime.fromisoformat("2030-01-01 00:00")
    corrupt: Block = replace(shield(), until=naive)
    decision = decide(replace(SOCIAL_CALL, person=PERSON, blocks=(corrupt,)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE
    assert (finding_of(decision, "shield").reason, finding_of(decision, "shield").failed) == (ERROR_DETAIL, True)
