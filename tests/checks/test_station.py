"""The station check: a telephone that works, here, for this switch, in its own medium."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.station import CHECK
from callgate.domain.case import Case, Station
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    POLICY,
    SOCIAL_CALL,
    STATION,
    detail_of,
    finding_of,
)


def test_denies_an_unknown_station() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, station=None), POLICY)) == "station_unknown"


def test_denies_a_disabled_station() -> None:
    case = replace(SOCIAL_CALL, station=replace(STATION, enabled=False))
    assert detail_of(CHECK.judge(case, POLICY)) == "station_disabled"


def test_denies_a_station_that_the_token_does_not_cover() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, covered=False), POLICY)) == "station_not_covered"


def test_denies_a_station_without_its_facility() -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, facility=None), POLICY)) == "facility_unknown"


def test_denies_a_station_loaded_with_another_facility() -> None:
    case = replace(SOCIAL_CALL, facility=replace(FACILITY, facility_id="cheshire"))
    assert detail_of(CHECK.judge(case, POLICY)) == "facility_unknown"


@pytest.mark.parametrize(("asked", "built_for"), [("tty", "voice"), ("relay", "voice"), ("voice", "tty")])
def test_denies_another_medium_than_the_stations(asked: str, built_for: str) -> None:
    case = replace(SOCIAL_CALL, media=asked, station=replace(STATION, media=built_for))
    assert detail_of(CHECK.judge(case, POLICY)) == "media_not_the_stations"


@pytest.mark.parametrize("media", ["voice", "tty", "relay"])
def test_passes_a_station_in_its_own_medium(media: str) -> None:
    case = replace(SOCIAL_CALL, media=media, station=replace(STATION, media=media))
    assert CHECK.judge(case, POLICY) == Pass()


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL, HOTLINE_CALL], ids=["social", "privileged", "hotline"])
def test_binds_every_class_of_call(call: Case) -> None:
    decision = decide(replace(call, covered=False), POLICY)
    assert decision.reason is Reason.NOT_IN_SERVICE


@pytest.mark.parametrize("station", [None, STATION])
def test_an_unknown_station_or_place_is_told_without_a_policy(station: Station | None) -> None:
    decision = decide(replace(SOCIAL_CALL, station=station, facility=None), None)
    assert (decision.allowed, decision.reason, decision.quote) == (False, Reason.NOT_IN_SERVICE, None)
    assert [(found.check, found.reason, found.failed) for found in decision.findings] == [
        ("station", "station_unknown", False)
    ]


def test_a_facility_whose_profile_nobody_knows_is_out_of_service_and_an_alarm() -> None:
    decision = decide(SOCIAL_CALL, None)
    assert decision.reason is Reason.NOT_IN_SERVICE
    assert finding_of(decision, "station").reason == "profile_unknown"
    assert finding_of(decision, "station").failed
