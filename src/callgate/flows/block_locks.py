"""Whom does a block concern, and so whose calls must wait while it is written?

A block on one person concerns that person alone, unless it shields a victim: then everybody at the person's facility.
One on somebody not booked yet may meet the booking, at any facility. Who is held where is read again under the lock;
when it changed meanwhile the write is begun anew.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from callgate.domain.errors import Forbidden, Unavailable
from callgate.domain.roles import VICTIM_CLASS
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import require_covered
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store.locks import own_facilities, own_inmate, own_inmates, own_system
from callgate.store.whereabouts import Whereabouts, find_whereabouts

_TRIES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReach:
    """Whom a block binds: one person, a unit or a facility, or the whole system."""

    scope: str
    kind: str
    inmate_id: str | None = None
    facility_id: str | None = None


class _MovedMeanwhile(Exception):
    """Between the look and the lock the person was moved or booked: other locks are needed."""


async def require_reach(write: Write, reach: BlockReach) -> Whereabouts | None:
    """Refuse what the token does not reach; answer where the block's person is, None where it names nobody known.

    Raises:
        Forbidden: the block is the whole system's and the token is not for `["*"]`.
        NotFound: the facility, or the person's facility, is none that the token covers.
    """
    if reach.scope == "system" and not write.actor.covers_everything:
        raise Forbidden(
            "system_scope", "A write for the whole system needs a token for every facility. Ask somebody who holds one."
        )
    if reach.facility_id is not None:
        require_covered(write, reach.facility_id)
    person = await _find(write, reach)
    if person is not None:
        require_covered(write, person.facility_id)
    return person


async def own_reach(write: Write, reach: BlockReach, *, also: tuple[str, ...] = ()) -> Whereabouts | None:
    """Do `require_reach`, and lock what the block concerns.

    Args:
        also: people whose rows are owned beside it.
    """
    person = await require_reach(write, reach)
    await _own(write, reach, person, also)
    if await _find(write, reach) != person:
        raise _MovedMeanwhile
    return person


async def write_once_settled(
    deployment: Deployment, request: StaffRequest, act: Callable[[Write], Awaitable[Written]]
) -> Written:
    """Do `write_once`, begun anew when a person was moved between the look and the lock.

    Raises:
        Unavailable: that happened again and again.
    """
    for _ in range(_TRIES_MAX):
        try:
            return await write_once(deployment, request, act)
        except _MovedMeanwhile:
            continue
    raise Unavailable("moved_meanwhile", "This person is being moved by somebody else just now. Try again.")


async def _find(write: Write, reach: BlockReach) -> Whereabouts | None:
    return None if reach.inmate_id is None else await find_whereabouts(write.transaction, reach.inmate_id)


async def _own(write: Write, reach: BlockReach, person: Whereabouts | None, also: tuple[str, ...]) -> None:
    transaction = write.transaction
    if reach.facility_id is not None:
        await own_facilities(transaction, [reach.facility_id])
    elif person is None:
        await own_system(transaction)
    elif reach.kind in VICTIM_CLASS:
        await own_facilities(transaction, [person.facility_id])
    else:
        await own_inmate(transaction, person.inmate_id)
    if also:
        await own_inmates(transaction, also)
