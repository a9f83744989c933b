"""Every person, list and block as the files of a feed have them, in one order, a part at a time."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, select, true

from callgate.store.reading import Reading
from callgate.store.tables import block_lifts, blocks, inmates, list_changes, list_entries, list_feeds

_PART: Final = 2000
_OPEN: Final = ("active", "pending_warden")


def see_one_instant(reading: Reading) -> None:
    """From now on everything read here is as it stands now, however long the reading takes."""
    begin = "BEGIN" if reading.dialect.name == "sqlite" else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    reading.rollback()
    reading.exec_driver_sql(begin)


def each_inmate(reading: Reading) -> Iterator[Mapping[str, Any]]:
    """Everybody, by id."""
    return _each(reading, select(inmates), inmates.c.inmate_id)


def each_block(reading: Reading) -> Iterator[Mapping[str, Any]]:
    """Every block that was ever set, by id. `as_of`: the last thing that is known of it."""
    b, lift = blocks.c, block_lifts.c
    papers = [
        select(column)
        .where(lift.block_id == b.block_id, lift.lifted == true())
        .order_by(lift.lift_id.desc())
        .limit(1)
        .correlate(blocks)
        .scalar_subquery()
        .label(name)
        for column, name in ((lift.authority, "lift_authority"), (lift.evidence_reference, "lift_evidence"))
    ]
    as_of = case((b.lifted_at > b.effective_at, b.lifted_at), else_=b.effective_at)
    return _each(reading, select(blocks, *papers, as_of.label("as_of")), b.block_id)


def each_listed(reading: Reading) -> Iterator[Mapping[str, Any]]:
    """Every number on every list, by person and number; an empty list that a file or staff made is no row.

    `as_of`: the last instant that anything here tells of the person's list, what came off it included.
    """
    e = list_entries.c
    after = ""
    while people := list(
        reading.execute(
            select(e.inmate_id)
            .where(e.inmate_id > after, e.state.in_(_OPEN))
            .distinct()
            .order_by(e.inmate_id)
            .limit(500)
        ).scalars()
    ):
        known = _known(reading, people)
        query = select(list_entries).where(e.inmate_id.in_(people), e.state.in_(_OPEN))
        for row in reading.execute(query.order_by(e.inmate_id, e.number)).mappings():
            yield {**row, "as_of": known[row["inmate_id"]]}
        after = people[-1]


def _known(reading: Reading, people: list[str]) -> Mapping[str, int]:
    e, c, f = list_entries.c, list_changes.c, list_feeds.c
    known: dict[str, int] = {}
    for key, instant in (
        (e.inmate_id, e.since),
        (e.inmate_id, e.ended_at),
        (e.inmate_id, e.decided_at),
        (c.inmate_id, c.submitted_at),
        (f.inmate_id, f.as_of),
    ):
        query = select(key, func.max(instant)).where(key.in_(people), instant.is_not(None)).group_by(key)
        for inmate_id, latest in reading.execute(query):
            known[inmate_id] = max(known.get(inmate_id, 0), latest)
    return known


def _each(reading: Reading, query: Select[Any], key: ColumnElement[Any]) -> Iterator[Mapping[str, Any]]:
    after = ""
    while part := reading.execute(query.where(key > after).order_by(key).limit(_PART)).mappings().all():
        for row in part:
            yield dict(row)
        after = part[-1][key.name]
