"""Could somebody with a stopwatch learn why a number is not available?

The same person calls four numbers again and again, in an order that nobody could foresee: one that is not on the list,
a victim's, a cellmate's victim's, one whose owner was removed. No speed is asserted here, only that there is no
difference: medians and whole distributions, of each answer and of whatever is asked right after it, because what is
written down after an answer could slow the next one.

Where a difference shows, samples are taken anew, twice at most: what is no chance shows for the same two causes each
time. All are printed. As the order is thrown, whatever else the machine does falls on all causes alike.
TIMING_SAMPLES sets how many there are of each cause.
"""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from random import Random
from time import perf_counter, process_time

import pytest

from tests.asking import SWITCH, ask, counted_statements, without_ids
from tests.conftest import World, open_world
from tests.seeding import ANNA, BORIS, attempt_body, block_row, entry_row, fill, seed
from tests.timing_statistics import Comparison, compare_all, ks_bound, ks_statistic, shift_seen

SAMPLES = int(os.environ.get("TIMING_SAMPLES", "2000"))
CAUSES: Mapping[str, str] = {
    "not listed": "+18605550171",
    "victim": "+18605550172",
    "cellmate's victim": "+18605550173",
    "owner removed": "+18605550174",
}
Times = Mapping[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Seconds by cause: of the answers, of whatever was asked right after them, and of processor time."""

    own: Times
    after: Times
    work: Times


@pytest.fixture
async def refusing(database_url: str) -> AsyncIterator[World]:
    """Anna may call none of the four numbers, each for another reason."""
    seed(database_url)
    victim, cellmates, removed = (CAUSES[name] for name in list(CAUSES)[1:])
    fill(
        database_url,
        list_entries=[
            entry_row(ANNA, victim),
            entry_row(ANNA, cellmates),
            entry_row(ANNA, removed, state="removed", ended_by="owner"),
        ],
        blocks=[
            block_row(victim, scope="inmate", inmate_id=ANNA, kind="victim"),
            block_row(cellmates, scope="inmate", inmate_id=BORIS, kind="victim"),
            block_row(removed, scope="inmate", inmate_id=ANNA, kind="called_party"),
        ],
    )
    async with open_world(database_url) as world:
        yield world


async def sample(world: World, *, samples: int, throw: int) -> Sampled:
    """How long did each take, how long whatever came right after it, and how much work was it?"""
    headers = {"Authorization": f"Bearer {world.token('switch', subject=SWITCH)}"}
    order = [cause for cause in CAUSES for _ in range(samples)]
    Random(throw).shuffle(order)
    own: Times = {cause: [] for cause in CAUSES}
    after: Times = {cause: [] for cause in CAUSES}
    work: Times = {cause: [] for cause in CAUSES}
    for i, cause in enumerate(order):
        body = attempt_body(f"s{throw}-{i:06d}", called_number=CAUSES[cause])
        worked, began = process_time(), perf_counter()
        answer = await world.client.post("/v1/authorize", json=body, headers=headers)
        took, work_done = perf_counter() - began, process_time() - worked
        assert answer.json()["reason"] == "number_not_available", answer.text
        own[cause].append(took)
        work[cause].append(work_done)
        if i:
            after[order[i - 1]].append(took)
    return Sampled(own=own, after=after, work=work)


def report(title: str, compared: list[Comparison]) -> str:
    """What is printed."""
    return "\n".join([title, *(f"  {one}" for one in compared)])


async def test_no_cause_of_a_refusal_takes_longer_than_another(
    refusing: World, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = "sqlite" if refusing.deployment.database.is_sqlite else "postgresql"
    samples = SAMPLES if kind == "sqlite" else SAMPLES // 4
    await sample(refusing, samples=50, throw=0)  # so that nothing is done for the first time
    suspected: dict[tuple[str, tuple[str, str]], Comparison] | None = None
    for attempt in (1, 2, 3):
        taken = await sample(refusing, samples=samples, throw=attempt)
        compared, followed = compare_all(taken.own), compare_all(taken.after)
        lines = [
            report(f"\n{kind}, {samples} of each, answers:", compared),
            report("  and whatever was asked next:", followed),
            report("  and the processor time of the answers:", compare_all(taken.work)),
            f"  a shift of {shift_seen(taken.own['not listed']) * 1e6:.0f} us would have been seen\n",
        ]
        with capsys.disabled():
            # On the error stream, which a worker of pytest-xdist does not keep for itself.
            sys.stderr.write("\n".join(lines))
        both = {("own", one.causes): one for one in compared} | {("after", one.causes): one for one in followed}
        told_apart = {name: one for name, one in both.items() if one.is_told_apart}
        suspected = {name: one for name, one in told_apart.items() if suspected is None or name in suspected}
        if not suspected:
            break
    assert not suspected, report("told apart three times:", list(suspected.values()))


async def test_every_cause_sends_the_same_statements_and_answers_the_same_bytes(refusing: World) -> None:
    seen = {}
    for cause, number in CAUSES.items():
        with counted_statements(refusing) as statements:
            answer = await ask(refusing, f"statements {cause}", called_number=number)
        seen[cause] = (statements, without_ids(answer.text, answer.json()))
    first, *others = seen.values()
    assert all(other == first for other in others)


# -------------------------------------------------------------------------------------- can the comparison itself fail?


def made_up(*, throw: int, shift: float = 0.0, spread: float = 1.0, count: int = 2000) -> list[float]:
    """Times as a service takes them: 4 ms, a few hundred microseconds more or less, now and then far more."""
    dice = Random(throw)
    return [
        0.004 + shift + spread * (dice.lognormvariate(-8.1, 0.6) + (0.02 if dice.random() < 0.01 else 0.0))
        for _ in range(count)
    ]


def test_equal_distributions_are_not_told_apart() -> None:
    for world in range(20):
        times = {name: made_up(throw=world * 4 + i) for i, name in enumerate(CAUSES)}
        assert not any(one.is_told_apart for one in compare_all(times))


@pytest.mark.parametrize("shift", [-0.000_2, 0.000_2])
def test_a_cause_that_takes_a_fifth_of_a_millisecond_more_is_told_apart(shift: float) -> None:
    times = {name: made_up(throw=i, shift=shift if name == "victim" else 0) for i, name in enumerate(CAUSES)}
    told = [one for one in compare_all(times) if one.is_told_apart]
    assert len(told) == 3
    assert all("victim" in one.causes for one in told)


@pytest.mark.parametrize(("shift", "is_seen"), [(0.000_049, False), (0.000_08, True)])
def test_fifty_microseconds_are_granted_even_where_they_show(shift: float, *, is_seen: bool) -> None:
    """A machine with nothing else to do: 0.8 ms, two hundredths of a millisecond more or less."""
    times = {"one": made_up(throw=1, spread=0.02), "other": made_up(throw=2, spread=0.02, shift=shift)}
    (compared,) = compare_all({name: [it - 0.003_2 for it in taken] for name, taken in times.items()})
    assert compared.statistic > compared.statistic_max
    assert compared.is_told_apart == is_seen, str(compared)


def test_a_cause_that_only_varies_more_is_told_apart() -> None:
    times = {"not listed": made_up(throw=1), "victim": made_up(throw=2, spread=2.0)}
    assert compare_all(times)[0].statistic > ks_bound(2000, 2000)


def test_medians_too_far_apart_count_before_the_shape_alone_would() -> None:
    """Spread evenly over 1.4 ms, and 0.15 ms apart: more than a twentieth of 2 ms, less than one of 10 ms."""
    for middle, is_seen in ((0.002, True), (0.010, False)):
        one = [middle + (i - 1000) * 0.001_4 / 2000 for i in range(2000)]
        (compared,) = compare_all({"one": one, "other": [it + 0.000_15 for it in one]})
        assert compared.statistic_beyond < compared.statistic_max
        assert compared.is_told_apart == is_seen, str(compared)


def test_the_statistic_is_the_widest_gap_between_the_curves() -> None:
    assert ks_statistic([1, 2, 3], [1, 2, 3]) == 0
    assert ks_statistic([1, 2, 3], [4, 5, 6]) == 1
    assert ks_statistic([1, 2, 3, 4], [2, 3, 4, 5]) == 0.25


def test_how_small_a_shift_would_have_been_seen_follows_the_spread() -> None:
    narrow, wide = made_up(throw=1), made_up(throw=1, spread=4.0)
    assert 0.000_01 < shift_seen(narrow) < 0.000_2
    assert shift_seen(narrow) < shift_seen(wide)
