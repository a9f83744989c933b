"""What may stand on a person's list, how much of it counts, and when may it change again?

Nothing here knows of a block: whatever a list change is refused for follows from the list and the calendar alone, so no
refusal can tell of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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


class EndedBy(StrEnum):
    """What took a number off a list, or kept it off?"""

    LIST_CHANGE = "list_change"
    STAFF = "staff"
    OWNER = "owner"
    WARDEN = "warden"


class RefusalReason(StrEnum):
    """Why may a warden refuse a number that waits? There is no other reason.

    Every one of them is about the number and whoever answers it, or about this very contact: what the person inside did
    elsewhere is no reason, because keeping somebody from a contact must not be a punishment. `ABUSE_OF_CONTACT` is the
    one exception that the source makes, for abuse that was shown. None says who spoke against the contact or which
    block stands against it: `CONTACT_DECLINED` covers all who may.

    Clause: RULES F37; Indiana DOC on restricted correspondence (seed 003) [S]: no disciplinary measure unless this
    privilege was abused; the person shows that the contact is in everyone's interest; the other authority's refusal is
    final; safety and security end a contact.
    """

    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    NO_ANSWER_TO_VERIFICATION = "no_answer_to_verification"
    NUMBER_NOT_OF_NAMED_PERSON = "number_not_of_named_person"
    NOT_ATTORNEY_OF_RECORD = "not_attorney_of_record"
    NOT_OF_CONSULATE = "not_of_consulate"
    CONTACT_DECLINED = "contact_declined"
    OTHER_AUTHORITY_REFUSED = "other_authority_refused"
    INTEREST_NOT_SHOWN = "interest_not_shown"
    SAFETY_AND_SECURITY = "safety_and_security"
    ABUSE_OF_CONTACT = "abuse_of_contact"


REFUSAL_REASONS: Final = tuple(reason.value for reason in RefusalReason)
"""The permitted codes, as the wire names them."""

LEGAL_KINDS: Final = frozenset({EntryKind.ATTORNEY, EntryKind.CONSULATE})
"""A consulate's number counts as a lawyer's does (Indiana, RULES F35): neither is a social contact.
The warden puts one in force on evidence alone (contract section 4)."""

RESTRICTIVE_KINDS: Final = frozenset({"disciplinary", "investigation"})
"""The restrictions that are a restrictive status: while one is in force, the approval of a number of the kinds that the
profile names is suspended, and nobody has to bring it back (Indiana DOC, seed 003; RULES F12)."""

INVESTIGATION: Final = "investigation"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictiveStatus:
    """One restriction of a restrictive kind, aware instants; `ends_at` is the first instant without it."""

    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A restrictive status in force.

    `until`: the first instant at which none is, as far as is known now. `is_investigated`: one of them is for an
    investigation, whose end is told to nobody who may not read restrictions.
    """

    until: datetime
    is_investigated: bool


def find_suspension(statuses: Sequence[RestrictiveStatus], *, now: datetime) -> Suspension | None:
    """Is the person under a restrictive status now, and until when? Those that follow without a gap count as one.

    Clause: RULES F12.

    Example:
        >>> from datetime import UTC
        >>> def november(first: int, last: int) -> RestrictiveStatus:
        ...     days = [datetime(2026, 11, day, tzinfo=UTC) for day in (first, last)]
        ...     return RestrictiveStatus(kind="disciplinary", starts_at=days[0], ends_at=days[1])
        >>> found = find_suspension([november(1, 5), november(5, 9)], now=datetime(2026, 11, 2, tzinfo=UTC))
        >>> found.until.day
        9
    """
    until = now
    kinds: set[str] = set()
    while reaching := [status for status in statuses if status.starts_at <= until < status.ends_at]:
        until = max(status.ends_at for status in reaching)
        kinds.update(status.kind for status in reaching)
    return Suspension(until=until, is_investigated=INVESTIGATION in kinds) if kinds else None
