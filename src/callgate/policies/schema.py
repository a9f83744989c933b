"""Which keys does a profile file have, and what may stand under each?

One class a section. `docs/policies.md` explains every key for whoever writes a profile; a test fails when it misses
one. Whether the values agree with each other is asked in `consistency.py`.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from callgate.domain.number import NumberKind
from callgate.domain.pin import PIN_LENGTH_MAX, PIN_LENGTH_MIN
from callgate.policies.facts import Facts
from callgate.policies.leaf import (
    Count,
    Days,
    Leaf,
    Medium,
    Name,
    OrNone,
    PaymentType,
    Region,
    Seconds,
    Sourced,
    Strict,
    Text,
    Unique,
    WallTime,
    one_of,
)
from callgate.policies.tariffs import TariffRow

ListKind = Literal["social", "attorney", "consulate", "confined_person", "supervised_person"]
Prompt = Literal["facility_branding", "recorded_call", "rate_quote", "accept_or_block"]
Kind = Annotated[str, one_of(frozenset(NumberKind))]
Month = Annotated[str, one_of(tuple(str(month) for month in range(1, 13)))]
Ceiling = OrNone[Count]


class PhoneList(Strict):
    """The numbers that a person may call."""

    mode: Leaf[Literal["allow_list", "open_minus_blocks"]]
    limit: Leaf[Annotated[int, Field(ge=1, le=1000)]]
    counts_attorneys: Leaf[bool]
    change_interval_days: Leaf[Days]
    kinds_needing_warden: Leaf[Unique[ListKind]]
    kinds_suspended: Leaf[Unique[ListKind]]
    pending_due_business_days: Leaf[Annotated[int, Field(ge=1, le=365)]]


class Window(Strict):
    """The hours of the day."""

    open: Leaf[WallTime]
    close: Leaf[WallTime]
    applies_to: Leaf[Literal["whole_call", "start"]]
    close_inclusive: Leaf[bool]


class CapFactor(Strict):
    """How many times the cap a call may last over each medium. Voice is what the cap was written for."""

    voice: Leaf[Literal[1]]
    tty: Leaf[Annotated[int, Field(ge=1, le=10)]]
    relay: Leaf[Annotated[int, Field(ge=1, le=10)]]


class Call(Strict):
    """One call's length."""

    cap_seconds: Leaf[Seconds]
    cap_factor: CapFactor
    answer_within_seconds: Leaf[Annotated[int, Field(ge=1, le=600)]]
    warn_at_remaining_seconds: Leaf[Unique[Seconds]]


class Gap(Strict):
    """The least time between two calls of one person; 0 is none."""

    seconds: Leaf[Annotated[int, Field(ge=0, le=2_678_400)]]
    counted_from: Leaf[Literal["start", "end"]]


class QuotaRules(Strict):
    """Ceilings; the word "none" where there is none."""

    calls_per_day: Leaf[Ceiling]
    calls_per_week: Leaf[Ceiling]
    calls_per_month: Leaf[Ceiling]
    minutes_per_day: Leaf[Ceiling]
    minutes_per_month: Leaf[Ceiling]
    minutes_per_month_in: Leaf[dict[Month, Count]]


class Destinations(Strict):
    """Where to."""

    domestic_regions: Leaf[Annotated[Unique[Region], Field(min_length=1)]]
    open_regions: Leaf[Unique[Region]]
    forbidden_kinds: Leaf[Unique[Kind]]


class Payment(Strict):
    """Who may be asked to pay, and for which media nobody is."""

    types: Leaf[Annotated[Unique[PaymentType], Field(min_length=1)]]
    free_media: Leaf[Unique[Medium]]


class Announcements(Strict):
    """What both sides hear before they are connected, in order."""

    social: Leaf[Unique[Prompt]]
    privileged: Leaf[Unique[Prompt]]
    hotline: Leaf[Unique[Prompt]]


class Recorded(Strict):
    """Is the call recorded and monitored? Privileged and hotline calls never are, whatever a profile would like."""

    social: Leaf[bool]
    privileged: Leaf[Literal[False]]
    hotline: Leaf[Literal[False]]


class Throttle(Strict):
    """What follows wrong PINs at one station, and at a facility."""

    wrong_max: Leaf[Count]
    window_seconds: Leaf[Seconds]
    lock_seconds: Leaf[Seconds]
    lock_seconds_max: Leaf[Seconds]
    quiet_seconds: Leaf[Seconds]
    facility_wrong_max: Leaf[Count]
    facility_window_seconds: Leaf[Seconds]


class Pin(Strict):
    """How long a generated PIN is, and what guessing costs."""

    length: Leaf[Annotated[int, Field(ge=PIN_LENGTH_MIN, le=PIN_LENGTH_MAX)]]
    throttle: Throttle


class Removal(Strict):
    """Clocks of a request to be taken off the lists."""

    due_days: Leaf[Annotated[int, Field(ge=1, le=365)]]
    tracking_days: Leaf[Annotated[int, Field(ge=1, le=3650)]]


class BlockLift(Strict):
    """How long the first of two people's word waits for the second's."""

    second_person_hours: Leaf[Annotated[int, Field(ge=1, le=720)]]


class BlockEnd(Strict):
    """How many days before a block ends by itself staff are warned."""

    warning_days: Leaf[Annotated[int, Field(ge=1, le=365)]]


class OneTimeCall(Strict):
    """How long a first or an emergency call may be had once it is granted."""

    hours_max: Leaf[Annotated[int, Field(ge=1, le=24)]]


class Probing(Strict):
    """How many different numbers that are not available, in one local day, look like a search for one."""

    numbers_per_person: Leaf[Annotated[int, Field(ge=2, le=1000)]]
    numbers_per_station: Leaf[Annotated[int, Field(ge=2, le=1000)]]


class EventRules(Strict):
    """What follows such a report of a switch: the call is cut, the report is noted as an alert, or only kept."""

    three_way: Leaf[Literal["cut", "note", "ignore"]]
    diverted: Leaf[Literal["cut", "note", "ignore"]]


class RestrictionRules(Strict):
    """After how many days of restrictions, in a row or in a year, staff are warned; "none" where nothing sets it."""

    stacking_days: Leaf[Ceiling]
    days_per_year: Leaf[Ceiling]


class Clauses(Strict):
    """The text behind each check: one key a check, by its name in `checks`."""

    station: Sourced
    shutoff: Sourced
    calling_hours: Sourced
    pin: Sourced
    person: Sourced
    restriction: Sourced
    one_live_call: Sourced
    quota: Sourced
    gap: Sourced
    dialable: Sourced
    destination: Sourced
    phone_list: Sourced
    block: Sourced
    shield: Sourced
    payment_type: Sourced
    tariff: Sourced
    call_cap: Sourced
    carrier_limit: Sourced


class ProfileFile(Strict):
    """One jurisdiction."""

    profile: Name
    version: date
    title: Text
    phone_list: PhoneList
    window: Window
    call: Call
    gap: Gap
    quotas: QuotaRules
    destinations: Destinations
    payment: Payment
    announcements: Announcements
    recorded: Recorded
    pin: Pin
    removal: Removal
    block_lift: BlockLift
    block_end: BlockEnd
    one_time_call: OneTimeCall
    probing: Probing
    events: EventRules
    restriction: RestrictionRules
    tariff: Annotated[list[TariffRow], Field(min_length=1)]
    clauses: Clauses
    facts: Facts = Facts()
