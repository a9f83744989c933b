"""Names that sort as they were given."""

import uuid
from datetime import UTC, datetime, timedelta

from callgate.domain.ids import new_id

# Instants of this file alone: the other tests of the process give thousands of names at theirs.
NOW = datetime(2031, 5, 4, 17, 0, tzinfo=UTC)


def test_is_a_uuid_of_version_seven() -> None:
    made = uuid.UUID(new_id(NOW))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_sorts_by_millisecond_and_within_one_in_the_order_given() -> None:
    earlier = new_id(NOW)
    later = new_id(NOW + timedelta(milliseconds=1))
    several = [new_id(NOW) for _ in range(500)]

    assert earlier < later
    assert several == sorted(set(several))


def test_a_full_millisecond_lends_from_the_next_and_the_names_still_sort() -> None:
    full = datetime(2031, 5, 4, 17, 1, tzinfo=UTC)
    several = [new_id(full) for _ in range(10_000)]
    behind = new_id(full + timedelta(milliseconds=1))

    assert several == sorted(set(several))
    assert uuid.UUID(several[-1]).int >> 80 > int(full.timestamp() * 1000)
    assert behind not in several


def test_a_millisecond_in_use_is_never_forgotten() -> None:
    used = datetime(2031, 5, 4, 17, 2, tzinfo=UTC)
    several = []
    for i in range(2_000):
        several.append(new_id(used))
        new_id(used + timedelta(seconds=1, milliseconds=i))

    assert several == sorted(set(several))


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
