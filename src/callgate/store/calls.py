"""The calls that were allowed, and what the switches told about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, select, update

from callgate.domain.call import Call, CallState
from callgate.domain.instants import from_milliseconds, to_milliseconds
from callgate.store.batch import Lookup, look_up
from callgate.store.database import Transaction
from callgate.store.tables import call_events, calls, decisions

_KEYED = Lookup(
    keys=(("switch_id", "text"), ("call_id", "text")),
    select="d.decision_id, d.decision, d.facility_id, d.inmate_id, d.number, d.call_class",
    source="decisions d",
    where="d.switch_id = a.switch_id AND d.call_id = a.call_id",
)


async def load_decided(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> Mapping[int, Row[Any]]:
    """What was decided under these (switch, call_id) keys, by position; a key never asked about is not there."""
    asked = [{"i": i, "switch_id": switch_id, "call_id": call_id} for i, (switch_id, call_id) in enumerate(keys)]
    return {row.i: row for row in await look_up(transaction, _KEYED, asked)}


async def own_call(transaction: Transaction, decision_id: str) -> Row[Any] | None:
    """The call, kept from every other writer until this transaction ends; None: it was denied."""
    query = select(calls).where(calls.c.decision_id == decision_id).with_for_update()
    return (await transaction.execute(query)).first()


async def find_call(transaction: Transaction, decision_id: str) -> Row[Any] | None:
    """The call of an allow; None: there is none."""
    return (await transaction.execute(select(calls).where(calls.c.decision_id == decision_id))).first()


async def load_call(transaction: Transaction, decision_id: str) -> Row[Any]:
    """The call, which must be there."""
    return (await transaction.execute(select(calls).where(calls.c.decision_id == decision_id))).one()


async def has_heard(transaction: Transaction, *, switch_id: str, call_id: str, sequence_number: int) -> bool:
    """Was an event of that sequence number heard before?"""
    query = select(call_events.c.event_id).where(
        call_events.c.switch_id == switch_id,
        call_events.c.call_id == call_id,
        call_events.c.sequence_number == sequence_number,
    )
    return (await transaction.execute(query)).first() is not None


async def record_call_event(transaction: Transaction, row: Mapping[str, Any]) -> None:
    """Append one event as it was told."""
    await transaction.execute(insert(call_events), [dict(row)])


async def keep_call(
    transaction: Transaction, decision_id: str, call: Call, *, charge: Mapping[str, str] | None
) -> None:
    """Write what an event made of the call."""
    await transaction.execute(
        update(calls)
        .where(calls.c.decision_id == decision_id)
        .values(
            state=call.state.value,
            frees_at=to_milliseconds(call.frees_at),
            answered_at=_kept(call.answered_at),
            ended_at=_kept(call.ended_at),
            talk_seconds=call.talk_seconds,
            counted_seconds=call.counted_seconds,
            cause=call.cause,
            recorded=call.recorded,
            terminal_sequence_number=call.terminal_sequence_number,
            charge_amount=None if charge is None else charge["amount"],
            charge_currency=None if charge is None else charge["currency"],
        )
    )


async def list_calls(  # noqa: PLR0913 - the contract's filters
    transaction: Transaction,
    *,
    facility_ids: Sequence[str] | None,
    state: str | None,
    inmate_id: str | None,
    number: str | None,
    from_ms: int | None,
    to_ms: int | None,
    now_ms: int,
    after: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Calls, newest first.

    Args:
        facility_ids: of these facilities; None: of all.
        state: as it is at `now_ms`, `expired` included.
        from_ms: authorized at or after; `to_ms`: before.
        after: the last decision id of the page before.
    """
    query = select(calls).order_by(calls.c.decision_id.desc()).limit(limit)
    wanted = {calls.c.inmate_id: inmate_id, calls.c.number: number}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    if facility_ids is not None:
        conditions.append(calls.c.facility_id.in_(facility_ids))
    if state is not None:
        conditions.append(_in_state(state, now_ms))
    if from_ms is not None:
        conditions.append(calls.c.authorized_at >= from_ms)
    if to_ms is not None:
        conditions.append(calls.c.authorized_at < to_ms)
    if after is not None:
        conditions.append(calls.c.decision_id < after)
    return (await transaction.execute(query.where(*conditions))).all()


async def find_decision(transaction: Transaction, decision_id: str) -> Row[Any] | None:
    """One recorded decision, whole."""
    return (await transaction.execute(select(decisions).where(decisions.c.decision_id == decision_id))).first()


def call_of(row: Row[Any]) -> Call:
    """The value of a row."""
    return Call(
        state=CallState(row.state),
        authorized_at=from_milliseconds(row.authorized_at),
        end_by=from_milliseconds(row.end_by),
        frees_at=from_milliseconds(row.frees_at),
        max_duration_seconds=row.max_duration_seconds,
        answered_at=from_milliseconds(row.answered_at),
        ended_at=from_milliseconds(row.ended_at),
        talk_seconds=row.talk_seconds,
        counted_seconds=row.counted_seconds,
        cause=row.cause,
        recorded=row.recorded,
        terminal_sequence_number=row.terminal_sequence_number,
        revoked=row.revoked_at is not None,
    )


def _in_state(state: str, now_ms: int) -> ColumnElement[bool]:
    open_states = ("authorized", "answered")
    if state == CallState.EXPIRED:
        return and_(calls.c.state.in_(open_states), calls.c.frees_at <= now_ms)
    if state in open_states:
        return and_(calls.c.state == state, calls.c.frees_at > now_ms)
    return calls.c.state == state


def _kept(instant: datetime | None) -> int | None:
    return None if instant is None else to_milliseconds(instant)
