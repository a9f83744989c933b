"""A call that nobody may listen to was recorded: who must be told, and what may be written down of it?

Of a privileged call an alert is raised as well. Of a hotline call none is, and the incident names nothing but the
switch and the decision, which holds nobody: that the line was used at all is to stay between the caller and the line.
No later report takes an incident back: what was recorded once is a recording that somebody must find.

Clause: RULES F38 to F40; 28 CFR 115.51(b).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callgate.domain.alerts import AlertKind, IncidentKind
from callgate.domain.case import CallClass
from callgate.domain.ids import new_id
from callgate.domain.instants import to_milliseconds
from callgate.flows.raise_alerts import Alarm, alert_of
from callgate.flows.read_incidents import shown_incident
from callgate.store.alerts import record_alerts
from callgate.store.audit import AuditEvent, record_audit_event
from callgate.store.database import Record, Transaction
from callgate.store.incidents import NewIncident, find_incident, insert_incident

NEVER_RECORDED: Final = frozenset({CallClass.PRIVILEGED.value, CallClass.HOTLINE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who opens it, as the audit trail has it: a switch by its report, or callgate by its own look."""

    name: str
    role: str


async def open_recording_incident(
    transaction: Transaction, call: Record, *, author: Author, now: datetime
) -> tuple[str, ...]:
    """Open the incident of a recorded call, with its alert, unless it was opened before.

    Args:
        call: its row; one of a class that is never recorded.

    Returns:
        The kinds of alerts that were raised, to be counted once this is durable.
    """
    incident_id, kind = new_id(now), IncidentKind.PRIVILEGED_CALL_RECORDED
    detail = {"decision_id": call.decision_id, "call_class": call.call_class, "switch_id": call.switch_id}
    incident = NewIncident(
        incident_id=incident_id,
        kind=kind.value,
        subject=call.decision_id,
        facility_id=call.facility_id,
        detail=json.dumps(detail, sort_keys=True),
        opened_at=to_milliseconds(now),
    )
    if not await insert_incident(transaction, incident):
        return ()
    await _record(transaction, incident, author=author, now=now)
    if call.call_class == CallClass.HOTLINE:
        return ()
    alarm = Alarm(
        kind=AlertKind.PRIVILEGED_CALL_RECORDED,
        subject=call.decision_id,
        facility_id=call.facility_id,
        detail={"incident_id": incident_id, "decision_id": call.decision_id, "switch_id": call.switch_id},
    )
    return await record_alerts(transaction, [alert_of(alarm, now)])


async def _record(transaction: Transaction, incident: NewIncident, *, author: Author, now: datetime) -> None:
    row = await find_incident(transaction, incident.incident_id)
    event = AuditEvent(
        event_id=new_id(now),
        occurred_at_ms=to_milliseconds(now),
        author=author.name,
        role=author.role,
        action="open_incident",
        object_type="incident",
        object_id=incident.incident_id,
        facility_id=incident.facility_id,
        before=None,
        after=None if row is None else shown_incident(row),
    )
    await record_audit_event(transaction, event)
