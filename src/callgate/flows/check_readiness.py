"""May this process be sent calls?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog

from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.store.database import now_milliseconds
from callgate.store.migrate import find_revision_now, head_revision, probe_writable
from callgate.store.reading import require_head

PATIENCE_SECONDS = 2.0
CLOCK_TOLERANCE = timedelta(seconds=1)
_log = structlog.get_logger("callgate.readiness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was looked at, and whether it was as it must be."""

    database: bool = False
    migrations: bool = False
    keys: bool = False
    clock: bool = False

    @property
    def is_ready(self) -> bool:
        """May calls come?"""
        return self.database and self.migrations and self.keys and self.clock


async def check_readiness(deployment: Deployment) -> Readiness:
    """Look whether the records can be written, the tables are this version's, the keys are there and the clocks agree.

    What cannot be found out within two seconds a look counts as failed. Never raises.

    Clause: contract section 6, `/readyz`.
    """
    found = {"keys": deployment.settings.token_key is not None and bool(deployment.pin_keys.by_version)}
    # Each look has its own transaction: one that fails must not take the others' findings along.
    for look in (_look_at_tables, _look_at_records):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found |= await look(deployment)
        except Exception as error:  # noqa: BLE001 - whatever stands in the way, this process is not ready
            _log.warning("readiness_unknown", look=look.__name__, error=type(error).__name__)
    return Readiness(**found)


async def require_tables(deployment: Deployment) -> None:
    """Answer silently when the tables are those of this version, whichever server runs the application.

    Raises:
        RecordsUnreadable: they are not.
        StoreUnavailable: nobody can say.
    """
    async with deployment.database.read() as transaction:
        await transaction.run_sync(require_head)


async def _look_at_tables(deployment: Deployment) -> dict[str, bool]:
    head = await asyncio.to_thread(_head)
    async with deployment.database.read() as transaction:
        return {"migrations": await find_revision_now(transaction) == head}


async def _look_at_records(deployment: Deployment) -> dict[str, bool]:
    async with deployment.database.write() as transaction:
        await probe_writable(transaction)
        before = deployment.clock.now() - CLOCK_TOLERANCE
        theirs = await now_milliseconds(transaction)
        now = deployment.clock.now()
    agree = to_milliseconds(before) <= theirs <= to_milliseconds(now + CLOCK_TOLERANCE)
    return {"database": True, "clock": agree and not deployment.steps.is_behind(now)}


# Read from the migration files, which do not change while this process runs.
_head: Callable[[], str] = cache(head_revision)
