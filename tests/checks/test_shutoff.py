"""The shut-off check: an emergency stops all but hotlines, and ends by itself."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.decide import decide
from callgate.checks.shutoff import CHECK
from callgate.domain.case import Shutoff
from callgate.domain.verdict import ERROR_DETAIL, Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    POLICY,
    SOCIAL_CALL,
    detail_of,
    finding_of,
)

LATER = NOON + 3600 * 1000 * MILLISECOND


def shutoff(scope: str = "facility", *, unit: str | None = None, ends_at: datetime = LATER) -> Shutoff:
    return Shutoff(shutoff_id="s-1", scope=scope, ends_at=ends_at, unit=unit)


@pytest.mark.feature("F32")
def test_denies_one_millisecond_before_it_ends() -> None:
    case = replace(SOCIAL_CALL, shutoffs=(shutoff(ends_at=NOON + MILLISECOND),))
    assert detail_of(CHECK.judge(case, POLICY)) == "facility_shutoff"


@pytest.mark.feature("F32")
@pytest.mark.parametrize("ends_at", [NOON, NOON - MILLISECOND])
def test_passes_from_its_end_on(ends_at: datetime) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, shutoffs=(shutoff(ends_at=ends_at),)), POLICY) == Pass()


def test_passes_without_any() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Pass()


@pytest.mark.parametrize(("scope", "unit"), [("system", None), ("facility", None), ("unit", "A")])
def test_denies_at_every_scope_that_holds_the_telephone(scope: str, unit: str | None) -> None:
    case = replace(SOCIAL_CALL, shutoffs=(shutoff(scope, unit=unit),))
    assert detail_of(CHECK.judge(case, POLICY)) == f"{scope}_shutoff"


def test_a_unit_shutoff_stops_no_telephone_of_another_unit() -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, shutoffs=(shutoff("unit", unit="B"),)), POLICY) == Pass()


def test_one_that_ended_does_not_hide_one_in_force() -> None:
    case = replace(SOCIAL_CALL, shutoffs=(shutoff("system", ends_at=NOON), shutoff("facility")))
    assert detail_of(CHECK.judge(case, POLICY)) == "facility_shutoff"


def test_an_unknown_scope_denies_as_out_of_service_and_alarms_even_behind_another() -> None:
    decision = decide(replace(SOCIAL_CALL, shutoffs=(shutoff("facility"), shutoff("wing"))), POLICY)
    assert decision.reason is Reason.NOT_IN_SERVICE
    assert finding_of(decision, "shutoff").reason == ERROR_DETAIL
    assert finding_of(decision, "shutoff").failed


def test_stops_a_privileged_call_too() -> None:
    decision = decide(replace(ATTORNEY_CALL, shutoffs=(shutoff(),)), POLICY)
    assert decision.reason is Reason.NOT_IN_SERVICE


@pytest.mark.feature("F32")
@pytest.mark.parametrize("scope", ["system", "facility", "unit"])
def test_never_stops_a_hotline(scope: str) -> None:
    assert decide(replace(HOTLINE_CALL, shutoffs=(shutoff(scope, unit="A"),)), POLICY).allowed


def test_a_telephone_that_nobody_knows_is_of_no_unit() -> None:
    case = replace(SOCIAL_CALL, station=None, shutoffs=(shutoff("unit", unit="A"),))
    assert CHECK.judge(case, POLICY) == Pass()
