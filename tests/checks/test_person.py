"""The person check: active, and here."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.person import CHECK
from callgate.domain.case import Case
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    PERSON,
    POLICY,
    SOCIAL_CALL,
    detail_of,
    finding_of,
)


def test_denies_when_nobody_is_known() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, person=None), POLICY)) == "person_unknown"


@pytest.mark.feature("F55")
def test_denies_a_released_person() -> None:
    case = replace(SOCIAL_CALL, person=replace(PERSON, status="released"))
    assert detail_of(CHECK.judge(case, POLICY)) == "person_released"


@pytest.mark.feature("F05")
def test_denies_the_pin_of_somebody_at_another_facility() -> None:
    case = replace(SOCIAL_CALL, person=replace(PERSON, facility_id="cheshire"))
    assert detail_of(CHECK.judge(case, POLICY)) == "person_elsewhere"


def test_denies_where_the_facility_is_unknown() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, facility=None), POLICY)) == "person_elsewhere"


@pytest.mark.parametrize("status", ["", "ACTIVE", "escaped"])
def test_a_status_nobody_defined_denies_and_alarms(status: str) -> None:
    decision = decide(replace(SOCIAL_CALL, person=replace(PERSON, status=status)), POLICY)
    assert decision.reason is Reason.PIN_NOT_ACCEPTED
    assert (finding_of(decision, "person").reason, finding_of(decision, "person").failed) == (ERROR_DETAIL, True)


def test_passes_an_active_person_here_in_whatever_unit() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Pass()
    assert CHECK.judge(replace(SOCIAL_CALL, person=replace(PERSON, unit="B")), POLICY) == Pass()


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL], ids=["social", "privileged"])
def test_binds_social_and_privileged_calls(call: Case) -> None:
    released = replace(call, person=replace(PERSON, status="released"))
    assert decide(released, POLICY).reason is Reason.PIN_NOT_ACCEPTED


def test_a_hotline_needs_nobody() -> None:
    assert decide(replace(HOTLINE_CALL, person=None), POLICY).allowed
    assert decide(replace(HOTLINE_CALL, person=replace(PERSON, status="released")), POLICY).allowed
