"""Staff take one number off a person's list: is it there, and which call ends with it?

It is no change by the person, so it moves no date on which the list may change next, and it needs none.
"""

from dataclasses import dataclass

from callgate.domain.errors import Invalid
from callgate.domain.number import Number
from callgate.domain.phone_list import EndedBy
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.read_list import PhoneList, load_phone_list
from callgate.flows.screening import gather_listing_cases, needs_its_entry
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.locks import own_inmate
from callgate.store.phone_lists import Ending, end_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalGiven:
    """Which number comes off, and why."""

    number: str
    note: str


async def remove_from_list(
    deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: RemovalGiven
) -> Written:
    """Take the number off the list; whoever may read the list sees it gone.

    Raises:
        Invalid: it cannot be a number, or is not on the list.

    Clause: contract section 4, `list-removals`.
    """

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        before = await load_phone_list(
            deployment, write.transaction, actor=write.actor, inmate_id=inmate_id, now=write.now
        )
        write.require_match(before.shown_to(write.actor))
        number = _listed_number(before, given)
        calls_revoked = await _revoke(write, before, number)
        ending = Ending(by=EndedBy.STAFF.value, author=write.actor.subject, note=given.note, at_ms=write.now_ms)
        await end_entries(write.transaction, inmate_id=inmate_id, numbers=[number], ending=ending)
        after = await load_phone_list(
            deployment, write.transaction, actor=write.actor, inmate_id=inmate_id, now=write.now
        )
        await write.record(
            "remove_from_list",
            "phone_list",
            inmate_id,
            facility_id=before.person.facility_id,
            before=before.shown(),
            after={**after.shown(), "note": given.note},
        )
        body = {"inmate_id": inmate_id, "number": number, "calls_revoked": calls_revoked, **after.places()}
        return Written(body=body)

    return await write_once(deployment, request, act)


def _listed_number(before: PhoneList, given: RemovalGiven) -> str:
    listed = {entry.number for entry in before.entries}
    # What is listed is found under its own form even if today's numbering plan would no longer read it.
    if given.number in listed:
        return given.number
    number = parse_dialled(given.number, region=before.person.locality.region)
    if number.e164 is None:
        raise Invalid("number_not_valid", "This is not a number. Nothing was removed.", pointer="/number")
    if number.e164 not in listed:
        raise Invalid("not_listed", "This number is not on the list. Nothing was removed.", pointer="/number")
    return number.e164


async def _revoke(write: Write, before: PhoneList, number: str) -> int:
    (case,) = await gather_listing_cases(
        write.transaction, person=before.person, policy=before.policy, numbers=[Number(e164=number)], now=write.now
    )
    if not needs_its_entry(case, before.policy):
        return 0
    meant = RunningCalls(numbers=[number], inmate_ids=[before.person.inmate_id])
    return await revoke_live_calls(
        write.transaction, meant, reason=Reason.NUMBER_NOT_AVAILABLE.value, now_ms=write.now_ms
    )
