"""What does a database say of itself? Read for `callgate doctor`, which judges it."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from sqlalchemy import func, select, text

from callgate.domain.rates import Tariff
from callgate.store.database import SQLITE_SAFE_VERSION, open_sync
from callgate.store.migrate import find_revision
from callgate.store.reading import Reading
from callgate.store.tables import APPEND_ONLY, facilities, inmates, pins, tariffs
from callgate.store.tariffs import tariff_of

POSTGRES_VERSION_MIN = 150_000
_DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
_SYNCHRONOUS_FULL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityTerms:
    """What one facility's row says, as far as it can be wrong by itself."""

    facility_id: str
    profile: str
    time_zone: str
    rate_cap_tier: str | None
    tariffs: tuple[Tariff, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinUse:
    """How many people there are to guess, and how long the shortest PIN in use is; None: nobody has one."""

    active_inmates: int
    shortest_length: int | None


def sqlite_is_safe() -> bool:
    """Is this SQLite free of the fault by which two processes can corrupt one WAL?"""
    return sqlite3.sqlite_version_info >= SQLITE_SAFE_VERSION


def sqlite_version() -> str:
    """Which SQLite is linked in?"""
    return sqlite3.sqlite_version


def sqlite_connection_faults() -> tuple[str, ...]:
    """Which settings of callgate's own SQLite connections do not hold on this machine?

    They belong to a connection and not to the file, so one is opened, on a database made for it and thrown away.
    """
    with (
        TemporaryDirectory(prefix="callgate-doctor-") as folder,
        open_sync(f"sqlite:///{folder}/probe.db") as connection,
    ):
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _EXPECTED_PRAGMAS}
    return tuple(name for name, wanted in _EXPECTED_PRAGMAS.items() if found[name] != wanted)


_EXPECTED_PRAGMAS: Mapping[str, object] = {"journal_mode": "wal", "synchronous": _SYNCHRONOUS_FULL, "foreign_keys": 1}


def sqlite_journal_mode(connection: Reading) -> str:
    """How does the embedded database keep its journal? It is the file's own."""
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())


def postgres_version(connection: Reading) -> int:
    """Which PostgreSQL is it, as 150004 for 15.4?"""
    return int(connection.execute(text("SHOW server_version_num")).scalar_one())


def postgres_durability(connection: Reading) -> Mapping[str, str]:
    """The three settings without which a commit is not durable."""
    return {name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in _DURABILITY}


def database_milliseconds(connection: Reading) -> int:
    """The database's own clock, in milliseconds since 1970."""
    statement = (
        "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
        if connection.dialect.name == "sqlite"
        else "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
    )
    return int(connection.execute(text(statement)).scalar_one())


def revision(connection: Reading) -> str | None:
    """At which revision are the tables? None: there are none."""
    return find_revision(connection)


def tables_without_guard(connection: Reading) -> tuple[str, ...]:
    """Which append-only tables could be updated or deleted from, because a trigger is missing or switched off?"""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        found = {row[0] for row in rows}
        return tuple(
            table
            for table in APPEND_ONLY
            if not {f"append_only_{table}_update", f"append_only_{table}_delete"} <= found
        )
    rows = connection.execute(
        text(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgenabled IN ('O', 'A') AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    guarded = {(row[0], row[1]) for row in rows}
    return tuple(
        table for table in APPEND_ONLY if not {(table, "append_only"), (table, "append_only_truncate")} <= guarded
    )


def list_facility_terms(connection: Reading) -> Sequence[FacilityTerms]:
    """Every facility with its own tariffs, by id."""
    own: dict[str, list[Tariff]] = {}
    for row in connection.execute(select(tariffs).order_by(tariffs.c.tariff)):
        own.setdefault(row.facility_id, []).append(tariff_of(row))
    return [
        FacilityTerms(
            facility_id=row.facility_id,
            profile=row.profile,
            time_zone=row.time_zone,
            rate_cap_tier=row.rate_cap_tier,
            tariffs=tuple(own.get(row.facility_id, ())),
        )
        for row in connection.execute(select(facilities).order_by(facilities.c.facility_id))
    ]


def load_pin_use(connection: Reading) -> PinUse:
    """How many people, and how short is the shortest PIN?"""
    active = select(func.count()).select_from(inmates).where(inmates.c.status == "active")
    shortest = connection.execute(select(func.min(pins.c.length))).scalar_one()
    return PinUse(
        active_inmates=int(connection.execute(active).scalar_one()),
        shortest_length=None if shortest is None else int(shortest),
    )
