"""What would each row of a file of people change?

The rows about one person are events: they are taken in the order of their instants, whatever their order in the file.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from callgate.domain.feed import RowOutcome
from callgate.flows.feeds.judging import Bench, Judged, RowFault, refuse
from callgate.flows.put_inmate import RELEASED, InmateGiven, is_stale
from callgate.store.database import Transaction
from callgate.store.feed_stage import StagedRow, StagedSubject
from callgate.store.feeds import load_people

NAMES: Final = ("facility_id", "unit", "status", "name", "date_of_birth", "projected_release")


async def judge_inmates(bench: Bench, transaction: Transaction, part: list[StagedSubject]) -> Judged:
    """Judge these people's rows.

    A plan names `before`, the person as known or None, `events`, what they are told to be, one after the other,
    `as_of`, the instant of the last row that told nothing new, and whether a new row is all that there is to it.
    """
    known = await load_people(transaction, [subject.subject for subject in part])
    judged = Judged()
    for subject in part:
        row = known.get(subject.subject)
        before = None if row is None else person_of(row)
        try:
            _judge(bench, judged, subject, before)
        except RowFault as fault:
            refuse(judged, subject, fault)
    return judged


def person_of(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the store
    """A person as the records have them."""
    return {name: getattr(row, name) for name in ("inmate_id", *NAMES, "as_of")}


def given_of(event: Mapping[str, Any]) -> InmateGiven:
    """The same, as the flow for one person takes it."""
    return InmateGiven(
        facility_id=event["facility_id"],
        unit=event["unit"],
        status=event["status"],
        name=event["name"],
        date_of_birth=_day(event["date_of_birth"]),
        projected_release=_day(event["projected_release"]),
        as_of=None,
    )


def _judge(bench: Bench, judged: Judged, subject: StagedSubject, before: dict[str, Any] | None) -> None:
    state, told_at = before, None
    events: list[dict[str, Any]] = []
    verdicts: list[tuple[StagedRow, RowOutcome, str | None]] = []
    for at, row in enumerate(subject.rows):
        event = {"inmate_id": row.subject, **{name: row.fields.get(name) for name in NAMES}, "as_of": row.as_of}
        _require_sound(bench, row, event, earlier=subject.rows[at - 1] if at else None)
        outcome = _outcome(state, event)
        verdicts.append((row, outcome, "newer_known" if outcome is RowOutcome.STALE else None))
        if outcome is RowOutcome.UNCHANGED and state is not None and row.as_of > state["as_of"]:
            state, told_at = event, row.as_of
        elif outcome not in (RowOutcome.UNCHANGED, RowOutcome.STALE):
            events.append(event)
            state, told_at = event, None
    for row, outcome, reason in verdicts:
        judged.say(row, outcome, reason)
    is_news = bool(events) or told_at is not None
    is_new = before is None and len(events) == 1 and told_at is None
    plan = {"before": before, "events": events, "as_of": told_at, "is_new": is_new}
    judged.plans[subject.subject] = plan if is_news else None
    if before is not None and before["status"] != RELEASED and state is not None and state["status"] == RELEASED:
        judged.ended[before["facility_id"]] += 1


def _require_sound(bench: Bench, row: StagedRow, event: Mapping[str, Any], *, earlier: StagedRow | None) -> None:
    if event["facility_id"] not in bench.facilities:
        raise RowFault(row, "facility_unknown", column="facility_id")
    if bench.is_ahead(row.as_of):
        raise RowFault(row, "as_of_ahead", column="as_of")
    if earlier is not None and earlier.as_of == row.as_of and earlier.fields != row.fields:
        raise RowFault(row, "as_of_twice", column="as_of")


def _outcome(known: Mapping[str, Any] | None, event: Mapping[str, Any]) -> RowOutcome:
    if known is None:
        return RowOutcome.ADDED
    if is_stale(event["as_of"], event["status"], known_ms=known["as_of"], known_status=known["status"]):
        return RowOutcome.STALE
    if all(known[name] == event[name] for name in NAMES):
        return RowOutcome.UNCHANGED
    if event["status"] == RELEASED and known["status"] != RELEASED:
        return RowOutcome.RELEASED
    if any(known[name] != event[name] for name in ("facility_id", "unit")):
        return RowOutcome.MOVED
    return RowOutcome.CHANGED


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
