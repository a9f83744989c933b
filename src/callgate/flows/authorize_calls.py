"""May these calls go through? Decides a batch of attempts in one transaction, and answers only after its commit.

Locks first, then every fact, then the pure decision, then the records.
"""

from collections.abc import Callable, Sequence

from callgate.domain.case import Person, Station
from callgate.domain.errors import Unavailable
from callgate.domain.instants import to_millisecond
from callgate.flows.attempt import Attempt, Outcome
from callgate.flows.batch import Batch
from callgate.flows.deployment import Deployment
from callgate.store import locks
from callgate.store.cases import Callers, load_callers
from callgate.store.database import Contended, Transaction


class Abandoned(Unavailable):
    """Somebody in the batch stopped waiting: deciding for them now would allow a call that nobody places."""

    def __init__(self) -> None:
        super().__init__("deadline_passed", "No decision was made in time. Try again.")


class ClockWentBack(Unavailable):
    """By this clock, something that is in force may seem not to be yet."""

    def __init__(self) -> None:
        super().__init__("clock_went_back", "The service's clock went back, so no decision was made. Try again.")


async def decide_batch(
    deployment: Deployment, attempts: Sequence[Attempt], is_abandoned: Callable[[], bool] = lambda: False
) -> list[Outcome]:
    """Decide attempts of different keys, in order, all or none.

    Raises:
        Abandoned: `is_abandoned` said so just before the commit; nothing was kept.
        ClockWentBack: nothing was kept.
        StoreUnavailable: nothing was kept, or (CommitUnknown) nobody can say.
    """
    async with deployment.database.write() as transaction:
        callers = await _lock(deployment, transaction, attempts)
        now = to_millisecond(deployment.clock.now())
        if deployment.steps.is_behind(now):
            raise ClockWentBack
        batch = Batch(deployment, attempts, callers, now=now)
        await batch.load(transaction)
        outcomes = [batch.decide(i) for i in range(len(attempts))]
        await batch.record(transaction)
        if is_abandoned():
            raise Abandoned
    return outcomes


async def _lock(deployment: Deployment, transaction: Transaction, attempts: Sequence[Attempt]) -> Callers:
    """Take every lock that this batch needs, and read who asks under them."""
    asked = [(attempt.station_id, _digests(deployment, attempt)) for attempt in attempts]
    can_wait = locks.can_wait(transaction)
    callers, taken = await load_callers(
        transaction,
        station_ids=[station_id for station_id, _ in asked],
        digests=[digests for _, digests in asked],
        switch_ids={attempt.switch_id for attempt in attempts},
        after=locks.for_calls(asked, keys=[attempt.key for attempt in attempts]) if can_wait else (),
    )
    if can_wait and not _is_all_owned(locks.owned_for_calls(taken), callers):
        # A PIN or a telephone changed hands while we waited: what must be locked now is not what we locked.
        raise Contended
    return callers


def _is_all_owned(owned: locks.OwnedForCalls, callers: Callers) -> bool:
    stations = {station.station_id: station.facility_id for station, _ in callers.places.values()}
    doubtful = {
        station.facility_id
        for i, (station, _) in callers.places.items()
        if _may_be_wrong(station, callers.people.get(i))
    }
    return (
        owned.facilities.issuperset(stations.values())
        and owned.stations.issuperset(stations)
        and owned.throttles.issuperset(doubtful)
        and owned.inmates.issuperset(person.inmate_id for person in callers.people.values())
    )


def _may_be_wrong(station: Station, person: Person | None) -> bool:
    return person is None or person.status != "active" or person.facility_id != station.facility_id


def _digests(deployment: Deployment, attempt: Attempt) -> list[str]:
    if attempt.pin is None:
        return []
    return [digest for _, digest in deployment.pin_keys.digests(attempt.pin)]
