"""What would the decision be if somebody wrote the rules down a second time, slowly and from the texts alone?

Nothing here comes from `callgate.checks` or from the hours and rates of the domain: only the shapes of the facts are
shared. Where the real code computes, this one walks through the local clock minute by minute and through the contract's
table row by row. Two implementations can still misread one text alike, but they seldom make the same slip.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from callgate.domain.case import Block, Case, Facility, Limits, Person, Station
from callgate.domain.policy import Policy
from tests.oracle.naive_bill import NaiveQuote, hotline_price, price
from tests.oracle.naive_clock import (
    SECOND,
    closing_within,
    first_instant_of,
    is_just_closing,
    is_open,
    local_date,
    next_opening,
    opened,
)

TOLD_IN_ORDER = (
    *("not_in_service", "outside_calling_hours", "pin_not_accepted", "calls_restricted", "call_in_progress"),
    *("limit_reached", "number_not_valid", "number_not_available", "rate_unavailable"),
)
TIE_ORDER = ("call_cap", "calling_hours", "quota", "carrier_limit")
SIP_STATUS = {"pin_not_accepted": 403, "outside_calling_hours": 480, "call_in_progress": 486}
VICTIM_CLASS = ("victim", "court_order", "protected_person")


class NaiveDecision(NamedTuple):
    """The fields of an answer on the wire, as plain values."""

    allowed: bool
    reason: str | None = None
    max_duration_seconds: int = 0
    limiting_factor: str | None = None
    end_by: datetime | None = None
    authorization_expires_at: datetime | None = None
    call_class: str | None = None
    record: bool = False
    monitor: bool = False
    announcements: tuple[str, ...] = ()
    warn_at: tuple[int, ...] = ()
    quote: NaiveQuote | None = None
    retry_at: datetime | None = None
    sip_status: int = 603


class Findings:
    """Everything that was found against the call, and everything that shortens it."""

    def __init__(self) -> None:
        self.refusals: dict[str, list[datetime | None]] = {}
        self.limits: list[tuple[int, str]] = []
        self.closing: datetime | None = None

    def refuse(self, reason: str, retry_at: datetime | None = None) -> None:
        self.refusals.setdefault(reason, []).append(retry_at)


def decide(case: Case, policy: Policy) -> NaiveDecision:
    if case.station is None or case.facility is None:
        return NaiveDecision(allowed=False, reason="not_in_service")
    found, kind = Findings(), call_class(case)
    look_at_station(case, case.station, found)
    look_at_lengths(case, policy, found)
    look_at_dialling(case, policy, kind, found)
    if kind != "hotline":
        look_at_shutoffs(case, case.station, found)
        look_at_hours(case, policy, case.facility, found)
        look_at_person(case, case.person, case.facility, found)
        look_at_restrictions(case, kind, found)
        look_at_blocks(case, found)
        if price(case, policy, seconds=None) is None:
            found.refuse("rate_unavailable")
    if kind == "social":
        look_at_counts(case, policy, case.facility, found)
        look_at_minutes(case, policy, case.facility, found)
        look_at_list(case, policy, found)
    return answer_deny(case, policy, kind, found) if found.refusals else answer_allow(case, policy, kind, found)


def answer_deny(case: Case, policy: Policy, kind: str, found: Findings) -> NaiveDecision:
    reason = next(name for name in TOLD_IN_ORDER if name in found.refusals)
    ends = [instant for instant in found.refusals[reason] if instant is not None]
    return NaiveDecision(
        allowed=False,
        reason=reason,
        quote=hotline_price(case, policy, seconds=None) if kind == "hotline" else price(case, policy, seconds=None),
        retry_at=max(ends, default=None),
        sip_status=SIP_STATUS.get(reason, 603),
    )


def answer_allow(case: Case, policy: Policy, kind: str, found: Findings) -> NaiveDecision:
    seconds = min(limit for limit, _ in found.limits)
    shortest = [factor for limit, factor in found.limits if limit == seconds]
    expires = case.decided_at + policy.answer_within_seconds * SECOND
    over = expires + seconds * SECOND
    heard = kind == "social" and policy.recorded["social"]
    return NaiveDecision(
        allowed=True,
        max_duration_seconds=seconds,
        limiting_factor=next(factor for factor in TIE_ORDER if factor in shortest),
        end_by=over if found.closing is None else min(over, found.closing),
        authorization_expires_at=expires,
        call_class=kind,
        record=heard,
        monitor=heard,
        announcements=tuple(policy.announcements[kind]),
        warn_at=tuple(policy.warn_at_remaining_seconds),
        quote=hotline_price(case, policy, seconds=seconds)
        if kind == "hotline"
        else price(case, policy, seconds=seconds),
        sip_status=200,
    )


# ---- What kind of call, and who is kept from the number -------------------------------------------------------------
def call_class(case: Case) -> str:
    common = case.common.kind if case.common is not None else None
    if common == "hotline" and not any(block.scope == "system" and in_force(block, case) for block in case.blocks):
        return "hotline"
    own = case.entry is not None and case.entry.state == "active" and case.entry.kind in ("attorney", "consulate")
    if (common == "privileged" or own) and not any(binds(block, case) for block in case.blocks):
        return "privileged"
    return "social"


def in_force(block: Block, case: Case) -> bool:
    return block.until is None or case.decided_at < block.until


def binds(block: Block, case: Case) -> bool:
    person, facility = case.person, case.facility
    reaches_the_caller = {
        "system": True,
        "facility": facility is not None and block.facility_id == facility.facility_id,
        "unit": person is not None and (block.facility_id, block.unit) == (person.facility_id, person.unit),
        "inmate": person is not None and (block.inmate_id == person.inmate_id or shields(block, case)),
    }
    return in_force(block, case) and reaches_the_caller[block.scope]


def shields(block: Block, case: Case) -> bool:
    excepted = block.excepted and (block.excepted_until is None or case.decided_at < block.excepted_until)
    return block.kind in VICTIM_CLASS and block.subject_here and not excepted


# ---- The telephone and its hours ------------------------------------------------------------------------------------
def look_at_station(case: Case, station: Station, found: Findings) -> None:
    if not (case.covered and station.enabled and case.media == station.media):
        found.refuse("not_in_service")


def look_at_shutoffs(case: Case, station: Station, found: Findings) -> None:
    for shutoff in case.shutoffs:
        if case.decided_at < shutoff.ends_at and (shutoff.scope != "unit" or shutoff.unit == station.unit):
            found.refuse("not_in_service")


def look_at_hours(case: Case, policy: Policy, facility: Facility, found: Findings) -> None:
    now, zone = case.decided_at, facility.time_zone
    station_hours = case.station.hours if case.station is not None else None
    hours = opened(policy.window_open, policy.window_close, facility.hours, station_hours)
    if policy.window_applies_to == "start":
        in_time = is_open(now, zone, hours) or (policy.window_close_inclusive and is_just_closing(now, zone, hours))
        if not in_time:
            found.refuse("outside_calling_hours", next_opening(now, zone, hours))
        return
    longest = cap_seconds(case, policy) + policy.answer_within_seconds
    closing = closing_within(now, zone, hours, seconds=longest)
    if not is_open(now, zone, hours) or (closing is not None and closing - now < SECOND):
        found.refuse("outside_calling_hours", next_opening(now, zone, hours))
    elif closing is not None:
        found.closing = closing
        found.limits.append(((closing - now) // SECOND, "calling_hours"))


def look_at_lengths(case: Case, policy: Policy, found: Findings) -> None:
    found.limits.append((cap_seconds(case, policy), "call_cap"))
    if case.requested_duration_seconds is not None:
        found.limits.append((case.requested_duration_seconds, "carrier_limit"))


def cap_seconds(case: Case, policy: Policy) -> int:
    return policy.call_cap_seconds * policy.call_cap_factor[case.media]


# ---- The person -----------------------------------------------------------------------------------------------------
def look_at_person(case: Case, person: Person | None, facility: Facility, found: Findings) -> None:
    here = person is not None and person.status == "active" and person.facility_id == facility.facility_id
    if case.pin != "matched" or not here:
        found.refuse("pin_not_accepted")
    if case.usage.live_until is not None and case.decided_at < case.usage.live_until:
        found.refuse("call_in_progress")


def look_at_restrictions(case: Case, kind: str, found: Findings) -> None:
    for restriction in case.restrictions:
        today = restriction.starts_at <= case.decided_at < restriction.ends_at
        if today and (kind == "social" or restriction.bars_privileged):
            found.refuse("calls_restricted")


def lower(law: int | None, own: int | None) -> int | None:
    return min((ceiling for ceiling in (law, own) if ceiling is not None), default=None)


def look_at_counts(case: Case, policy: Policy, facility: Facility, found: Findings) -> None:
    day = local_date(case.decided_at, facility.time_zone)
    used, law, own = case.usage, policy.quotas, facility.limits or Limits()
    next_monday = day + timedelta(days=7 - day.weekday())
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    for count, ceiling, again in (
        (used.calls_today, lower(law.calls_per_day, own.calls_per_day), day + timedelta(days=1)),
        (used.calls_this_week, lower(law.calls_per_week, own.calls_per_week), next_monday),
        (used.calls_this_month, lower(law.calls_per_month, own.calls_per_month), next_month),
    ):
        if ceiling is not None and count >= ceiling:
            found.refuse("limit_reached", first_instant_of(again, facility.time_zone))
    last = used.last_started_at if policy.gap_from == "start" else used.last_ended_at
    if last is not None and case.decided_at < last + policy.gap_seconds * SECOND:
        found.refuse("limit_reached", last + policy.gap_seconds * SECOND)


def look_at_minutes(case: Case, policy: Policy, facility: Facility, found: Findings) -> None:
    day = local_date(case.decided_at, facility.time_zone)
    used, law, own = case.usage, policy.quotas, facility.limits or Limits()
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    monthly = law.minutes_per_month_in.get(day.month, law.minutes_per_month)
    for seconds, minutes, again in (
        (used.seconds_today, lower(law.minutes_per_day, own.minutes_per_day), day + timedelta(days=1)),
        (used.seconds_this_month, lower(monthly, own.minutes_per_month), next_month),
    ):
        if minutes is None:
            continue
        if minutes * 60 - seconds < 1:
            found.refuse("limit_reached", first_instant_of(again, facility.time_zone))
        else:
            found.limits.append((minutes * 60 - seconds, "quota"))


# ---- The number -----------------------------------------------------------------------------------------------------
def look_at_dialling(case: Case, policy: Policy, kind: str, found: Findings) -> None:
    forbidden = case.number.kind in policy.forbidden_kinds or case.number.region not in policy.open_regions
    if case.number.problem is not None or (kind == "social" and forbidden):
        found.refuse("number_not_valid")


def look_at_blocks(case: Case, found: Findings) -> None:
    if any(binds(block, case) for block in case.blocks):
        found.refuse("number_not_available")


def look_at_list(case: Case, policy: Policy, found: Findings) -> None:
    if case.one_time is not None and case.decided_at < case.one_time.expires_at:
        return
    unlisted = case.entry is None and policy.list_mode == "allow_list"
    if unlisted or (case.entry is not None and case.entry.state != "active") or is_suspended(case, policy):
        found.refuse("number_not_available")


def is_suspended(case: Case, policy: Policy) -> bool:
    """An approval sleeps while its holder is under restrictive status; a security risk group is none."""
    sleeping = [
        restriction
        for restriction in case.restrictions
        if restriction.kind != "security_risk_group" and restriction.starts_at <= case.decided_at < restriction.ends_at
    ]
    return case.entry is not None and case.entry.kind in policy.list_kinds_suspended and len(sleeping) > 0
