"""How long is a one-time call good for, and where does it stand?

A first or an emergency call is one call to one number that need not be on the person's list. It is asked for, then
granted or refused by somebody else, and ends by being used or by the clock alone; no job has to run.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from callgate.domain.policy import Policy


class OneTimeCallState(StrEnum):
    """Where does it stand? `USED` and `EXPIRED` are never kept: they follow from its call and from the clock."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


def latest_expiry(now: datetime, policy: Policy) -> datetime:
    """Until when may one that is granted now be used at most?

    Clause: RULES F33, 24 hours at most; `one_time_call.hours_max` of the profile.
    """
    return now + timedelta(hours=policy.one_time_call_hours_max)


def state_at(kept: str, *, expires_at: datetime | None, is_used: bool, now: datetime) -> OneTimeCallState:
    """The state at an instant.

    Args:
        kept: what somebody made of it last: `asked`, `granted` or `refused`.
        expires_at: of a granted one; it can be used before this instant, and not at it.
        is_used: a call of it was answered. One that nobody answered leaves it as it was.
        now: the instant.
    """
    if expires_at is None:
        return OneTimeCallState(kept)
    if is_used:
        return OneTimeCallState.USED
    return OneTimeCallState.GRANTED if now < expires_at else OneTimeCallState.EXPIRED
