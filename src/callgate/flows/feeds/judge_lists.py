"""What would each row of a file of lists change?

The file has the whole list of everybody whom it names: what it does not name of theirs comes off, and whoever it does
not name keeps the list as it is. The rules are those of a counselor's change, asked of the same functions: what cannot
be listed is refused, screening strikes out and gives one word for every cause, and what needs the warden waits for the
warden. Two of them cannot hold for a record kept elsewhere. The 30 days bind the person's requests, so a file is not
refused for them, but what it changes counts as a change and moves the date; and people who are released keep lists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.domain.case import Case
from callgate.domain.feed import Accept, RowOutcome
from callgate.domain.number import Number
from callgate.domain.phone_list import LEGAL_KINDS, EntryState, is_too_full
from callgate.domain.policy import Policy
from callgate.flows.dialling import parse_dialled
from callgate.flows.facility_terms import load_policy
from callgate.flows.feeds.judging import Bench, Judged, RowFault, only_row_with_as_of, refuse
from callgate.flows.gather import gather_cases
from callgate.flows.screening import find_binding_blocks, is_forbidden, is_protected, listing_subject
from callgate.store.database import Transaction
from callgate.store.feed_stage import StagedRow, StagedSubject
from callgate.store.feeds import ListKnown, load_entries, load_lists_known, load_whereabouts
from callgate.store.phone_lists import Entry
from callgate.store.whereabouts import Whereabouts

_NOTHING_KNOWN = ListKnown(fed_ms=None, known_ms=None)
_DECISION = ("decided_at", "decided_by", "decision_reason", "evidence_reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One person's list as the file has it, beside what stands there.

    `adds`: what would come on, new numbers and those listed under another name or kind. `ends`: what would come off.
    """

    subject: StagedSubject
    person: Whereabouts
    policy: Policy
    known: ListKnown
    as_of: int
    current: Mapping[str, Entry]
    wanted: Mapping[str, tuple[StagedRow, Number]]
    adds: Sequence[tuple[StagedRow, Number]]
    ends: Sequence[Entry]


def is_entry(entry: Entry, row: StagedRow) -> bool:
    """Is this number listed as the row has it?"""
    told = row.fields
    return (entry.name, entry.relationship, entry.kind) == (
        told.get("name"),
        told.get("relationship"),
        told.get("kind"),
    )


async def judge_lists(bench: Bench, transaction: Transaction, part: list[StagedSubject]) -> Judged:
    """Judge these people's lists.

    A plan names `as_of`, `ends` and `adds` (entries), `decides`, the numbers `struck` out, whether one of them is
    `protected`, and `seen`, the entries that stood there.
    """
    ids = [subject.subject for subject in part]
    people = await load_whereabouts(transaction, ids)
    entries = await load_entries(transaction, ids)
    known = await load_lists_known(transaction, ids)
    judged = Judged()
    asked: list[_Asked] = []
    for subject in part:
        person = people.get(subject.subject)
        standing = entries.get(subject.subject, ())
        try:
            one = _ask(bench, subject, person, standing, known.get(subject.subject, _NOTHING_KNOWN))
        except RowFault as fault:
            refuse(judged, subject, fault)
            continue
        judged.standing[""] += len(standing)
        if one.as_of < (one.known.known_ms or 0):
            judged.plans[subject.subject] = None
            for row in subject.rows:
                judged.say(row, RowOutcome.STALE, "newer_known")
        else:
            asked.append(one)
    await _judge_asked(bench, transaction, judged, asked)
    return judged


