"""What stands on a person's list?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callgate.domain.hours import local_day
from callgate.domain.instants import from_milliseconds, to_milliseconds, to_wire
from callgate.domain.phone_list import EntryState, Suspension, count_used, find_suspension, next_change_on
from callgate.domain.policy import Policy
from callgate.domain.roles import Actor, Permission
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found
from callgate.store import phone_lists as store
from callgate.store.database import Transaction
from callgate.store.phone_lists import Entry, History
from callgate.store.suspensions import list_restrictive_statuses
from callgate.store.whereabouts import Whereabouts, find_whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneList:
    """One person's list at one instant. A block changes nothing here, so nothing here is read from blocks.

    `suspension`: the restrictive status that the person is under now; None: under none.
    """

    person: Whereabouts
    policy: Policy
    entries: tuple[Entry, ...]
    history: History
    now: datetime
    suspension: Suspension | None = None

    @property
    def today(self) -> date:
        """The calendar day at the person's facility."""
        return local_day(ZoneInfo(self.person.locality.time_zone), self.now)

    @property
    def used(self) -> int:
        """How many of the places are taken."""
        return count_used((entry.kind for entry in self.entries), self.policy)

    @property
    def next_change_on(self) -> date | None:
        """When the counselor may change it again; None: now."""
        last = self.history.last_change_day
        return next_change_on(None if last is None else date.fromisoformat(last), today=self.today, policy=self.policy)

    def places(self) -> dict[str, Any]:
        """The places and the calendar, as the wire shows them."""
        opens_on = self.next_change_on
        return {
            "limit": self.policy.list_limit,
            "used": self.used,
            "next_change_on": None if opens_on is None else opens_on.isoformat(),
        }

    def is_suspended(self, entry: Entry) -> bool:
        """Is this number's approval suspended now, until the person's restrictive status ends (RULES F12)?"""
        if self.suspension is None or entry.state != EntryState.ACTIVE:
            return False
        return entry.kind in self.policy.list_kinds_suspended

    def shown(self) -> dict[str, Any]:
        """The list as the trail keeps it: what stands there, whatever the day."""
        return self._shown([_shown_entry(entry) for entry in self.entries])

    def shown_to(self, actor: Actor) -> dict[str, Any]:
        """The list as its readers see it, all of them alike but for the end of an investigation.

        Whoever may not read restrictions is not told when one for an investigation ends (RULES C.2).
        """
        numbers = []
        for entry in self.entries:
            suspension = self.suspension if self.is_suspended(entry) else None
            numbers.append(
                {
                    **_shown_entry(entry),
                    "suspended": suspension is not None,
                    "suspended_until": to_wire(_told_until(suspension, actor)),
                }
            )
        return self._shown(numbers)

    def _shown(self, numbers: list[dict[str, Any]]) -> dict[str, Any]:
        return {"inmate_id": self.person.inmate_id, **self.places(), "numbers": numbers}


async def load_phone_list(
    deployment: Deployment, transaction: Transaction, *, actor: Actor, inmate_id: str, now: datetime
) -> PhoneList:
    """Load one person's list.

    Raises:
        NotFound: nobody of that id is, or was last, at a facility that the token covers. Asked again here, because the
            person may have moved since the route asked.
    """
    person = await find_whereabouts(transaction, inmate_id)
    if person is None or not actor.covers(person.facility_id):
        raise not_found()
    return PhoneList(
        person=person,
        policy=load_policy(deployment, person.locality.profile),
        entries=await store.list_entries_of(transaction, inmate_id),
        history=await store.find_history(transaction, inmate_id),
        now=now,
        suspension=find_suspension(
            await list_restrictive_statuses(transaction, inmate_id, now_ms=to_milliseconds(now)), now=now
        ),
    )


async def read_phone_list(deployment: Deployment, actor: Actor, *, inmate_id: str) -> Mapping[str, Any]:
    """One person's list as the wire shows it."""
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        found = await load_phone_list(deployment, transaction, actor=actor, inmate_id=inmate_id, now=now)
    return found.shown_to(actor)


def _shown_entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "name": entry.name,
        "relationship": entry.relationship,
        "kind": entry.kind,
        "state": entry.state,
        "since": to_wire(from_milliseconds(entry.since_ms)),
    }


def _told_until(suspension: Suspension | None, actor: Actor) -> datetime | None:
    if suspension is None or (suspension.is_investigated and not actor.may(Permission.RESTRICTIONS_READ)):
        return None
    return suspension.until
