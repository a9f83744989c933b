"""Do two sets of times come from one distribution, as far as anybody can tell from so many samples?

Two questions are asked. Are the medians further apart than could be heard over a network? And does the
Kolmogorov-Smirnov statistic, the widest gap between the two curves of "so many were answered within t", exceed what
equal distributions show by chance? The second sees a difference of shape that the first does not. Fifty microseconds
are granted to both: on a machine with nothing else to do even those show in the curves, and nobody hears them.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

# By chance alone one comparison in a million is further off than the bound; a dozen are made at a time.
ALPHA = 1e-6
# Medians too far apart count once chance would show so different curves in one comparison of a thousand: where answers
# take between 5 and 50 ms because others use the machine, the middle of 2,000 of them wanders by more than a twentieth.
ALPHA_WITH_MEDIAN = 1e-3
MEDIAN_SHARE_MAX = 0.05
TOLERANCE_SECONDS = 50e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two causes side by side; times in seconds.

    `statistic_beyond`: what is left of the statistic when the one may be `TOLERANCE_SECONDS` later than the other.
    """

    causes: tuple[str, str]
    medians: tuple[float, float]
    statistic: float
    statistic_beyond: float
    counts: tuple[int, int]

    @property
    def statistic_max(self) -> float:
        """Which statistic is told apart whatever the medians are."""
        return ks_bound(*self.counts)

    @property
    def apart(self) -> float:
        """How far apart the medians are."""
        return abs(self.medians[0] - self.medians[1])

    @property
    def apart_max(self) -> float:
        """How far apart they may be: a twentieth, or fifty microseconds where that is more."""
        return max(TOLERANCE_SECONDS, MEDIAN_SHARE_MAX * min(self.medians))

    @property
    def is_told_apart(self) -> bool:
        """Could somebody with a stopwatch tell them apart?"""
        by_median = self.apart > self.apart_max and self.statistic_beyond > ks_bound(
            *self.counts, alpha=ALPHA_WITH_MEDIAN
        )
        return by_median or self.statistic_beyond > self.statistic_max

    def __str__(self) -> str:
        left, right = self.causes
        return (
            f"{left:>16} | {right:<16} medians {self.medians[0] * 1e6:7.0f} | {self.medians[1] * 1e6:7.0f} us, "
            f"apart {self.apart * 1e6:5.1f} (max {self.apart_max * 1e6:.0f}), "
            f"KS {self.statistic:.4f}, beyond 50 us {self.statistic_beyond:.4f} (max {self.statistic_max:.4f})"
        )


def ks_statistic(one: Sequence[float], other: Sequence[float], *, tolerance: float = 0.0) -> float:
    """How far apart are the two shares of times up to t, at the t where they are furthest apart?

    Args:
        tolerance: by how much later either may be at every t without being held apart for it.

    Example:
        >>> ks_statistic([1, 2, 3, 4], [3, 4, 5, 6])
        0.5
        >>> ks_statistic([1, 2, 3, 4], [3, 4, 5, 6], tolerance=1)
        0.25
    """
    left, right = sorted(one), sorted(other)
    return max(
        max(_share(left, t) - _share(right, t + tolerance), _share(right, t) - _share(left, t + tolerance))
        for t in {*left, *right}
    )


def _share(ordered: Sequence[float], t: float) -> float:
    return bisect_right(ordered, t) / len(ordered)


def ks_bound(one: int, other: int, *, alpha: float = ALPHA) -> float:
    """Which statistic do so many samples of one distribution exceed by chance with this probability?

    Example:
        >>> round(ks_bound(2000, 2000), 4)
        0.0852
    """
    return math.sqrt(-math.log(alpha / 2) / 2) * math.sqrt((one + other) / (one * other))


def compare_all(times: Mapping[str, Sequence[float]]) -> list[Comparison]:
    """Every cause with every other."""
    return [
        Comparison(
            causes=(one, other),
            medians=(median(times[one]), median(times[other])),
            statistic=ks_statistic(times[one], times[other]),
            statistic_beyond=ks_statistic(times[one], times[other], tolerance=TOLERANCE_SECONDS),
            counts=(len(times[one]), len(times[other])),
        )
        for one, other in combinations(times, 2)
    ]


def shift_seen(times: Sequence[float]) -> float:
    """By how many seconds more would another cause have been told apart from this one, its times being spread alike?

    Example:
        >>> round(shift_seen([i / 1000 for i in range(2000)]), 2)
        0.17
    """
    least, most = 0.0, max(times) - min(times) or 1e-6
    for _ in range(30):
        middle = (least + most) / 2
        later = [it + middle for it in times]
        if ks_statistic(times, later, tolerance=TOLERANCE_SECONDS) > ks_bound(len(times), len(times)):
            most = middle
        else:
            least = middle
    return most
