"""What may stand on a person's list, how much of it counts, and when may it change again?

Nothing here knows of a block: whatever a list change is refused for follows from the list and the calendar alone, so no
refusal can tell of one.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from callgate.domain.hours import interval_ends_on
from callgate.domain.policy import Policy


class EntryKind(StrEnum):
    """Whose number is it to the person who lists it?"""

    SOCIAL = "social"
    ATTORNEY = "attorney"
    CONSULATE = "consulate"
    CONFINED_PERSON = "confined_person"
    SUPERVISED_PERSON = "supervised_person"


class EntryState(StrEnum):
    """Where does a number stand? Only the first two are on the list; only `ACTIVE` may be called."""

    ACTIVE = "active"
    PENDING_WARDEN = "pending_warden"
    REMOVED = "removed"
    REFUSED = "refused"


class Outcome(StrEnum):
    """What became of one number of a change? `NOT_APPROVED` is one word for every cause there is."""

    ADDED = "added"
    REMOVED = "removed"
    PENDING_WARDEN = "pending_warden"
    NOT_APPROVED = "not_approved"


LEGAL_KINDS: Final = frozenset({EntryKind.ATTORNEY, EntryKind.CONSULATE})
"""A consulate's number counts as a lawyer's does (Indiana, RULES F35): neither is a social contact."""


def counts(kind: str, policy: Policy) -> bool:
    """Does a number of this kind take one of the places that the policy gives, pending or active?

    Clause: `list_limit` and `list_counts_attorneys` of the profile; in Connecticut ten for social contact (AD 10.7).
    """
    return policy.list_counts_attorneys or kind not in LEGAL_KINDS


def count_used(kinds: Iterable[str], policy: Policy) -> int:
    """How many places do numbers of these kinds take?"""
    return sum(counts(kind, policy) for kind in kinds)


def is_too_full(*, listed: Iterable[str], added: Iterable[str], removed: Iterable[str], policy: Policy) -> bool:
    """Would a list with these kinds of numbers be too long after the change?

    Every number submitted counts, those that screening will strike included: a refusal that counted only the others
    would tell which they are. A list that is too long already (its person moved to a place with shorter ones) is left
    as it is: numbers may be taken off it, and none is cut.

    Clause: contract section 4, `list_full`; RULES F08, F54.
    """
    adding = count_used(added, policy)
    after = count_used(listed, policy) + adding - count_used(removed, policy)
    return adding > 0 and after > policy.list_limit


def next_change_on(last_change: date | None, *, today: date, policy: Policy) -> date | None:
    """On which local day may the list change again? None: now.

    Args:
        last_change: local day of the last change that counts as one; None if there never was any.
        today: local day at the person's facility.

    Clause: contract section 4: refused until 23:59:59 of day 29, open at 00:00 of day 30.
    """
    if last_change is None:
        return None
    opens_on = interval_ends_on(last_change, policy.list_change_interval_days)
    return opens_on if today < opens_on else None
