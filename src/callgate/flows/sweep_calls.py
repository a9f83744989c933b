"""Would each running call still be allowed, by what stands now?

Every write revokes the calls that it ends. What no write announces is found here: a restriction that begins, a shut-off
or a telephone's hours that set in, closing time while it rings. The calls are decided again by the one loader and the
one `decide`; there is no second copy of the rules.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from callgate.checks import CHECKS, calling_hours, carrier_limit, gap, one_live_call, payment_type, quota, tariff
from callgate.checks.decide import decide
from callgate.clock import monotonic_seconds, sleep_seconds
from callgate.domain.case import Case, PinState
from callgate.domain.errors import Unavailable
from callgate.domain.instants import to_millisecond, to_milliseconds
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Decision
from callgate.flows.decision_rows import revocation_row
from callgate.flows.deployment import Deployment
from callgate.flows.gather import Subject, gather_cases
from callgate.store.calls import own_call
from callgate.store.case_text import read_case
from callgate.store.cases import load_people, load_places
from callgate.store.database import Record, Transaction
from callgate.store.decisions import find_revocation, record_revocation
from callgate.store.leading import may_lead
from callgate.store.live_calls import list_live_calls

SWEEP_EVERY_SECONDS: Final = 2.0
# Calls that wait to be decided come first: so few at a time that nobody waits for it, and a tenth of the time at most.
# However many calls run, deciding new ones loses no more to it; a sweep of very many takes longer instead.
_AT_A_TIME: Final = 25
_REST_PER_SECOND: Final = 9.0
_JOB: Final = "sweep"
_log = structlog.get_logger("callgate.sweep")

# Told once, at the beginning: how much a person has used, whether the telephone was free, and what it costs.
_ASKED_ONCE: Final = frozenset(
    {quota.CHECK, gap.CHECK, one_live_call.CHECK, payment_type.CHECK, tariff.CHECK, carrier_limit.CHECK}
)
_ASKED_AGAIN: Final = tuple(check for check in CHECKS if check not in _ASKED_ONCE)
# Where a call begun in time has its full length (New York), the hour that comes says nothing of it.
_WITHOUT_HOURS: Final = tuple(check for check in _ASKED_AGAIN if check is not calling_hours.CHECK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    row: Record
    case: Case
    policy: Policy | None
    decision: Decision


@asynccontextmanager
async def sweeping(deployment: Deployment) -> AsyncIterator[None]:
    """Sweep again and again until left."""
    task = asyncio.create_task(_run(deployment), name="sweep")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _no_rest(_: float) -> None:
    return


async def _rest(seconds: float) -> None:
    await sleep_seconds(seconds * _REST_PER_SECOND)


async def sweep_calls(deployment: Deployment, *, rest: Callable[[float], Awaitable[None]] = _no_rest) -> int:
    """Decide every running call again, revoke those that are refused now, and answer how many that were.

    Args:
        rest: waited for after every part, with the seconds that the part took.

    Clause: contract section 2, running calls.
    """
    revoked, after = 0, ""
    while True:
        began = monotonic_seconds()
        now = to_millisecond(deployment.clock.now())
        async with deployment.database.read() as transaction:
            if not await may_lead(transaction, _JOB):
                return revoked
            rows = await list_live_calls(transaction, now_ms=to_milliseconds(now), after=after, limit=_AT_A_TIME)
            refused = await _find_refused(deployment, transaction, rows, now=now)
        for one in refused:
            revoked += await _revoke(deployment, one)
        if len(rows) < _AT_A_TIME:
            return revoked
        after = rows[-1].decision_id
        await rest(monotonic_seconds() - began)


async def _find_refused(
    deployment: Deployment, transaction: Transaction, rows: Sequence[Record], *, now: datetime
) -> list[_Refused]:
    if not rows:
        return []
    places = await load_places(transaction, [row.station_id for row in rows])
    people = await load_people(transaction, [row.inmate_id or "" for row in rows])
    asked = []
    for i, row in enumerate(rows):
        try:
            asked.append((row, _subject(deployment, row, places.get(i), people.get(i))))
        except ValueError as error:  # one record that cannot be read must not end the sweep of all others
            _log.error("call_not_readable", decision_id=row.decision_id, error=type(error).__name__)
    cases = await gather_cases(transaction, [subject for _, subject in asked], now=now)
    found = []
    for (row, subject), case in zip(asked, cases, strict=True):
        decision = decide(case, subject.policy, checks=_checks(subject.policy))
        if not decision.allowed:
            found.append(_Refused(row=row, case=case, policy=subject.policy, decision=decision))
    return found


def _subject(deployment: Deployment, row: Record, place: Any, person: Any) -> Subject:  # noqa: ANN401 - or None
    station, facility = place or (None, None)
    allowed = read_case(row.facts)
    return Subject(
        switch_id=row.switch_id,
        covered=facility is not None,
        station=station,
        facility=facility,
        policy=None if facility is None else deployment.policies.get(facility.profile),
        person=person,
        # Whether the PIN is still the person's is no fact that is kept; whoever changes it ends the call.
        pin=PinState.MATCHED,
        number=allowed.number,
        payment_type=allowed.payment_type,
        media=allowed.media,
        requested_duration_seconds=None,
        call_id=row.call_id,
    )


def _checks(policy: Policy | None) -> tuple[Check, ...]:
    return _WITHOUT_HOURS if policy is not None and policy.window_applies_to == "start" else _ASKED_AGAIN


async def _revoke(deployment: Deployment, one: _Refused) -> bool:
    """Write down that the call is revoked, and on which facts, unless it is over or revoked meanwhile."""
    async with deployment.database.write() as transaction:
        row = await own_call(transaction, one.row.decision_id)
        if row is None or row.state not in ("authorized", "answered") or row.revoked_at is not None:
            return False
        if await find_revocation(transaction, row.decision_id) is not None:
            return False
        revocation = revocation_row(
            row.decision_id, call_id=row.call_id, case=one.case, policy=one.policy, decision=one.decision
        )
        await record_revocation(transaction, revocation)
    return True


async def _run(deployment: Deployment) -> None:
    while True:
        try:
            await sweep_calls(deployment, rest=_rest)
        except Unavailable as error:
            _log.warning("sweep_not_done", code=error.code)
        except Exception as error:  # noqa: BLE001 - the next sweep is a new try, and nobody would start this one again
            _log.error("sweep_failed", error=type(error).__name__)
        await sleep_seconds(SWEEP_EVERY_SECONDS)
