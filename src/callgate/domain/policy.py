"""What does one jurisdiction's law say, as values a check can compare?

A profile file under `policies/` becomes one `Policy`. Every number in it came with a source and a mark there;
`clauses` says, check by check, which text the check enforces. A policy is identified by the hash of its content,
so a decision recorded today can be decided again under exactly the same values years later.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from callgate.domain.pin import ThrottleRules
from callgate.domain.rates import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Where does a value come from, and how sure is that?

    `mark`: `S` the source was read; `S2` only a secondary source; `M` background knowledge; `NF` looked for and not
    found, so the value is a choice of ours and `source` says why.
    """

    source: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How many calls and minutes may one person have? None: no ceiling.

    `minutes_per_month_in` overrides `minutes_per_month` in the months named (1 to 12).
    """

    calls_per_day: int | None = None
    calls_per_week: int | None = None
    calls_per_month: int | None = None
    minutes_per_day: int | None = None
    minutes_per_month: int | None = None
    minutes_per_month_in: Mapping[int, int]

    @property
    def has_any(self) -> bool:
        """Is anything limited, so that use must be summed at all?"""
        return (
            self.calls_per_day is not None
            or self.calls_per_week is not None
            or self.calls_per_month is not None
            or self.minutes_per_day is not None
            or self.minutes_per_month is not None
            or bool(self.minutes_per_month_in)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which values bind a call at a facility of this profile?

    Durations are whole seconds, windows `HH:MM` local wall-clock time, regions ISO 3166 codes.
    """

    profile: str
    version: str
    title: str
    content_hash: str

    # The list (contract section 4).
    list_mode: str  # allow_list: only listed numbers; open_minus_blocks: everything that no block forbids
    list_limit: int
    list_counts_attorneys: bool
    list_change_interval_days: int
    list_kinds_needing_warden: frozenset[str]
    list_kinds_suspended: frozenset[str]  # entries of these kinds cannot be called while a restriction is in force
    pending_due_business_days: int

    # When and how long.
    window_open: str
    window_close: str
    window_applies_to: (
        str  # whole_call: the call is cut at closing time; start: a call begun in time runs its full time
    )
    window_close_inclusive: bool  # start reading only: a call set up exactly at closing time still counts as in time
    call_cap_seconds: int
    call_cap_factor: Mapping[str, int]  # media -> multiple of the cap
    answer_within_seconds: int
    warn_at_remaining_seconds: tuple[int, ...]
    gap_seconds: int
    gap_from: str  # start | end
    quotas: Quotas

    # Where to.
    domestic_regions: frozenset[str]
    open_regions: frozenset[str]  # regions that may be called at all, domestic ones included
    forbidden_kinds: frozenset[str]  # number kinds nobody may list or call (see domain.number.NumberKind)

    # What it costs.
    payment_types: frozenset[str]
    free_media: frozenset[str]  # media for which nobody is charged
    tariffs: tuple[Tariff, ...]  # used at a facility that has none of its own

    # What both sides hear.
    announcements: Mapping[str, tuple[str, ...]]  # call class -> prompt ids, in order
    recorded: Mapping[str, bool]  # call class -> is the call recorded and monitored?

    # The PIN.
    pin_length: int
    throttle: ThrottleRules

    # Removal, restriction and retention figures that staff flows read.
    removal_due_days: int
    removal_tracking_days: int
    block_lift_second_person_hours: int
    block_end_warning_days: int
    one_time_call_hours_max: int
    probing_numbers_per_person: int  # different numbers not available, in one local day
    probing_numbers_per_station: int
    three_way_action: str  # cut | note | ignore
    diversion_action: str
    restriction_stacking_days: int | None  # in a row
    restriction_days_per_year: int | None

    clauses: Mapping[str, Clause]  # check name -> the text it enforces

    @property
    def label(self) -> str:
        """The name on the wire, `profile@version`."""
        return f"{self.profile}@{self.version}"
