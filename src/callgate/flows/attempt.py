"""What does a switch ask, and what is it told?"""

from dataclasses import dataclass, field
from datetime import datetime

from callgate.domain.roles import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call attempt as the wire gave it, its token verified.

    What a person typed (the PIN, the number) never shows in a repr, and neither is kept as it was typed.
    """

    switch_id: str
    call_id: str
    station_id: str
    pin: str | None = field(repr=False)
    called_number: str = field(repr=False)
    payment_type: str
    media: str | None
    requested_duration_seconds: int | None
    setup_time: datetime | None
    actor: Actor
    token_issued_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """What makes an attempt a repeat."""
        return (self.switch_id, self.call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer, on durable storage. `body` is its wire form; a repeat gets the same bytes again.

    `reason` and `failed_checks` are for metrics and alarms.
    """

    body: str
    decision: str
    reason: str | None
    replayed: bool = False
    decision_id: str = ""
    facility_id: str | None = None
    failed_checks: tuple[str, ...] = ()
    throttle_alert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No decision: the key was used for something else (422), or the token is no longer taken (401)."""

    code: str


Outcome = Answered | Refused
REUSED = Refused(code="call_id_reused")
TOKEN_OUT = Refused(code="token_not_accepted")
