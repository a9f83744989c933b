"""A counselor asks for one call to a number beside the list: can it be called at all, and whom must callgate tell?

Blocks are not looked at for the answer, which is the warden's to give: whoever asks hears the same of a number that is
blocked, in the same statements.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from callgate.domain.alerts import AlertKind
from callgate.domain.case import Case
from callgate.domain.errors import Conflict, Invalid
from callgate.domain.one_time_call import OneTimeCallState
from callgate.domain.policy import Policy
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found, require_covered
from callgate.flows.raise_alerts import Alarm
from callgate.flows.read_one_time_calls import shown_one_time_call
from callgate.flows.screening import gather_listing_cases, is_forbidden, is_protected
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, etag_of, write_once
from callgate.store.locks import own_inmate
from callgate.store.one_time_calls import OneTimeCall, insert_one_time_call
from callgate.store.phone_lists import list_hotlines_among
from callgate.store.whereabouts import Whereabouts, find_whereabouts

WHY_NOT: Final = {
    "number_not_valid": "This is not a number that can be called from here. Check it with the person.",
    "hotline_number": "This is a hotline, which everybody may call at any time. Nothing need be asked for.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCallGiven:
    """What is asked for. `kind`: `first_call` or `emergency`."""

    number: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The number for this person, with every fact about it."""

    case: Case
    policy: Policy
    hotlines: AbstractSet[str]

    @property
    def fault(self) -> str | None:
        """What is wrong with the number whoever asks, as the code of an answer; None: nothing. Blocks are no part."""
        if self.case.number.e164 is None:
            return "number_not_valid"
        if self.case.number.e164 in self.hotlines:
            return "hotline_number"
        return "number_not_valid" if is_forbidden(self.case, self.policy) else None


async def ask_one_time_call(
    deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: OneTimeCallGiven
) -> Written:
    """Put the request before the warden; the list stays as it is, and nothing can be called by it yet.

    Raises:
        Invalid: it is no number, of a kind nobody may call here, or a hotline.
        Conflict: the person is released.
        NotFound: the person is at no facility that the token covers.

    Clause: RULES F33.
    """

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        person = await load_person(write, inmate_id)
        wanted = await load_wanted(deployment, write, person, number=given.number)
        if wanted.fault is not None:
            raise Invalid(wanted.fault, f"{WHY_NOT[wanted.fault]} Nothing was asked for.", pointer="/number")
        require_active(person)
        asked = _asked(write, person, wanted, given)
        await insert_one_time_call(write.transaction, asked)
        await write.tell(*_alarms(person, wanted, asked))
        shown = shown_one_time_call(asked, write.actor, now=write.now)
        await write.record(
            "ask_one_time_call",
            "one_time_call",
            asked.one_time_call_id,
            facility_id=person.facility_id,
            after=shown,
        )
        return Written(body=shown, status=CREATED, etag=etag_of(shown))

    return await write_once(deployment, request, act)


async def load_person(write: Write, inmate_id: str) -> Whereabouts:
    """Where the person is.

    Raises:
        NotFound: nowhere that the token covers. Asked again here, because they may have moved since the route asked.
    """
    person = await find_whereabouts(write.transaction, inmate_id)
    if person is None:
        raise not_found()
    require_covered(write, person.facility_id)
    return person


async def load_wanted(deployment: Deployment, write: Write, person: Whereabouts, *, number: str) -> Wanted:
    """Everything about this number for this person, in the same statements whatever there is to find."""
    policy = load_policy(deployment, person.locality.profile)
    parsed = parse_dialled(number, region=person.locality.region)
    (case,) = await gather_listing_cases(
        write.transaction, person=person, policy=policy, numbers=[parsed], now=write.now
    )
    hotlines = await list_hotlines_among(write.transaction, [parsed.e164 or ""])
    return Wanted(case=case, policy=policy, hotlines=hotlines)


def require_active(person: Whereabouts) -> None:
    """Refuse what nobody could use.

    Raises:
        Conflict: the person is released.
    """
    if person.status != "active":
        raise Conflict("person_released", "This person is released and cannot call from here. Nothing was changed.")


def _asked(write: Write, person: Whereabouts, wanted: Wanted, given: OneTimeCallGiven) -> OneTimeCall:
    return OneTimeCall(
        one_time_call_id=write.new_id(),
        inmate_id=person.inmate_id,
        number=wanted.case.number.e164 or "",
        kind=given.kind,
        reason=given.reason,
        state=OneTimeCallState.ASKED.value,
        asked_by=write.actor.subject,
        asked_at=write.now_ms,
    )


def _alarms(person: Whereabouts, wanted: Wanted, asked: OneTimeCall) -> list[Alarm]:
    """Somebody asked for a protected number: those who guard it are told, and whoever asked is not (RULES F17)."""
    if not is_protected(wanted.case):
        return []
    return [
        Alarm(
            kind=AlertKind.PROTECTED_NUMBER_SUBMITTED,
            subject=asked.one_time_call_id,
            facility_id=person.facility_id,
            detail={"inmate_id": person.inmate_id, "one_time_call_id": asked.one_time_call_id},
        )
    ]
