"""A switch suspects a third party on the line, or says that the call was diverted: what follows?

The profile says: the call is cut, or staff are told, or the report is only kept. One report punishes nobody: it sets no
block and no restriction, since switches admit that silence, a headset or a weak signal look like a third party. A
diversion to a number that the caller may not call is cut whatever the profile says: who asked not to be called must not
be reached by way of somebody else. It is cut for want of a list entry as for a block, so that the cut tells of neither.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callgate.domain.alerts import AlertKind
from callgate.domain.call import CallEvent, EventType
from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.raise_alerts import Alarm
from callgate.flows.screening import find_binding_blocks, gather_listing_cases, is_unavailable
from callgate.store.database import Record, Transaction
from callgate.store.whereabouts import Whereabouts, find_whereabouts

_CUT: Final = "cut"
_IGNORE: Final = "ignore"
SUSPECTED: Final = frozenset({EventType.THREE_WAY_SUSPECTED, EventType.DIVERTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What follows. `cut_for`: why the call ends, as the record has it; None: it goes on."""

    cut_for: str | None = None
    alarm: Alarm | None = None


async def judge_report(
    deployment: Deployment, transaction: Transaction, event: CallEvent, call: Record, *, now: datetime
) -> Consequence:
    """Answer what follows one such report about a call that still runs.

    Nothing about a hotline call: that the line is used is nobody's business, and nobody is identified.

    Args:
        call: its row.

    Clause: contract section 2, call events; RULES F42, F43.
    """
    person = None if call.inmate_id is None else await find_whereabouts(transaction, call.inmate_id)
    if call.call_class == CallClass.HOTLINE or person is None:
        return Consequence()
    policy = deployment.policies.get(person.locality.profile)
    if event.type is EventType.THREE_WAY_SUSPECTED:
        # Where the law of the place cannot be read, nobody can say that a suspicion may be let pass.
        action = _CUT if policy is None else policy.three_way_action
        return _by_profile(action, AlertKind.THREE_WAY_SUSPECTED, "three_way_suspected", call)
    case = None if policy is None else await _find_case(transaction, event, person, policy=policy, now=now)
    if policy is None or (case is not None and is_unavailable(case, policy)):
        is_blocked = case is not None and bool(find_binding_blocks(case))
        kind = AlertKind.DIVERTED_TO_BLOCKED_NUMBER if is_blocked else AlertKind.CALL_DIVERTED
        return _by_profile(_CUT, kind, Reason.NUMBER_NOT_AVAILABLE.value, call)
    return _by_profile(policy.diversion_action, AlertKind.CALL_DIVERTED, "diverted", call)


async def _find_case(
    transaction: Transaction, event: CallEvent, person: Whereabouts, *, policy: Policy, now: datetime
) -> Case | None:
    """The facts about the number that the call went to, for the person who made it; None: the switch named none."""
    if event.diverted_to is None:
        return None
    number = parse_dialled(event.diverted_to, region=person.locality.region)
    if number.e164 is None:
        return None
    (case,) = await gather_listing_cases(transaction, person=person, policy=policy, numbers=[number], now=now)
    return case


def _by_profile(action: str, kind: AlertKind, cut_for: str, call: Record) -> Consequence:
    if action == _IGNORE:
        return Consequence()
    detail: dict[str, object] = {"decision_id": call.decision_id, "action": action}
    alarm = Alarm(kind=kind, subject=call.decision_id, facility_id=call.facility_id, detail=detail)
    return Consequence(cut_for=cut_for if action == _CUT else None, alarm=alarm)
