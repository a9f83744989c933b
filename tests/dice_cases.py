"""Whole cases and policies, thrown with the dice of `tests.dice`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from callgate.domain.case import (
    Block,
    Case,
    Facility,
    Hours,
    ListEntry,
    OneTimeCall,
    Person,
    PinState,
    Shutoff,
    Usage,
)
from callgate.domain.policy import Policy, Quotas
from callgate.domain.rates import MEDIA, PAYMENT_TYPES
from callgate.policies import load_profiles
from tests.dice import (
    CALLER,
    CEILINGS,
    HERE,
    WINDOWS,
    Dice,
    any_block,
    any_common,
    any_entry,
    any_facility,
    any_hours,
    any_instant,
    any_number,
    any_one_time_call,
    any_person,
    any_restriction,
    any_shutoff,
    any_station,
    any_tariff,
    any_usage,
)

PROFILES = load_profiles()


def any_case(dice: Dice) -> Case:
    """Every fact of one attempt."""
    dice.one_in = dice.pick((24, 24, 8, 4))
    facility = any_facility(dice)
    now = any_instant(dice, facility.time_zone)
    station = None if dice.seldom() and dice.seldom() else any_station(dice)
    return Case(
        decided_at=now,
        switch_id="switch-1",
        covered=not (dice.seldom() and dice.seldom()),
        payment_type=dice.pick(PAYMENT_TYPES) if dice.seldom() else "collect",
        media=dice.pick(MEDIA) if station is None or (dice.seldom() and dice.seldom()) else station.media,
        requested_duration_seconds=dice.pick((None, None, None, None, 900, 1, 60, 899, 901, 86_400)),
        number=any_number(dice),
        pin=dice.pick(tuple(PinState)) if dice.seldom() and dice.seldom() else PinState.MATCHED,
        station=station,
        facility=facility,
        person=None if dice.seldom() and dice.seldom() else any_person(dice),
        shutoffs=dice.few(lambda: any_shutoff(dice, now)),
        restrictions=dice.few(lambda: any_restriction(dice, now)),
        entry=None if dice.seldom() else any_entry(dice),
        common=any_common(dice) if dice.seldom() else None,
        blocks=dice.few(lambda: any_block(dice, now)),
        usage=any_usage(dice, now) if dice.pick((False, False, True)) else Usage(),
        tariffs=dice.few(lambda: any_tariff(dice)),
        one_time=any_one_time_call(dice, now) if dice.seldom() else None,
    )


def any_corruption_of(case: Case, dice: Dice) -> Case:
    """One fact that no healthy row holds; whichever check meets it must refuse, and nothing may break."""
    now = case.decided_at
    without_offset = now.replace(tzinfo=None)
    here = Facility(facility_id=HERE, profile="ct-doc", time_zone="America/New_York", region="US")
    blocked = Block(block_id="b-0", scope="inmate", kind="victim", inmate_id=CALLER)
    shut = Shutoff(shutoff_id="s-0", scope="system", ends_at=now + timedelta(days=1))
    lost = any_restriction(dice, now)
    facts: tuple[dict[str, Any], ...] = (
        {"facility": None},
        {"facility": replace(here, time_zone="Mars/Olympus_Mons")},
        {"facility": replace(here, time_zone="../etc/passwd")},
        {"facility": replace(here, hours=Hours(open="6", close="x"))},
        {"person": Person(inmate_id=CALLER, facility_id=HERE, unit="A", status="escaped")},
        {"entry": ListEntry(kind="social", state="?")},
        {"media": "smoke"},
        {"payment_type": "barter"},
        {"requested_duration_seconds": 0},
        {"shutoffs": (replace(shut, scope="wing"),)},
        {"shutoffs": (replace(shut, ends_at=without_offset),)},
        {"blocks": (replace(blocked, scope="galaxy"),)},
        {"blocks": (replace(blocked, until=without_offset),)},
        {"usage": Usage(live_until=without_offset)},
        {"entry": None, "one_time": OneTimeCall(one_time_call_id="o-0", expires_at=without_offset)},
        {"restrictions": (replace(lost, starts_at=without_offset),)},
    )
    return replace(case, **dice.pick(facts))


def any_policy(dice: Dice) -> Policy:
    """A shipped profile, or one whose values were moved to where rules meet."""
    policy = PROFILES[dice.pick(sorted(PROFILES))]
    if dice.pick((True, False)):
        return policy
    window = dice.pick((any_hours(dice), *(Hours(open=opens, close=closes) for opens, closes in WINDOWS)))
    return replace(
        policy,
        list_mode=dice.pick(("allow_list", "open_minus_blocks")),
        window_open=window.open,
        window_close=window.close,
        window_applies_to=dice.pick(("whole_call", "start")),
        window_close_inclusive=dice.pick((False, True)),
        call_cap_seconds=dice.pick((900, 1800, 600, 1)),
        call_cap_factor={"voice": 1, "tty": 2, "relay": 3},
        answer_within_seconds=dice.pick((120, 1)),
        gap_seconds=dice.pick((0, 1, 3600)),
        gap_from=dice.pick(("start", "end")),
        quotas=Quotas(
            calls_per_day=dice.pick(CEILINGS),
            calls_per_week=dice.pick(CEILINGS),
            minutes_per_day=dice.pick(CEILINGS),
            minutes_per_month=dice.pick(CEILINGS),
            minutes_per_month_in=dice.pick(({}, {11: 400, 12: 400})),
        ),
        payment_types=frozenset(dice.pick((PAYMENT_TYPES, ("collect",), ("prepaid", "free")))),
    )
