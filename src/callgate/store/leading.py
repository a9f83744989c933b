"""Which of several workers does a job that one is enough for?"""

from sqlalchemy import text

from callgate.store.database import Transaction

_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended('callgate:lead:' || :job, 0))")


async def may_lead(transaction: Transaction, job: str) -> bool:
    """May this worker do the job until its transaction ends? Never waits; on SQLite there is one process anyway."""
    if transaction.dialect.name == "sqlite":
        return True
    return bool((await transaction.execute(_TRY, {"job": job})).scalar_one())