def _ask(
    bench: Bench, subject: StagedSubject, person: Whereabouts | None, standing: Sequence[Entry], known: ListKnown
) -> _Asked:
    as_of = only_row_with_as_of(subject.rows)
    if person is None:
        raise RowFault(subject.rows[0], "inmate_unknown", column="inmate_id")
    if bench.is_ahead(as_of):
        raise RowFault(subject.rows[0], "as_of_ahead", column="as_of")
    current = {entry.number: entry for entry in standing}
    wanted = _wanted(subject.rows, current, region=person.locality.region)
    kept = {number for number, (row, _) in wanted.items() if number in current and is_entry(current[number], row)}
    return _Asked(
        subject=subject,
        person=person,
        policy=load_policy(bench.deployment, person.locality.profile),
        known=known,
        as_of=as_of,
        current=current,
        wanted=wanted,
        adds=[asked for number, asked in wanted.items() if number not in kept],
        ends=[entry for entry in standing if entry.number not in kept],
    )


def _wanted(
    rows: Sequence[StagedRow], current: Mapping[str, Entry], *, region: str
) -> dict[str, tuple[StagedRow, Number]]:
    wanted: dict[str, tuple[StagedRow, Number]] = {}
    for row in rows:
        raw = row.fields.get("number")
        if raw is None:
            _require_empty(row, alone=len(rows) == 1)
            continue
        _require_whole(row)
        # What is listed is found under its own form even if today's numbering plan would no longer read it.
        stands = raw in current and is_entry(current[raw], row)
        number = Number(e164=raw) if stands else parse_dialled(raw, region=region)
        if number.e164 is None:
            raise RowFault(row, "number_not_valid", column="number")
        if number.e164 in wanted:
            raise RowFault(row, "number_twice", column="number")
        wanted[number.e164] = (row, number)
    return wanted


def _require_whole(row: StagedRow) -> None:
    for name in ("name", "relationship", "kind"):
        if name not in row.fields:
            raise RowFault(row, "missing", column=name)
    for name in ("since", "decided_at"):
        if row.fields.get(name, row.as_of) > row.as_of:
            raise RowFault(row, "after_as_of", column=name)


def _require_empty(row: StagedRow, *, alone: bool) -> None:
    if not alone:
        raise RowFault(row, "empty_list_with_numbers", column="number")
    if row.fields.keys() - {"inmate_id", "as_of"}:
        raise RowFault(row, "empty_list_with_cells", column="number")


async def _judge_asked(bench: Bench, transaction: Transaction, judged: Judged, asked: Sequence[_Asked]) -> None:
    """Screen what would come on, all in one exchange, and put every list's plan together."""
    subjects = [listing_subject(one.person, one.policy, number) for one in asked for _, number in one.adds]
    cases = iter(await gather_cases(transaction, subjects, now=bench.now) if subjects else ())
    for one in asked:
        arriving = [next(cases) for _ in one.adds]
        try:
            _judge(bench, judged, one, arriving)
        except RowFault as fault:
            refuse(judged, one.subject, fault)


def _judge(bench: Bench, judged: Judged, one: _Asked, arriving: Sequence[Case]) -> None:
    adds = one.adds
    _require_listable(bench, one, adds, arriving)
    verdicts: list[tuple[StagedRow, RowOutcome]] = []
    plan: dict[str, Any] = {"adds": [], "decides": [], "struck": [], "protected": any(map(is_protected, arriving))}
    for (row, number), case in zip(adds, arriving, strict=True):
        entry = _entry(bench, one, row, number)
        if find_binding_blocks(case):
            plan["struck"].append(number.e164)
            verdicts.append((row, RowOutcome.NOT_APPROVED))
            continue
        plan["adds"].append(entry)
        verdicts.append((row, _outcome_of(one, entry)))
    added = {row.line for row, _ in adds}
    for row, number in one.wanted.values():
        if row.line not in added:
            verdicts.append((row, _judge_listed(bench, one, plan, row, one.current[number.e164 or ""])))
    if not one.wanted:
        verdicts.append((one.subject.rows[0], RowOutcome.CHANGED if one.current else RowOutcome.UNCHANGED))
    for row, outcome in verdicts:
        judged.say(row, outcome)
    judged.plans[one.subject.subject] = _plan(one, plan)
    judged.ended[""] += len(_gone(one))


def _gone(one: _Asked) -> list[Entry]:
    """What comes off for good: not what goes on again under another name."""
    return [entry for entry in one.ends if entry.number not in one.wanted]


