"""What can one examination find?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "info", "warn", "fail"]
_FROM_BEST: Sequence[Verdict] = ("ok", "info", "warn", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The outcome of one examination: what was found, and for `warn` and `fail` what to do."""

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Found:
    """All is well."""
    return Found(check=check, verdict="ok", found=found)


def info(check: str, found: str) -> Found:
    """Nothing is wrong, and somebody should know it."""
    return Found(check=check, verdict="info", found=found)


def warn(check: str, found: str, advice: str) -> Found:
    """It works, and something could go wrong."""
    return Found(check=check, verdict="warn", found=found, advice=advice)


def fail(check: str, found: str, advice: str) -> Found:
    """It is wrong."""
    return Found(check=check, verdict="fail", found=found, advice=advice)


def worst(findings: Sequence[Found]) -> Verdict:
    """The verdict on all of them together."""
    return max((one.verdict for one in findings), key=_FROM_BEST.index, default="ok")


def named(names: Sequence[str], *, names_max: int = 5) -> str:
    """The first few names, and how many more there are.

    Example:
        >>> named(["a", "b", "c"], names_max=2)
        'a, b and 1 more'
    """
    more = len(names) - names_max
    return ", ".join(names[:names_max]) + (f" and {more} more" if more > 0 else "")
