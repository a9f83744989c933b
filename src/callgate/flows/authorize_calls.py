"""May these calls go through? Decides a batch of attempts in one transaction, and answers only after its commit.

Locks first, then every fact, then the pure decision, then the records.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from callgate.domain.case import Facility, Person, Station
from callgate.domain.errors import Unavailable
from callgate.domain.instants import to_millisecond
from callgate.flows.attempt import Attempt, Outcome
from callgate.flows.batch import Batch
from callgate.flows.deployment import Deployment
from callgate.store import locks
from callgate.store.cases import Callers, load_callers
from callgate.store.database import Contended, Transaction

Places = Mapping[int, tuple[Station, Facility]]
People = Mapping[int, Person]


class Abandoned(Unavailable):
    """Somebody in the batch stopped waiting: deciding for them now would allow a call that nobody places."""

    def __init__(self) -> None:
        super().__init__("deadline_passed", "No decision was made in time. Try again.")


async def decide_batch(
    deployment: Deployment, attempts: Sequence[Attempt], is_abandoned: Callable[[], bool] = lambda: False
) -> list[Outcome]:
    """Decide attempts of different keys, in order, all or none.

    Raises:
        Abandoned: `is_abandoned` said so just before the commit; nothing was kept.
        StoreUnavailable: nothing was kept, or (CommitUnknown) nobody can say.
    """
    async with deployment.database.write() as transaction:
        callers = await _lock(deployment, transaction, attempts)
        batch = Batch(deployment, attempts, callers, now=to_millisecond(deployment.clock.now()))
        await batch.load(transaction)
        outcomes = [batch.decide(i) for i in range(len(attempts))]
        await batch.record(transaction)
        if is_abandoned():
            raise Abandoned
    return outcomes


async def _lock(deployment: Deployment, transaction: Transaction, attempts: Sequence[Attempt]) -> Callers:
    """Take every lock that this batch needs, and read who asks under them."""
    station_ids = [attempt.station_id for attempt in attempts]
    load = partial(
        load_callers,
        transaction,
        station_ids=station_ids,
        digests=[_digests(deployment, attempt) for attempt in attempts],
        switch_ids={attempt.switch_id for attempt in attempts},
    )
    if not locks.can_wait(transaction):
        return await load()
    before = await load(after=locks.system_shared())
    now = await load(
        after=locks.owned_for_calls(
            facility_ids={station.facility_id for station, _ in before.places.values()},
            station_ids=station_ids,
            doubtful_facility_ids={
                station.facility_id
                for i, (station, _) in before.places.items()
                if _may_be_wrong(i, station, before.people)
            },
            inmate_ids={person.inmate_id for person in before.people.values()},
        )
    )
    if not _same_people(before.people, now.people) or not _same_facilities(before.places, now.places):
        # A PIN or a telephone changed hands while we waited: what must be locked now is not what we locked.
        raise Contended
    return now


def _may_be_wrong(i: int, station: Station, people: People) -> bool:
    person = people.get(i)
    return person is None or person.status != "active" or person.facility_id != station.facility_id


def _same_people(before: People, now: People) -> bool:
    return {i: (one.inmate_id, one.facility_id, one.status) for i, one in before.items()} == {
        i: (one.inmate_id, one.facility_id, one.status) for i, one in now.items()
    }


def _same_facilities(before: Places, now: Places) -> bool:
    return {i: one.facility_id for i, (one, _) in before.items()} == {i: one.facility_id for i, (one, _) in now.items()}


def _digests(deployment: Deployment, attempt: Attempt) -> list[str]:
    if attempt.pin is None:
        return []
    return [digest for _, digest in deployment.pin_keys.digests(attempt.pin)]
