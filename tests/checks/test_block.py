"""The block check: at every scope whom it binds and whom not, until when, and that it beats list and privilege."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.block import CHECK
from callgate.checks.decide import decide
from callgate.domain.case import Block, Case, CommonNumber, Person
from callgate.domain.roles import REDACTED_KINDS
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    PERSON,
    POLICY,
    SOCIAL_CALL,
    STATION,
    block,
    detail_of,
    finding_of,
)

SCOPES = ["inmate", "unit", "facility", "system"]
KINDS = sorted(REDACTED_KINDS | {"called_party", "facility"})


@pytest.mark.feature("F16")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("kind", KINDS)
def test_denies_a_blocked_number_even_when_it_is_on_the_list(scope: str, kind: str) -> None:
    case = replace(SOCIAL_CALL, blocks=(block(kind, scope=scope),))
    assert detail_of(CHECK.judge(case, POLICY)) == f"{kind}_block"
    assert decide(case, POLICY).reason is Reason.NUMBER_NOT_AVAILABLE


@pytest.mark.feature("F16")
@pytest.mark.parametrize("scope", SCOPES)
def test_beats_privilege(scope: str) -> None:
    blocks = (block("called_party", scope=scope),)
    assert decide(replace(ATTORNEY_CALL, blocks=blocks), POLICY).reason is Reason.NUMBER_NOT_AVAILABLE
    common = replace(SOCIAL_CALL, entry=None, common=CommonNumber(kind="privileged"), blocks=blocks)
    assert detail_of(CHECK.judge(common, POLICY)) == "called_party_block"
    assert decide(common, POLICY).reason is Reason.NUMBER_NOT_AVAILABLE


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    ("until", "binds"),
    [(None, True), (NOON + MILLISECOND, True), (NOON, False), (NOON - MILLISECOND, False)],
    ids=["indefinite", "a millisecond before its end", "at its end", "after its end"],
)
def test_is_in_force_until_just_before_its_end(scope: str, until: datetime | None, binds: bool) -> None:  # noqa: FBT001
    case = replace(SOCIAL_CALL, blocks=(block(scope=scope, until=until),))
    assert (CHECK.judge(case, POLICY) != Pass()) is binds


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(block("called_party"), inmate_id="300999"),
        replace(block("called_party", scope="unit"), unit="B"),
        replace(block("called_party", scope="unit"), facility_id="cheshire"),
        replace(block("called_party", scope="facility"), facility_id="cheshire"),
    ],
    ids=["another person", "another unit", "the same unit of another facility", "another facility"],
)
def test_does_not_bind_whom_it_does_not_name(elsewhere: Block) -> None:
    case = replace(SOCIAL_CALL, blocks=(elsewhere,))
    assert CHECK.judge(case, POLICY) == Pass()
    assert decide(case, POLICY).allowed


@pytest.mark.parametrize("scope", ["inmate", "unit"])
def test_binds_people_and_not_telephones(scope: str) -> None:
    """A unit block follows the people of the unit to whichever telephone of the facility they use."""
    case = replace(SOCIAL_CALL, blocks=(block(scope=scope),), station=replace(STATION, unit="B"))
    assert detail_of(CHECK.judge(case, POLICY)) == "victim_block"
    of_b_at_a_telephone_in_a = replace(
        SOCIAL_CALL, blocks=(block("facility", scope="unit"),), person=replace(PERSON, unit="B")
    )
    assert CHECK.judge(of_b_at_a_telephone_in_a, POLICY) == Pass()


def test_binds_nobody_by_person_when_nobody_is_known() -> None:
    anonymous = replace(SOCIAL_CALL, person=None, blocks=(block(), block(scope="unit")))
    assert CHECK.judge(anonymous, POLICY) == Pass()


def test_one_that_ended_does_not_hide_one_in_force() -> None:
    case = replace(SOCIAL_CALL, blocks=(block("guardian", until=NOON), block("investigation", scope="system")))
    assert detail_of(CHECK.judge(case, POLICY)) == "investigation_block"


@pytest.mark.parametrize("scope", ["inmate", "unit", "facility"])
def test_only_a_block_for_the_whole_system_reaches_a_hotline(scope: str) -> None:
    caller = replace(HOTLINE_CALL, person=PERSON, blocks=(block(scope=scope),))
    assert decide(caller, POLICY).allowed


def test_a_hotline_blocked_for_the_whole_system_is_refused() -> None:
    case = replace(HOTLINE_CALL, blocks=(block(scope="system"),))
    assert detail_of(CHECK.judge(case, POLICY)) == "victim_block"
    assert not decide(case, POLICY).allowed
    over = replace(HOTLINE_CALL, blocks=(block(scope="system", until=NOON),))
    assert decide(over, POLICY).allowed


@pytest.mark.parametrize("scope", ["", "SYSTEM", "galaxy"])
def test_a_scope_nobody_defined_denies_and_alarms(scope: str) -> None:
    decision = decide(replace(SOCIAL_CALL, blocks=(replace(block(), scope=scope),)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE
    assert (finding_of(decision, "block").reason, finding_of(decision, "block").failed) == (ERROR_DETAIL, True)


def test_a_person_elsewhere_is_bound_by_the_blocks_of_their_own_unit() -> None:
    away = Person(inmate_id="300112", facility_id="cheshire", unit="C", status="active")
    at_home: Case = replace(
        SOCIAL_CALL, person=away, blocks=(replace(block(scope="unit"), facility_id="cheshire", unit="C"),)
    )
    assert detail_of(CHECK.judge(at_home, POLICY)) == "victim_block"


def test_a_facility_block_binds_at_the_telephones_of_the_facility() -> None:
    moved = replace(SOCIAL_CALL, facility=replace(FACILITY, facility_id="cheshire"), blocks=(block(scope="facility"),))
    assert CHECK.judge(moved, POLICY) == Pass()
    assert CHECK.judge(replace(moved, facility=None), POLICY) == Pass()
