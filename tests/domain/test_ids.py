"""Names that sort as they were given."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta

from callgate.domain.ids import new_id

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def test_is_a_uuid_of_version_seven() -> None:
    made = uuid.UUID(new_id(NOW))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_sorts_by_millisecond_and_within_one_in_the_order_given() -> None:
    earlier = new_id(NOW)
    later = new_id(NOW + timedelta(milliseconds=1))
    several = [new_id(NOW) for _ in range(500)]
    turned = [i for i, (one, two) in enumerate(itertools.pairwise(several)) if one > two]

    assert earlier < later
    assert len(set(several)) == 500
    assert len(turned) <= 1  # the counter begins anew once in 4,096 names


def test_names_of_two_milliseconds_do_not_tell_how_many_were_given_between_them() -> None:
    apart = set()
    for i in range(64):
        first, second = (new_id(NOW + timedelta(milliseconds=2 * i + late)) for late in (0, 1))
        apart.add((_place(second) - _place(first)) % 4096)

    assert len(apart) > 32  # counted on, it would be the same every time


def test_names_of_one_millisecond_stay_in_order_when_others_are_given_between_them() -> None:
    several = []
    for i in range(1, 100):
        several.append(new_id(NOW))
        new_id(NOW + timedelta(milliseconds=i))

    assert several == sorted(several)


def _place(name: str) -> int:
    """Where the name stands within its millisecond."""
    return int(name[15:18], 16)
