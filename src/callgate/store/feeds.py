"""What do the records hold about many people, lists or blocks at once?

Asked for a part of a file at a time, a few hundred subjects, so that neither a statement nor its answer grows with the
file.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, and_, exists, func, or_, select, union

from callgate.domain.phone_list import LEGAL_KINDS
from callgate.domain.roles import VICTIM_CLASS
from callgate.store.blocks import Block
from callgate.store.database import Transaction
from callgate.store.phone_lists import Entry, History
from callgate.store.tables import (
    audit_events,
    blocks,
    calls,
    common_numbers,
    facilities,
    inmates,
    list_changes,
    list_entries,
    list_feeds,
    one_time_calls,
    removal_requests,
)
from callgate.store.whereabouts import Locality, Whereabouts

_OPEN: Final = ("active", "pending_warden")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKnown:
    """What is known of one list, beside its numbers.

    `fed_ms`: as of when a file told of it last; None: none did. `known_ms`: the last instant that anything here tells
    of, a file or staff; None: nothing was ever on it.
    """

    fed_ms: int | None
    known_ms: int | None


async def load_facilities(transaction: Transaction) -> Mapping[str, Row[Any]]:
    """Every facility, by its id."""
    return {row.facility_id: row for row in await transaction.execute(select(facilities))}


async def count_active_by_facility(transaction: Transaction) -> Mapping[str, int]:
    """How many people are held at each facility?"""
    i = inmates.c
    query = select(i.facility_id, func.count()).where(i.status == "active").group_by(i.facility_id)
    return {facility_id: int(count) for facility_id, count in await transaction.execute(query)}


async def load_people(transaction: Transaction, inmate_ids: Collection[str]) -> Mapping[str, Row[Any]]:
    """These people's rows, by id; whoever is not known is left out."""
    query = select(inmates).where(inmates.c.inmate_id.in_(inmate_ids))
    return {row.inmate_id: row for row in await transaction.execute(query)}


async def load_whereabouts(transaction: Transaction, inmate_ids: Collection[str]) -> Mapping[str, Whereabouts]:
    """Where these people are, by id; whoever is not known is left out."""
    m, f = inmates.c, facilities.c
    query = (
        select(m.inmate_id, m.unit, m.status, f.facility_id, f.profile, f.time_zone, f.region)
        .join(facilities, f.facility_id == m.facility_id)
        .where(m.inmate_id.in_(inmate_ids))
    )
    return {
        row.inmate_id: Whereabouts(
            inmate_id=row.inmate_id,
            unit=row.unit,
            status=row.status,
            locality=Locality(
                facility_id=row.facility_id, profile=row.profile, time_zone=row.time_zone, region=row.region
            ),
        )
        for row in await transaction.execute(query)
    }


async def load_entries(transaction: Transaction, inmate_ids: Collection[str]) -> Mapping[str, tuple[Entry, ...]]:
    """The numbers on these people's lists, in the order in which they came."""
    e = list_entries.c
    query = (
        select(e.inmate_id, e.entry_id, e.number, e.name, e.relationship, e.kind, e.state, e.since.label("since_ms"))
        .where(e.inmate_id.in_(inmate_ids), e.state.in_(_OPEN))
        .order_by(e.entry_id)
    )
    found: dict[str, list[Entry]] = defaultdict(list)
    for inmate_id, *values in await transaction.execute(query):
        entry_id, number, name, relationship, kind, state, since_ms = values
        found[inmate_id].append(
            Entry(
                entry_id=entry_id,
                number=number,
                name=name,
                relationship=relationship,
                kind=kind,
                state=state,
                since_ms=since_ms,
            )
        )
    return {inmate_id: tuple(entries) for inmate_id, entries in found.items()}


async def load_lists_known(transaction: Transaction, inmate_ids: Collection[str]) -> Mapping[str, ListKnown]:
    """The last instants that anything tells of these lists."""
    e, c, f = list_entries.c, list_changes.c, list_feeds.c
    since = select(e.inmate_id, func.max(e.since), func.max(e.ended_at), func.max(e.decided_at))
    told: dict[str, list[int]] = defaultdict(list)
    for inmate_id, *instants in await transaction.execute(
        since.where(e.inmate_id.in_(inmate_ids)).group_by(e.inmate_id)
    ):
        told[inmate_id] += [instant for instant in instants if instant is not None]
    changed = select(c.inmate_id, func.max(c.submitted_at)).where(c.inmate_id.in_(inmate_ids)).group_by(c.inmate_id)
    for inmate_id, instant in await transaction.execute(changed):
        told[inmate_id].append(instant)
    fed = {
        inmate_id: int(as_of)
        for inmate_id, as_of in await transaction.execute(
            select(f.inmate_id, f.as_of).where(f.inmate_id.in_(inmate_ids))
        )
    }
    return {
        inmate_id: ListKnown(
            fed_ms=fed.get(inmate_id), known_ms=max([*told[inmate_id], fed.get(inmate_id, -1)], default=None)
        )
        for inmate_id in told.keys() | fed.keys()
    }


