"""Which facts is one call attempt decided on?

A `Case` is everything the checks may look at, frozen, and is stored with the decision: deciding it again must give the
same answer. It never holds a PIN or a digest of one. Fields are plain strings, numbers and instants on purpose: a
corrupt value in a row must reach the check that reads it and be refused there, not stop the batch while loading.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callgate.domain.number import Number
from callgate.domain.rates import Tariff


class CallClass(StrEnum):
    """What kind of call is it, and so which checks bind it?"""

    SOCIAL = "social"
    PRIVILEGED = "privileged"
    HOTLINE = "hotline"


class PinState(StrEnum):
    """What came of the PIN that was entered?

    `NOT_HEARD`: the telephone was out of service or closed, so the PIN was neither looked up nor counted.
    `NOT_NEEDED`: a hotline, where it is ignored and not recorded.
    """

    MATCHED = "matched"
    MISSING = "missing"
    UNKNOWN = "unknown"
    LOCKED = "locked"
    NOT_HEARD = "not_heard"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A daily window as a facility or station row has it, `HH:MM` local."""

    open: str
    close: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """The telephone that asks."""

    station_id: str
    facility_id: str
    unit: str
    media: str
    enabled: bool
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The facility's own ceilings (the Commissioner's list); each narrows the profile's."""

    calls_per_day: int | None = None
    calls_per_week: int | None = None
    calls_per_month: int | None = None
    minutes_per_day: int | None = None
    minutes_per_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """The place the telephone stands in."""

    facility_id: str
    profile: str
    time_zone: str
    region: str
    hours: Hours | None = None
    limits: Limits | None = None
    has_own_tariffs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutoff:
    """An emergency shut-off that concerns this telephone; scope `unit`, `facility` or `system`."""

    shutoff_id: str
    scope: str
    ends_at: datetime
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose PIN it is."""

    inmate_id: str
    facility_id: str
    unit: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A loss of calls that this person has or will have."""

    restriction_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    bars_privileged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """The number as it stands on this person's own list; state `active` or `pending_warden`."""

    kind: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCall:
    """A first or emergency call that a warden granted to this person for this number, and that no call has used yet.

    `expires_at`: the call must begin before; to the call that began on it, when that one is over at the latest.
    """

    one_time_call_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonNumber:
    """The number as everyone's: a confirmed hotline or privileged number in force here."""

    kind: str
    facility_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block on the called number that may concern this caller.

    `subject_here`: the person the block is about is active at the caller's facility now (the shield).
    `excepted`: a warden's named exception from this shield stands for the caller until `excepted_until`.
    """

    block_id: str
    scope: str
    kind: str
    inmate_id: str | None = None
    facility_id: str | None = None
    unit: str | None = None
    until: datetime | None = None
    subject_here: bool = False
    excepted: bool = False
    excepted_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What has this person already used, and is a call of theirs running?

    Minutes are counted in seconds: live calls with their whole grant, ended ones with their talk time.
    `live_until`: when the running call frees the PIN at the latest; None: no call is running.
    """

    live_until: datetime | None = None
    calls_today: int = 0
    calls_this_week: int = 0
    calls_this_month: int = 0
    seconds_today: int = 0
    seconds_this_month: int = 0
    last_started_at: datetime | None = None
    last_ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Every fact of one attempt.

    `covered`: the asking switch's token, and its row if it is registered, cover the station's facility.
    `media`: what the switch asked for, or the station's own.
    """

    decided_at: datetime
    switch_id: str
    covered: bool
    payment_type: str
    media: str
    requested_duration_seconds: int | None
    number: Number
    pin: PinState
    station: Station | None = None
    facility: Facility | None = None
    person: Person | None = None
    shutoffs: tuple[Shutoff, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    entry: ListEntry | None = None
    common: CommonNumber | None = None
    blocks: tuple[Block, ...] = ()
    usage: Usage = Usage()
    tariffs: tuple[Tariff, ...] = ()
    one_time: OneTimeCall | None = None
