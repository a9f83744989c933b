"""May this person have this number, by the same rules that decide a call?

Screening a list asks the checks themselves, on the same facts, so that a number is struck out exactly when a block
would refuse the call. The facts are loaded in the same statements whatever they say, for numbers taken off as for those
put on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from callgate.checks import block, destination, phone_list, shield
from callgate.checks.call_class import call_class_of
from callgate.domain.case import Block, CallClass, Case, Facility, Person, PinState
from callgate.domain.number import Number
from callgate.domain.policy import Policy
from callgate.domain.roles import VICTIM_CLASS
from callgate.domain.verdict import Deny
from callgate.flows.gather import Subject, gather_cases
from callgate.store.database import Transaction
from callgate.store.whereabouts import Whereabouts


async def gather_listing_cases(
    transaction: Transaction, *, person: Whereabouts, policy: Policy, numbers: Sequence[Number], now: datetime
) -> list[Case]:
    """The facts about each of these numbers for this person, in order."""
    subjects = [listing_subject(person, policy, number) for number in numbers]
    return await gather_cases(transaction, subjects, now=now)


def listing_subject(person: Whereabouts, policy: Policy, number: Number) -> Subject:
    """What is asked when a number is to stand on this person's list."""
    locality = person.locality
    facility = Facility(
        facility_id=locality.facility_id,
        profile=locality.profile,
        time_zone=locality.time_zone,
        region=locality.region,
    )
    whose = Person(inmate_id=person.inmate_id, facility_id=person.facility_id, unit=person.unit, status=person.status)
    return Subject(
        switch_id="",
        covered=True,
        station=None,
        facility=facility,
        policy=policy,
        person=whose,
        pin=PinState.NOT_NEEDED,
        number=number,
        payment_type="collect",
        media="voice",
        requested_duration_seconds=None,
    )


def is_forbidden(case: Case, policy: Policy) -> bool:
    """Is it a kind of number, or a region, that nobody may call here?"""
    return isinstance(destination.CHECK.judge(case, policy), Deny)


def find_binding_blocks(case: Case) -> tuple[Block, ...]:
    """Which blocks refuse this number to this person, their own and those that shield somebody else here?"""
    return block.binding_blocks(case) + shield.binding_blocks(case)


def is_protected(case: Case) -> bool:
    """Does one of them protect a victim, a court's order or a protected person?"""
    return any(it.kind in VICTIM_CLASS for it in find_binding_blocks(case))


def is_unavailable(case: Case, policy: Policy) -> bool:
    """Would a call to this number be refused for the number's own sake: for a block, or for want of a list entry?"""
    if find_binding_blocks(case):
        return True
    return call_class_of(case) is CallClass.SOCIAL and isinstance(phone_list.CHECK.judge(case, policy), Deny)


def needs_its_entry(case: Case, policy: Policy) -> bool:
    """Would a call to this number be refused for want of the list entry, once it is taken off the list?

    Not a common privileged number, and nothing where unlisted numbers are open. A one-time call does not help: a call
    that began on the list would go on by it without using it up.
    """
    without = replace(case, entry=None, one_time=None)
    return call_class_of(without) is CallClass.SOCIAL and isinstance(phone_list.CHECK.judge(without, policy), Deny)
