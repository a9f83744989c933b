"""What the watch tells by itself: ends that come near and terms that are over, to the second, and once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from callgate.domain.instants import to_milliseconds
from tests.conftest import World, open_world
from tests.noticing import ending, subjects, told, waiting
from tests.people import DORA, NORTH, seed_people, set_block
from tests.removals import removal_request_row
from tests.seeding import ANNA, FACILITY, NOON, NUMBER, facility_row, fill, inmate_row

ENDS, LATE, WAITS = "block_ends_soon", "removal_overdue", "pending_number_overdue"
SECOND = timedelta(seconds=1)
FORTNIGHT = timedelta(days=14)


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[World]:
    seed_people(database_url)
    async with open_world(database_url) as world:
        yield world


# ------------------------------------------------------------------------------------------------------ blocks that end


@pytest.mark.feature("F18")
async def test_a_block_that_ends_within_a_fortnight_is_told_of_and_not_a_second_earlier(
    people: World, database_url: str
) -> None:
    fill(database_url, blocks=[ending("b", NOON + FORTNIGHT + SECOND)])
    assert await subjects(people, ENDS) == []
    people.clock.advance(1)
    assert await subjects(people, ENDS) == ["b"]
    people.clock.advance(1)
    assert await subjects(people, ENDS) == ["b"]

    (alert,) = await told(people, ENDS)

    assert alert["raised_at"] == "2026-11-20T17:00:01.000Z"
    assert alert["facility_id"] == FACILITY
    assert alert["detail"] == {
        "block_id": "b",
        "kind": "court_order",
        "scope": "inmate",
        "ends_at": "2026-12-04T17:00:01.000Z",
        "renewed_by": ["security", "victim_services", "warden"],
    }


async def test_only_blocks_in_force_with_an_end_are_told_of(people: World, database_url: str) -> None:
    soon = NOON + timedelta(days=3)
    rows = [
        ending("indefinite", None),
        ending("lifted", soon, lifted_at=to_milliseconds(NOON)),
        ending("over", NOON),
        ending("just-not-over", NOON + timedelta(milliseconds=1)),
        *(ending(f"a-{kind}", soon, kind=kind) for kind in ("victim", "called_party", "investigation", "guardian")),
    ]
    for row in rows:
        fill(database_url, blocks=[row])

    expected = ["a-called_party", "a-guardian", "a-investigation", "a-victim", "just-not-over"]
    assert await subjects(people, ENDS) == expected


async def test_a_block_that_is_set_with_less_than_that_to_go_is_told_of_in_the_next_round(people: World) -> None:
    block = await set_block(people, NUMBER, until="2026-11-23T17:00:00Z")

    assert await subjects(people, ENDS) == [block["block_id"]]


async def test_a_blocks_end_is_told_where_it_binds(people: World, database_url: str) -> None:
    soon = NOON + timedelta(days=3)
    nobody = {"inmate_id": None, "document_reference": None}
    for row in (
        ending("of-anna", soon),
        ending("of-north", soon, scope="facility", facility_id=NORTH, kind="facility", **nobody),
        ending("of-all", soon, scope="system", kind="investigation", **nobody),
        ending("not-booked", soon, inmate_id="999999"),
    ):
        fill(database_url, blocks=[row])

    assert await subjects(people, ENDS) == ["not-booked", "of-all", "of-anna", "of-north"]
    for place, names in ((FACILITY, ["of-anna"]), (NORTH, ["of-north"])):
        assert [alert["subject"] for alert in await told(people, ENDS, facilities=[place])] == names


# ---------------------------------------------------------------------------------------------------- overdue removals


@pytest.mark.feature("F19")
async def test_a_removal_request_is_late_when_its_last_day_is_over_at_its_facility(
    people: World, database_url: str
) -> None:
    fill(database_url, removal_requests=[removal_request_row("r", due_on="2026-11-25")])
    people.clock.set(datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC))  # 23:59:59 on the 25th in New York
    assert await subjects(people, LATE) == []
    people.clock.advance(1)
    assert await subjects(people, LATE) == ["r"]

    (alert,) = await told(people, LATE)

    assert alert["facility_id"] == FACILITY
    assert alert["detail"] == {"request_id": "r", "due_on": "2026-11-25"}


async def test_each_facilitys_own_calendar_counts(people: World, database_url: str) -> None:
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 14 hours ahead and 11 behind
    places = [f"ci-{i}" for i in range(2)]
    fill(
        database_url,
        facilities=[facility_row(place, time_zone=zone) for place, zone in zip(places, zones, strict=True)],
        removal_requests=[removal_request_row(place, facility_id=place, due_on="2026-11-25") for place in places],
    )
    people.clock.set(datetime(2026, 11, 25, 9, 59, 59, tzinfo=UTC))
    assert await subjects(people, LATE) == []
    people.clock.advance(1)
    assert await subjects(people, LATE) == ["ci-0"]
    people.clock.set(datetime(2026, 11, 26, 10, 59, 59, tzinfo=UTC))
    assert await subjects(people, LATE) == ["ci-0"]
    people.clock.advance(1)
    assert await subjects(people, LATE) == ["ci-0", "ci-1"]


async def test_a_request_that_was_decided_is_not_late(people: World, database_url: str) -> None:
    decided = {"state": "refused", "decided_at": to_milliseconds(NOON), "decided_by": "w.lamb"}
    fill(database_url, removal_requests=[removal_request_row("r", due_on="2026-11-01", **decided)])

    assert await subjects(people, LATE) == []


# ----------------------------------------------------------------------------------------------- numbers that wait


@pytest.mark.feature("F38")
async def test_a_number_waits_three_business_days_and_is_told_of_on_the_next(people: World, database_url: str) -> None:
    fill(database_url, list_entries=[waiting("e", NOON, change_id="ch-1")])  # a Friday: Wednesday is its last day
    people.clock.set(datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC))
    assert await subjects(people, WAITS) == []
    people.clock.advance(1)
    assert await subjects(people, WAITS) == ["e"]

    (alert,) = await told(people, WAITS)

    assert alert["facility_id"] == FACILITY
    assert alert["detail"] == {
        "entry_id": "e",
        "change_id": "ch-1",
        "inmate_id": ANNA,
        "kind": "attorney",
        "since": "2026-11-20T17:00:00.000Z",
        "due_on": "2026-11-25",
    }


async def test_a_term_over_the_night_when_clocks_go_forward_is_not_missed(people: World, database_url: str) -> None:
    # From the last moment of Thursday, March 5th, 2026 in New York; Tuesday the 10th is its last day.
    fill(database_url, list_entries=[waiting("e", datetime(2026, 3, 6, 4, 59, 59, tzinfo=UTC))])
    people.clock.set(datetime(2026, 3, 11, 3, 59, 59, tzinfo=UTC))
    assert await subjects(people, WAITS) == []
    people.clock.advance(1)
    assert await subjects(people, WAITS) == ["e"]


async def test_only_what_waits_for_somebody_held_is_told_of(people: World, database_url: str) -> None:
    fill(database_url, inmates=[inmate_row("400001", status="released")])
    for row in (
        waiting("active", NOON, state="active"),
        waiting("refused", NOON, state="refused"),
        waiting("gone", NOON, "400001"),
        waiting("here", NOON, DORA),
    ):
        fill(database_url, list_entries=[row])
    people.clock.advance(30 * 86_400)

    assert await subjects(people, WAITS) == ["here"]
