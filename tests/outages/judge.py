"""Did it hold? What every client heard, laid beside what stands in the records after the fault."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, make_url, select, text

from callgate.store import tables as t
from callgate.store.database import open_sync
from tests.flows.history_checker import Allow, find_double_calls
from tests.outages.history import UNAVAILABLE, History
from tests.outages.town import BLOCKED

# A call that nobody reports about holds its PIN for 120 s from its decision, which came after it was asked for.
HELD_SECONDS: Final = 118.0
# What an attempt or a report may come to while something is broken. `silent` is not among them.
_BEARABLE: Final = frozenset({"allow", "deny", "taken", str(UNAVAILABLE), "refused", "cut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The invariants of one run; every list is empty where they held.

    `unrecorded`: allows that no record stands behind. `lost`: answers and reports that were acknowledged and are not in
    the records. `doubled`: pairs of calls of one person that ran at once. `unlawful`: allows that a block stood
    against. `damage`: what is wrong with the records by themselves. `strange`: answers that are neither a decision nor
    a refusal to make one.
    """

    unrecorded: tuple[str, ...]
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    unlawful: tuple[str, ...]
    damage: tuple[str, ...]
    strange: Mapping[str, int]
    counted: Mapping[str, int]

    def broken(self) -> Iterator[str]:
        """Each invariant that did not hold, with an example."""
        for name in ("unrecorded", "lost", "doubled", "unlawful", "damage"):
            found = getattr(self, name)
            if found:
                yield f"{name} {len(found)} (such as {found[0]})"
        if self.strange:
            yield f"strange answers {dict(self.strange)}"


@dataclass(frozen=True, slots=True)
class _Records:
    """What stands in the database."""

    decisions: Mapping[str, Any]
    calls: Mapping[str, Any]
    reports: frozenset[str]
    revoked: frozenset[str]


def judge(url: str, history: History, *, by_instants: bool = True) -> Findings:
    """Compare.

    Args:
        url: of the database, which must be up.
        by_instants: look for calls that overlap by their recorded instants too; not where the clock went back.
    """
    with open_sync(url) as connection:
        records = _read(connection)
        damage = (*_damage_of_storage(connection, url), *_damage_of_rows(connection))
    return Findings(
        unrecorded=tuple(_unrecorded(history, records)),
        lost=tuple(_lost(history, records)),
        doubled=(*_doubled(history), *(_overlapping(records) if by_instants else ())),
        unlawful=tuple(one.call_id for one in history.asked if one.is_allowed and one.number == BLOCKED),
        damage=damage,
        strange=Counter(one.outcome for one in history.everything() if one.outcome not in _BEARABLE),
        counted=Counter(one.outcome for one in history.asked),
    )


def _read(connection: Connection) -> _Records:
    decisions = connection.execute(
        select(t.decisions.c.decision_id, t.decisions.c.call_id, t.decisions.c.decision, t.decisions.c.answer)
    )
    return _Records(
        decisions={row.decision_id: row for row in decisions},
        calls={row.decision_id: row for row in connection.execute(select(t.calls))},
        reports=frozenset(connection.execute(select(t.call_events.c.call_id)).scalars()),
        revoked=frozenset(connection.execute(select(t.revocations.c.decision_id)).scalars()),
    )


def _unrecorded(history: History, records: _Records) -> Iterator[str]:
    for asked, answer in history.decisions():
        if answer["decision"] != "allow":
            continue
        row = records.decisions.get(answer["decision_id"])
        if row is None or row.decision != "allow" or answer["decision_id"] not in records.calls:
            yield asked.call_id


def _lost(history: History, records: _Records) -> Iterator[str]:
    for asked, answer in history.decisions():
        row = records.decisions.get(answer["decision_id"])
        # A repeat of an allow that later facts refuse is answered otherwise, and that is kept elsewhere.
        same = row is not None and (row.answer.encode() == asked.reply.body or row.decision_id in records.revoked)
        if row is None or row.call_id != asked.call_id or not same:
            yield asked.call_id
    calls = {row.call_id: row for row in records.calls.values()}
    for told in history.ended:
        if not told.is_acknowledged:
            continue
        call = calls.get(told.call_id)
        if told.call_id not in records.reports or (call is not None and call.state != "ended"):
            yield f"end of {told.call_id}"


