"""Trying numbers out, and dialling a protected one: told to staff once, and to nobody else at all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.asking import ask, counted_statements, decide
from tests.conftest import World, open_world
from tests.noticing import MORE_PINS, PEOPLE, UNLISTED, dial, refuse, told
from tests.people import NORTH, NORTH_STATION, hotline_row, set_block
from tests.people import told as moved_to
from tests.seeding import (
    ANNA,
    BORIS,
    FACILITY,
    NUMBER,
    OTHER_STATION,
    PINS,
    STATION,
    block_row,
    facility_row,
    fill,
    inmate_row,
    pin_row,
    seed,
    station_row,
)

PROBING, DIALLED = "number_probing", "protected_number_dialled"
ALL_PINS = {**PINS, **MORE_PINS}
HOTLINE = "+18605550177"


@pytest.fixture
async def seeded(database_url: str) -> AsyncIterator[World]:
    seed(database_url)
    async with open_world(database_url) as world:
        yield world


def follow(url: str, profile: str) -> None:
    with open_sync(url) as connection:
        connection.execute(update(t.facilities).values(profile=profile))
        connection.commit()


# ------------------------------------------------------------------------------------------------------------ probing


@pytest.mark.parametrize(("tries", "alerts"), [(4, 0), (5, 1), (6, 1)])
async def test_five_different_unavailable_numbers_in_a_day_are_told_once(
    seeded: World, tries: int, alerts: int
) -> None:
    await dial(seeded, UNLISTED[:4])
    assert await told(seeded) == []
    await dial(seeded, UNLISTED[4:tries], prefix="more")

    found = await told(seeded)

    assert len(found) == alerts
    for alert in found:
        assert alert["kind"] == PROBING
        assert alert["facility_id"] == FACILITY
        assert alert["subject"] == f"person:{ANNA}:{FACILITY}:2026-11-20"
        assert alert["detail"].keys() == {"inmate_id", "local_day", "numbers_tried", "decision_id"}
        assert alert["detail"]["inmate_id"] == ANNA
        assert "+1860" not in str(alert)


async def test_the_fifth_number_is_told_even_when_all_came_at_once(seeded: World) -> None:
    await dial(seeded, UNLISTED[:6])

    (alert,) = await told(seeded)

    assert alert["detail"]["numbers_tried"] == 6


async def test_one_number_in_whatever_spelling_and_however_often_counts_once(seeded: World) -> None:
    await dial(seeded, UNLISTED[:4])
    spellings = [UNLISTED[3], UNLISTED[3][1:], UNLISTED[3][2:], f"({UNLISTED[3][2:5]}) {UNLISTED[3][5:]}"]
    await dial(seeded, spellings, prefix="again")

    assert await told(seeded) == []


async def test_an_attempt_that_is_asked_again_counts_once(seeded: World) -> None:
    await dial(seeded, UNLISTED[:4])
    for _ in range(5):
        again = await ask(seeded, "d-0", called_number=UNLISTED[0])
        assert again.headers["Idempotent-Replayed"] == "true"

    assert await told(seeded) == []


async def test_calls_that_are_allowed_or_refused_for_another_cause_do_not_count(seeded: World) -> None:
    await dial(seeded, UNLISTED[:4])
    assert (await decide(seeded, "bad", called_number="+19005550123"))["reason"] == "number_not_valid"
    assert (await decide(seeded, "pin", called_number=UNLISTED[5], pin="111222333"))["reason"] == "pin_not_accepted"
    assert (await decide(seeded, "good"))["decision"] == "allow"
    assert (await decide(seeded, "busy", called_number=UNLISTED[6]))["reason"] == "call_in_progress"

    assert await told(seeded) == []


async def test_what_others_dial_does_not_count_against_a_person(seeded: World) -> None:
    await dial(seeded, UNLISTED[:4])
    await dial(seeded, UNLISTED[4:8], prefix="b", pin=PINS[BORIS])

    assert await told(seeded) == []


@pytest.mark.parametrize(("tries", "alerts"), [(14, 0), (15, 1), (16, 1)])
async def test_fifteen_numbers_at_one_telephone_are_told_whoever_dials_them(
    seeded: World, database_url: str, tries: int, alerts: int
) -> None:
    fill(
        database_url,
        inmates=[inmate_row(inmate_id) for inmate_id in MORE_PINS],
        pins=[pin_row(inmate_id, pin) for inmate_id, pin in MORE_PINS.items()],
    )
    for i, number in enumerate(UNLISTED[:tries]):
        await refuse(seeded, f"d-{i}", number, pin=ALL_PINS[PEOPLE[i % 4]])
    await refuse(seeded, "elsewhere", UNLISTED[20], station_id=OTHER_STATION)

    found = [alert for alert in await told(seeded) if alert["subject"].startswith("station:")]

    assert [alert["subject"] for alert in found] == [f"station:{STATION}:{FACILITY}:2026-11-20"] * alerts
    assert all(alert["detail"]["station_id"] == STATION for alert in found)
    assert not any(person in str(found) for person in PEOPLE)


async def test_the_next_local_day_starts_anew_at_midnight(seeded: World, database_url: str) -> None:
    follow(database_url, "bop")  # open around the clock
    seeded.clock.set(datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC))  # 23:59:59 in New York
    await dial(seeded, UNLISTED[:4])
    seeded.clock.set(datetime(2026, 11, 21, 5, 0, 0, tzinfo=UTC))  # 00:00:00
    await dial(seeded, UNLISTED[4:8], prefix="next")
    assert await told(seeded) == []

    await refuse(seeded, "fifth", UNLISTED[8])

    assert [alert["subject"] for alert in await told(seeded)] == [f"person:{ANNA}:{FACILITY}:2026-11-21"]


async def test_a_day_of_25_hours_is_one_day(seeded: World, database_url: str) -> None:
    follow(database_url, "bop")
    seeded.clock.set(datetime(2026, 11, 1, 4, 0, 0, tzinfo=UTC))  # 00:00 in New York, an hour before clocks go back
    await dial(seeded, UNLISTED[:2])
    seeded.clock.set(datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC))  # 23:59:59 of the same day
    await dial(seeded, UNLISTED[2:5], prefix="late")

    assert [alert["subject"] for alert in await told(seeded)] == [f"person:{ANNA}:{FACILITY}:2026-11-01"]


async def test_a_second_day_of_trying_is_told_again(seeded: World) -> None:
    for day in range(2):
        await dial(seeded, UNLISTED[:5], prefix=f"day-{day}")
        seeded.clock.advance(86_400)

    days = [alert["detail"]["local_day"] for alert in await told(seeded, PROBING)]

    assert days == ["2026-11-21", "2026-11-20"]


async def test_who_is_moved_and_goes_on_is_told_of_at_both_places(seeded: World, database_url: str) -> None:
    fill(database_url, facilities=[facility_row(NORTH)], stations=[station_row(NORTH_STATION, NORTH)])
    await dial(seeded, UNLISTED[:5])
    assert len(await told(seeded, PROBING)) == 1
    seeded.clock.advance(1)
    moved = await seeded.call("operator", "PUT", f"/v1/inmates/{ANNA}", json=moved_to(NORTH))
    assert moved.status_code == 200

    await refuse(seeded, "there", UNLISTED[5], station_id=NORTH_STATION)

    assert [alert["facility_id"] for alert in await told(seeded, PROBING)] == [NORTH, FACILITY]
    assert len(await told(seeded, facilities=[NORTH])) == 1


# ---------------------------------------------------------------------------------------------------- one protected hit


@pytest.mark.feature("F17")
@pytest.mark.parametrize(
    ("changes", "pin"),
    [
        ({"scope": "inmate", "inmate_id": ANNA, "kind": "victim"}, ANNA),
        ({"scope": "inmate", "inmate_id": ANNA, "kind": "protected_person"}, ANNA),
        ({"scope": "inmate", "inmate_id": ANNA, "kind": "court_order", "document_reference": "D-1"}, ANNA),
        ({"scope": "facility", "facility_id": FACILITY, "kind": "victim"}, ANNA),
        ({"scope": "system", "kind": "victim"}, BORIS),
        ({"scope": "inmate", "inmate_id": ANNA, "kind": "victim"}, BORIS),  # a cellmate dials it
    ],
)
async def test_one_dialling_of_a_protected_number_is_told_at_once(
    seeded: World, database_url: str, changes: dict[str, Any], pin: str
) -> None:
    fill(database_url, blocks=[block_row(UNLISTED[0], **changes)])

    answer = await refuse(seeded, "d", pin=PINS[pin])
    (alert,) = await told(seeded)

    assert (alert["kind"], alert["facility_id"]) == (DIALLED, FACILITY)
    assert alert["detail"] == {"decision_id": answer["decision_id"], "inmate_id": pin, "station_id": STATION}
    assert "+1860" not in str(alert)
    assert pin == ANNA or ANNA not in str(alert)  # whose victim it is stays with the block


async def test_a_victims_block_behind_an_owners_is_told_too(seeded: World, database_url: str) -> None:
    for kind in ("called_party", "victim", "called_party"):
        fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind=kind)])

    await refuse(seeded, "d", NUMBER)

    assert [alert["kind"] for alert in await told(seeded)] == [DIALLED]


@pytest.mark.parametrize("kind", ["called_party", "guardian", "investigation", "facility"])
async def test_a_block_that_protects_nobody_is_not_told(seeded: World, database_url: str, kind: str) -> None:
    fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind=kind)])

    await refuse(seeded, "d", NUMBER)

    assert await told(seeded) == []


async def test_every_further_attempt_is_told_and_a_repeat_of_one_is_not(seeded: World, database_url: str) -> None:
    fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind="victim")])
    for call_id in ("d-1", "d-1", "d-2"):
        await refuse(seeded, call_id, NUMBER)

    assert len(await told(seeded, DIALLED)) == 2


async def test_whom_the_shield_leaves_out_is_not_told_of(seeded: World) -> None:
    block = await set_block(seeded, UNLISTED[0], kind="victim")
    exception = {"inmate_id": BORIS, "note": "his sister", "until": "indefinite"}
    await seeded.call("warden", "POST", f"/v1/blocks/{block['block_id']}/exceptions", json=exception)

    await refuse(seeded, "d", pin=PINS[BORIS])  # not on his list

    assert await told(seeded) == []


async def test_a_hotline_call_is_never_told_of(seeded: World, database_url: str) -> None:
    on_anna = block_row(HOTLINE, scope="inmate", inmate_id=ANNA, kind="victim")
    fill(database_url, common_numbers=[hotline_row(HOTLINE)], blocks=[on_anna])
    for i, pin in enumerate((PINS[ANNA], None, "111222333") * 6):
        answer = await decide(seeded, f"h-{i}", called_number=HOTLINE, pin=pin)
        assert answer["call_class"] == "hotline"

    assert await told(seeded) == []


# ---------------------------------------------------------------------------------------------------------- no channel


async def test_every_cause_is_noted_alike_and_nothing_is_told_on_its_heels(seeded: World, database_url: str) -> None:
    fill(
        database_url,
        blocks=[
            block_row(UNLISTED[1], scope="inmate", inmate_id=ANNA, kind="victim"),
            block_row(UNLISTED[2], scope="inmate", inmate_id=BORIS, kind="victim"),
            block_row(UNLISTED[3], scope="inmate", inmate_id=ANNA, kind="called_party"),
        ],
    )
    await told(seeded)
    noted, sent = [], []
    for number in UNLISTED[:4]:
        with counted_statements(seeded) as statements:
            await refuse(seeded, f"d-{number}", number)
        noted.append(seeded.app.state.alarms._queue.qsize())
        sent.append(len(statements))

    # One is taken up and waits out its pause; what follows waits in the queue.
    assert noted == [noted[0] + i for i in range(4)]
    assert len(set(sent)) == 1
    assert len(await told(seeded, DIALLED)) == 2


async def test_whoever_may_not_know_reads_no_alert(seeded: World, database_url: str) -> None:
    fill(database_url, blocks=[block_row(NUMBER, scope="inmate", inmate_id=ANNA, kind="victim")])
    await refuse(seeded, "d", NUMBER)
    assert len(await told(seeded)) == 1

    for role in ("switch", "counselor", "operator", "auditor", "victim_services"):
        assert (await seeded.call(role, "GET", "/v1/alerts")).status_code == 403
    assert await told(seeded, facilities=["north-ci"]) == []
