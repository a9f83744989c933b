"""What does a world look like in which nothing stands against the call, but much stands close by?"""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from random import Random
from typing import Any

from callgate.domain.case import (
    Block,
    Case,
    CommonNumber,
    Facility,
    Hours,
    Limits,
    ListEntry,
    OneTimeCall,
    Person,
    PinState,
    Restriction,
    Shutoff,
    Station,
    Usage,
)
from callgate.domain.number import Number
from callgate.domain.policy import Policy
from callgate.domain.rates import Tariff
from tests.oracle.edges import DAY, MS, SECOND, ZONES, after, any_instant, hhmm, minutes, not_after
from tests.oracle.naive_clock import zone_named

VICTIM_CLASS = ("victim", "court_order", "protected_person")
OTHER_BLOCKS = ("called_party", "guardian", "investigation", "facility")
LISTED = ("social", "social", "social", "confined_person", "supervised_person")
ODD_KINDS = ("toll_free", "premium", "short_code", "directory", "emergency", "satellite", "voip", "unknown")
RATES = ("0.21", "0.00", "0", "0.06", "0.024", "0.1", "0.123457", "1.05", "0.2100", "0.00001", "12", "0.100000")


@dataclass(kw_only=True)
class Draft:
    """A case that can still be changed, with the dice and the law beside it."""

    rng: Random
    policy: Policy
    decided_at: datetime
    station: Station | None
    facility: Facility | None
    person: Person | None
    number: Number
    media: str
    payment_type: str
    pin: PinState = PinState.MATCHED
    switch_id: str = "switch-1"
    covered: bool = True
    requested_duration_seconds: int | None = None
    shutoffs: tuple[Shutoff, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    entry: ListEntry | None = None
    common: CommonNumber | None = None
    blocks: tuple[Block, ...] = ()
    usage: Usage = field(default_factory=Usage)
    tariffs: tuple[Tariff, ...] = ()
    one_time: OneTimeCall | None = None

    def case(self) -> Case:
        return Case(**{one.name: getattr(self, one.name) for one in fields(Case)})


def clear_draft(rng: Random, policy: Policy) -> Draft:
    zone = rng.choice(ZONES)
    facility_hours, station_hours = any_hours(rng, policy), any_hours(rng, policy)
    opens, closes = overlap(policy, facility_hours, station_hours)
    now = any_instant(rng, policy=policy, zone=zone, opens=opens, closes=closes)
    media = rng.choice(("voice",) * 8 + ("tty", "relay"))
    draft = Draft(
        rng=rng,
        policy=policy,
        decided_at=now,
        station=Station(
            station_id="station-1", facility_id="here", unit="a", media=media, enabled=True, hours=station_hours
        ),
        facility=Facility(
            facility_id="here",
            profile=policy.profile,
            time_zone=zone,
            region="US",
            hours=facility_hours,
            limits=any_limits(rng),
        ),
        person=Person(inmate_id="caller", facility_id="here", unit=rng.choice("ab"), status="active"),
        number=Number(e164="+18605550123", region="US", kind=rng.choice(("ordinary", "voip"))),
        media=media,
        payment_type=rng.choice(sorted(policy.payment_types)),
        requested_duration_seconds=rng.choice((None, None, 1, 900, policy.call_cap_seconds, rng.randint(1, 2000))),
    )
    add_number_standing(draft)
    add_tariffs(draft, zone)
    add_usage(draft, zone)
    add_what_no_longer_counts(draft)
    return draft


def any_hours(rng: Random, policy: Policy) -> Hours | None:
    """Answer mostly no hours, else narrower ones, and once in a while such as no form should have let in."""
    roll = rng.random()
    if roll < 0.7:
        return None
    first, last = (minutes(policy.window_open), minutes(policy.window_close)) if roll < 0.97 else (0, 1440)
    opens = rng.choice((first, rng.randrange(first, last)))
    return Hours(open=hhmm(opens), close=hhmm(rng.choice((last, rng.randint(opens + 1, last)))))


def overlap(policy: Policy, *narrower: Hours | None) -> tuple[int, int]:
    pairs = [(policy.window_open, policy.window_close)]
    pairs += [(hours.open, hours.close) for hours in narrower if hours is not None]
    opens, closes = max(minutes(first) for first, _ in pairs), min(minutes(last) for _, last in pairs)
    return (opens, closes) if opens < closes else (minutes(policy.window_open), minutes(policy.window_close))


def any_limits(rng: Random) -> Limits | None:
    if rng.random() < 0.6:
        return None
    return Limits(
        calls_per_day=rng.choice((None, 1, 3)),
        calls_per_week=rng.choice((None, None, 5, 7)),
        calls_per_month=rng.choice((None, None, 10)),
        minutes_per_day=rng.choice((None, None, 15, 30)),
        minutes_per_month=rng.choice((None, None, 120, 300)),
    )


def add_number_standing(draft: Draft) -> None:
    """Make the number one that may be called: listed, a lawyer's, everyone's, or a hotline."""
    rng, roll = draft.rng, draft.rng.random()
    if roll < 0.6:
        draft.entry = ListEntry(kind=rng.choice(LISTED), state="active")
        if draft.policy.list_mode == "open_minus_blocks" and rng.random() < 0.5:
            draft.entry = None
        return
    if rng.random() < 0.25:
        region = rng.choice(("US", "CA", "MX", None))
        draft.number = Number(e164="+18005550123", region=region, kind=rng.choice(ODD_KINDS))
    if roll < 0.74:
        draft.entry = ListEntry(kind=rng.choice(("attorney", "consulate")), state="active")
        return
    if rng.random() < 0.25:
        kind = rng.choice(("social", "attorney", "confined_person"))
        draft.entry = ListEntry(kind=kind, state=rng.choice(("active", "pending_warden")))
    kind = "privileged" if roll < 0.86 else "hotline"
    draft.common = CommonNumber(kind=kind, facility_id=rng.choice((None, "here")))
    if kind == "hotline" and rng.random() < 0.8:
        draft.pin, draft.person, draft.entry = PinState.NOT_NEEDED, None, None


def add_tariffs(draft: Draft, zone: str) -> None:
    """Give the facility prices of its own, always where its profile has none yet, with near misses among them."""
    rng, day = draft.rng, draft.decided_at.astimezone(zone_named(zone)).date()
    covered = any(tariff.effective_from <= day for tariff in draft.policy.tariffs)
    own = rng.random() < (0.3 if covered else 0.9)
    if draft.facility is not None and own:
        draft.facility = replace(draft.facility, has_own_tariffs=True)
    if own or rng.random() < 0.1:
        # One facility, one currency. What a row is in that no facility owns can hardly be told from a quote of 0.00.
        currency = rng.choice(("USD", "USD", "JPY", "KWD")) if own else "USD"
        first = day - rng.choice((0, 1, 1, 400)) * DAY
        fitting = any_tariff(draft, name="b", effective_from=first, currency=currency)
        draft.tariffs = (fitting, *near_misses(draft, fitting, day))


def any_tariff(draft: Draft, *, name: str, effective_from: date, currency: str) -> Tariff:
    rng = draft.rng
    others = tuple(sorted({draft.payment_type, rng.choice(("collect", "prepaid", "debit", "free"))}))
    return Tariff(
        tariff=name,
        payment_types=others,
        destination="domestic" if draft.number.region in draft.policy.domestic_regions else "international",
        currency=currency,
        per_minute=rng.choice(RATES),
        connection_fee=rng.choice(("0.00", "0.00", "0", "0.500", "1.234567")),
        increment_seconds=rng.choice((60, 60, 60, 1, 6, 7, 30, 3600)),
        payer=rng.choice(("called_party", "prepaid_account", "inmate", "agency")),
        effective_from=effective_from,
        effective_until=rng.choice((None, effective_from + 500 * DAY)),
    )


def near_misses(draft: Draft, fitting: Tariff, day: date) -> tuple[Tariff, ...]:
    """List tariffs that would have priced the call, but for one thing; some do, and then the rule for ties counts."""
    rng = draft.rng
    misses: tuple[dict[str, Any], ...] = (
        {"tariff": "a"},
        {"tariff": "c", "effective_from": fitting.effective_from - DAY},
        {"tariff": "d", "effective_from": day + DAY, "effective_until": None},
        {"tariff": "e", "effective_from": day - 9 * DAY, "effective_until": day + rng.choice((0, 1)) * DAY},
        {"tariff": "a-media", "media": tuple(sorted({"voice", "tty", "relay"} - {draft.media}))},
        {"tariff": "a-abroad", "destination": "international"},
        {"tariff": "a-paid", "payment_types": (rng.choice(("collect", "prepaid", "debit", "free")),)},
    )
    return tuple(replace(fitting, **miss) for miss in rng.sample(misses, rng.choice((0, 0, 1, 3))))


def add_usage(draft: Draft, zone: str) -> None:
    """Let this person have called before, up to the very edge of every ceiling, and never past one."""
    rng, now, month = draft.rng, draft.decided_at, draft.decided_at.astimezone(zone_named(zone)).month
    gap = draft.policy.gap_seconds * SECOND
    per_day, per_month = ceilings_seconds(draft, month)
    last = rng.choice((None, now - gap, now - gap - MS, now - gap - rng.randrange(1, 86_400) * SECOND))
    draft.usage = Usage(
        live_until=rng.choice((None, None, None, not_after(rng, now))),
        calls_today=below(rng, draft, "calls_per_day"),
        calls_this_week=below(rng, draft, "calls_per_week"),
        calls_this_month=below(rng, draft, "calls_per_month"),
        seconds_today=0 if per_day is None else per_day - left(rng, draft, per_day),
        seconds_this_month=0 if per_month is None else per_month - left(rng, draft, per_month),
        last_started_at=last if last is None or draft.policy.gap_from == "start" else last - 700 * SECOND,
        last_ended_at=last if last is None or draft.policy.gap_from == "end" else now - MS,
    )


def ceilings_seconds(draft: Draft, month: int) -> tuple[int | None, int | None]:
    law, own = draft.policy.quotas, (draft.facility.limits if draft.facility else None) or Limits()
    monthly = law.minutes_per_month_in.get(month, law.minutes_per_month)
    pairs = ((law.minutes_per_day, own.minutes_per_day), (monthly, own.minutes_per_month))
    first, second = (min((60 * one for one in pair if one is not None), default=None) for pair in pairs)
    return first, second


def below(rng: Random, draft: Draft, name: str) -> int:
    own = (draft.facility.limits if draft.facility else None) or Limits()
    ceiling = min(
        (one for one in (getattr(draft.policy.quotas, name), getattr(own, name)) if one is not None), default=9
    )
    return rng.choice((0, ceiling - 1, rng.randrange(ceiling)))


def left(rng: Random, draft: Draft, ceiling: int) -> int:
    cap = draft.policy.call_cap_seconds
    wanted = rng.choice((1, 59, 60, cap - 1, cap, cap + 1, ceiling, ceiling, rng.randint(1, ceiling)))
    return min(max(wanted, 1), ceiling)


def add_what_no_longer_counts(draft: Draft) -> None:
    """Add blocks, restrictions and shut-offs that are over, or not begun, or somebody else's."""
    rng, now = draft.rng, draft.decided_at
    if rng.random() < 0.25:
        ended = Block(block_id="1", scope="system", kind="called_party", until=not_after(rng, now))
        elsewhere = Block(block_id="2", scope="facility", kind="facility", facility_id="there")
        other_unit = Block(block_id="3", scope="unit", kind="facility", facility_id="here", unit="z")
        own_ended = Block(block_id="4", scope="inmate", kind="victim", inmate_id="caller", until=not_after(rng, now))
        draft.blocks = tuple(rng.sample((ended, elsewhere, other_unit, own_ended, *shields_that_do_not_hold(draft)), 2))
    if rng.random() < 0.15:
        start, end = rng.choice(((not_after(rng, now) - DAY, not_after(rng, now)), (after(rng, now), now + 99 * DAY)))
        if start < end:
            draft.restrictions = (any_restriction(rng, start, end),)
    if rng.random() < 0.1:
        draft.one_time = OneTimeCall(one_time_call_id="1", expires_at=not_after(rng, now))
    if rng.random() < 0.1:
        draft.shutoffs = (Shutoff(shutoff_id="1", scope="facility", ends_at=not_after(rng, now)),)


def shields_that_do_not_hold(draft: Draft) -> tuple[Block, ...]:
    rng = draft.rng
    victim = Block(block_id="5", scope="inmate", kind=rng.choice(VICTIM_CLASS), inmate_id="other")
    until = rng.choice((None, after(rng, draft.decided_at)))
    return (
        victim,
        replace(victim, kind=rng.choice(OTHER_BLOCKS), subject_here=True),
        replace(victim, subject_here=True, excepted=True, excepted_until=until),
        replace(victim, subject_here=True, until=not_after(rng, draft.decided_at)),
    )


def any_restriction(rng: Random, start: datetime, end: datetime) -> Restriction:
    kind = rng.choice(("disciplinary", "investigation", "security_risk_group"))
    return Restriction(restriction_id="1", kind=kind, starts_at=start, ends_at=end, bars_privileged=rng.random() < 0.4)
