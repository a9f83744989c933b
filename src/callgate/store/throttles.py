"""How many wrong PINs were entered where, and which telephones are locked for it? Survives restarts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from callgate.domain.pin import FacilityThrottle, StationThrottle
from callgate.store.batch import Insertion, Lookup
from callgate.store.tables import pin_throttles

STATION_THROTTLES: Final = Lookup(
    keys=(("station_id", "text"),),
    select="t.wrong_at, t.locked_until, t.lock_seconds",
    source="pin_throttles t",
    where="t.scope = 'station' AND t.scope_id = a.station_id",
)
FACILITY_THROTTLES: Final = Lookup(
    keys=(("station_id", "text"),),
    select="t.wrong_at",
    source="stations s JOIN pin_throttles t ON t.scope = 'facility' AND t.scope_id = s.facility_id",
    where="s.station_id = a.station_id",
)


def station_throttle_of(rows: Sequence[Any]) -> StationThrottle:
    """What stands against a telephone; where nothing is kept, a fresh one."""
    if not rows:
        return StationThrottle()
    (row,) = rows
    return StationThrottle(
        wrong_at=tuple(json.loads(row.wrong_at)), locked_until=row.locked_until, lock_seconds=row.lock_seconds
    )


def facility_throttle_of(rows: Sequence[Any]) -> FacilityThrottle:
    """What stands against a facility; where nothing is kept, a fresh one."""
    return FacilityThrottle(wrong_at=tuple(json.loads(rows[0].wrong_at))) if rows else FacilityThrottle()


def throttle_insertion(
    *, stations: Mapping[str, StationThrottle], facilities: Mapping[str, FacilityThrottle]
) -> Insertion:
    """These throttles as they are now, in the place of what was kept."""
    rows = [
        _row("station", name, one.wrong_at, one.locked_until, one.lock_seconds)
        for name, one in sorted(stations.items())
    ] + [_row("facility", name, one.wrong_at, None, 0) for name, one in sorted(facilities.items())]
    return Insertion(
        pin_throttles,
        ("scope", "scope_id", "wrong_at", "locked_until", "lock_seconds"),
        rows,
        on_conflict=(
            "ON CONFLICT (scope, scope_id) DO UPDATE SET wrong_at = excluded.wrong_at, "
            "locked_until = excluded.locked_until, lock_seconds = excluded.lock_seconds"
        ),
    )


def _row(
    scope: str, name: str, wrong_at: tuple[int, ...], locked_until: int | None, lock_seconds: int
) -> tuple[object, ...]:
    return (scope, name, json.dumps(list(wrong_at)), locked_until, lock_seconds)
