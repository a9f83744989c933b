"""What can one check answer, and what is the decision made of?

There is no verdict that grants: a check passes, limits or denies, and the decision is the strictest of all verdicts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.rates import Quote


class Reason(StrEnum):
    """Why was the call refused, as the wire may say it? In the order in which the first that holds is told."""

    NOT_IN_SERVICE = "not_in_service"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    PIN_NOT_ACCEPTED = "pin_not_accepted"
    CALLS_RESTRICTED = "calls_restricted"
    CALL_IN_PROGRESS = "call_in_progress"
    LIMIT_REACHED = "limit_reached"
    NUMBER_NOT_VALID = "number_not_valid"
    NUMBER_NOT_AVAILABLE = "number_not_available"
    RATE_UNAVAILABLE = "rate_unavailable"


REASONS_IN_ORDER: tuple[Reason, ...] = tuple(Reason)


class Factor(StrEnum):
    """What shortened the grant? On a tie the first of these is named."""

    CALL_CAP = "call_cap"
    CALLING_HOURS = "calling_hours"
    QUOTA = "quota"
    CARRIER_LIMIT = "carrier_limit"


@dataclass(frozen=True, slots=True, init=False)  # an `__init__` that does nothing takes longer than all else here
class Pass:
    """The check has nothing against the call."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The call may last `seconds` at most (whole seconds, at least 1).

    `ends_at`: the instant by which it must be over however long it rang; None where only talk time counts.
    """

    seconds: int
    factor: Factor
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that is none: no time left is a denial."""
        if self.seconds < 1:
            message = "a limit leaves at least one second; less is a denial"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Deny:
    """The call must not go through. `detail` is the exact cause for the record, never for the wire.

    `retry_at`: when this cause ends, where that may be told.
    """

    detail: str
    retry_at: datetime | None = None


Verdict = Pass | Limit | Deny


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule on a call.

    `refuses_with` is the class that every denial of this check is told as, a raised error included.
    `binds`: the call classes it is asked about (contract, "What binds whom"); for the others it passes.
    `clause`: the rule's source where a profile has no nearer one.
    """

    name: str
    refuses_with: Reason
    binds: frozenset[CallClass]
    judge: Callable[[Case, Policy], Verdict]
    clause: str


ERROR_DETAIL = "check_failed"


class Finding(NamedTuple):
    """What did one check answer? Stored in order with the decision, as a row of these fields.

    `verdict`: pass, limit or deny. `seconds` on limit. `reason` on deny: the exact cause. `failed`: the check raised.
    """

    check: str
    verdict: str
    seconds: int | None = None
    reason: str | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """May this call go through, for how long, at what price?

    On deny `max_duration_seconds` is 0, `call_class` and the instants are None. Field meanings: contract section 2.
    """

    allowed: bool
    reason: Reason | None
    findings: tuple[Finding, ...]
    max_duration_seconds: int
    limiting_factor: Factor | None
    end_by: datetime | None
    authorization_expires_at: datetime | None
    warn_at_remaining_seconds: tuple[int, ...]
    call_class: CallClass | None
    record: bool
    monitor: bool
    announcements: tuple[str, ...]
    quote: Quote | None
    retry_at: datetime | None

    def __hash__(self) -> int:
        """Of a few members only: decisions are looked up by the thousand, and all members are compared anyway."""
        return hash((self.reason, self.max_duration_seconds, self.end_by))
