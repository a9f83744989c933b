"""Which worlds are the two implementations compared in? Seeded ones, most of them close to some edge.

A world starts all clear, with everything in it that should make no difference: expired blocks, somebody else's
exceptions, ceilings not yet reached. Two in three are then spoiled, by one cause or by several at once.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from callgate.domain.case import Case
from callgate.domain.policy import Policy, Quotas
from callgate.policies import load_profile
from tests.oracle.drafts import clear_draft
from tests.oracle.edges import hhmm
from tests.oracle.spoilers import SPOILERS

PROFILES = ("ct-doc", "ny-doccs", "bop", "tdcj")
# The short ones lie in the hours in which clocks change; the long ones touch midnight.
WINDOWS = (
    *(("00:00", "24:00"), ("00:00", "23:59"), ("00:30", "24:00"), ("06:00", "23:00"), ("22:30", "23:30")),
    *(("00:00", "00:30"), ("00:30", "01:30"), ("01:00", "02:00"), ("01:30", "02:30"), ("02:00", "03:00")),
    *(("02:15", "02:45"), ("02:30", "04:00"), ("01:59", "02:01"), ("00:00", "02:00"), ("03:00", "20:00")),
)
SPOILERS_AT_ONCE = (0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 5)


class World(NamedTuple):
    seed: int
    case: Case
    policy: Policy

    def as_json(self) -> str:
        return json.dumps(
            {"seed": self.seed, "case": asdict(self.case), "policy": law_as_json(self.policy)}, default=str, indent=1
        )


def law_as_json(policy: Policy) -> dict[str, Any]:
    """Show what differs from the profile as shipped, which is all that its name does not say."""
    shipped = load(policy.profile)
    names = (name for name in Policy.__slots__ if getattr(policy, name) != getattr(shipped, name))
    return {"profile": policy.profile, **{name: getattr(policy, name) for name in names}}


@lru_cache(maxsize=len(PROFILES))
def load(profile: str) -> Policy:
    return load_profile(profile)


def world(seed: int) -> World:
    rng = Random(seed)
    policy = load(rng.choice(PROFILES))
    if rng.random() < 0.6:
        policy = varied(rng, policy)
    draft = clear_draft(rng, policy)
    for spoil in rng.sample(SPOILERS, rng.choice(SPOILERS_AT_ONCE)):
        spoil(draft)
    return World(seed, draft.case(), draft.policy)


def varied(rng: Random, policy: Policy) -> Policy:
    """Change a few values of the law, as the next edition or another jurisdiction might."""
    changes: dict[str, Any] = {}
    for vary in rng.sample(VARIATIONS, rng.choice((1, 2, 3, 5))):
        changes |= vary(rng)
    return replace(policy, **changes)


def window(rng: Random) -> dict[str, Any]:
    first = rng.randrange(1439)
    opens, closes = rng.choice((*WINDOWS, (hhmm(first), hhmm(rng.randint(first + 1, 1440)))))
    return {"window_open": opens, "window_close": closes}


def reading(rng: Random) -> dict[str, Any]:
    applies_to, inclusive = rng.choice((("whole_call", False), ("start", False), ("start", True)))
    return {"window_applies_to": applies_to, "window_close_inclusive": inclusive}


def lengths(rng: Random) -> dict[str, Any]:
    return {
        "call_cap_seconds": rng.choice((1, 60, 61, 600, 900, 1800, 3600)),
        "call_cap_factor": {"voice": rng.choice((1, 1, 2)), "tty": rng.choice((1, 4)), "relay": rng.choice((2, 3))},
        "answer_within_seconds": rng.choice((1, 60, 120, 300)),
        "warn_at_remaining_seconds": rng.choice(((), (60,), (60, 30))),
    }


def ceilings(rng: Random) -> dict[str, Any]:
    quotas = Quotas(
        calls_per_day=rng.choice((None, 1, 4)),
        calls_per_week=rng.choice((None, 6)),
        calls_per_month=rng.choice((None, 12)),
        minutes_per_day=rng.choice((None, 20, 90)),
        minutes_per_month=rng.choice((None, 100, 300)),
        minutes_per_month_in=rng.choice(({}, {1: 50, 2: 400}, dict.fromkeys(range(1, 13), 200))),
    )
    gap = {"gap_seconds": rng.choice((0, 1, 60, 3600)), "gap_from": rng.choice(("start", "end"))}
    return {"quotas": quotas, **gap}


def destinations(rng: Random) -> dict[str, Any]:
    return {
        "domestic_regions": frozenset(rng.choice((("US",), ("US", "PR"), ("US", "PR", "CA")))),
        "open_regions": frozenset(rng.choice((("US",), ("US", "PR", "CA"), ("US", "PR", "CA", "GB", "MX")))),
        "forbidden_kinds": frozenset(rng.choice(((), ("premium",), ("toll_free", "premium", "voip", "unknown")))),
        "list_mode": rng.choice(("allow_list", "open_minus_blocks")),
    }


def payment(rng: Random) -> dict[str, Any]:
    return {
        "payment_types": frozenset(rng.choice((("collect",), ("free", "debit"), ("collect", "prepaid", "debit")))),
        "free_media": frozenset(rng.choice(((), ("tty",), ("voice", "relay")))),
    }


def said(rng: Random) -> dict[str, Any]:
    return {
        "announcements": {"social": ("recorded_call", "rate_quote"), "privileged": ("rate_quote",), "hotline": ()},
        "recorded": {"social": rng.random() < 0.5, "privileged": False, "hotline": False},
    }


VARIATIONS: tuple[Callable[[Random], dict[str, Any]], ...] = (
    window,
    window,
    reading,
    lengths,
    ceilings,
    destinations,
    payment,
    said,
)
