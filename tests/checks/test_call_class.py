"""Which class a call is of: what privilege needs, and how a block takes it away."""

from dataclasses import replace

import pytest

from callgate.checks.call_class import call_class_of
from callgate.checks.decide import decide
from callgate.domain.case import Block, CallClass, CommonNumber, ListEntry
from callgate.domain.verdict import Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    NOON,
    PERSON,
    POLICY,
    SOCIAL_CALL,
    block,
    finding_of,
    shield,
)


@pytest.mark.parametrize("kind", ["social", "confined_person", "supervised_person", "Attorney", ""])
def test_every_other_entry_is_social(kind: str) -> None:
    assert call_class_of(replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="active"))) is CallClass.SOCIAL


def test_an_unlisted_number_is_social() -> None:
    assert call_class_of(replace(SOCIAL_CALL, entry=None)) is CallClass.SOCIAL


@pytest.mark.feature("F38")
@pytest.mark.parametrize("kind", ["attorney", "consulate"])
def test_a_verified_attorney_or_consulate_is_privileged(kind: str) -> None:
    assert call_class_of(replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="active"))) is CallClass.PRIVILEGED


@pytest.mark.feature("F38")
@pytest.mark.parametrize("kind", ["attorney", "consulate"])
def test_one_that_the_warden_has_not_verified_is_social(kind: str) -> None:
    assert call_class_of(replace(SOCIAL_CALL, entry=ListEntry(kind=kind, state="pending_warden"))) is CallClass.SOCIAL


@pytest.mark.parametrize("entry", [None, ListEntry(kind="social", state="active")])
def test_a_common_privileged_number_is_privileged_for_everyone(entry: ListEntry | None) -> None:
    case = replace(SOCIAL_CALL, entry=entry, common=CommonNumber(kind="privileged"))
    assert call_class_of(case) is CallClass.PRIVILEGED


def test_a_common_kind_nobody_defined_gives_no_privilege() -> None:
    assert call_class_of(replace(SOCIAL_CALL, common=CommonNumber(kind="tip line"))) is CallClass.SOCIAL


@pytest.mark.feature("F16")
@pytest.mark.parametrize(
    "blocked_by",
    [block(), block(scope="unit"), block(scope="facility"), block(scope="system"), block("called_party"), shield()],
    ids=["inmate", "unit", "facility", "system", "called party", "shield"],
)
def test_a_blocked_number_has_no_privilege(blocked_by: Block) -> None:
    assert call_class_of(replace(ATTORNEY_CALL, blocks=(blocked_by,))) is CallClass.SOCIAL
    common = replace(SOCIAL_CALL, entry=None, common=CommonNumber(kind="privileged"), blocks=(blocked_by,))
    assert call_class_of(common) is CallClass.SOCIAL


@pytest.mark.parametrize(
    "harmless",
    [
        block(until=NOON),
        replace(block(), inmate_id="300999"),
        shield("called_party"),
        replace(shield(), excepted=True),
    ],
    ids=["ended", "another person's, not here", "no victim class", "excepted"],
)
def test_a_block_that_does_not_bind_leaves_the_privilege(harmless: Block) -> None:
    assert call_class_of(replace(ATTORNEY_CALL, blocks=(harmless,))) is CallClass.PRIVILEGED


@pytest.mark.feature("F40")
def test_a_hotline_is_one_for_everybody_with_a_pin_or_without() -> None:
    assert call_class_of(HOTLINE_CALL) is CallClass.HOTLINE
    assert call_class_of(replace(HOTLINE_CALL, person=PERSON)) is CallClass.HOTLINE


def test_a_block_for_the_whole_system_makes_a_hotline_a_number_like_others() -> None:
    assert call_class_of(replace(HOTLINE_CALL, blocks=(block(scope="system"),))) is CallClass.SOCIAL
    assert call_class_of(replace(HOTLINE_CALL, person=PERSON, blocks=(block(scope="facility"),))) is CallClass.HOTLINE


def test_a_class_that_cannot_be_told_is_refused_as_a_number_and_alarms() -> None:
    decision = decide(replace(ATTORNEY_CALL, blocks=(replace(block(), scope="galaxy"),)), POLICY)
    assert decision.reason is Reason.NUMBER_NOT_AVAILABLE
    assert finding_of(decision, "call_class").failed
    assert finding_of(decision, "block").failed
