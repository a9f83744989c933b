"""How does a PUT of a whole object end, and to which facility may its body point?"""

from typing import Any

from callgate.domain.errors import Invalid, NotFound
from callgate.flows.representations import Shown
from callgate.flows.staff_write import CREATED, OK, Write, Written, etag_of
from callgate.store.facilities import find_facility


async def record_put(
    write: Write,
    action: str,
    *,
    object_id: str,
    facility_id: str | None,
    before: Shown | None,
    after: Shown,
) -> Written:
    """Put the write on the audit trail and say what to answer; a PUT that changed nothing leaves no trace.

    Args:
        write: the open write.
        action: `put_facility` and so on; what follows `put_` is the object's type.
        object_id: its name.
        facility_id: where it belongs now.
        before: how it looked, or None where there was none: then the answer is 201.
        after: how it looks now.
    """
    if before != after:
        object_type = action.partition("_")[2]
        await write.record(action, object_type, object_id, facility_id=facility_id, before=before, after=after)
    return Written(body=after, status=CREATED if before is None else OK, etag=etag_of(after))


async def load_named_facility(write: Write, facility_id: str) -> Any:  # noqa: ANN401 - a row of the store
    """The facility that a body names.

    Raises:
        NotFound: the token does not cover it; whether it exists is then not told.
        Invalid: the token covers every facility, and this one does not exist.
    """
    require_covered(write, facility_id)
    row = await find_facility(write.transaction, facility_id)
    if row is not None:
        return row
    if write.actor.covers_everything:
        raise Invalid(
            "facility_unknown", "There is no such facility. Register it first, or name another.", pointer="/facility_id"
        )
    raise not_found()


def require_covered(write: Write, facility_id: str) -> None:
    """Refuse what lies at a facility that the token does not cover, in the words for what is not there.

    Raises:
        NotFound: it does not.
    """
    if not write.actor.covers(facility_id):
        raise not_found()


def not_found() -> NotFound:
    """The one answer for what is not there and for what the token does not cover."""
    return NotFound("not_found", "There is nothing here that your token covers.")
