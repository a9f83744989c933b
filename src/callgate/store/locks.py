"""Who must wait for whom, so that after a write has answered the next authorize sees it?

Locks are taken as statements of their own before any fact is read (a fact loaded in the locking statement could be
older than the wait), and always in this order, so that no two transactions wait for each other:

    the calls (by their keys), the system, the facilities (by id), the stations (by id), the facilities' PIN throttles
    (by id), the inmates (by id)

Whoever decides a call or hears of one owns its key: else an end that is told while the call is being decided, at
another node, would be kept as the end of an unknown call, and the call run on. An authorize shares the system and its
facilities and owns its stations and inmates. A staff write owns what it concerns: one inmate, or facilities, or
everything. SQLite has one writer at a time, which is all of these locks at once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from callgate.store.database import Transaction
from callgate.store.statements import Statement, run_statements

_SYSTEM = "SELECT pg_advisory_xact_lock(hashtextextended('callgate:system', 0))"
_SYSTEM_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('callgate:system', 0))"


def _advisory(function: str, scope: str, ids: str) -> str:
    return f"SELECT k.id, {function}(hashtextextended('callgate:{scope}:' || k.id, 0)) FROM ({ids} ORDER BY 1) AS k"


def _own_rows(table: str, key: str, ids: str) -> str:
    """Own the rows of these ids, one after the other, each found by the key's index however many there are."""
    return (
        f"SELECT k.id FROM ({ids} ORDER BY 1) AS k "
        f"CROSS JOIN LATERAL (SELECT 1 FROM {table} t WHERE t.{key} = k.id FOR NO KEY UPDATE) AS o"
    )


_GIVEN = "SELECT value AS id FROM jsonb_array_elements_text(CAST(:ids AS jsonb))"
_FACILITIES = _advisory("pg_advisory_xact_lock", "facility", _GIVEN)
_FACILITIES_SHARED = _advisory("pg_advisory_xact_lock_shared", "facility", _GIVEN)
_CALLS = _advisory("pg_advisory_xact_lock", "call", _GIVEN)
_INMATES = _own_rows("inmates", "inmate_id", _GIVEN)

# What calls need is found by the database itself, so that all of it goes in one exchange.
_ASKED = "jsonb_to_recordset(CAST(:asked AS jsonb)) AS a(station_id text, digests jsonb)"
_DIGESTS = "jsonb_array_elements_text(a.digests) WITH ORDINALITY AS d(digest, place)"
_PLACE = "CROSS JOIN LATERAL (SELECT t.facility_id FROM stations t WHERE t.station_id = a.station_id LIMIT 1) AS s"
_PERSON = (
    "CROSS JOIN LATERAL (SELECT m.inmate_id, m.facility_id, m.status FROM pins t "
    "JOIN inmates m ON m.inmate_id = t.inmate_id WHERE t.digest = d.digest LIMIT 1) AS p"
)
_FACILITIES_OF_CALLS = _advisory(
    "pg_advisory_xact_lock_shared", "facility", f"SELECT DISTINCT s.facility_id AS id FROM {_ASKED} {_PLACE}"
)
_STATIONS_OF_CALLS = _own_rows("stations", "station_id", f"SELECT DISTINCT a.station_id AS id FROM {_ASKED}")
# Of the facilities where a wrong PIN may be counted; that count must not be raced past.
_THROTTLES_OF_CALLS = _advisory(
    "pg_advisory_xact_lock",
    "throttle",
    f"SELECT DISTINCT s.facility_id AS id FROM {_ASKED} {_PLACE} WHERE NOT EXISTS (SELECT 1 FROM "
    f"(SELECT p.facility_id, p.status FROM {_DIGESTS} {_PERSON} ORDER BY d.place DESC LIMIT 1) AS o "
    "WHERE o.status = 'active' AND o.facility_id = s.facility_id)",
)
_INMATES_OF_CALLS = _own_rows(
    "inmates", "inmate_id", f"SELECT DISTINCT p.inmate_id AS id FROM {_ASKED} CROSS JOIN {_DIGESTS} {_PERSON}"
)


class OwnedForCalls(NamedTuple):
    """What was locked for a batch of attempts, by id, beside the system.

    `throttles`: of which facilities.
    """

    facilities: frozenset[str]
    stations: frozenset[str]
    throttles: frozenset[str]
    inmates: frozenset[str]


async def own_calls(transaction: Transaction, keys: Iterable[tuple[str, str]]) -> None:
    """Keep whoever decides or hears of these calls waiting. Comes before every other lock.

    Args:
        keys: switch and call.
    """
    await _run(transaction, _CALLS, map(_key, keys))


async def share_system(transaction: Transaction) -> None:
    """Let nobody change what holds for the whole system."""
    await _run(transaction, _SYSTEM_SHARED)


async def own_system(transaction: Transaction) -> None:
    """Keep every call and every other write waiting."""
    await _run(transaction, _SYSTEM)


async def share_facilities(transaction: Transaction, facility_ids: Iterable[str]) -> None:
    """Let nobody change what holds for these facilities."""
    await _run(transaction, _FACILITIES_SHARED, facility_ids)


async def own_facilities(transaction: Transaction, facility_ids: Iterable[str]) -> None:
    """Keep the calls of these facilities waiting; takes the system's shared lock first."""
    await share_system(transaction)
    await _run(transaction, _FACILITIES, facility_ids)


def for_calls(asked: Sequence[tuple[str, Sequence[str]]], *, keys: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
    """What attempts need on PostgreSQL: the system and their facilities shared; the rest owned.

    For whoever sends it together with what it protects. `owned_for_calls` says what was had.

    Args:
        asked: the telephone of each attempt, and the digests of its PIN.
        keys: switch and call of each.
    """
    given = [{"station_id": station_id, "digests": digests} for station_id, digests in asked]
    named = {"asked": json.dumps(given)}
    texts = (_FACILITIES_OF_CALLS, _STATIONS_OF_CALLS, _THROTTLES_OF_CALLS, _INMATES_OF_CALLS)
    calls = Statement(_CALLS, _ids(map(_key, keys)))
    return (calls, Statement(_SYSTEM_SHARED, {}), *(Statement(text, named) for text in texts))


def owned_for_calls(rows: Sequence[Sequence[tuple[Any, ...]]]) -> OwnedForCalls:
    """What the statements of `for_calls` locked, by the rows that they gave."""
    _, _, *owned = rows
    return OwnedForCalls(*(frozenset(row[0] for row in of_one) for of_one in owned))


async def own_inmates(transaction: Transaction, inmate_ids: Iterable[str]) -> None:
    """Keep these people's calls and writes waiting."""
    await _run(transaction, _INMATES, inmate_ids)


async def own_inmate(transaction: Transaction, inmate_id: str) -> None:
    """For a staff write about one person: shares the system, then owns the person."""
    await share_system(transaction)
    await own_inmates(transaction, [inmate_id])


def can_wait(transaction: Transaction) -> bool:
    """Can taking a lock have kept us waiting, so that what was read before it may be old?"""
    return transaction.dialect.name != "sqlite"


async def _run(transaction: Transaction, statement: str, ids: Iterable[str] | None = None) -> None:
    if can_wait(transaction):
        await run_statements(transaction, Statement(statement, {} if ids is None else _ids(ids)))


def _key(key: tuple[str, str]) -> str:
    return " ".join(key)  # two keys that read alike wait for each other in vain, which does no harm


def _ids(ids: Iterable[str]) -> Mapping[str, str]:
    return {"ids": json.dumps(sorted(set(ids)))}
