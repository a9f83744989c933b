"""Has this person calls and minutes left today, this week and this month?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callgate.domain.case import CallClass, Case, Limits
from callgate.domain.hours import local_day, start_of_next_day, start_of_next_month, start_of_next_week
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Factor, Limit, Pass, Reason, Verdict

_SECONDS_PER_MINUTE = 60
_NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Ceiling:
    """`allowed` and `used` are seconds where time is counted, else calls."""

    name: str
    allowed: int
    used: int
    renewed_at: Callable[[ZoneInfo, datetime], datetime]
    counts_time: bool


def _ceilings(case: Case, policy: Policy, zone: ZoneInfo, limits: Limits) -> Iterator[_Ceiling]:
    law, own, used = policy.quotas, limits, case.usage
    month_minutes = _minutes_this_month(policy, zone, case.decided_at)
    of_calls = (
        ("calls_per_day", law.calls_per_day, own.calls_per_day, used.calls_today, start_of_next_day),
        ("calls_per_week", law.calls_per_week, own.calls_per_week, used.calls_this_week, start_of_next_week),
        ("calls_per_month", law.calls_per_month, own.calls_per_month, used.calls_this_month, start_of_next_month),
    )
    of_minutes = (
        ("minutes_per_day", law.minutes_per_day, own.minutes_per_day, used.seconds_today, start_of_next_day),
        ("minutes_per_month", month_minutes, own.minutes_per_month, used.seconds_this_month, start_of_next_month),
    )
    for name, by_law, by_facility, calls, renewed_at in of_calls:
        allowed = _narrower(by_law, by_facility)
        if allowed is not None:
            yield _Ceiling(name, allowed, calls, renewed_at, counts_time=False)
    for name, by_law, by_facility, seconds, renewed_at in of_minutes:
        minutes = _narrower(by_law, by_facility)
        if minutes is not None:
            yield _Ceiling(name, minutes * _SECONDS_PER_MINUTE, seconds, renewed_at, counts_time=True)


def _minutes_this_month(policy: Policy, zone: ZoneInfo, now: datetime) -> int | None:
    quotas = policy.quotas
    if not quotas.minutes_per_month_in:
        return quotas.minutes_per_month
    return quotas.minutes_per_month_in.get(local_day(zone, now).month, quotas.minutes_per_month)


def _narrower(by_law: int | None, by_facility: int | None) -> int | None:
    if by_law is None or by_facility is None:
        return by_facility if by_law is None else by_law
    return min(by_law, by_facility)


def _judge(case: Case, policy: Policy) -> Verdict:
    facility = case.facility
    if facility is None:
        raise ValueError("no facility, so no local day to count on")
    zone = ZoneInfo(facility.time_zone)
    if facility.limits is None and not policy.quotas.has_any:
        return Pass()
    ceilings = tuple(_ceilings(case, policy, zone, facility.limits or _NO_LIMITS))
    spent = [ceiling for ceiling in ceilings if ceiling.used >= ceiling.allowed]
    if spent:
        return Deny(",".join(ceiling.name for ceiling in spent), retry_at=_renewed_at(spent, zone, case.decided_at))
    left = [ceiling.allowed - ceiling.used for ceiling in ceilings if ceiling.counts_time]
    return Limit(min(left), Factor.QUOTA) if left else Pass()


def _renewed_at(spent: list[_Ceiling], zone: ZoneInfo, now: datetime) -> datetime | None:
    # Whoever has spent several waits for the last of them; and a ceiling of nothing is never renewed.
    if any(ceiling.allowed <= 0 for ceiling in spent):
        return None
    return max(ceiling.renewed_at(zone, now) for ceiling in spent)


CHECK = Check(
    name="quota",
    refuses_with=Reason.LIMIT_REACHED,
    binds=frozenset({CallClass.SOCIAL}),
    judge=_judge,
    clause="The profile's and the Commissioner's ceilings, the narrower of the two (contract 2, 3; RULES F30)",
)
