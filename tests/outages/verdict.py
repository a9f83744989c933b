"""What came of one fault on one database?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.outages.history import History
from tests.outages.judge import Findings

BACK_SECONDS_MAX: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One cell of the matrix. It holds when nothing is `broken`.

    `outcomes`: of attempts and reports while the fault lasted. `back_seconds`: from its end to the first new decision
    and a ready service; None where it never came, or where nothing was running.
    """

    fault: str
    kind: str
    broken: tuple[str, ...]
    outcomes: Mapping[str, int] = field(default_factory=dict)
    back_seconds: float | None = None
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Did everything hold?"""
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        """The same for a machine."""
        return {
            "fault": self.fault,
            "database": self.kind,
            "verdict": "holds" if self.holds else "FAILS",
            "broken": list(self.broken),
            "outcomes": dict(self.outcomes),
            "back_seconds": None if self.back_seconds is None else round(self.back_seconds, 2),
            **self.figures,
        }


def verdict_of(
    fault: str,
    kind: str,
    *,
    during: History,
    back_seconds: float | None,
    findings: Findings,
    complaints: Sequence[str] = (),
    figures: Mapping[str, float | int | str],
) -> Verdict:
    """Put a running service's verdict together.

    Args:
        during: what was answered while the fault lasted.
        complaints: what else was not as it must be.
    """
    broken = [*findings.broken(), *complaints]
    if back_seconds is None or back_seconds > BACK_SECONDS_MAX:
        broken.append(f"not back within {BACK_SECONDS_MAX:.0f} s")
    everything = during.everything()
    slowest = max((one.ended - one.began for one in everything), default=0.0)
    return Verdict(
        fault=fault,
        kind=kind,
        broken=tuple(broken),
        outcomes=Counter(one.outcome for one in everything),
        back_seconds=back_seconds,
        figures={
            "decisions": findings.counted.get("allow", 0) + findings.counted.get("deny", 0),
            "allows": findings.counted.get("allow", 0),
            "slowest_seconds": round(slowest, 2),
            **figures,
        },
    )
