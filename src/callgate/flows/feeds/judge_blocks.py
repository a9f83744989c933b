"""What would each row of a file of blocks change?

A file sets blocks, and it lifts those that one person may lift. It never lifts one that protects a victim, and a block
that it does not name stays as it is: what is missing from a file is no decision. A block's papers are not changed
afterwards.
"""

from collections.abc import Mapping
from typing import Any, Final

from callgate.domain.feed import INDEFINITE, RowOutcome
from callgate.domain.roles import VICTIM_CLASS
from callgate.flows.dialling import parse_dialled
from callgate.flows.feeds.judging import Bench, Judged, RowFault, refuse
from callgate.flows.set_block import SUBJECTS
from callgate.store.blocks import Block
from callgate.store.database import Transaction
from callgate.store.feed_stage import StagedRow, StagedSubject
from callgate.store.feeds import list_provisional, load_blocks, load_whereabouts
from callgate.store.whereabouts import Whereabouts

_PAPERS: Final = (
    *("number", "scope", "inmate_id", "facility_id", "unit", "kind"),
    *("authority", "note", "document_reference", "until"),
)


async def judge_blocks(bench: Bench, transaction: Transaction, part: list[StagedSubject]) -> Judged:
    """Judge these blocks' rows. A plan is `{"set": block}` or `{"lift": ...}`."""
    known = await load_blocks(transaction, [subject.subject for subject in part])
    provisional = await list_provisional(transaction, known)
    about = {row.fields.get("inmate_id", "") for subject in part for row in subject.rows}
    people = await load_whereabouts(transaction, about)
    judged = Judged()
    for subject in part:
        try:
            row = _only(subject)
            told = _told(bench, row, people.get(row.fields.get("inmate_id", "")))
            before = known.get(row.subject)
            if before is None:
                _judge_new(bench, judged, row, told)
            else:
                _judge_known(judged, row, told, before, provisional=row.subject in provisional)
        except RowFault as fault:
            refuse(judged, subject, fault)
    return judged


def _only(subject: StagedSubject) -> StagedRow:
    if len(subject.rows) > 1:
        raise RowFault(subject.rows[-1], "block_twice", column="block_id")
    return subject.rows[0]


def _told(bench: Bench, row: StagedRow, person: Whereabouts | None) -> dict[str, Any]:
    """The block as the file has it, with everything that must be true of any block."""
    fields = row.fields
    _require_subject(bench, row)
    if fields["kind"] == "court_order" and "document_reference" not in fields:
        raise RowFault(row, "court_order_without_document", column="document_reference")
    if bench.is_ahead(row.as_of):
        raise RowFault(row, "as_of_ahead", column="as_of")
    for name in ("effective_at", "lifted_at"):
        if fields.get(name, row.as_of) > row.as_of:
            raise RowFault(row, "after_as_of", column=name)
    place = bench.facilities.get(fields.get("facility_id", ""))
    region = bench.deployment.settings.default_region
    if place is not None:
        region = place.region
    elif person is not None:
        region = person.locality.region
    number = parse_dialled(fields["number"], region=region).e164
    if number is None:
        raise RowFault(row, "number_not_valid", column="number")
    until = None if fields["until"] == INDEFINITE else fields["until"]
    return {**{name: fields.get(name) for name in _PAPERS}, "number": number, "until": until}


def _require_subject(bench: Bench, row: StagedRow) -> None:
    needed = SUBJECTS[row.fields["scope"]]
    for name in ("inmate_id", "facility_id", "unit"):
        if name in needed and name not in row.fields:
            raise RowFault(row, "subject_missing", column=name)
        if name in row.fields and name not in needed:
            raise RowFault(row, "subject_not_of_scope", column=name)
    if "facility_id" in row.fields and row.fields["facility_id"] not in bench.facilities:
        raise RowFault(row, "facility_unknown", column="facility_id")


def _judge_new(bench: Bench, judged: Judged, row: StagedRow, told: Mapping[str, Any]) -> None:
    effective_at = row.fields.get("effective_at", row.as_of)
    lifted_at = row.fields.get("lifted_at")
    if lifted_at is None and told["scope"] != "system" and told["number"] in bench.hotlines:
        raise RowFault(row, "hotline_number", column="number")
    if lifted_at is not None and lifted_at < effective_at:
        raise RowFault(row, "lifted_before_effective", column="lifted_at")
    # What was over before it came here is history, and some of it ended without papers: a removal that was refused.
    lift = _lift(row) if "lift_authority" in row.fields and lifted_at is not None else None
    judged.plans[row.subject] = {"set": {**told, "effective_at": effective_at, "lifted_at": lifted_at}, "lift": lift}
    judged.say(row, RowOutcome.ADDED)


def _judge_known(judged: Judged, row: StagedRow, told: Mapping[str, Any], before: Block, *, provisional: bool) -> None:
    judged.plans[row.subject] = None
    effective_at = row.fields.get("effective_at", before.effective_at)
    is_same = effective_at == before.effective_at and all(getattr(before, name) == told[name] for name in _PAPERS)
    lifted_at = row.fields.get("lifted_at")
    if row.as_of < max(before.effective_at, before.lifted_at or 0):
        judged.say(row, RowOutcome.STALE, "newer_known")
    elif not is_same:
        raise RowFault(row, "block_differs", column="block_id")
    elif lifted_at is None and before.lifted_at is not None:
        judged.say(row, RowOutcome.STALE, "lifted_here")
    elif lifted_at is None or before.lifted_at is not None:
        judged.say(row, RowOutcome.UNCHANGED)
    else:
        _require_liftable(row, before, provisional=provisional)
        judged.plans[row.subject] = {"set": None, "lift": _lift(row)}
        judged.ended[""] += 1
        judged.say(row, RowOutcome.LIFTED)


def _require_liftable(row: StagedRow, before: Block, *, provisional: bool) -> None:
    if before.kind in VICTIM_CLASS:
        raise RowFault(row, "lift_needs_two_people", column="lifted_at")
    if provisional:
        raise RowFault(row, "provisional", column="lifted_at")


def _lift(row: StagedRow) -> Mapping[str, Any]:
    for name in ("lift_authority", "lift_evidence"):
        if name not in row.fields:
            raise RowFault(row, "lift_needs_papers", column=name)
    return {
        "lifted_at": row.fields["lifted_at"],
        "authority": row.fields["lift_authority"],
        "evidence_reference": row.fields["lift_evidence"],
    }
