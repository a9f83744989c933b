"""Which cells has the matrix, how is one filled, and how is the whole printed?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.outages.killing import KILLED, kill_again_and_again
from tests.outages.scene import POSTGRESQL, SQLITE, Ground
from tests.outages.small_disk import can_mount
from tests.outages.starting import FAULTS_OF_STARTS, try_start
from tests.outages.under_load import BOTH, OUTAGES, endure
from tests.outages.verdict import Verdict

_OUTAGES: Final = {outage.name: outage for outage in OUTAGES}
_NOT_TRIED: Final = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault on one database."""

    fault: str
    kind: str

    def __str__(self) -> str:
        return f"{self.fault} ({self.kind})"

    async def fill(self, ground: Ground) -> Verdict:
        """Let it happen."""
        if self.fault == KILLED:
            return await kill_again_and_again(self.kind, ground)
        if self.fault in FAULTS_OF_STARTS:
            return await try_start(self.fault, self.kind, ground)
        return await endure(_OUTAGES[self.fault], self.kind, ground)


def _all_cells() -> Iterable[Cell]:
    for outage in OUTAGES:
        for kind in outage.kinds:
            yield Cell(outage.name, kind)
    for fault in (*FAULTS_OF_STARTS, KILLED):
        for kind in BOTH:
            yield Cell(fault, kind)


def list_cells() -> tuple[Cell, ...]:
    """Every cell that can be filled on this machine."""
    needs_root = {Cell("disk full", POSTGRESQL)}
    return tuple(cell for cell in _all_cells() if can_mount() or cell not in needs_root)


def written(verdicts: Sequence[Verdict]) -> str:
    """The matrix for a reader: a verdict in each cell, and below it the figures behind each."""
    found = {(one.fault, one.kind): one for one in verdicts}
    faults = list(dict.fromkeys(cell.fault for cell in _all_cells()))
    width = max(map(len, faults))
    lines = [f"{'':{width}}  {SQLITE:11} {POSTGRESQL:11}"]
    for fault in faults:
        told = [_word(found.get((fault, kind))) for kind in BOTH]
        lines.append(f"{fault:{width}}  {told[0]:11} {told[1]:11}".rstrip())
    lines += ["", *(_figures(one, width) for one in verdicts)]
    return "\n".join(lines)


def _word(verdict: Verdict | None) -> str:
    if verdict is None:
        return _NOT_TRIED
    return "holds" if verdict.holds else "FAILS"


def _figures(one: Verdict, width: int) -> str:
    told = ", ".join(f"{name} {count}" for name, count in sorted(one.outcomes.items()))
    back = "-" if one.back_seconds is None else f"{one.back_seconds:.1f} s"
    more = ", ".join(f"{name} {value}" for name, value in one.figures.items())
    lines = [f"{one.fault:{width}}  {one.kind:10}  back {back}; meanwhile {told or 'nothing'}; in all {more}"]
    lines += [f"{'':{width}}  FAILS: {what}" for what in one.broken]
    return "\n".join(lines)
