"""Somebody asks not to be called: the number is blocked first, and decided about later.

Who takes the request in may be a counselor, who never learns of blocks. So no block is looked at here, and nothing in
the answer says whether a call was running: a victim's block would have ended it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from callgate.domain.alerts import AlertKind
from callgate.domain.errors import Invalid
from callgate.domain.hours import local_day
from callgate.domain.removal import due_on
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.facility_terms import load_policy
from callgate.flows.note_privilege_clash import note_privilege_clash
from callgate.flows.put_object import load_named_facility, require_covered
from callgate.flows.raise_alerts import Alarm
from callgate.flows.read_removals import shown_request
from callgate.flows.removal_blocks import (
    is_common_number,
    make_removal_block,
    own_reach_of,
    revoke_calls_to,
    set_removal_blocks,
)
from callgate.flows.removal_letters import confirm_to_requester
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, write_once
from callgate.flows.track_removal import new_tracking_token, token_digests
from callgate.store.listed_numbers import Lists, count_holders
from callgate.store.removal_requests import OPEN, RemovalRequest, insert_request
from callgate.store.whereabouts import Whereabouts, find_whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalRequestGiven:
    """A request as whoever opened the letter, or took the call, enters it. `inmate_id` None: about everybody there."""

    facility_id: str
    number: str
    inmate_id: str | None
    requester_name: str
    received_on: date
    channel: str
    letter_reference: str | None
    identity_checked: bool


async def take_in_removal(deployment: Deployment, request: StaffRequest, *, given: RemovalRequestGiven) -> Written:
    """Block the number for that person, or the whole facility, and put the request before the warden.

    A second request about the same number gets a block, a term and a token of its own, so that the decision on one
    never undoes the other.

    Raises:
        Invalid: the number is none, the day of receipt is to come, or the person is held elsewhere.
        NotFound: the token does not cover the facility, or the person's.
        Conflict: the facility's profile is not in this deployment any more.

    Clause: contract section 5; RULES F19.
    """

    async def act(write: Write) -> Written:
        facility = await load_named_facility(write, given.facility_id)
        await own_reach_of(write, facility_id=given.facility_id, inmate_id=given.inmate_id)
        person = await _find_held_here(write, given)
        policy = load_policy(deployment, facility.profile)
        number = _possible_number(given, region=facility.region)
        _require_received(given, today=local_day(ZoneInfo(facility.time_zone), write.now))
        token = new_tracking_token()
        taken_in = RemovalRequest(
            request_id=write.new_id(),
            facility_id=given.facility_id,
            number=number,
            inmate_id=given.inmate_id,
            requester_name=given.requester_name,
            received_on=given.received_on.isoformat(),
            channel=given.channel,
            letter_reference=given.letter_reference,
            identity_checked=given.identity_checked,
            state=OPEN,
            due_on=due_on(given.received_on, days=policy.removal_due_days).isoformat(),
            provisional_block_id=await _new_block_id(write, given, number),
            listed_for=await count_holders(write.transaction, number, _lists_of(given)),
            token_digest=token_digests(deployment.pin_keys, token)[0],
            created_by=write.actor.subject,
            created_role=write.actor.role.value,
            created_at=write.now_ms,
            facility_name=facility.name,
            profile=facility.profile,
            time_zone=facility.time_zone,
        )
        await _keep(write, taken_in, person)
        return _answer(taken_in, token=token, tracking_days=policy.removal_tracking_days)

    return await write_once(deployment, request, act)


async def _find_held_here(write: Write, given: RemovalRequestGiven) -> Whereabouts | None:
    """Where the request's person is, who must be here: another place's warden decides for that one.

    None: it names nobody, or somebody who is not booked yet and so is nowhere.
    """
    person = None if given.inmate_id is None else await find_whereabouts(write.transaction, given.inmate_id)
    if person is None:
        return None
    require_covered(write, person.facility_id)
    if person.facility_id != given.facility_id:
        raise Invalid(
            "held_elsewhere",
            "This person is at another facility. Take the request in there, so that the warden there decides it.",
            pointer="/inmate_id",
        )
    return person


def _possible_number(given: RemovalRequestGiven, *, region: str) -> str:
    number = parse_dialled(given.number, region=region)
    if number.e164 is None:
        raise Invalid(
            "number_not_valid",
            "This is not a number that could be called. Write it with its country code, such as +1 and ten digits.",
            pointer="/number",
        )
    return number.e164


def _require_received(given: RemovalRequestGiven, *, today: date) -> None:
    if given.received_on > today:
        raise Invalid(
            "received_on_not_yet",
            "`received_on` is the day on which the request arrived, by the facility's calendar; it cannot be to come.",
            pointer="/received_on",
        )


async def _new_block_id(write: Write, given: RemovalRequestGiven, number: str) -> str | None:
    """The name of the provisional block; None: the number is everybody's, and is not blocked."""
    is_common = await is_common_number(write, number, facility_id=given.facility_id)
    return None if is_common else write.new_id()


def _lists_of(given: RemovalRequestGiven) -> Lists:
    if given.inmate_id is None:
        return Lists(facility_id=given.facility_id)
    return Lists(inmate_ids=[given.inmate_id])


async def _keep(write: Write, taken_in: RemovalRequest, person: Whereabouts | None) -> None:
    """Write the request down, and block its number; or tell the warden why it is not."""
    await insert_request(write.transaction, taken_in)
    if taken_in.provisional_block_id is None:
        alarm = Alarm(
            kind=AlertKind.REMOVAL_OF_COMMON_NUMBER,
            subject=taken_in.request_id,
            facility_id=taken_in.facility_id,
            detail={"request_id": taken_in.request_id, "due_on": taken_in.due_on},
        )
        await write.tell(alarm)
    else:
        whose = taken_in.inmate_id
        block = make_removal_block(write, taken_in, inmate_id=whose, block_id=taken_in.provisional_block_id)
        await set_removal_blocks(write, taken_in, [block])
        await revoke_calls_to(
            write,
            taken_in.number,
            facility_id=taken_in.facility_id if whose is None else None,
            inmate_ids=[] if whose is None else [whose],
        )
        await note_privilege_clash(write, block, person)
    await write.record(
        "take_in_removal",
        "removal_request",
        taken_in.request_id,
        facility_id=taken_in.facility_id,
        after=shown_request(taken_in, now=write.now),
    )


def _answer(taken_in: RemovalRequest, *, token: str, tracking_days: int) -> Written:
    """The answer with the token, and the one that is kept, which nobody can read it from."""
    body: dict[str, Any] = {
        "request_id": taken_in.request_id,
        "state": taken_in.state,
        "due_on": taken_in.due_on,
        "provisional_block_id": taken_in.provisional_block_id,
        "listed_for": taken_in.listed_for,
    }
    letter = confirm_to_requester(taken_in, tracking_days=tracking_days, tracking_code=token)
    without = confirm_to_requester(taken_in, tracking_days=tracking_days)
    return Written(
        body={**body, "tracking_token": token, "confirmation_letter": letter},
        kept_body={**body, "tracking_token": None, "confirmation_letter": without},
        status=CREATED,
    )