async def load_histories(transaction: Transaction, inmate_ids: Collection[str]) -> Mapping[str, History]:
    """What these lists have seen; whoever is left out has an untouched list."""
    c, e = list_changes.c, list_entries.c
    listed = select(e.inmate_id).where(e.inmate_id.in_(inmate_ids)).distinct()
    touched = set((await transaction.execute(listed)).scalars())
    query = select(c.inmate_id, func.max(c.local_day).filter(c.is_first.is_(False)).label("last_day"))
    changed = {
        row.inmate_id: row.last_day
        for row in await transaction.execute(query.where(c.inmate_id.in_(inmate_ids)).group_by(c.inmate_id))
    }
    return {
        inmate_id: History(last_change_day=changed.get(inmate_id), is_untouched=False)
        for inmate_id in touched | changed.keys()
    }


async def load_blocks(transaction: Transaction, block_ids: Collection[str]) -> Mapping[str, Block]:
    """These blocks, by id."""
    query = select(blocks).where(blocks.c.block_id.in_(block_ids))
    return {row.block_id: Block(**row._mapping) for row in await transaction.execute(query)}  # noqa: SLF001 - its public name


async def list_provisional(transaction: Transaction, block_ids: Collection[str]) -> frozenset[str]:
    """Which of these blocks stand for as long as a removal request is open?"""
    b, r = blocks.c, removal_requests.c
    query = (
        select(b.block_id)
        .join(removal_requests, r.request_id == b.request_id)
        .where(b.block_id.in_(block_ids), r.state == "open")
    )
    return frozenset((await transaction.execute(query)).scalars())


async def count_blocks_in_force(transaction: Transaction, *, now_ms: int) -> int:
    """How many blocks bind somebody now?"""
    b = blocks.c
    query = select(func.count()).where(b.lifted_at.is_(None), or_(b.until.is_(None), b.until > now_ms))
    return int((await transaction.execute(query)).scalar_one())


async def list_hotlines(transaction: Transaction) -> frozenset[str]:
    """Every hotline in force."""
    n = common_numbers.c
    query = select(n.number).where(n.kind == "hotline", n.state == "in_force")
    return frozenset((await transaction.execute(query)).scalars())


async def list_people_to_look_at(
    transaction: Transaction, inmate_ids: Collection[str], *, now_ms: int
) -> frozenset[str]:
    """For whom of these can a move, a release or an arrival mean more than a row of their own?

    Whoever is on the telephone, whoever a block is about, and whoever holds, called or asked for a number that the
    place where they are blocks. More than it must be is fine here: each is then written by itself, by the rules.
    """
    b, c, e, p, i = blocks.c, calls.c, list_entries.c, one_time_calls.c, inmates.c
    asked = list(inmate_ids)
    running = select(c.inmate_id).where(
        c.inmate_id.in_(asked), c.state.in_(("authorized", "answered")), c.frees_at > now_ms
    )
    meant = select(b.inmate_id).where(b.inmate_id.in_(asked))
    of_place = and_(b.facility_id == i.facility_id, b.lifted_at.is_(None))
    held = [
        select(theirs.inmate_id).where(
            theirs.inmate_id.in_(asked),
            exists().where(i.inmate_id == theirs.inmate_id, of_place, b.number == theirs.number),
        )
        for theirs in (e, c, p)
    ]
    found = await transaction.execute(union(running, meant, *held))
    return frozenset(inmate_id for inmate_id in found.scalars() if inmate_id is not None)


async def list_people_with_victims(transaction: Transaction) -> frozenset[str]:
    """Everybody whom a block that protects a victim is about."""
    b = blocks.c
    query = select(b.inmate_id).where(b.scope == "inmate", b.kind.in_(sorted(VICTIM_CLASS)), b.lifted_at.is_(None))
    return frozenset((await transaction.execute(query.distinct())).scalars())


async def list_running(transaction: Transaction, *, now_ms: int) -> Sequence[tuple[str, str]]:
    """Who is on the telephone with whom: person and number of every running call that nobody has revoked."""
    c = calls.c
    query = select(c.inmate_id, c.number).where(
        c.state.in_(("authorized", "answered")), c.frees_at > now_ms, c.revoked_at.is_(None)
    )
    return [(inmate_id or "", number) for inmate_id, number in await transaction.execute(query)]


async def list_touched_since(
    transaction: Transaction, *, since_id: str, types: Collection[str], but: Collection[str]
) -> frozenset[str]:
    """Which objects of these types does the trail tell of, from this id on? `but`: actions that are not meant."""
    a = audit_events.c
    query = select(a.object_id).where(a.event_id >= since_id, a.object_type.in_(types), a.action.not_in(but)).distinct()
    return frozenset((await transaction.execute(query)).scalars())


async def list_blocks_to_look_at(
    transaction: Transaction, *, running: Collection[str], author: str
) -> tuple[Block, ...]:
    """Which blocks that this author set may end a running call, or take a privileged number out of reach?

    Args:
        running: the numbers that somebody is talking with.
    """
    b, n, e = blocks.c, common_numbers.c, list_entries.c
    privileged = or_(
        exists().where(n.number == b.number, n.kind == "privileged"),
        exists().where(e.number == b.number, e.kind.in_(sorted(LEGAL_KINDS)), e.state == "active"),
    )
    query = select(blocks).where(b.created_by == author, b.lifted_at.is_(None), or_(b.number.in_(running), privileged))
    return tuple(Block(**row._mapping) for row in await transaction.execute(query))  # noqa: SLF001 - its public name
