"""Whatever a batch reads under its locks must be among what it locked; else nothing is decided by it."""

from dataclasses import replace

import pytest

from callgate.domain.case import Person, Station
from callgate.flows.authorize_calls import _is_all_owned
from callgate.store.cases import Callers
from callgate.store.locks import OwnedForCalls
from tests.checks.cases import FACILITY, STATION

HERE = FACILITY.facility_id
ANNA = Person(inmate_id="anna", facility_id=HERE, unit="A", status="active")
OWNED = OwnedForCalls(
    facilities=frozenset({HERE}),
    stations=frozenset({STATION.station_id}),
    throttles=frozenset(),
    inmates=frozenset({"anna"}),
)
NOTHING: frozenset[str] = frozenset()


def callers(person: Person | None, station: Station = STATION) -> Callers:
    return Callers(
        places={0: (station, FACILITY)},
        people={} if person is None else {0: person},
        switches={},
        station_throttles={},
        facility_throttles={},
    )


def test_what_was_locked_covers_an_ordinary_call() -> None:
    assert _is_all_owned(OWNED, callers(ANNA))


def test_a_telephone_that_nobody_knows_needs_no_lock() -> None:
    unknown = Callers(places={}, people={0: ANNA}, switches={}, station_throttles={}, facility_throttles={})
    assert _is_all_owned(OWNED._replace(facilities=NOTHING, stations=NOTHING), unknown)


@pytest.mark.parametrize("missing", ["facilities", "stations", "inmates"])
def test_a_telephone_or_a_person_that_came_while_waiting_is_noticed(missing: str) -> None:
    assert not _is_all_owned(OWNED._replace(**{missing: NOTHING}), callers(ANNA))


def test_a_telephone_that_was_moved_while_waiting_is_noticed() -> None:
    assert not _is_all_owned(OWNED, callers(ANNA, replace(STATION, facility_id="elsewhere")))


@pytest.mark.parametrize(
    "doubtful",
    [None, replace(ANNA, status="released"), replace(ANNA, facility_id="elsewhere")],
    ids=["nobody's PIN", "released", "elsewhere"],
)
def test_a_pin_that_became_a_wrong_one_while_waiting_needs_the_throttle(doubtful: Person | None) -> None:
    assert not _is_all_owned(OWNED, callers(doubtful))
    assert _is_all_owned(OWNED._replace(throttles=frozenset({HERE})), callers(doubtful))
