"""Staff are told of something: was it told before, and is it counted?

An alert is told once for each subject of its kind, whoever notices it and however often.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callgate import observe
from callgate.domain.alerts import AlertKind
from callgate.domain.ids import new_id
from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.store.alerts import Alert, list_raised, record_alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing to tell. `subject` tells two alarms of a kind apart; the same one twice is told once.

    `facility_id` None: it is told to whoever covers every place.
    """

    kind: AlertKind
    subject: str
    facility_id: str | None
    detail: Mapping[str, Any]


def alert_of(alarm: Alarm, now: datetime) -> Alert:
    """The alarm as it is kept."""
    return Alert(
        alert_id=new_id(now),
        raised_at=to_milliseconds(now),
        kind=alarm.kind.value,
        facility_id=alarm.facility_id,
        subject=alarm.subject,
        detail=json.dumps(alarm.detail, sort_keys=True),
    )


async def raise_alerts(deployment: Deployment, alarms: Sequence[Alarm]) -> None:
    """Tell these, once. Nothing is written where all of them were told before: a call may be waiting to be.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    fresh = await _not_yet_told(deployment, alarms)
    if not fresh:
        return
    now = deployment.clock.now()
    async with deployment.database.write() as transaction:
        told = await record_alerts(transaction, [alert_of(alarm, now) for alarm in fresh])
    for kind in told:
        observe.alert_raised(kind)


async def _not_yet_told(deployment: Deployment, alarms: Sequence[Alarm]) -> list[Alarm]:
    if not alarms:
        return []
    async with deployment.database.read() as transaction:
        known = await list_raised(transaction, [(alarm.kind.value, alarm.subject) for alarm in alarms])
    return [alarm for alarm in alarms if (alarm.kind.value, alarm.subject) not in known]
