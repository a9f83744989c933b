"""Which requests are late, each by the calendar of its facility?"""

from datetime import UTC, datetime, timedelta

import pytest

from callgate.store.alerts import Alert, record_alerts
from callgate.store.removal_requests import list_overdue
from tests.conftest import World
from tests.people import seed_people
from tests.removals import removal_request_row
from tests.seeding import facility_row, fill

pytestmark = pytest.mark.feature("F19")

# The day after the last one begins in New York at 05:00 UTC, in Honolulu at 10:00, in Kiritimati at 10:00 a day before.
PLACES = {"demo-ci": "America/New_York", "honolulu-ci": "Pacific/Honolulu", "kiritimati-ci": "Pacific/Kiritimati"}


@pytest.fixture
def late(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(
        database_url,
        facilities=[facility_row(name, time_zone=zone) for name, zone in PLACES.items() if name != "demo-ci"],
        removal_requests=[removal_request_row(f"r-{name}", facility_id=name, due_on="2026-11-25") for name in PLACES],
    )
    decided = {"state": "refused", "decided_by": "w", "decided_at": 1, "decided_on": "2026-11-24"}
    fill(database_url, removal_requests=[removal_request_row("r-decided", due_on="2026-11-01", **decided)])
    return world


async def overdue(world: World, now: datetime, **asked: object) -> list[str]:
    async with world.deployment.database.read() as transaction:
        found = await list_overdue(transaction, now=now, **asked)  # type: ignore[arg-type]
    return [request.request_id for request in found]


@pytest.mark.parametrize(
    ("at", "facility_id"),
    [
        (datetime(2026, 11, 25, 10, tzinfo=UTC), "kiritimati-ci"),
        (datetime(2026, 11, 26, 5, tzinfo=UTC), "demo-ci"),
        (datetime(2026, 11, 26, 10, tzinfo=UTC), "honolulu-ci"),
    ],
)
async def test_a_request_is_late_from_the_first_instant_of_the_day_after(
    late: World, at: datetime, facility_id: str
) -> None:
    assert f"r-{facility_id}" not in await overdue(late, at - timedelta(seconds=1))
    assert f"r-{facility_id}" in await overdue(late, at)


async def test_what_is_decided_is_never_late(late: World) -> None:
    assert sorted(await overdue(late, datetime(2027, 1, 1, tzinfo=UTC))) == sorted(f"r-{name}" for name in PLACES)


async def test_those_that_were_told_already_make_room_for_the_next(late: World) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    seen = []
    for _ in range(4):
        found = await overdue(late, now, alert_kind="removal_overdue", limit=1)
        seen += found
        async with late.deployment.database.write() as transaction:
            told = [
                Alert(
                    alert_id=f"a-{name}",
                    raised_at=0,
                    kind="removal_overdue",
                    facility_id="demo-ci",
                    subject=name,
                    detail="{}",
                )
                for name in found
            ]
            await record_alerts(transaction, told)
    assert sorted(seen) == sorted(f"r-{name}" for name in PLACES)
    assert len(await overdue(late, now, alert_kind="another")) == 3
