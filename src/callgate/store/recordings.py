"""What did the switches report of recording, day by day?"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, select

from callgate.store.database import Record, Transaction
from callgate.store.tables import calls, facilities, incidents


async def list_recording_totals(
    transaction: Transaction,
    *,
    day: str,
    authorized_ms: tuple[int, int],
    facility_ids: Collection[str] | None,
    after: str | None,
    limit: int,
) -> Sequence[Record]:
    """Finished privileged calls of one local day, added up by facility, in the order of the facilities' names.

    A facility without one is there too, with nothing added up.

    Args:
        day: `YYYY-MM-DD`, of each facility's own calendar.
        authorized_ms: from and before which instants such a call can have been authorized.
        facility_ids: of these alone; None: of all.
        after: the last facility of the page before.
    """
    c, f = calls.c, facilities.c
    finished = and_(
        c.facility_id == f.facility_id,
        c.authorized_at >= authorized_ms[0],
        c.authorized_at < authorized_ms[1],
        c.local_day == day,
        c.call_class == "privileged",
        c.state == "ended",
    )
    query: Select[Any] = (
        select(
            f.facility_id,
            func.count(c.decision_id).label("finished"),
            func.count(c.decision_id).filter(c.recorded.is_(True)).label("recorded"),
            func.count(c.decision_id).filter(c.recorded.is_(False)).label("not_recorded"),
            func.count(incidents.c.incident_id).filter(incidents.c.state == "open").label("incidents_open"),
        )
        .select_from(facilities)
        .outerjoin(calls, finished)
        .outerjoin(incidents, incidents.c.subject == c.decision_id)
        .group_by(f.facility_id)
        .order_by(f.facility_id)
        .limit(limit)
    )
    if facility_ids is not None:
        query = query.where(f.facility_id.in_(facility_ids))
    if after is not None:
        query = query.where(f.facility_id > after)
    found: Sequence[Record] = (await transaction.execute(query)).all()
    return found
