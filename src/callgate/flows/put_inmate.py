"""What happens when the jail management system, or an operator, says who is held where?

The feed may come late, twice and out of order, so every statement says as of when it held. A move takes the person's
list along, because the list is the person's, and the blocks of the place left on numbers that the person had there
(`carry_blocks`). A release ends the PIN for good: on return a new one is issued, and one that was overheard meanwhile
never comes back to life. Blocks are kept through both; a return to another place is a move from the one left.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from callgate.domain.errors import Conflict
from callgate.domain.instants import to_milliseconds
from callgate.domain.verdict import Reason
from callgate.flows.carry_blocks import carry_blocks
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import load_named_facility, record_put, require_covered
from callgate.flows.representations import Shown, shown_inmate
from callgate.flows.staff_write import OK, StaffRequest, Write, Written, etag_of, write_once
from callgate.store import inmates as store
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.carried_blocks import Departure
from callgate.store.locks import own_facilities, own_inmate, own_inmates, own_system
from callgate.store.pins import delete_pin
from callgate.store.shielded_calls import revoke_calls_on_arrival

RELEASED: Final = "released"
_PLACE: Final = ("facility_id", "unit", "status")
_LATEST_MS: Final = to_milliseconds(datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class InmateGiven:
    """A person as the feed tells of them. `as_of` None: as of now, and newer than anything known."""

    facility_id: str
    unit: str
    status: str
    name: str
    date_of_birth: date | None
    projected_release: date | None
    as_of: datetime | None


class _MovedMeanwhile(Exception):
    """Between the look and the lock the person was moved: other locks are needed."""


async def put_inmate(deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: InmateGiven) -> Written:
    """Take in where a person is and whether they are held.

    Raises:
        NotFound: the token covers not both the facility named and the one the person is at.
        Invalid: there is no such facility.
        Conflict: something newer is known.
        Outdated: If-Match names another state.

    Clause: contract section 3; RULES F54, F55.
    """

    async def act(write: Write, *, alone: bool = False) -> Written:
        await load_named_facility(write, given.facility_id)
        row = await _own(write, inmate_id, given, alone=alone)
        before = None if row is None else shown_inmate(row)
        if row is not None:
            require_covered(write, row.facility_id)
        write.require_match(before)
        as_of_ms = _as_of(write, given, row)
        if before is not None and _is_known(given, before) and row.as_of == as_of_ms:
            return Written(body=before, status=OK, etag=etag_of(before))
        return await write_inmate(write, inmate_id, given=given, before=before, as_of_ms=as_of_ms)

    try:
        return await write_once(deployment, request, act)
    except _MovedMeanwhile:
        return await write_once(deployment, request, partial(act, alone=True))


async def _own(write: Write, inmate_id: str, given: InmateGiven, *, alone: bool) -> Any:  # noqa: ANN401 - a row or None
    """Lock what this write concerns, and read the person under the lock.

    Who is held where decides whom a shield protects, so a change of that owns every facility it touches. `alone`: keep
    every other write out instead, so that the person stays where they are seen.

    Raises:
        _MovedMeanwhile: somebody moved them before the lock was ours; never when `alone`.
    """
    if alone:
        await own_system(write.transaction)
    place = (given.facility_id, given.unit, given.status)
    seen = await store.find_inmate(write.transaction, inmate_id)
    if seen is not None and _place_of(seen) == place:
        await own_inmate(write.transaction, inmate_id)
    else:
        await own_facilities(write.transaction, {given.facility_id, seen.facility_id if seen else given.facility_id})
        await own_inmates(write.transaction, [inmate_id])
    row = await store.find_inmate(write.transaction, inmate_id)
    if _place_of(row) != _place_of(seen):
        raise _MovedMeanwhile
    return row


async def write_inmate(
    write: Write, inmate_id: str, *, given: InmateGiven, before: Shown | None, as_of_ms: int
) -> Written:
    """Write the person down with everything that follows from it; the caller owns the places and the person.

    Args:
        before: how they were shown until now; None: nobody of that id was known.
    """
    written = await store.put_inmate(
        write.transaction,
        inmate_id,
        facility_id=given.facility_id,
        unit=given.unit,
        status=given.status,
        name=given.name,
        date_of_birth=given.date_of_birth,
        projected_release=given.projected_release,
        as_of_ms=as_of_ms,
        is_new=before is None,
    )
    if not written:
        raise _MovedMeanwhile
    await _depart(write, inmate_id, given, before)
    await arrive(write, inmate_id, given, before)
    after = shown_inmate(await store.load_inmate(write.transaction, inmate_id))
    return await record_put(
        write, "put_inmate", object_id=inmate_id, facility_id=given.facility_id, before=before, after=after
    )


async def _depart(write: Write, inmate_id: str, given: InmateGiven, before: Shown | None) -> None:
    """Whoever leaves a place takes its blocks along, and loses the PIN's hold where it is heard no more."""
    if before is None:
        return
    leaves_facility = before["facility_id"] != given.facility_id
    if leaves_facility or given.status == RELEASED:
        # A PIN is no longer heard where the person is not: a call that runs on it is one that today's facts refuse.
        await revoke_live_calls(
            write.transaction,
            RunningCalls(inmate_ids=[inmate_id]),
            reason=Reason.PIN_NOT_ACCEPTED.value,
            now_ms=write.now_ms,
        )
    if given.status == RELEASED and await delete_pin(write.transaction, inmate_id):
        await write.record("end_pin", "pin", inmate_id, facility_id=given.facility_id)
    if leaves_facility or before["unit"] != given.unit:
        departure = Departure(
            inmate_id=inmate_id,
            facility_id=before["facility_id"],
            unit=before["unit"],
            leaves_facility=leaves_facility,
        )
        await carry_blocks(write, departure, facility_id=given.facility_id)


