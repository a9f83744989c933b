"""What is written down of a decision: the row of the log, the row of the call, the row of a revocation?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from callgate.checks.phone_list import rests_on_one_time_call
from callgate.domain.answer import write_answer
from callgate.domain.case import CallClass, Case
from callgate.domain.instants import to_milliseconds
from callgate.domain.policy import Policy
from callgate.domain.rates import Quote
from callgate.domain.verdict import Decision
from callgate.flows.attempt import Attempt
from callgate.flows.gather import day_of
from callgate.store.case_text import write_case, write_findings
from callgate.store.decisions import CallRow, DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision with everything that its records name. `now_ms`: its instant as the tables keep it."""

    decision_id: str
    now: datetime
    now_ms: int
    attempt: Attempt
    case: Case
    policy: Policy | None
    decision: Decision

    @property
    def facility_id(self) -> str | None:
        """Where the telephone stands, if it is known."""
        return None if self.case.facility is None else self.case.facility.facility_id

    @property
    def inmate_id(self) -> str | None:
        """Who was identified."""
        return None if self.case.person is None else self.case.person.inmate_id


def decision_row(one: Decided, *, fingerprint: str) -> DecisionRow:
    """The row of the decision log, and in it the answer as it is kept and sent."""
    attempt, case, policy, decision = one.attempt, one.case, one.policy, one.decision
    label = None if policy is None else policy.label
    return DecisionRow(
        decision_id=one.decision_id,
        switch_id=attempt.switch_id,
        call_id=attempt.call_id,
        decided_at=one.now_ms,
        facility_id=one.facility_id,
        station_id=attempt.station_id,
        inmate_id=one.inmate_id,
        number=case.number.e164,
        decision="allow" if decision.allowed else "deny",
        reason=decision.reason,
        call_class=decision.call_class,
        policy=label,
        policy_hash=None if policy is None else policy.content_hash,
        setup_time=None if attempt.setup_time is None else to_milliseconds(attempt.setup_time),
        fingerprint=fingerprint,
        answer=write_answer(
            decision, decision_id=one.decision_id, call_id=attempt.call_id, decided_at=one.now, policy=label
        ),
        findings=write_findings(decision.findings),
        facts=write_case(case),
    )


def call_row(one: Decided) -> CallRow:
    """The row of a call that was allowed.

    Raises:
        ValueError: it was not, or an allow lacks what every allow has; the transaction must not commit.
    """
    decision, facility = one.decision, one.case.facility
    if not decision.allowed or facility is None or decision.authorization_expires_at is None or decision.end_by is None:
        message = "only an allow with its place and its instants makes a call"
        raise ValueError(message)
    expires_at = to_milliseconds(decision.authorization_expires_at)
    return CallRow(
        decision_id=one.decision_id,
        switch_id=one.attempt.switch_id,
        call_id=one.attempt.call_id,
        facility_id=facility.facility_id,
        station_id=one.attempt.station_id,
        inmate_id=one.inmate_id,
        number=one.case.number.e164,
        call_class=decision.call_class,
        local_day=day_of(facility, one.now),
        authorized_at=one.now_ms,
        expires_at=expires_at,
        end_by=to_milliseconds(decision.end_by),
        max_duration_seconds=decision.max_duration_seconds,
        quote=None if decision.quote is None else _written_quote(decision.quote),
        state="authorized",
        frees_at=expires_at,
        counted_seconds=0,
        one_time_call_id=_used_one_time_call(one),
    )


def _used_one_time_call(one: Decided) -> str | None:
    """Which one-time call does this one use? None where the list would have let it through, or does not bind it."""
    if one.policy is None or one.decision.call_class is not CallClass.SOCIAL or one.case.one_time is None:
        return None
    return one.case.one_time.one_time_call_id if rests_on_one_time_call(one.case, one.policy) else None


@lru_cache(maxsize=1024)  # as few as there are prices and grants
def _written_quote(quote: Quote) -> str:
    return json.dumps(quote.members())


def revocation_row(
    decision_id: str, *, call_id: str, case: Case, policy: Policy | None, decision: Decision
) -> Mapping[str, Any]:
    """The row that says why an allow was taken back, with the facts that did it, and what a repeat is answered."""
    label = None if policy is None else policy.label
    return {
        "decision_id": decision_id,
        "revoked_at": to_milliseconds(case.decided_at),
        "reason": decision.reason,
        "policy_hash": None if policy is None else policy.content_hash,
        "answer": write_answer(
            decision, decision_id=decision_id, call_id=call_id, decided_at=case.decided_at, policy=label
        ),
        "findings": write_findings(decision.findings),
        "facts": write_case(case),
    }
