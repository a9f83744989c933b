"""Who must wait for whom, so that after a write has answered the next authorize sees it?

Locks are taken as statements of their own before any fact is read (a fact loaded in the locking statement could be
older than the wait), and always in this order, so that no two transactions wait for each other:

    the system, the facilities (by id), the stations (by id), the facilities' PIN throttles (by id), the inmates (by id)

An authorize shares the system and its facilities and owns its stations and inmates. A staff write owns what it
concerns: one inmate, or facilities, or everything. SQLite has one writer at a time, which is all of these locks at
once.
"""

import json
from collections.abc import Iterable, Mapping

from callgate.store.database import Transaction
from callgate.store.statements import Statement, run_statements

_SYSTEM = "SELECT pg_advisory_xact_lock(hashtextextended('callgate:system', 0))"
_SYSTEM_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('callgate:system', 0))"


def _advisory(function: str, scope: str) -> str:
    return (
        f"SELECT {function}(hashtextextended('callgate:{scope}:' || k.id, 0)) FROM "
        "(SELECT value AS id FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) ORDER BY 1) AS k"
    )


_FACILITIES = _advisory("pg_advisory_xact_lock", "facility")
_FACILITIES_SHARED = _advisory("pg_advisory_xact_lock_shared", "facility")
_THROTTLES = _advisory("pg_advisory_xact_lock", "throttle")


def _rows(table: str, key: str) -> str:
    return (
        f"SELECT {key} FROM {table} WHERE {key} = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(:ids AS jsonb)))) "
        f"ORDER BY {key} FOR NO KEY UPDATE"
    )


_STATIONS = _rows("stations", "station_id")
_INMATES = _rows("inmates", "inmate_id")


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


def system_shared() -> tuple[Statement, ...]:
    """What `share_system` runs, on PostgreSQL, for whoever sends it together with what it protects."""
    return (Statement(_SYSTEM_SHARED, {}),)


def owned_for_calls(
    *,
    facility_ids: Iterable[str],
    station_ids: Iterable[str],
    doubtful_facility_ids: Iterable[str],
    inmate_ids: Iterable[str],
) -> tuple[Statement, ...]:
    """What attempts need on PostgreSQL, beside the system's shared lock: their facilities shared, the rest owned.

    Args:
        facility_ids: where the telephones stand.
        station_ids: the telephones.
        doubtful_facility_ids: where a wrong PIN may be counted; that count must not be raced past.
        inmate_ids: whose PINs they are.
    """
    return (
        Statement(_FACILITIES_SHARED, _ids(facility_ids)),
        Statement(_STATIONS, _ids(station_ids)),
        Statement(_THROTTLES, _ids(doubtful_facility_ids)),
        Statement(_INMATES, _ids(inmate_ids)),
    )


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


def _ids(ids: Iterable[str]) -> Mapping[str, str]:
    return {"ids": json.dumps(sorted(set(ids)))}
