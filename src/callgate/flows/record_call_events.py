"""What did the switch report, and what must it do now?

One event or a spooled catch-up of many, in one transaction, answered in order. Every event is kept as it was told,
the ones that change nothing included; a keypress block takes effect with the commit, however late it comes, and a
privileged call that was recorded is an incident with it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callgate import observe
from callgate.domain.call import Call, CallEvent, CallState, EventType, after_event, remaining_seconds, state_at
from callgate.domain.case import CallClass
from callgate.domain.ids import new_id
from callgate.domain.instants import to_millisecond, to_milliseconds, to_wire
from callgate.domain.rates import Quote, charge_for
from callgate.domain.verdict import Reason
from callgate.flows.attempt import TOKEN_OUT, Refused
from callgate.flows.deployment import Deployment
from callgate.flows.judge_report import SUSPECTED, judge_report
from callgate.flows.open_incident import NEVER_RECORDED, Author, open_recording_incident
from callgate.flows.raise_alerts import alert_of
from callgate.store import calls, locks
from callgate.store.alerts import record_alerts
from callgate.store.audit import AuditEvent, record_audit_event
from callgate.store.blocks import find_keypress_block, insert_block
from callgate.store.calls_revoked import RunningCalls, revoke_call, revoke_live_calls
from callgate.store.cases import load_switches
from callgate.store.database import Record, Transaction

_RUNNING = frozenset({CallState.AUTHORIZED, CallState.ANSWERED})
_CONTINUE = "continue"
_TERMINATE = "terminate"
_KEYPRESS_AUTHORITY = "called party"
_KEYPRESS_NOTE = "The called party asked by keypress not to be called."


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnswer:
    """What the switch is told; see the contract, section 2."""

    call_id: str
    state: str
    action: str
    max_duration_seconds: int
    end_by: str | None
    duplicate: bool
    charge: Mapping[str, str] | None


async def record_call_events(
    deployment: Deployment, *, switch_id: str, token_issued_at: datetime, events: Sequence[CallEvent]
) -> list[EventAnswer] | Refused:
    """Keep the events in order and answer each.

    Returns:
        The answers; `Refused` where the switch's row no longer takes a token of that instant.

    Raises:
        StoreUnavailable: nothing was kept; the switch sends them again.
    """
    async with deployment.database.write() as transaction:
        row = (await load_switches(transaction, [switch_id])).get(switch_id)
        if row is not None and not row.takes_token_of(to_milliseconds(token_issued_at)):
            return TOKEN_OUT
        keys = [(switch_id, event.call_id) for event in events]
        await locks.own_calls(transaction, keys)
        decided = await calls.load_decided(transaction, keys)
        await locks.share_system(transaction)
        await locks.share_facilities(transaction, {row.facility_id for row in decided.values() if row.facility_id})
        await locks.own_inmates(transaction, {row.inmate_id for row in decided.values() if row.inmate_id is not None})
        now = to_millisecond(deployment.clock.now())
        desk = _Desk(deployment, transaction, switch_id=switch_id, now=now)
        answers = [await desk.take(event, decided.get(i)) for i, event in enumerate(events)]
    for event in events:
        observe.call_event(event.type.value)
    for kind in desk.raised:
        observe.alert_raised(kind)
    for seconds in desk.ended_after_seconds:
        observe.revocation_settled("ended", seconds)
    return answers


class _Desk:
    """Takes one event after the other inside the open transaction."""

    def __init__(self, deployment: Deployment, transaction: Transaction, *, switch_id: str, now: datetime) -> None:
        self._deployment = deployment
        self._transaction = transaction
        self._switch_id = switch_id
        self._now = now
        self.raised: list[str] = []
        """The kinds of alerts that the events gave cause for."""
        self.ended_after_seconds: list[float] = []
        """Of each revoked call that is told ended now: how long after it was revoked."""

    async def take(self, event: CallEvent, decided: Record | None) -> EventAnswer:
        """Keep one event and answer it."""
        row = None if decided is None else await calls.own_call(self._transaction, decided.decision_id)
        duplicate = await calls.has_heard(
            self._transaction,
            switch_id=self._switch_id,
            call_id=event.call_id,
            sequence_number=event.sequence_number,
        )
        if not duplicate:
            await self._keep_event(event, decided)
        if row is None or decided is None:
            return self._answer_unknown(event, decided, duplicate=duplicate)
        call = calls.call_of(row)
        if not duplicate:
            call = await self._apply(call, event, decided, row)
        return self._answer(call, event, row, duplicate=duplicate)

    async def _apply(self, call: Call, event: CallEvent, decided: Record, row: Record) -> Call:
        after = after_event(call, event, now=self._now)
        if after != call:
            charge = _charge(after, row) if after.state is CallState.ENDED else None
            await calls.keep_call(self._transaction, decided.decision_id, after, charge=charge)
            if row.revoked_at is not None and after.state is CallState.ENDED is not call.state:
                self.ended_after_seconds.append((to_milliseconds(self._now) - row.revoked_at) / 1000)
        if event.type is EventType.ENDED and event.recorded and row.call_class in NEVER_RECORDED:
            # Whatever came before or comes later, so that the same events open it in any order.
            author = Author(name=self._switch_id, role="switch")
            self.raised += await open_recording_incident(self._transaction, row, author=author, now=self._now)
        if event.type is EventType.CALLED_PARTY_BLOCK and decided.call_class != CallClass.HOTLINE:
            await self._block_by_keypress(decided)
            return await self._revoke(after, row, reason=Reason.NUMBER_NOT_AVAILABLE.value)
        if event.type in SUSPECTED and state_at(after, self._now) in _RUNNING:
            return await self._follow_up(after, event, row)
        return after

    async def _follow_up(self, call: Call, event: CallEvent, row: Record) -> Call:
        follows = await judge_report(self._deployment, self._transaction, event, row, now=self._now)
        if follows.alarm is not None:
            self.raised += await record_alerts(self._transaction, [alert_of(follows.alarm, self._now)])
        return call if follows.cut_for is None else await self._revoke(call, row, reason=follows.cut_for)

    async def _revoke(self, call: Call, row: Record, *, reason: str) -> Call:
        now_ms = to_milliseconds(self._now)
        await revoke_call(self._transaction, decision_id=row.decision_id, reason=reason, now_ms=now_ms)
        return replace(call, revoked=True)

    async def _block_by_keypress(self, decided: Record) -> None:
        known = await find_keypress_block(self._transaction, inmate_id=decided.inmate_id, number=decided.number)
        if known is not None:
            return
        block_id = new_id(self._now)
        await insert_block(
            self._transaction,
            {
                "block_id": block_id,
                "number": decided.number,
                "scope": "inmate",
                "inmate_id": decided.inmate_id,
                "kind": "called_party",
                "authority": _KEYPRESS_AUTHORITY,
                "note": _KEYPRESS_NOTE,
                "effective_at": to_milliseconds(self._now),
                "created_by": self._switch_id,
                "created_role": "switch",
            },
        )
        # Told late, it may be of an earlier call: whichever call runs to that number now ends by the same commit.
        await revoke_live_calls(
            self._transaction,
            RunningCalls(numbers=[decided.number], inmate_ids=[decided.inmate_id]),
            reason=Reason.NUMBER_NOT_AVAILABLE.value,
            now_ms=to_milliseconds(self._now),
        )
        await record_audit_event(
            self._transaction,
            AuditEvent(
                event_id=new_id(self._now),
                occurred_at_ms=to_milliseconds(self._now),
                author=self._switch_id,
                role="switch",
                action="block_by_keypress",
                object_type="block",
                object_id=block_id,
                facility_id=decided.facility_id,
                before=None,
                after={"number": decided.number, "scope": "inmate", "kind": "called_party"},
            ),
        )

    async def _keep_event(self, event: CallEvent, decided: Record | None) -> None:
        await calls.record_call_event(
            self._transaction,
            {
                "event_id": new_id(self._now),
                "switch_id": self._switch_id,
                "call_id": event.call_id,
                "sequence_number": event.sequence_number,
                "type": event.type.value,
                "decision_id": None if decided is None else decided.decision_id,
                "occurred_at": to_milliseconds(event.occurred_at),
                "received_at": to_milliseconds(self._now),
                "body": _as_told(event),
            },
        )

    def _answer(self, call: Call, event: CallEvent, row: Record, *, duplicate: bool) -> EventAnswer:
        seconds = remaining_seconds(call, self._now)
        return EventAnswer(
            call_id=event.call_id,
            state=state_at(call, self._now).value,
            action=_CONTINUE if seconds > 0 else _TERMINATE,
            max_duration_seconds=seconds,
            end_by=to_wire(call.end_by),
            duplicate=duplicate,
            charge=_charge(call, row) if event.type is EventType.ENDED else None,
        )

    @staticmethod
    def _answer_unknown(event: CallEvent, decided: Record | None, *, duplicate: bool) -> EventAnswer:
        # A call that callgate did not allow may not go on, whoever reports it.
        return EventAnswer(
            call_id=event.call_id,
            state=CallState.ORPHAN.value if decided is None else CallState.ENDED.value,
            action=_TERMINATE,
            max_duration_seconds=0,
            end_by=None,
            duplicate=duplicate,
            charge=None,
        )


def _charge(call: Call, row: Record) -> Mapping[str, str] | None:
    if row.quote is None:
        return None
    quote = Quote(**json.loads(row.quote))
    return {"amount": charge_for(quote, call.counted_seconds), "currency": quote.currency}


def _as_told(event: CallEvent) -> str:
    told = {
        "duration_seconds": event.duration_seconds if event.type is EventType.ENDED else None,
        "cause": event.cause,
        "answered_at": to_wire(event.answered_at),
        "recorded": event.recorded,
        "sip_status": event.sip_status,
        "q850_cause": event.q850_cause,
        "diverted_to": event.diverted_to,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None})
