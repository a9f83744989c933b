"""What must staff be told of that no request announces?

Ends that come near, terms that pass, recordings that should not be, and whatever the alarms lost. One worker at a time
does a round. It reads first and writes only where there is something to tell, so the calls that are decided meanwhile
wait for nothing; each part is bounded, and one that fails leaves the others and the next round alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import structlog

from callgate import observe
from callgate.domain.alerts import AlertKind, IncidentKind
from callgate.domain.business_days import business_day_after
from callgate.domain.errors import Unavailable
from callgate.domain.hours import local_day
from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.domain.removal import is_overdue
from callgate.domain.roles import PERMISSIONS, Permission
from callgate.flows.deployment import Deployment
from callgate.flows.notice_probes import look_through_log
from callgate.flows.open_incident import Author, open_recording_incident
from callgate.flows.raise_alerts import Alarm, raise_alerts
from callgate.store.database import Record
from callgate.store.incidents import list_recorded_without_incident
from callgate.store.leading import may_lead
from callgate.store.watch import list_ending_blocks, list_late_removals, list_waiting_numbers

ROUND_SECONDS: Final = 60.0
"""No setting: the terms watched here are days, and a minute is also how long a lost alarm may stay unnoticed."""

_STOP_SECONDS: Final = 5.0
_FOUND_MAX: Final = 200  # what one part raises in one round; the next one goes on
_LOG_BACK: Final = timedelta(days=1)
_OVERLAP: Final = timedelta(minutes=5)  # a decision commits after the instant it carries, and workers' clocks differ
_FARTHEST_EAST: Final = timedelta(hours=14)  # where on earth a day begins first
_CLOCK_CHANGE: Final = timedelta(hours=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_JOB: Final = "watch"
_CALLGATE: Final = Author(name="callgate", role="callgate")
_log = structlog.get_logger("callgate.watch")


T = TypeVar("T")


class _Term(NamedTuple):
    """A term of business days: its last day, and whether that is over."""

    due_on: date
    is_over: bool


@asynccontextmanager
async def watching(deployment: Deployment) -> AsyncIterator[None]:
    """Do a round now and then until left; one that runs then is waited for."""
    stop = asyncio.Event()
    task = asyncio.create_task(_run(deployment, stop), name="watch")
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=_STOP_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def run_round(deployment: Deployment, *, log_since: datetime | None = None) -> datetime | None:
    """Look at everything once, if no other worker does at this moment.

    Args:
        log_since: from when on to look through the decision log, as this worker's last round answered; None: a day.

    Returns:
        From when on the next round should look through it; `log_since` where this one did not.

    Raises:
        StoreUnavailable: the records cannot be reached.
    """
    now = deployment.clock.now()
    since = now - _LOG_BACK if log_since is None else max(log_since, now - _LOG_BACK)
    async with deployment.database.read() as leading:
        if not await may_lead(leading, _JOB):
            return log_since
        await _try("block_ends", _warn_of_block_ends(deployment, now))
        await _try("late_removals", _tell_of_late_removals(deployment, now))
        await _try("waiting_numbers", _tell_of_waiting_numbers(deployment, now))
        await _try("recordings", _reconcile_recordings(deployment, now))
        before = now + _MILLISECOND  # so that what was decided at this very instant is looked at
        looked = await _try("log", look_through_log(deployment, since=since, before=before))
    return looked - _OVERLAP if looked == before else looked or log_since


async def _run(deployment: Deployment, stop: asyncio.Event) -> None:
    log_since: datetime | None = None
    while not stop.is_set():
        try:
            log_since = await run_round(deployment, log_since=log_since)
        except Unavailable as error:
            _log.warning("round_not_done", code=error.code)
        except Exception as error:  # noqa: BLE001 - the next round is a new try, and nobody would start this one again
            _log.error("round_failed", error=type(error).__name__)
        await _wait(stop, ROUND_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _try(part: str, work: Awaitable[T]) -> T | None:
    """Do one part; None: it failed, and the next round tries it again."""
    try:
        return await work
    except Unavailable as error:
        _log.warning("watch_part_not_done", part=part, code=error.code)
    except Exception as error:  # noqa: BLE001 - one row that cannot be read must not silence the other parts
        _log.error("watch_part_failed", part=part, error=type(error).__name__)
    return None


async def _warn_of_block_ends(deployment: Deployment, now: datetime) -> None:
    """Tell of every block that ends soon. It ends by itself; whoever may set one may set the next."""
    until_ms = {
        name: to_milliseconds(now + timedelta(days=policy.block_end_warning_days))
        for name, policy in deployment.policies.items()
    }
    async with deployment.database.read() as transaction:
        rows = await list_ending_blocks(
            transaction,
            kind=AlertKind.BLOCK_ENDS_SOON,
            now_ms=to_milliseconds(now),
            until_ms=until_ms,
            limit=_FOUND_MAX,
        )
    renewed_by = sorted(role.value for role in PERMISSIONS[Permission.BLOCKS_CREATE])
    alarms = [
        Alarm(
            kind=AlertKind.BLOCK_ENDS_SOON,
            subject=row.block_id,
            facility_id=row.facility_id,
            detail={
                "block_id": row.block_id,
                "kind": row.kind,
                "scope": row.scope,
                "ends_at": to_wire(from_milliseconds(row.until)),
                "renewed_by": renewed_by,
            },
        )
        for row in rows
    ]
    await raise_alerts(deployment, alarms)


async def _tell_of_late_removals(deployment: Deployment, now: datetime) -> None:
    """Tell of every removal request whose last day is over at its facility."""
    async with deployment.database.read() as transaction:
        rows = await list_late_removals(
            transaction,
            kind=AlertKind.REMOVAL_OVERDUE,
            due_before=(now + _FARTHEST_EAST).date().isoformat(),
            limit=_FOUND_MAX,
        )
    alarms = [
        Alarm(
            kind=AlertKind.REMOVAL_OVERDUE,
            subject=row.request_id,
            facility_id=row.facility_id,
            detail={"request_id": row.request_id, "due_on": row.due_on},
        )
        for row in rows
        if is_overdue(date.fromisoformat(row.due_on), today=local_day(ZoneInfo(row.time_zone), now))
    ]
    await raise_alerts(deployment, alarms)


async def _tell_of_waiting_numbers(deployment: Deployment, now: datetime) -> None:
    """Tell of every number that waits for the warden longer than the law of the place has it."""
    terms = {name: policy.pending_due_business_days for name, policy in deployment.policies.items()}
    # A term of so many business days takes as many whole days at the least, an hour less where a clock is put forward.
    since_ms = {name: to_milliseconds(now - timedelta(days=days) + _CLOCK_CHANGE) for name, days in terms.items()}
    async with deployment.database.read() as transaction:
        rows = await list_waiting_numbers(
            transaction, kind=AlertKind.PENDING_NUMBER_OVERDUE, since_ms=since_ms, limit=_FOUND_MAX
        )
    waiting = [(row, _term(row, days=terms[row.profile], now=now)) for row in rows]
    alarms = [
        Alarm(
            kind=AlertKind.PENDING_NUMBER_OVERDUE,
            subject=row.entry_id,
            facility_id=row.facility_id,
            detail={
                "entry_id": row.entry_id,
                "change_id": row.change_id,
                "inmate_id": row.inmate_id,
                "kind": row.kind,
                "since": to_wire(from_milliseconds(row.since)),
                "due_on": term.due_on.isoformat(),
            },
        )
        for row, term in waiting
        if term.is_over
    ]
    await raise_alerts(deployment, alarms)


def _term(row: Record, *, days: int, now: datetime) -> _Term:
    zone = ZoneInfo(row.time_zone)
    due_on = business_day_after(local_day(zone, from_milliseconds(row.since)), days)
    return _Term(due_on=due_on, is_over=local_day(zone, now) > due_on)


async def _reconcile_recordings(deployment: Deployment, now: datetime) -> None:
    """Open the incident of every recorded privileged or hotline call that has none, however it came to that.

    Clause: RULES F39.
    """
    kind = IncidentKind.PRIVILEGED_CALL_RECORDED.value
    async with deployment.database.read() as transaction:
        calls = await list_recorded_without_incident(transaction, kind=kind, limit=_FOUND_MAX)
    for call in calls:
        # One by one: a switch may report the same calls meanwhile in another order, and each would wait for the other.
        async with deployment.database.write() as transaction:
            told = await open_recording_incident(transaction, call, author=_CALLGATE, now=now)
        for alert_kind in told:
            observe.alert_raised(alert_kind)
