"""What is decided about each attempt of one batch, once its locks are held?

Attempts are decided one after the other: the second telephone with one PIN meets the first one's call, the fifth
wrong PIN meets the four before it. Nothing is written until everything is decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from callgate.checks.decide import decide, failed_checks, with_pin_heard
from callgate.domain.case import Case, PinState
from callgate.domain.ids import new_id
from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import after_wrong_pin, is_locked
from callgate.domain.policy import Policy
from callgate.domain.verdict import Decision, Reason
from callgate.flows.attempt import REUSED, TOKEN_OUT, Answered, Attempt, Outcome
from callgate.flows.decision_rows import Decided, call_row, decision_row, revocation_row
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.gather import Gathered, Subject, gather
from callgate.store.cases import Callers
from callgate.store.database import Record, Transaction
from callgate.store.decisions import CallRow, DecisionRow, record_decisions, record_revocation
from callgate.store.throttles import throttle_insertion

# What a wrong PIN can be; a missing one is no guess, and a locked telephone takes none.
_GUESSED = frozenset({PinState.MATCHED, PinState.UNKNOWN})


class Batch:
    """One batch under its locks: what is known, and what it will write."""

    def __init__(self, deployment: Deployment, attempts: Sequence[Attempt], callers: Callers, *, now: datetime) -> None:
        self._deployment = deployment
        self._attempts = attempts
        self._now = now
        self._now_ms = to_milliseconds(now)
        self._callers = callers
        self._subjects: list[Subject] = []
        self._gathered: list[Gathered] = []
        self._stations = dict(callers.station_throttles)
        self._facilities = dict(callers.facility_throttles)
        self._live: dict[str, tuple[datetime, int]] = {}
        self._throttled: dict[str, str] = {}
        self._decisions: list[DecisionRow] = []
        self._calls: list[CallRow] = []
        self._revocations: list[Mapping[str, Any]] = []

    async def load(self, transaction: Transaction) -> None:
        """Read every fact that is not known from the locking: one statement."""
        self._subjects = [self._subject(i, attempt) for i, attempt in enumerate(self._attempts)]
        self._gathered = await gather(transaction, self._subjects, now=self._now)

    def decide(self, i: int) -> Outcome:
        """Decide one attempt, knowing what the batch decided before it."""
        attempt = self._attempts[i]
        if self._is_token_out(attempt):
            return TOKEN_OUT
        gathered = self._gathered[i]
        if gathered.repeat is not None:
            return self._answer_again(i, gathered.repeat)
        if gathered.is_orphan:
            return REUSED
        policy = self._subjects[i].policy
        throttle = self._stations.get(attempt.station_id)
        locked = throttle is not None and is_locked(throttle, self._now_ms)
        case = self._with_calls_of_this_batch(with_pin_heard(gathered.case, policy, is_locked=locked))
        decision = decide(case, policy)
        alert = self._count_wrong_pin(case, decision, policy)
        decided = Decided(
            decision_id=new_id(self._now),
            now=self._now,
            now_ms=self._now_ms,
            attempt=attempt,
            case=case,
            policy=policy,
            decision=decision,
        )
        return self._keep(decided, throttle_alert=alert)

    async def record(self, transaction: Transaction) -> None:
        """Write everything that was decided."""
        await record_decisions(
            transaction,
            decided=self._decisions,
            allowed=self._calls,
            throttles=throttle_insertion(
                stations={name: self._stations[name] for name in self._throttled},
                facilities={name: self._facilities[name] for name in self._throttled.values()},
            ),
        )
        for revocation in self._revocations:
            await record_revocation(transaction, revocation)

    def _subject(self, i: int, attempt: Attempt) -> Subject:
        station, facility = self._callers.places.get(i, (None, None))
        person = self._callers.people.get(i)
        matched = PinState.MATCHED if person is not None else PinState.UNKNOWN
        region = self._deployment.settings.default_region if facility is None else facility.region
        covered = facility is not None and self._is_covered(attempt, facility.facility_id)
        # To a switch that does not serve it, a telephone sounds as one that does not exist: no law, no price.
        policy = None if facility is None or not covered else self._deployment.policies.get(facility.profile)
        return Subject(
            switch_id=attempt.switch_id,
            covered=covered,
            station=station,
            facility=facility,
            policy=policy,
            person=person,
            pin=PinState.MISSING if attempt.pin is None else matched,
            number=parse_dialled(attempt.called_number, region=region),
            payment_type=attempt.payment_type,
            media=attempt.media,
            requested_duration_seconds=attempt.requested_duration_seconds,
            call_id=attempt.call_id,
        )

    def _is_covered(self, attempt: Attempt, facility_id: str) -> bool:
        row = self._callers.switches.get(attempt.switch_id)
        by_row = row is None or row.facilities is None or facility_id in row.facilities
        return by_row and attempt.actor.covers(facility_id)

    def _is_token_out(self, attempt: Attempt) -> bool:
        row = self._callers.switches.get(attempt.switch_id)
        return row is not None and not row.takes_token_of(to_milliseconds(attempt.token_issued_at))

    def _with_calls_of_this_batch(self, case: Case) -> Case:
        if case.person is None or case.person.inmate_id not in self._live:
            return case
        until, seconds = self._live[case.person.inmate_id]
        usage = replace(
            case.usage,
            live_until=until,
            seconds_today=case.usage.seconds_today + seconds,
            seconds_this_month=case.usage.seconds_this_month + seconds,
        )
        return replace(case, usage=usage)

    def _count_wrong_pin(self, case: Case, decision: Decision, policy: Policy | None) -> bool:
        """Write the throttle on every refused PIN, counted or not, so that each cause takes the same statements."""
        if decision.reason is not Reason.PIN_NOT_ACCEPTED or case.station is None or policy is None:
            return False
        station_id, facility_id = case.station.station_id, case.station.facility_id
        self._throttled[station_id] = facility_id
        if case.pin not in _GUESSED:
            return False
        after = after_wrong_pin(
            self._stations[station_id], self._facilities[facility_id], rules=policy.throttle, now_ms=self._now_ms
        )
        self._stations[station_id], self._facilities[facility_id] = after.station, after.facility
        return after.alert

    def _keep(self, one: Decided, *, throttle_alert: bool) -> Answered:
        prints = self._fingerprints(one.attempt, one.case, with_pin=one.case.pin is not PinState.NOT_NEEDED)
        row = decision_row(one, fingerprint=prints[0])
        self._decisions.append(row)
        if one.decision.allowed:
            self._calls.append(call_row(one))
            if row.inmate_id is not None and one.decision.authorization_expires_at is not None:
                self._live[row.inmate_id] = (one.decision.authorization_expires_at, one.decision.max_duration_seconds)
        return Answered(
            body=row.answer,
            decision=row.decision,
            reason=row.reason,
            decision_id=one.decision_id,
            facility_id=row.facility_id,
            failed_checks=failed_checks(one.decision),
            throttle_alert=throttle_alert,
        )

    def _fingerprints(self, attempt: Attempt, case: Case, *, with_pin: bool) -> tuple[str, ...]:
        return self._deployment.pin_keys.fingerprint(
            [
                "attempt",
                attempt.station_id,
                attempt.pin if with_pin else None,
                case.number.e164 or attempt.called_number,
                attempt.payment_type,
                case.media,
                None if attempt.requested_duration_seconds is None else str(attempt.requested_duration_seconds),
            ]
        )

    def _answer_again(self, i: int, row: Record) -> Outcome:
        attempt, case = self._attempts[i], self._gathered[i].case
        prints = self._fingerprints(attempt, case, with_pin=True) + self._fingerprints(attempt, case, with_pin=False)
        if row.fingerprint not in prints:
            return REUSED
        again = Answered(
            body=row.answer, decision="deny", reason=row.reason, replayed=True, decision_id=row.decision_id
        )
        if row.revoked_answer is not None:
            return replace(again, body=row.revoked_answer, reason=row.revoked_reason)
        if row.decision == "deny":
            return again
        if row.state != "authorized" or row.expires_at <= self._now_ms:
            return REUSED
        policy = self._subjects[i].policy
        heard = with_pin_heard(case, policy, is_locked=False)
        decision = decide(heard, policy)
        if decision.allowed:
            # A call that a write has revoked must end at its next event, even if that write was taken back since.
            return REUSED if row.revoked_at is not None else replace(again, decision="allow", reason=None)
        revocation = revocation_row(
            row.decision_id, call_id=attempt.call_id, case=heard, policy=policy, decision=decision
        )
        self._revocations.append(revocation)
        return replace(
            again,
            body=str(revocation["answer"]),
            reason=decision.reason,
            facility_id=row.facility_id,
            failed_checks=failed_checks(decision),
        )
