"""Which five comparisons were promised, what came of them, and was the target met?

A target that is not met is shown as not met, and one that could not be measured with the reason; none is left out.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.load import Seen
from bench.targets import EMPTY, EMPTY_2, FREERADIUS, POSTGRESQL, POSTGRESQL_2, SQLITE, Target

Round = Mapping[str, Seen]
RATE_OF_P99: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was promised. `at_least`: otherwise the target is the most that it may be."""

    target: float
    at_least: bool
    says: str

    def is_met(self, figure: float) -> bool:
        """Does this figure keep the promise?"""
        return figure >= self.target if self.at_least else figure <= self.target


GOALS: Final[Mapping[str, Goal]] = {
    "vs_freeradius_postgresql": Goal(
        target=4.0, at_least=True, says="decisions a second, callgate to FreeRADIUS, both on PostgreSQL"
    ),
    "vs_empty_fastapi": Goal(
        target=1.0,
        at_least=True,
        says="answers a second, callgate on PostgreSQL to an empty FastAPI endpoint, one worker each",
    ),
    "growth_1m_inmates": Goal(
        target=0.8, at_least=True, says="decisions a second on PostgreSQL, with 1,000,000 inmates to 10,000"
    ),
    "p99_vs_freeradius_at_200": Goal(
        target=1.0, at_least=False, says="99th percentile at 200 a second, callgate to FreeRADIUS, both on PostgreSQL"
    ),
    "goodput_at_2x": Goal(
        target=0.9, at_least=True, says="decisions in time when twice the peak is asked, to the peak"
    ),
}


def ratio_of(name: str, figures: Sequence[float], *, of: str = "") -> dict[str, Any]:
    """One of the five, from the ratio of each round. The median is held to the target."""
    goal = GOALS[name]
    found = spread(figures, digits=3)
    told = {"of": of} if of else {}
    return {**found, **_promised(goal), **told, "met": goal.is_met(found["median"])}


def unmeasured(name: str, why: str) -> dict[str, Any]:
    """One of the five that there is no figure of."""
    return {"median": None, "min": None, "max": None, **_promised(GOALS[name]), "met": False, "why": why}


def _promised(goal: Goal) -> dict[str, Any]:
    return {"target": goal.target, "wanted": "at least" if goal.at_least else "at most", "says": goal.says}


def compared(
    throughput: Sequence[Round], latency: Sequence[Mapping[int, Round]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The three of the five that come from the comparison itself, and every other ratio that it shows.

    FreeRADIUS with its best number of threads is compared with callgate with its better number of workers, the same
    for the throughput and for the latency.
    """
    best = better_workers(throughput)
    beside_empty = _by_rate(throughput, POSTGRESQL, EMPTY)
    found = {"vs_empty_fastapi": ratio_of("vs_empty_fastapi", beside_empty, of=f"{POSTGRESQL.name} / {EMPTY.name}")}
    others = {
        f"{one.name}_vs_{other.name}": spread(_by_rate(throughput, one, other), digits=3)
        for one, other in ((SQLITE, EMPTY), (POSTGRESQL_2, EMPTY_2), (SQLITE, POSTGRESQL), (POSTGRESQL_2, POSTGRESQL))
    }
    if FREERADIUS.name not in throughput[0]:
        why = "FreeRADIUS with its PostgreSQL driver is not installed here"
        names = ("vs_freeradius_postgresql", "p99_vs_freeradius_at_200")
        return found | {name: unmeasured(name, why) for name in names}, others
    of = f"{best.name} / {FREERADIUS.name}"
    found["vs_freeradius_postgresql"] = ratio_of(
        "vs_freeradius_postgresql", _by_rate(throughput, best, FREERADIUS), of=of
    )
    at_rate = [one[RATE_OF_P99] for one in latency if RATE_OF_P99 in one]
    found["p99_vs_freeradius_at_200"] = (
        ratio_of("p99_vs_freeradius_at_200", _by_p99(at_rate, best), of=of)
        if at_rate
        else unmeasured("p99_vs_freeradius_at_200", f"nothing was asked at {RATE_OF_P99} a second")
    )
    for target in (SQLITE, POSTGRESQL, POSTGRESQL_2):
        others[f"{target.name}_vs_{FREERADIUS.name}"] = spread(_by_rate(throughput, target, FREERADIUS), digits=3)
        if at_rate:
            name = f"p99_{target.name}_vs_{FREERADIUS.name}_at_{RATE_OF_P99}"
            others[name] = spread(_by_p99(at_rate, target), digits=3)
    return found, others


def better_workers(throughput: Sequence[Round]) -> Target:
    """Does callgate on PostgreSQL answer more with one worker or with two?"""
    return max(
        (POSTGRESQL, POSTGRESQL_2),
        key=lambda target: statistics.median(one[target.name].per_second for one in throughput),
    )


def _by_rate(rounds: Sequence[Round], one: Target, other: Target) -> list[float]:
    return [each[one.name].per_second / each[other.name].per_second for each in rounds]


def _by_p99(rounds: Sequence[Round], target: Target) -> list[float]:
    return [each[target.name].p99_ms / each[FREERADIUS.name].p99_ms for each in rounds]


def spread(figures: Sequence[float], *, digits: int = 1) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(figures), digits),
        "min": round(min(figures), digits),
        "max": round(max(figures), digits),
    }