def _doubled(history: History) -> Iterator[str]:
    """Pairs of calls that certainly ran at once, by what was heard alone."""
    allows: dict[str, Allow] = {}
    first_asked: dict[str, float] = {}
    for one in history.asked:
        first_asked[one.call_id] = min(one.began, first_asked.get(one.call_id, inf))
        if one.is_allowed and (one.call_id not in allows or one.ended < allows[one.call_id].answered):
            allows[one.call_id] = Allow(
                call_id=one.call_id,
                person=one.inmate_id,
                number=one.number,
                facility="",
                began=first_asked[one.call_id],
                answered=one.ended,
            )
    ends = {name: first_asked[name] + HELD_SECONDS for name in allows}
    for told in history.ended:
        if told.call_id in ends:
            ends[told.call_id] = min(ends[told.call_id], told.began)
    for found in find_double_calls(list(allows.values()), ends):
        against = found.against
        yield f"{found.allow.call_id} beside {against.call_id if isinstance(against, Allow) else against.name}"


def _overlapping(records: _Records) -> Iterator[str]:
    """Pairs of calls of one person that ran at once by the records, whoever heard of them."""
    by_person: dict[str, list[Any]] = {}
    for row in records.calls.values():
        by_person.setdefault(row.inmate_id, []).append(row)
    for rows in by_person.values():
        rows.sort(key=lambda row: (row.authorized_at, row.decision_id))
        for i, row in enumerate(rows[1:], start=1):
            before = rows[i - 1]
            until = before.frees_at if before.ended_at is None else min(before.ended_at, before.frees_at)
            if row.authorized_at < until:
                yield f"{row.call_id} beside {before.call_id} in the records"


def _damage_of_storage(connection: Connection, url: str) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        told = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        yield from (str(one) for one in told if one != "ok")
        if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            yield "foreign keys that lead nowhere"
        return
    del url
    yield from _damage_of_indexes(connection)


def has_amcheck(connection: Connection) -> bool:
    """Does this server come with the extension that examines its files?"""
    query = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'")
    return bool(connection.execute(query).scalar_one())


def _damage_of_indexes(connection: Connection) -> Iterator[str]:
    """Every B-tree, with the rows that it must lead to, and every row of the heaps."""
    if not has_amcheck(connection):
        return  # what the queries below find is all that can be said
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
    relations = connection.execute(
        text(
            "SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i') AND c.relpersistence = 'p'"
        )
    ).all()
    for oid, name, kind in relations:
        if kind == "r":
            broken = connection.execute(
                text("SELECT count(*) FROM verify_heapam(CAST(:oid AS oid))"), {"oid": oid}
            ).scalar_one()
            if broken:
                yield f"{broken} corrupt places in {name}"
            continue
        try:
            with connection.begin_nested():
                connection.execute(text("SELECT bt_index_check(CAST(:oid AS oid), true)"), {"oid": oid})
        except Exception as error:  # noqa: BLE001 - whatever it says, the index is not whole
            yield f"index {name}: {type(error).__name__}"
    connection.commit()


def _damage_of_rows(connection: Connection) -> Iterator[str]:
    allowed = select(func.count()).select_from(t.decisions).where(t.decisions.c.decision == "allow")
    called = select(func.count()).select_from(t.calls)
    counted = connection.execute(allowed).scalar_one(), connection.execute(called).scalar_one()
    if counted[0] != counted[1]:
        yield f"{counted[0]} allows and {counted[1]} calls"
    keys = select(t.decisions.c.switch_id, t.decisions.c.call_id).group_by("switch_id", "call_id")
    if connection.execute(keys.having(func.count() > 1)).first() is not None:
        yield "two decisions under one key"
    for answer, decision_id in connection.execute(select(t.decisions.c.answer, t.decisions.c.decision_id)):
        if json.loads(answer)["decision_id"] != decision_id:
            yield f"{decision_id} holds another's answer"


def sqlite_file(url: str) -> Path:
    """Where the embedded database of this URL lies."""
    return Path(make_url(url).database or "")


def is_readable(path: Path) -> bool:
    """Can this SQLite file be opened and read by somebody else?"""
    try:
        with sqlite3.connect(path) as connection:
            connection.execute("SELECT count(*) FROM decisions").fetchone()
    except sqlite3.Error:
        return False
    return True
