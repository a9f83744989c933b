"""What stands on a person's list, and how has it changed?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callgate.domain.hours import local_day
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.phone_list import count_used, next_change_on
from callgate.domain.policy import Policy
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found
from callgate.store import phone_lists as store
from callgate.store.database import Transaction
from callgate.store.phone_lists import Change, Entry, History
from callgate.store.whereabouts import Whereabouts, find_whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneList:
    """One person's list at one instant. A block changes nothing here, so nothing here is read from blocks."""

    person: Whereabouts
    policy: Policy
    entries: tuple[Entry, ...]
    history: History
    now: datetime

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

    def shown(self) -> dict[str, Any]:
        """The list as its readers see it, all of them alike."""
        numbers = [
            {
                "number": entry.number,
                "name": entry.name,
                "relationship": entry.relationship,
                "kind": entry.kind,
                "state": entry.state,
                "since": to_wire(from_milliseconds(entry.since_ms)),
            }
            for entry in self.entries
        ]
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
    )


async def read_phone_list(deployment: Deployment, actor: Actor, *, inmate_id: str) -> Mapping[str, Any]:
    """One person's list as the wire shows it."""
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        return (await load_phone_list(deployment, transaction, actor=actor, inmate_id=inmate_id, now=now)).shown()


async def read_list_change(deployment: Deployment, *, change_id: str) -> Mapping[str, Any]:
    """One submission as it was answered.

    Raises:
        NotFound: there is no such submission.
    """
    async with deployment.database.read() as transaction:
        change = await store.find_change(transaction, change_id)
    if change is None:
        raise not_found()
    return show_change(change)


async def read_list_changes(
    deployment: Deployment, *, inmate_id: str, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """One person's submissions, newest first; `before`: the last id of the page before."""
    async with deployment.database.read() as transaction:
        changes = await store.list_changes_of(transaction, inmate_id, before=before, limit=limit)
    return [show_change(change) for change in changes]


def show_change(change: Change) -> Mapping[str, Any]:
    """A submission as its readers see it: no more than was answered to whoever submitted it."""
    return {
        "change_id": change.change_id,
        "inmate_id": change.inmate_id,
        "submitted_at": to_wire(from_milliseconds(change.submitted_at_ms)),
        "author": change.author,
        "counts_as_change": not change.is_first,
        "state": change.state,
        "outcomes": list(change.outcomes),
    }
