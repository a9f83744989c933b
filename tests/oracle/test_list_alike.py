"""Do both readings of the list agree where no answer shows it: under a restriction, which is told first anyway?"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from callgate.checks.phone_list import CHECK
from callgate.domain.case import ListEntry, Restriction
from callgate.domain.verdict import Deny
from tests.oracle import naive
from tests.oracle.worlds import World, world

BASE_SEED = 20_261_123
WORLDS = 4_000
KINDS = ("social", "attorney", "consulate", "confined_person", "supervised_person")
RESTRICTIONS = ("disciplinary", "investigation", "security_risk_group")
EDGES = tuple(timedelta(milliseconds=ms) for ms in (-86_400_000, -1, 0, 1, 86_400_000))


def listed_and_restricted(seed: int) -> World:
    """A world whose number is listed, with restrictions that begin and end hard by the instant of the decision."""
    one, rng = world(seed), Random(seed)
    restrictions = tuple(
        Restriction(
            restriction_id=str(position),
            kind=rng.choice(RESTRICTIONS),
            starts_at=one.case.decided_at + rng.choice(EDGES),
            ends_at=one.case.decided_at + rng.choice(EDGES),
            bars_privileged=False,
        )
        for position in range(rng.choice((0, 1, 1, 2)))
    )
    entry = ListEntry(kind=rng.choice(KINDS), state=rng.choice(("active", "active", "active", "pending_warden")))
    suspended = frozenset(rng.choice(((), ("confined_person",), ("confined_person", "supervised_person"))))
    return World(
        seed,
        replace(one.case, entry=entry, restrictions=restrictions, one_time=None),
        replace(one.policy, list_kinds_suspended=suspended),
    )


@pytest.mark.feature("F12")
def test_both_readings_find_the_same_approvals_suspended() -> None:
    seen: Counter[str] = Counter()
    for seed in range(BASE_SEED, BASE_SEED + WORLDS):
        one = listed_and_restricted(seed)
        expected = naive.Findings()
        naive.look_at_list(one.case, one.policy, expected)
        verdict = CHECK.judge(one.case, one.policy)
        assert isinstance(verdict, Deny) == bool(expected.refusals), one.as_json()
        seen[verdict.detail if isinstance(verdict, Deny) else "pass"] += 1
    assert set(seen) == {"pass", "approval_suspended", "pending_warden"}
    assert min(seen.values()) > WORLDS / 50
