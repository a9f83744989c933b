"""How many wrong PINs were entered where, and which telephones are locked for it? Survives restarts."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.dialects import postgresql, sqlite

from callgate.domain.pin import FacilityThrottle, StationThrottle
from callgate.store.batch import Lookup, look_up
from callgate.store.database import Transaction
from callgate.store.tables import pin_throttles

_THROTTLES = Lookup(
    keys=(("scope", "text"), ("scope_id", "text")),
    select="t.scope, t.scope_id, t.wrong_at, t.locked_until, t.lock_seconds",
    source="pin_throttles t",
    where="t.scope = a.scope AND t.scope_id = a.scope_id",
)


async def load_throttles(
    transaction: Transaction, *, station_ids: Iterable[str], facility_ids: Iterable[str]
) -> tuple[dict[str, StationThrottle], dict[str, FacilityThrottle]]:
    """The throttle of each of these stations and facilities; one without a wrong PIN yet is a fresh one."""
    stations = {name: StationThrottle() for name in station_ids}
    facilities = {name: FacilityThrottle() for name in facility_ids}
    asked = [("station", name) for name in sorted(stations)] + [("facility", name) for name in sorted(facilities)]
    rows = await look_up(
        transaction, _THROTTLES, [{"i": i, "scope": scope, "scope_id": name} for i, (scope, name) in enumerate(asked)]
    )
    for row in rows:
        wrong_at = tuple(json.loads(row.wrong_at))
        if row.scope == "facility":
            facilities[row.scope_id] = FacilityThrottle(wrong_at=wrong_at)
        else:
            stations[row.scope_id] = StationThrottle(
                wrong_at=wrong_at, locked_until=row.locked_until, lock_seconds=row.lock_seconds
            )
    return stations, facilities


async def keep_throttles(
    transaction: Transaction, *, stations: Mapping[str, StationThrottle], facilities: Mapping[str, FacilityThrottle]
) -> None:
    """Write these throttles as they are now."""
    rows: Sequence[dict[str, object]] = [
        _row("station", name, one.wrong_at, one.locked_until, one.lock_seconds)
        for name, one in sorted(stations.items())
    ] + [_row("facility", name, one.wrong_at, None, 0) for name, one in sorted(facilities.items())]
    if not rows:
        return
    dialect = sqlite if transaction.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(pin_throttles)
    changed = {name: statement.excluded[name] for name in ("wrong_at", "locked_until", "lock_seconds")}
    await transaction.execute(
        statement.on_conflict_do_update(index_elements=["scope", "scope_id"], set_=changed), list(rows)
    )


def _row(
    scope: str, name: str, wrong_at: tuple[int, ...], locked_until: int | None, lock_seconds: int
) -> dict[str, object]:
    return {
        "scope": scope,
        "scope_id": name,
        "wrong_at": json.dumps(list(wrong_at)),
        "locked_until": locked_until,
        "lock_seconds": lock_seconds,
    }