def _plan(one: _Asked, plan: dict[str, Any]) -> dict[str, Any] | None:
    struck = set(plan["struck"])
    # An entry that would come back under another name and is struck out instead comes off all the same: the name was
    # the record's, and the record does not have it any more.
    ends = [{"entry_id": entry.entry_id, "number": entry.number} for entry in one.ends]
    is_news = bool(plan["adds"] or plan["decides"] or ends)
    is_newer = one.as_of > max(one.known.known_ms or -1, one.known.fed_ms or -1)
    if not (is_news or is_newer or (struck and plan["protected"])):
        return None
    seen = sorted(entry.entry_id for entry in one.current.values())
    return {**plan, "ends": ends, "as_of": one.as_of, "is_newer": is_newer, "is_news": is_news, "seen": seen}


def _require_listable(
    bench: Bench, one: _Asked, adds: Sequence[tuple[StagedRow, Number]], arriving: Sequence[Case]
) -> None:
    for (row, number), case in zip(adds, arriving, strict=True):
        if number.e164 in bench.hotlines:
            raise RowFault(row, "hotline_number", column="number")
        if is_forbidden(case, one.policy):
            raise RowFault(row, "number_not_valid", column="number")
    is_full = is_too_full(
        listed=[entry.kind for entry in one.current.values()],
        added=[row.fields["kind"] for row, _ in adds],
        removed=[entry.kind for entry in one.ends],
        policy=one.policy,
    )
    if is_full and not bench.accepts(Accept.LONG_LISTS):
        raise RowFault(adds[-1][0], "list_full", column="inmate_id")


def _entry(bench: Bench, one: _Asked, row: StagedRow, number: Number) -> dict[str, Any]:
    """The entry as it would be written, but for its ids."""
    fields = row.fields
    needs_warden = fields["kind"] in one.policy.list_kinds_needing_warden
    state = fields.get("state") or (EntryState.PENDING_WARDEN if needs_warden else EntryState.ACTIVE).value
    is_decided = needs_warden and state == EntryState.ACTIVE
    if is_decided:
        _require_decided(bench, row)
    return {
        "number": number.e164,
        "name": fields["name"],
        "relationship": fields["relationship"],
        "kind": fields["kind"],
        "state": state,
        "since": fields.get("since", one.as_of),
        **{name: fields.get(name) if is_decided else None for name in _DECISION},
    }


def _require_decided(bench: Bench, row: StagedRow) -> None:
    """No number becomes callable without a recorded reviewer (RULES F10), and none by a file alone."""
    needed = ("decided_at", "decided_by", *(("evidence_reference",) if row.fields["kind"] in LEGAL_KINDS else ()))
    for name in needed:
        if name not in row.fields:
            raise RowFault(row, "decision_missing", column=name)
    if not bench.accepts(Accept.DECISIONS):
        raise RowFault(row, "decision_not_accepted", column="state")


def _outcome_of(one: _Asked, entry: Mapping[str, Any]) -> RowOutcome:
    if entry["state"] == EntryState.PENDING_WARDEN:
        return RowOutcome.PENDING_WARDEN
    return RowOutcome.CHANGED if entry["number"] in one.current else RowOutcome.ADDED


def _judge_listed(bench: Bench, one: _Asked, plan: dict[str, Any], row: StagedRow, entry: Entry) -> RowOutcome:
    """The very entry stands there. A file may bring the decision on it, and takes none back."""
    waits = entry.state == EntryState.PENDING_WARDEN and row.fields.get("state") == EntryState.ACTIVE
    if not waits:
        return RowOutcome.UNCHANGED
    if row.fields["kind"] in one.policy.list_kinds_needing_warden:
        _require_decided(bench, row)
    decision = {name: row.fields.get(name) for name in _DECISION}
    plan["decides"].append({"entry_id": entry.entry_id, "number": entry.number, **decision})
    return RowOutcome.CHANGED
