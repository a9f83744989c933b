"""Do the records of the database that is left agree with what callers were told?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from bench.failover.callers import DECIDED, Told

# A call holds its person's PIN from its decision until it frees it.
_OVERLAPPING: Final = (
    "SELECT DISTINCT one.inmate_id FROM calls one JOIN calls other ON other.inmate_id = one.inmate_id "
    "AND other.decision_id <> one.decision_id AND other.authorized_at >= one.authorized_at "
    "AND other.authorized_at < one.frees_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was told against what is kept.

    `lost`: decisions that were told and are not kept, or otherwise.
    `told_twice`: attempts of which two different decisions were told.
    `double_calls`: people who had two calls at one time.
    `kept_untold`: allows that are kept and were never told: a 503 hid a commit, and asking again brings them out.
    """

    acknowledged: int
    lost: int
    told_twice: int
    double_calls: int
    kept_untold: int


def compare_records(url: str, told: Sequence[Told]) -> Compared:
    """Read every decision and every call of that database, and compare."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        rows = connection.execute("SELECT decision_id, call_id, decision FROM decisions").fetchall()
        overlapping = connection.execute(_OVERLAPPING).fetchall()
    kept = {(str(row[0]), str(row[1]), str(row[2])) for row in rows}
    decisions = {(each.decision_id or "", each.call_id, each.outcome) for each in told if each.outcome in DECIDED}
    of_call = Counter(call_id for _, call_id, _ in decisions)
    return Compared(
        acknowledged=len(decisions),
        lost=len(decisions - kept),
        told_twice=sum(count > 1 for count in of_call.values()),
        double_calls=len(overlapping),
        kept_untold=sum(each[2] == "allow" for each in kept - decisions),
    )
