"""What did the switch report, and what must it do now?

One event or a spooled catch-up of many, in one transaction, answered in order. Every event is kept as it was told,
the ones that change nothing included; a keypress block takes effect with the commit, however late it comes.
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
from callgate.flows.attempt import TOKEN_OUT, Refused
from callgate.flows.deployment import Deployment
from callgate.store import calls, locks
from callgate.store.audit import AuditEvent, record_audit_event
from callgate.store.blocks import find_keypress_block, insert_block
from callgate.store.cases import load_switches
from callgate.store.database import Record, Transaction

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
        decided = await calls.load_decided(transaction, [(switch_id, event.call_id) for event in events])
        await locks.share_system(transaction)
        await locks.share_facilities(transaction, {row.facility_id for row in decided.values() if row.facility_id})
        await locks.own_inmates(transaction, {row.inmate_id for row in decided.values() if row.inmate_id is not None})
        now = to_millisecond(deployment.clock.now())
        desk = _Desk(transaction, switch_id=switch_id, now=now)
        answers = [await desk.take(event, decided.get(i)) for i, event in enumerate(events)]
    for event in events:
        observe.call_event(event.type.value)
    return answers


class _Desk:
    """Takes one event after the other inside the open transaction."""

    def __init__(self, transaction: Transaction, *, switch_id: str, now: datetime) -> None:
        self._transaction = transaction
        self._switch_id = switch_id
        self._now = now

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
        if event.type is EventType.CALLED_PARTY_BLOCK and decided.call_class != CallClass.HOTLINE:
            await self._block_by_keypress(decided)
            await calls.revoke_call(
                self._transaction,
                decision_id=decided.decision_id,
                reason="number_not_available",
                now_ms=to_milliseconds(self._now),
            )
            return replace(after, revoked=True)
        return after

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
