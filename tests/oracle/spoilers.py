"""What can stand against a call? One function a cause; each sets its edge hard by the instant of the decision.

Where the edge falls on the near side the cause does not hold after all, and that too has to be seen by both.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from callgate.domain.case import Block, CommonNumber, Limits, ListEntry, OneTimeCall, Person, PinState, Shutoff
from callgate.domain.number import Number, NumberProblem
from tests.oracle.drafts import ODD_KINDS, OTHER_BLOCKS, VICTIM_CLASS, Draft, any_restriction
from tests.oracle.edges import DAY, MS, SECOND, around, not_after

PAYMENT_TYPES = ("collect", "prepaid", "debit", "free")


def out_of_service(draft: Draft) -> None:
    rng, station = draft.rng, draft.station
    if station is None or rng.random() < 0.15:
        draft.station = draft.facility = None
    elif rng.random() < 0.3:
        draft.covered = False
    elif rng.random() < 0.5:
        draft.station = replace(station, enabled=False)
    else:
        draft.media = rng.choice(("voice", "tty", "relay"))
    if rng.random() < 0.5:
        draft.pin, draft.person = PinState.NOT_HEARD, None


def shut_off(draft: Draft) -> None:
    scope = draft.rng.choice(("unit", "facility", "system"))
    shutoff = Shutoff(shutoff_id="9", scope=scope, ends_at=around(draft.rng, draft.decided_at), unit="a")
    draft.shutoffs = (*draft.shutoffs, replace(shutoff, unit="a" if scope == "unit" else None))


def pin_refused(draft: Draft) -> None:
    rng = draft.rng
    draft.pin = rng.choice([state for state in PinState if state is not PinState.MATCHED])
    if rng.random() < 0.7:
        draft.person = draft.entry = None


def person_not_here(draft: Draft) -> None:
    if draft.person is None:
        draft.pin, draft.person = PinState.MATCHED, None
        return
    status, facility_id = draft.rng.choice((("released", "here"), ("active", "there"), ("released", "there")))
    draft.person = replace(draft.person, status=status, facility_id=facility_id)


def restricted(draft: Draft) -> None:
    rng, now = draft.rng, draft.decided_at
    start, end = rng.choice(((now - DAY, around(rng, now)), (around(rng, now), now + DAY), (now, now + MS)))
    if start < end:
        draft.restrictions = (*draft.restrictions, any_restriction(rng, start, end))


def call_in_progress(draft: Draft) -> None:
    draft.usage = replace(draft.usage, live_until=around(draft.rng, draft.decided_at))


def counted_out(draft: Draft) -> None:
    """Reach a ceiling, pass it, or stop one short of it."""
    rng = draft.rng
    if draft.facility is None:
        return
    short = rng.choice((-1, 0, 0, 1))
    if rng.random() < 0.5:
        name, used = rng.choice((("day", "today"), ("week", "this_week"), ("month", "this_month")))
        limits = replace(draft.facility.limits or Limits(), **{f"calls_per_{name}": rng.choice((1, 2, 10))})
        count = getattr(limits, f"calls_per_{name}") + short
        draft.usage = replace(draft.usage, **{f"calls_{used}": count})
    else:
        name, used = rng.choice((("day", "today"), ("month", "this_month")))
        limits = replace(draft.facility.limits or Limits(), **{f"minutes_per_{name}": rng.choice((1, 30, 300, 390))})
        seconds = getattr(limits, f"minutes_per_{name}") * 60 + rng.choice((short, short, 60 * short))
        draft.usage = replace(draft.usage, **{f"seconds_{used}": max(seconds, 0)})
    draft.facility = replace(draft.facility, limits=limits)


def too_soon(draft: Draft) -> None:
    rng, policy = draft.rng, draft.policy
    if policy.gap_seconds == 0:
        policy = draft.policy = replace(policy, gap_seconds=rng.choice((1, 600, 3600)))
    last = draft.decided_at - policy.gap_seconds * SECOND + rng.choice((MS, SECOND, timedelta(), 600 * SECOND))
    last = min(last, draft.decided_at)
    started = last if policy.gap_from == "start" else last - 300 * SECOND
    ended = last if policy.gap_from == "end" else min(last + 300 * SECOND, draft.decided_at)
    draft.usage = replace(draft.usage, last_started_at=started, last_ended_at=ended)


def not_a_number(draft: Draft) -> None:
    rng = draft.rng
    aimed_at = rng.choice(("unknown", "ordinary", *ODD_KINDS))
    region = rng.choice((None, "US", "CA"))
    draft.number = Number(region=region, kind=aimed_at, problem=rng.choice(list(NumberProblem)))
    if rng.random() < 0.7:
        draft.entry, draft.common, draft.blocks = None, None, ()


def forbidden_number(draft: Draft) -> None:
    rng = draft.rng
    draft.number = replace(
        draft.number if draft.number.problem is None else Number(e164="+19005550123"),
        region=rng.choice(("US", "PR", "CA", "GB", None)),
        kind=rng.choice(("ordinary", *ODD_KINDS)),
    )


def not_listed(draft: Draft) -> None:
    rng = draft.rng
    draft.entry = rng.choice(
        (None, None, *(ListEntry(kind=kind, state="pending_warden") for kind in ("attorney", "confined_person")))
    )
    if draft.common is not None and rng.random() < 0.5:
        draft.common = None
    if rng.random() < 0.4:
        draft.one_time = OneTimeCall(one_time_call_id="9", expires_at=around(rng, draft.decided_at))


def granted_a_call(draft: Draft) -> None:
    """Give the number a one-time call, which stands in for the list against nothing else that was done."""
    draft.one_time = OneTimeCall(one_time_call_id="8", expires_at=around(draft.rng, draft.decided_at))


def blocked(draft: Draft) -> None:
    rng = draft.rng
    until = rng.choice((None, None, around(rng, draft.decided_at)))
    kind = rng.choice(VICTIM_CLASS + OTHER_BLOCKS)
    binding = (
        Block(block_id="21", scope="system", kind=kind, until=until),
        Block(block_id="22", scope="facility", kind=kind, facility_id="here", until=until),
        Block(block_id="23", scope="unit", kind=kind, facility_id="here", unit="a", until=until),
        Block(block_id="24", scope="unit", kind=kind, facility_id="there", unit="a", until=until),
        Block(
            block_id="25",
            scope="inmate",
            kind=kind,
            inmate_id="caller",
            until=until,
            subject_here=rng.random() < 0.7,
            excepted=rng.random() < 0.2,  # nobody is excepted from a block that is about them
        ),
    )
    draft.blocks = (*draft.blocks, rng.choice(binding))


def shielded(draft: Draft) -> None:
    rng, now = draft.rng, draft.decided_at
    shield = Block(
        block_id="31",
        scope="inmate",
        kind=rng.choice(VICTIM_CLASS),
        inmate_id="other",
        subject_here=rng.random() < 0.9,
        until=rng.choice((None, None, around(rng, now))),
    )
    if rng.random() < 0.5:
        shield = replace(
            shield, excepted=True, excepted_until=rng.choice((None, around(rng, now), not_after(rng, now)))
        )
    draft.blocks = (*draft.blocks, shield)


def privileged_or_hotline_after_all(draft: Draft) -> None:
    """Give the number a standing that most causes do not reach, beside whatever else was done to it."""
    kind = draft.rng.choice(("privileged", "hotline"))
    draft.common = CommonNumber(kind=kind, facility_id=draft.rng.choice((None, "here")))
    if draft.person is None:
        draft.person = Person(inmate_id="caller", facility_id="here", unit="a", status="active")


def unrated(draft: Draft) -> None:
    rng = draft.rng
    day = draft.decided_at.date()
    if rng.random() < 0.4:
        draft.payment_type = rng.choice(PAYMENT_TYPES)
        draft.policy = replace(draft.policy, payment_types=draft.policy.payment_types - {rng.choice(PAYMENT_TYPES)})
    elif draft.facility is not None:
        draft.facility = replace(draft.facility, has_own_tariffs=True)
        gone = (replace(one, effective_from=day - 9 * DAY, effective_until=day + DAY) for one in draft.tariffs)
        draft.tariffs = rng.choice(((), tuple(gone)))


SPOILERS: tuple[Callable[[Draft], None], ...] = (
    out_of_service,
    shut_off,
    pin_refused,
    person_not_here,
    restricted,
    call_in_progress,
    counted_out,
    too_soon,
    not_a_number,
    forbidden_number,
    not_listed,
    blocked,
    shielded,
    privileged_or_hotline_after_all,
    granted_a_call,
    unrated,
)
