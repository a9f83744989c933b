"""What is written down of a decision: the row of the log, the row of the call, the row of a revocation?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from callgate.checks.phone_list import rests_on_one_time_call
from callgate.domain.answer import answer_of, written_answer
from callgate.domain.case import CallClass, Case, Facility
from callgate.domain.instants import to_milliseconds
from callgate.domain.policy import Policy
from callgate.domain.rates import Quote
from callgate.domain.verdict import Decision
from callgate.flows.attempt import Attempt
from callgate.flows.gather import day_of
from callgate.store.case_text import write_case, write_findings

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision with everything that its records name."""

    decision_id: str
    now: datetime
    attempt: Attempt
    case: Case
    policy: Policy | None
    decision: Decision

    @property
    def now_ms(self) -> int:
        """The instant of the decision, as the tables keep it."""
        return to_milliseconds(self.now)

    @property
    def verdict(self) -> str:
        """`allow` or `deny`."""
        return "allow" if self.decision.allowed else "deny"

    @property
    def facility(self) -> Facility | None:
        """Where the telephone stands, if it is known."""
        return self.case.facility

    @property
    def facility_id(self) -> str | None:
        """Its name."""
        return None if self.facility is None else self.facility.facility_id

    @property
    def inmate_id(self) -> str | None:
        """Who was identified."""
        return None if self.case.person is None else self.case.person.inmate_id


def wire_body(one: Decided) -> str:
    """The answer as it is kept and sent."""
    return written_answer(
        answer_of(
            one.decision,
            decision_id=one.decision_id,
            call_id=one.attempt.call_id,
            decided_at=one.now,
            policy=None if one.policy is None else one.policy.label,
        )
    )


def decision_row(one: Decided, *, body: str, fingerprint: str) -> Row:
    """The row of the decision log: the whole case and every finding, and no PIN in any form."""
    setup = one.attempt.setup_time
    return {
        "decision_id": one.decision_id,
        "switch_id": one.attempt.switch_id,
        "call_id": one.attempt.call_id,
        "decided_at": one.now_ms,
        "facility_id": one.facility_id,
        "station_id": one.attempt.station_id,
        "inmate_id": one.inmate_id,
        "number": one.case.number.e164,
        "decision": one.verdict,
        "reason": one.decision.reason,
        "call_class": one.decision.call_class,
        "policy": None if one.policy is None else one.policy.label,
        "policy_hash": None if one.policy is None else one.policy.content_hash,
        "setup_time": None if setup is None else to_milliseconds(setup),
        "fingerprint": fingerprint,
        "answer": body,
        "findings": write_findings(one.decision.findings),
        "facts": write_case(one.case),
    }


def call_row(one: Decided) -> Row:
    """The row of a call that was allowed.

    Raises:
        ValueError: it was not, or an allow lacks what every allow has; the transaction must not commit.
    """
    expires_at, end_by = one.decision.authorization_expires_at, one.decision.end_by
    if not one.decision.allowed or one.facility is None or expires_at is None or end_by is None:
        message = "only an allow with its place and its instants makes a call"
        raise ValueError(message)
    quote = one.decision.quote
    return {
        "decision_id": one.decision_id,
        "switch_id": one.attempt.switch_id,
        "call_id": one.attempt.call_id,
        "facility_id": one.facility_id,
        "station_id": one.attempt.station_id,
        "inmate_id": one.inmate_id,
        "number": one.case.number.e164,
        "call_class": one.decision.call_class,
        "local_day": day_of(one.facility, one.now),
        "authorized_at": one.now_ms,
        "expires_at": to_milliseconds(expires_at),
        "end_by": to_milliseconds(end_by),
        "max_duration_seconds": one.decision.max_duration_seconds,
        "quote": None if quote is None else _written_quote(quote),
        "state": "authorized",
        "frees_at": to_milliseconds(expires_at),
        "counted_seconds": 0,
        "one_time_call_id": _used_one_time_call(one),
    }


def _used_one_time_call(one: Decided) -> str | None:
    """Which one-time call does this one use? None where the list would have let it through, or does not bind it."""
    if one.policy is None or one.decision.call_class is not CallClass.SOCIAL or one.case.one_time is None:
        return None
    return one.case.one_time.one_time_call_id if rests_on_one_time_call(one.case, one.policy) else None


@lru_cache(maxsize=1024)  # as few as there are prices and grants
def _written_quote(quote: Quote) -> str:
    return json.dumps(quote.members())


def revocation_row(decision_id: str, *, call_id: str, case: Case, policy: Policy | None, decision: Decision) -> Row:
    """The row that says why an allow was taken back, with the facts that did it, and what a repeat is answered."""
    answer = answer_of(
        decision,
        decision_id=decision_id,
        call_id=call_id,
        decided_at=case.decided_at,
        policy=None if policy is None else policy.label,
    )
    return {
        "decision_id": decision_id,
        "revoked_at": to_milliseconds(case.decided_at),
        "reason": decision.reason,
        "policy_hash": None if policy is None else policy.content_hash,
        "answer": written_answer(answer),
        "findings": write_findings(decision.findings),
        "facts": write_case(case),
    }
