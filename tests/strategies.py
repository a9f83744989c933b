"""Cases for Hypothesis: every strategy here draws bytes, and `tests.dice` and `tests.dice_cases` say what they mean.

A case has a hundred fields. With a strategy for each Hypothesis took 40 ms to draw one; as one string of bytes it takes
one, and shrinks as well.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from callgate.domain.case import Block, Case, Hours, Limits, ListEntry, Person, Restriction, Shutoff, Usage
from callgate.domain.policy import Policy
from tests.dice import (
    Dice,
    any_block,
    any_entry,
    any_hours,
    any_limits,
    any_person,
    any_restriction,
    any_shutoff,
    any_usage,
)
from tests.dice_cases import any_case, any_corruption_of, any_policy

T = TypeVar("T")

BYTES_PER_CASE = 256
BYTES_PER_POLICY = 24


def cases(*, corrupt: bool = False) -> SearchStrategy[Case]:
    """Every fact of one attempt; with `corrupt` one of them is of a row that should not exist."""
    return _thrown((lambda dice: any_corruption_of(any_case(dice), dice)) if corrupt else any_case, BYTES_PER_CASE)


def policies() -> SearchStrategy[Policy]:
    """A shipped profile, or one whose values were moved to where rules meet."""
    return _thrown(any_policy, BYTES_PER_POLICY)


def hours() -> SearchStrategy[Hours]:
    """A well-formed daily window."""
    return _thrown(any_hours, 2)


def limits() -> SearchStrategy[Limits]:
    """A facility's own ceilings, nothing and zero among them."""
    return _thrown(any_limits, 5)


def persons() -> SearchStrategy[Person]:
    """Whoever the PIN identified."""
    return _thrown(any_person, 8)


def entries() -> SearchStrategy[ListEntry]:
    """The number on the person's own list."""
    return _thrown(any_entry, 2)


def shutoffs(now: datetime) -> SearchStrategy[Shutoff]:
    """A shut-off that ended, is in force or ends this instant."""
    return _thrown(lambda dice: any_shutoff(dice, now), 3)


def restrictions(now: datetime) -> SearchStrategy[Restriction]:
    """A restriction that has not begun, is in force or has ended."""
    return _thrown(lambda dice: any_restriction(dice, now), 4)


def blocks(now: datetime) -> SearchStrategy[Block]:
    """A block of any kind and scope, about the caller, a cellmate, this place or another."""
    return _thrown(lambda dice: any_block(dice, now), 12)


def usages(now: datetime) -> SearchStrategy[Usage]:
    """What was used before, at the edges of the ceilings."""
    return _thrown(lambda dice: any_usage(dice, now), 11)


def _thrown(make: Callable[[Dice], T], size: int) -> SearchStrategy[T]:
    return st.binary(min_size=size, max_size=size).map(lambda thrown: make(Dice(thrown)))
