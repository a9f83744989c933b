"""Which running calls does a write end, and is that written down?

A call that is marked here is answered `terminate` at its next event. Whoever calls this holds the lock of what the
write concerns, so no call can begin beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, update

from callgate.store.database import Transaction
from callgate.store.tables import calls, inmates, stations


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCalls:
    """Which of the running calls are meant? Every condition given must hold; with none given, all but hotline calls.

    Args:
        numbers: called numbers.
        inmate_ids: whose calls they are.
        person_unit: facility and unit where the person is held now.
        facility_id: where the telephone stands.
        station_unit: facility and unit where the telephone stands.
        social: social calls among them.
        privileged: privileged calls among them.
        hotlines: hotline calls among them; they name nobody, so only a number or a place can mean one.
    """

    numbers: Sequence[str] | None = None
    inmate_ids: Sequence[str] | None = None
    person_unit: tuple[str, str] | None = None
    facility_id: str | None = None
    station_unit: tuple[str, str] | None = None
    social: bool = True
    privileged: bool = True
    hotlines: bool = False


async def revoke_live_calls(transaction: Transaction, meant: RunningCalls, *, reason: str, now_ms: int) -> int:
    """Mark them revoked, and answer how many there were.

    A call counts as running while it may still hold its PIN; one that was revoked before is not counted again.

    Args:
        reason: the class that a new attempt would be refused with, one of `domain.verdict.Reason`; kept for the record,
            the switch is never told it.
    """
    statement = (
        update(calls)
        .where(
            calls.c.state.in_(("authorized", "answered")),
            calls.c.frees_at > now_ms,
            calls.c.revoked_at.is_(None),
            and_(*_conditions(meant)),
        )
        .values(revoked_at=now_ms, revoked_reason=reason)
    )
    return (await transaction.execute(statement)).rowcount


async def revoke_call(transaction: Transaction, *, decision_id: str, reason: str, now_ms: int) -> None:
    """Mark this one call revoked, if it was not before; the caller holds its lock.

    Args:
        reason: as above.
    """
    call = update(calls).where(calls.c.decision_id == decision_id, calls.c.revoked_at.is_(None))
    await transaction.execute(call.values(revoked_at=now_ms, revoked_reason=reason))


def _conditions(meant: RunningCalls) -> list[ColumnElement[bool]]:
    classes = {"social": meant.social, "privileged": meant.privileged, "hotline": meant.hotlines}
    found: list[ColumnElement[bool]] = [calls.c.call_class.in_([name for name, wanted in classes.items() if wanted])]
    if meant.numbers is not None:
        found.append(calls.c.number.in_(meant.numbers))
    if meant.inmate_ids is not None:
        found.append(calls.c.inmate_id.in_(meant.inmate_ids))
    if meant.person_unit is not None:
        facility_id, unit = meant.person_unit
        held = select(inmates.c.inmate_id).where(inmates.c.facility_id == facility_id, inmates.c.unit == unit)
        found.append(calls.c.inmate_id.in_(held))
    if meant.facility_id is not None:
        found.append(calls.c.facility_id == meant.facility_id)
    if meant.station_unit is not None:
        facility_id, unit = meant.station_unit
        here = select(stations.c.station_id).where(stations.c.facility_id == facility_id, stations.c.unit == unit)
        found.append(calls.c.station_id.in_(here))
    return found
