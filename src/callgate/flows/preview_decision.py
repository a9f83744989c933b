"""Would this call be allowed, by this person to this number, now or at another instant?

The same facts and the same checks as a real attempt, without a call and without a PIN; that somebody asked is audited.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callgate.checks.decide import decide, with_pin_heard
from callgate.domain.answer import answer_of
from callgate.domain.case import Case, Facility, PinState, Station
from callgate.domain.errors import Invalid, NotFound
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.gather import Subject, gather_cases
from callgate.flows.read_decisions import show_case, show_findings
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store.case_text import write_case
from callgate.store.cases import find_facility, load_people, load_places
from callgate.store.database import Transaction

_PREVIEW = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewGiven:
    """What is asked. Without a station: any working voice telephone of the person's own unit. `at` None: now."""

    inmate_id: str
    called_number: str
    station_id: str | None = None
    payment_type: str = "collect"
    at: datetime | None = None


async def preview_decision(deployment: Deployment, request: StaffRequest, given: PreviewGiven) -> Written:
    """Decide without a call.

    Raises:
        NotFound: the person, or the station, is not one that the token covers.
    """

    async def act(write: Write) -> Written:
        subject = await _subject(deployment, write.transaction, given, write.actor)
        now = write.now if given.at is None else given.at
        (case,) = await gather_cases(write.transaction, [subject], now=now)
        heard = with_pin_heard(case, subject.policy, is_locked=False)
        body = _shown(heard, subject, write.actor, now)
        await write.record(
            "preview_decision",
            "inmate",
            given.inmate_id,
            facility_id=None if subject.person is None else subject.person.facility_id,
            after={"number": subject.number.e164, "station_id": given.station_id, "decision": body["decision"]},
        )
        return Written(body=body)

    return await write_once(deployment, request, act)


async def _subject(deployment: Deployment, transaction: Transaction, given: PreviewGiven, actor: Actor) -> Subject:
    person = (await load_people(transaction, [given.inmate_id])).get(0)
    if person is None or not actor.covers(person.facility_id):
        raise NotFound("not_found", "There is nobody of that inmate_id whom your token covers.")
    station, facility = await _place(transaction, given, person.facility_id, person.unit, actor)
    return Subject(
        switch_id=_PREVIEW,
        covered=True,
        station=station,
        facility=facility,
        policy=deployment.policies.get(facility.profile),
        person=person,
        pin=PinState.MATCHED,
        number=parse_dialled(given.called_number, region=facility.region),
        payment_type=given.payment_type,
        media=None,
        requested_duration_seconds=None,
    )


async def _place(
    transaction: Transaction, given: PreviewGiven, facility_id: str, unit: str, actor: Actor
) -> tuple[Station, Facility]:
    if given.station_id is not None:
        place = (await load_places(transaction, [given.station_id])).get(0)
        if place is None or not actor.covers(place[0].facility_id):
            raise NotFound("not_found", "There is no station of that id that your token covers.")
        return place
    facility = await find_facility(transaction, facility_id)
    if facility is None:
        raise Invalid("facility_unknown", "The person's facility is not known here; register it first.")
    return Station(station_id=_PREVIEW, facility_id=facility_id, unit=unit, media="voice", enabled=True), facility


def _shown(case: Case, subject: Subject, actor: Actor, now: datetime) -> Mapping[str, Any]:
    decision = decide(case, subject.policy)
    policy = None if subject.policy is None else subject.policy.label
    answer = answer_of(decision, decision_id="", call_id="", decided_at=now, policy=policy)
    return answer | {
        "decision_id": None,
        "call_id": None,
        "findings": show_findings(decision.findings, subject.policy, actor),
        "case": show_case(_as_json(case), actor),
    }


def _as_json(case: Case) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = json.loads(write_case(case))
    return shown