async def arrive(write: Write, inmate_id: str, given: InmateGiven, before: Shown | None) -> None:
    """Whoever is here from now on is shielded from everybody here, whose running calls to that number end.

    The blocks that were brought along are among those looked at: they are written by now.
    """
    was_here = before is not None and all(before[name] == getattr(given, name) for name in _PLACE)
    if given.status == RELEASED or was_here:
        return
    await revoke_calls_on_arrival(
        write.transaction,
        inmate_id=inmate_id,
        facility_id=given.facility_id,
        unit=given.unit,
        reason=Reason.NUMBER_NOT_AVAILABLE.value,
        now_ms=write.now_ms,
    )


def _as_of(write: Write, given: InmateGiven, row: Any) -> int:  # noqa: ANN401 - as above
    """As of when does this statement hold, in milliseconds since 1970?

    One without an instant was made just now by somebody who knows: it wins even over a feed whose clock is ahead, by a
    millisecond, so that the feed's own statement does not win again when it is sent again. At the very instant that is
    known, other content is a correction, but for one: a release is not taken back by a replayed `active`.

    Raises:
        Conflict: something newer is known, or a release of that instant.
    """
    if row is None:
        return write.now_ms if given.as_of is None else to_milliseconds(given.as_of)
    known_ms = int(row.as_of)
    if given.as_of is None:
        is_news = not _is_known(given, shown_inmate(row))
        return max(write.now_ms, min(known_ms + is_news, _LATEST_MS))
    as_of_ms = to_milliseconds(given.as_of)
    if is_stale(as_of_ms, given.status, known_ms=known_ms, known_status=row.status):
        raise Conflict(
            "stale",
            "Something newer is known of this person. Read it first; leave as_of out to state what holds now.",
            pointer="/as_of",
        )
    return as_of_ms


def is_stale(as_of_ms: int, status: str, *, known_ms: int, known_status: str) -> bool:
    """Is this statement older than what is known, or would it take a release of the same instant back?"""
    revives = as_of_ms == known_ms and known_status == RELEASED and status != RELEASED
    return as_of_ms < known_ms or revives


def _place_of(row: Any) -> tuple[str, str, str] | None:  # noqa: ANN401 - as above
    return None if row is None else (row.facility_id, row.unit, row.status)


def _is_known(given: InmateGiven, before: Shown) -> bool:
    told = {
        "facility_id": given.facility_id,
        "unit": given.unit,
        "status": given.status,
        "name": given.name,
        "date_of_birth": _text(given.date_of_birth),
        "projected_release": _text(given.projected_release),
    }
    return told.items() <= before.items()


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
